// SPDX-License-Identifier: GPL-2.0
/*
 * The other end of a console port on a Unix socket:
 *
 *	unixsock PATH BYTES [SECONDS]	connects, sends standard input and takes so many bytes to
 *					standard output, after waiting SECONDS without reading
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void put(int fd, const char *buf, ssize_t n)
{
	ssize_t done, ret;

	for (done = 0; done < n; done += ret) {
		ret = write(fd, buf + done, (size_t)(n - done));
		if (ret < 0)
			die("write");
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char buf[65536];
	long want;
	ssize_t n;
	int fd;

	if (argc < 3 || strlen(argv[1]) >= sizeof(addr.sun_path)) {
		fprintf(stderr, "usage: unixsock PATH BYTES [SECONDS]\n");
		return 2;
	}
	strcpy(addr.sun_path, argv[1]);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		die("connect");
	while ((n = read(0, buf, sizeof(buf))) > 0)
		put(fd, buf, n);
	sleep(argc > 3 ? (unsigned int)atoi(argv[3]) : 0);
	for (want = atol(argv[2]); want > 0; want -= n) {
		n = read(fd, buf, want < (long)sizeof(buf) ? (size_t)want : sizeof(buf));
		if (n <= 0)
			break;
		put(1, buf, n);
	}
	return want ? 1 : 0;
}
