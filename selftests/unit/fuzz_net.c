// SPDX-License-Identifier: GPL-2.0
/*
 * A network interface on a tap device or on passt, which are sockets here: whole packets come and
 * go on the one, a stream of frames on the other, and both end when the input says so. The build
 * renames the system calls that make them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "devices/net.h"
#include "fuzz_kinds.h"

#define PAIRS	2

static int far[PAIRS] = { -1, -1 };
static unsigned int nr_far;
static u8 refuse;	/* so many settings of the interface are taken; 255: all */

#undef open
#undef ioctl
#undef fork
#undef socketpair
int socketpair(int domain, int type, int protocol, int fds[2]);

static int make(int type, int *near)
{
	int fds[2];

	MUST(nr_far < PAIRS);
	MUST(!socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds));
	*near = fds[0];
	far[nr_far] = fds[1];
	fcntl(fds[1], F_SETFL, O_NONBLOCK);
	return far[nr_far++];
}

#ifdef KIND_PASST

pid_t fuzz_fork(void)
{
	return 1;
}

/* The device closes the end that it has given to its child. */
int fuzz_socketpair(int domain, int type, int protocol, int fds[2])
{
	MUST(domain == AF_UNIX && !protocol);
	fds[1] = dup(make(type & ~SOCK_CLOEXEC, &fds[0]));
	return 0;
}

static void option(char *value, size_t size, u8 mode)
{
	(void)mode;
	snprintf(value, size, "passt,mac=02:00:00:00:00:01");
}

#else

int fuzz_open(const char *path, int flags, ...)
{
	int near;

	MUST(!strcmp(path, "/dev/net/tun"));
	make(SOCK_SEQPACKET, &near);
	fcntl(near, F_SETFL, O_NONBLOCK);
	return near;
}

int fuzz_ioctl(int fd, unsigned long request, ...)
{
	va_list args;

	(void)fd;
	if (request == SIOCGIFFLAGS) {
		va_start(args, request);
		va_arg(args, struct ifreq *)->ifr_flags = refuse & 1 ? IFF_UP : 0;
		va_end(args);
		return 0;
	}
	if (refuse == 255 || refuse--)
		return 0;
	errno = EINVAL;
	return -1;
}

static void option(char *value, size_t size, u8 mode)
{
	refuse = 255;
	snprintf(value, size, "tap=t0,mac=02:00:00:00:00:01%s", mode & 16 ? ",queues=2" : "");
}

#endif

static void request(struct shape *s, unsigned int queue, struct input *in)
{
	unsigned int len = byte(in);

	if (queue == 4 || (queue == 2 && len & 1)) {
		s->head[0] = byte(in) % 8 ?: 4;
		s->head[2] = byte(in) % 4;
		s->head_len = 4;
		s->in = 1;
	} else if (queue & 1) {
		s->head_len = NET_HDR_LEN;
		s->head[0] = byte(in) & 3;
		s->head[1] = byte(in) % 6;
		s->out = len & 0x80 ? len * 300 : len;
	} else {
		s->in = len & 0x80 ? len * 16 : len & 3 ? len : len / 8;
	}
}

/* Packets from the host, with or without a wrong length; an end. */
static void host(struct input *in)
{
	static u8 buf[70000];
	unsigned int i = byte(in) % PAIRS, how = byte(in);
	size_t len = how & 1 ? word(in) : byte(in), at = 0;

	if (how == 0xff)
		refuse = byte(in);
	if (far[i] < 0)
		return;
	while (recv(far[i], buf, sizeof(buf), 0) > 0)
		;
	if (how == 0xfe) {
		close(far[i]);
		far[i] = -1;
		return;
	}
	memset(buf, byte(in), NET_HDR_LEN + 64);
#ifdef KIND_PASST
	buf[0] = how == 0xfd;
	buf[1] = 0;
	buf[2] = (u8)((len >> 8) & 0xff);
	buf[3] = (u8)len;
	at = 4;
#endif
	/* A part of a frame is for passt what a runt is for a tap interface. */
	if (how & 2)
		len = len * byte(in) / 256;
	if (send(far[i], buf, len + at, MSG_NOSIGNAL) < 0)
		return;
}

static void end(void)
{
	while (nr_far) {
		if (far[--nr_far] >= 0)
			close(far[nr_far]);
		far[nr_far] = -1;
	}
}

const struct fuzz_kind fuzz_kind = { &net_class, 5, option, request, host, NULL, end };
