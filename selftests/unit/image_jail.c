// SPDX-License-Identifier: GPL-2.0
/*
 * The process that reads disk images, with a reader in it that an image has taken over: what it may
 * do is little, and whatever it does is one line of error. The image's first byte says what to try.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "image/image.h"
#include "tap.h"
#include "vmm.h"

static const struct {
	char what;
	const char *say;	/* in the line; NULL: it succeeds */
	const char *text;
} tries[] = {
	{ 'o', "signal 31", "open() kills it" },
	{ 's', "signal 31", "socket() kills it" },
	{ 'x', "signal 31", "execve() kills it" },
	{ 'k', "signal 31", "kill() kills it" },
	{ 'c', "signal 4", "a crash is a line" },
	{ 't', "takes more than 1 s", "an endless loop ends" },
	{ 'm', "no memory", "memory ends at 256 MiB" },
	{ 'f', "signal 25", "a file grows to the guest's memory at most" },
	{ 'w', "Bad file descriptor", "the image can't be written" },
	{ 'p', "Bad file descriptor", "standard output is closed" },
	{ 'e', "text ?[31m?", "what a terminal would obey is replaced" },
	{ 'g', NULL, "a kernel and a command line arrive" },
};

int scan_image(struct scan *s, struct err *e)
{
	static char block[65536];
	char what = 0;

	if (pread(s->fd, &what, 1, 0) != 1)
		return err_set(e, "no byte");
	switch (what) {
	case 'o':
		return err_set(e, "%d", open("/dev/null", O_RDONLY));
	case 's':
		return err_set(e, "%d", socket(AF_INET, SOCK_STREAM, 0));
	case 'x':
		return err_set(e, "%d", execl("/bin/true", "true", NULL));
	case 'k':
		return err_set(e, "%d", kill(1, 0));
	case 'c':
		__builtin_trap();
	case 't':
		for (;;)
			__asm__ volatile("" ::: "memory");
	case 'm':
		while (malloc(MIB))
			;
		return err_set(e, "no memory");
	case 'f':
		while (write(s->kernel_fd, block, sizeof(block)) > 0)
			;
		return err_set(e, "%s", strerror(errno));
	case 'w':
	case 'p':
		if (write(what == 'w' ? s->fd : 1, "x", 1) == 1)
			return 0;
		return err_set(e, "%s", strerror(errno));
	case 'e':
		return err_set(e, "text \033[31m\n");
	default:
		strcpy(s->kernel, "/vmlinuz");
		strcpy(s->append, "console=\x01");
		return write(s->kernel_fd, "kernel", 6) == 6 ? 0 : -1;
	}
}

static bool try(const char *path, size_t i)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct image img;
	char buf[16] = "";
	struct err e;
	bool good;
	int ret;

	if (write(fd, &tries[i].what, 1) != 1)
		return false;
	close(fd);
	ret = image_open(path, 4 * MIB, NULL, &img, &e);
	if (tries[i].say) {
		good = ret && strstr(e.text, tries[i].say) && !strchr(e.text, '\n');
		if (!good)
			printf("# %d: %s\n", ret, e.text);
	} else {
		good = !ret && !img.has_initrd && !strcmp(img.append, "console=?") &&
		       read(img.kernel, buf, sizeof(buf)) == 6 && !strcmp(buf, "kernel");
	}
	image_close(&img);
	unlink(path);
	return good;
}

int main(int argc, char **argv)
{
	struct tap t = { 0 };
	char path[256];
	size_t i;

	(void)argc;
	snprintf(path, sizeof(path), "%s.img", argv[0]);
	for (i = 0; i < ARRAY_SIZE(tries); i++)
		tap_ok(&t, try(path, i), tries[i].text);
	return tap_end(&t);
}
