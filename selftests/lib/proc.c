// SPDX-License-Identifier: GPL-2.0
/* /proc and /sys for the tests; see proc.h. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "proc.h"

/* The number after the name and one more character, which ends the name. */
static long line_of(const char *path, const char *name, char end)
{
	char line[128];
	size_t n = strlen(name);
	long value = -1;
	FILE *f = fopen(path, "r");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, n) && line[n] == end)
			value = atol(line + n + 1);
	if (f)
		fclose(f);
	return value;
}

long meminfo_kb(const char *name)
{
	return line_of("/proc/meminfo", name, ':');
}

long vmstat(const char *name)
{
	return line_of("/proc/vmstat", name, ' ');
}

long file_read_long(const char *path)
{
	char text[64];
	int fd = open(path, O_RDONLY);
	int n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return -1;
	text[n] = 0;
	return atol(text);
}

bool file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(text);
}
