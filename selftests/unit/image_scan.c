// SPDX-License-Identifier: GPL-2.0
/*
 * image_scan IMAGE [LIMIT [APPEND]]: what vmm-lite would boot from a disk image. It leaves kernel
 * and initrd in IMAGE.kernel and IMAGE.initrd and prints "kernel: NAME" and "append: LINE", or
 * "error: LINE" with exit status 1. Under sanitizers it reads the image in this process, which with
 * -DIN_CHILD starts another for it as vmm-lite does.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/image.h"
#include "vmm.h"

static int output(const char *image, const char *what)
{
	char path[512];

	snprintf(path, sizeof(path), "%s.%s", image, what);
	return open(path, O_RDWR | O_CREAT | O_TRUNC, 0666);
}

#ifdef IN_CHILD
static int get(const char *path, u64 limit, const char *append, char *kernel, char *line,
	       struct err *e)
{
	struct image img;
	int ret = image_open(path, limit, append, &img, e);

	if (!ret) {
		/* Behind "PATH: ". */
		strcpy(kernel, img.name + strlen(path) + 2);
		strcpy(line, img.append);
		sendfile(output(path, "kernel"), img.kernel, NULL, limit);
		sendfile(output(path, "initrd"), img.initrd, NULL, limit);
	} else if (strstr(e->text, path)) {
		memmove(e->text, strstr(e->text, path) + strlen(path) + 2,
			strlen(strstr(e->text, path) + strlen(path) + 2) + 1);
	}
	image_close(&img);
	return ret;
}
#else
static int get(const char *path, u64 limit, const char *append, char *kernel, char *line,
	       struct err *e)
{
	struct scan s = {
		.fd = open(path, O_RDONLY),
		.limit = limit,
		.user = append,
		.kernel_fd = output(path, "kernel"),
		.initrd_fd = output(path, "initrd"),
	};
	struct stat st;
	int ret;

	if (s.fd < 0 || fstat(s.fd, &st))
		return err_set(e, "no such image");
	s.size = (u64)st.st_size;
	ret = scan_image(&s, e);
	strcpy(kernel, s.kernel);
	strcpy(line, s.append);
	return ret;
}
#endif

int main(int argc, char **argv)
{
	char kernel[600] = "", line[IMAGE_APPEND_MAX] = "";
	u64 limit = 64 * MIB;
	struct err e = { "" };

	if (argc < 2)
		return 2;
	if (argc > 2 && *argv[2])
		limit = strtoull(argv[2], NULL, 0);
	if (get(argv[1], limit, argc > 3 ? argv[3] : NULL, kernel, line, &e)) {
		printf("error: %s\n", e.text);
		return 1;
	}
	printf("kernel: %s\nappend: %s\n", kernel, line);
	return 0;
}
