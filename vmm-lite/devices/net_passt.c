// SPDX-License-Identifier: GPL-2.0
/*
 * The network's way out without a privilege: passt, a program that gives a guest its host's network
 * by ordinary sockets. It talks over a stream of frames, each after its length in four bytes, most
 * significant first; frames have complete checksums and no virtio header. There is no segmentation
 * to leave to others, so the wire takes 64 KiB in one frame (its MTU).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "devices/net.h"

#define LEN_LEN		4
#define FRAME_MIN	14
#define FRAME_MAX	65535	/* more the program does not take */
#define MTU		(FRAME_MAX - FRAME_MIN - 1)
#define CFG_MTU		10
#define ROOM		(NET_HDR_LEN - LEN_LEN)	/* for the first packet's header */

#define END_MS		1000	/* for the program to end in */

/**
 * struct passt - state
 * @pid: the program, 0 if it was not started
 * @at: where the stream goes on in @in
 * @have: where it ends there
 * @out_len: bytes of a frame of which the socket did not take all
 * @out_at: of these, sent
 * @out: that frame
 * @in: the stream, from ROOM on
 */
struct passt {
	pid_t pid;
	size_t at;
	size_t have;
	size_t out_len;
	size_t out_at;
	u8 out[LEN_LEN + FRAME_MAX];
	u8 in[ROOM + 2 * (LEN_LEN + FRAME_MAX)];
};

/* ---- The program --------------------------------------------------------------------------- */

/* In the child. The program ends when its end of the socket is the only one. */
static void become_passt(int fd, int report, pid_t parent, const struct net_options *o)
{
	const char *argv[8 + ARRAY_SIZE(o->forward)] = { "passt", "--foreground", "--quiet",
							 "--fd" };
	unsigned int n = 4, i;
	char number[12];
	int null;

	snprintf(number, sizeof(number), "%d", fd);
	argv[n++] = number;
	for (i = 0; i < o->nr_forward; i++)
		argv[n++] = o->forward[i];
	null = open("/dev/null", O_RDWR);
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	fcntl(fd, F_SETFD, 0);
	if (child_begin(parent))
		execvp(argv[0], (char **)argv);
	i = (unsigned int)errno;
	_exit(write(report, &i, sizeof(i)) == sizeof(i) ? 127 : 126);
}

/* 0, or what kept the program from starting. */
static int run_passt(int fd, const struct net_options *o, pid_t *pid)
{
	int report[2], failed = 0;
	pid_t self = getpid();

	if (pipe2(report, O_CLOEXEC))
		return errno;
	*pid = fork();
	if (!*pid)
		become_passt(fd, report[1], self, o);
	close(report[1]);
	if (*pid < 0)
		failed = EAGAIN;
	else if (read(report[0], &failed, sizeof(failed)) != sizeof(failed))
		failed = 0;
	close(report[0]);
	return failed;
}

static int passt_open(struct net_port *p, const struct net_options *o, struct err *e)
{
	struct passt *s = calloc(1, sizeof(*s));
	int fds[2], failed;

	if (!s)
		return err_set(e, "--net passt: not enough memory");
	s->at = ROOM;
	s->have = ROOM;
	p->state = s;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return err_set(e, "--net passt: no socket: %s", strerror(errno));
	p->src.fd = fds[0];
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	failed = run_passt(fds[1], o, &s->pid);
	close(fds[1]);
	if (failed == ENOENT)
		return err_set(e, "--net passt: there is no program passt: apt install passt");
	if (failed)
		return err_set(e, "--net passt: can't run passt: %s", strerror(failed));
	put_le16(p->vdev->config + CFG_MTU, MTU);
	return 0;
}

static void passt_close(struct net_port *p)
{
	const struct passt *s = p->state;

	if (p->src.fd >= 0)
		close(p->src.fd);
	/* The next one wants the same ports. */
	if (s && s->pid > 0)
		child_end(s->pid, END_MS);
	free(p->state);
}

static u64 passt_features(struct net_port *p)
{
	(void)p;
	return NET_F_MTU;
}

/* ---- The stream ---------------------------------------------------------------------------- */

/* A length that can't be is the end: nothing says where the next frame begins. */
static size_t frame_len(struct net_port *p, const u8 *in)
{
	size_t len = (size_t)in[0] << 24 | (size_t)in[1] << 16 | (size_t)in[2] << 8 | in[3];

	if (len >= FRAME_MIN && len <= FRAME_MAX)
		return len;
	shutdown(p->src.fd, SHUT_RDWR);
	return 0;
}

/* The header goes before the frame, over its length and the end of the last one. */
static size_t passt_receive(struct net_port *p, u8 **packet)
{
	struct passt *s = p->state;
	ssize_t got;
	size_t len;

	for (;;) {
		if (s->have - s->at >= LEN_LEN) {
			len = frame_len(p, s->in + s->at);
			if (!len)
				return 0;
			if (s->have - s->at >= LEN_LEN + len) {
				*packet = s->in + s->at + LEN_LEN - NET_HDR_LEN;
				memset(*packet, 0, NET_HDR_LEN);
				s->at += LEN_LEN + len;
				return NET_HDR_LEN + len;
			}
		}
		memmove(s->in + ROOM, s->in + s->at, s->have - s->at);
		s->have -= s->at - ROOM;
		s->at = ROOM;
		got = recv(p->src.fd, s->in + s->have, sizeof(s->in) - s->have, 0);
		if (got <= 0)
			return 0;
		s->have += (size_t)got;
	}
}

static bool passt_flush(struct net_port *p)
{
	struct passt *s = p->state;
	ssize_t sent;

	while (s->out_at < s->out_len) {
		sent = send(p->src.fd, s->out + s->out_at, s->out_len - s->out_at, MSG_NOSIGNAL);
		if (sent < 0)
			return errno != EAGAIN;
		s->out_at += (size_t)sent;
	}
	return true;
}

static bool passt_send(struct net_port *p, const struct iovec *iov, unsigned int n)
{
	size_t len = iov_total(iov, n) - NET_HDR_LEN, sent_len;
	struct iovec v[VIRTQ_SEGS_MAX + 1], *frame = v + 1;
	struct msghdr msg = { .msg_iov = v };
	struct passt *s = p->state;
	u8 be[LEN_LEN] = { 0, 0, (u8)(len >> 8), (u8)len };
	ssize_t sent;

	if (!passt_flush(p))
		return false;
	if (len < FRAME_MIN || len > FRAME_MAX)
		return true;
	memcpy(frame, iov, n * sizeof(*iov));
	n = iov_skip(&frame, n, NET_HDR_LEN);
	*--frame = (struct iovec){ be, LEN_LEN };
	msg.msg_iov = frame;
	msg.msg_iovlen = n + 1;
	sent = sendmsg(p->src.fd, &msg, MSG_NOSIGNAL);
	if (sent < 0)
		return errno != EAGAIN;
	sent_len = (size_t)sent;
	s->out_at = 0;
	s->out_len = iov_read(frame, n + 1, sent_len, s->out, LEN_LEN + len - sent_len);
	return true;
}

const struct net_link net_passt_link = {
	.gone = "passt has ended",
	.open = passt_open,
	.close = passt_close,
	.features = passt_features,
	.receive = passt_receive,
	.send = passt_send,
};
