// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes over vsock, for both ends: busybox has no such thing.
 *
 *	vsock send CID PORT < DATA      connects, for up to a minute
 *	vsock recv PORT > DATA          takes one connection
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/vm_sockets.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void copy(int from, int to)
{
	char buf[65536];
	ssize_t n, done, ret;

	while ((n = read(from, buf, sizeof(buf)))) {
		if (n < 0)
			die("read");
		for (done = 0; done < n; done += ret) {
			ret = write(to, buf + done, (size_t)(n - done));
			if (ret < 0)
				die("write");
		}
	}
}

static int make_socket(void)
{
	int fd = socket(AF_VSOCK, SOCK_STREAM, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

static int connect_to(struct sockaddr_vm *addr)
{
	int fd, tries;

	for (tries = 0; tries < 600; tries++) {
		fd = make_socket();
		if (!connect(fd, (struct sockaddr *)addr, sizeof(*addr)))
			return fd;
		close(fd);
		usleep(100000);
	}
	die("connect");
	return -1;
}

static int accept_on(struct sockaddr_vm *addr)
{
	int fd = make_socket(), conn;

	if (bind(fd, (struct sockaddr *)addr, sizeof(*addr)) || listen(fd, 1))
		die("bind");
	conn = accept(fd, NULL, NULL);
	if (conn < 0)
		die("accept");
	return conn;
}

int main(int argc, char **argv)
{
	struct sockaddr_vm addr = { .svm_family = AF_VSOCK };
	char byte;
	int fd;

	if (argc == 4 && !strcmp(argv[1], "send")) {
		addr.svm_cid = (unsigned int)strtoul(argv[2], NULL, 10);
		addr.svm_port = (unsigned int)strtoul(argv[3], NULL, 10);
		fd = connect_to(&addr);
		copy(0, fd);
		shutdown(fd, SHUT_WR);
		/* The other end closes when it has all of it. */
		while (read(fd, &byte, 1) > 0)
			;
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "recv")) {
		addr.svm_cid = VMADDR_CID_ANY;
		addr.svm_port = (unsigned int)strtoul(argv[2], NULL, 10);
		copy(accept_on(&addr), 1);
		return 0;
	}
	fprintf(stderr, "usage: vsock send CID PORT | recv PORT\n");
	return 2;
}
