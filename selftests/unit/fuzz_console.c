// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio console: a terminal that takes as much as it likes, and two ports on a socket to which
 * somebody connects, sends, and hangs up. The terminal is ours; the sockets are real.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fuzz_kinds.h"

#define PORTS	2

static const struct console_ops *ops;
static void *ops_ctx;
static unsigned int room;
static struct sockaddr_un addr[PORTS];
static int peer[PORTS] = { -1, -1 };

/* ---- The terminal -------------------------------------------------------------------------- */

struct console *console_open(const char *spec, struct loop *l, struct err *e)
{
	(void)spec, (void)l, (void)e;
	abort();
}

void console_close(struct console *c)
{
	(void)c;
	abort();
}

void console_attach(struct console *c, const struct console_ops *o, void *ctx)
{
	(void)c, (void)o, (void)ctx;
	abort();
}

int console_share(struct console *c, const struct console_ops *o, void *ctx)
{
	(void)c;
	MUST(!o || !ops);
	ops = o;
	ops_ctx = ctx;
	return 0;
}

bool console_size(const struct console *c, unsigned int *cols, unsigned int *rows)
{
	(void)c;
	*cols = 80;
	*rows = room % 100;
	return true;
}

void console_put(struct console *c, u8 ch)
{
	(void)c, (void)ch;
	if (room)
		room--;
}

unsigned int console_tx_room(struct console *c)
{
	(void)c;
	return room;
}

void console_rx_poll(struct console *c)
{
	(void)c;
}

/* ---- The host ------------------------------------------------------------------------------ */

static void option(char *value, size_t size, u8 mode)
{
	char dir[] = "/tmp/fuzz-console";
	unsigned int i;

	signal(SIGPIPE, SIG_IGN);
	room = mode;
	for (i = 0; i < PORTS; i++) {
		addr[i].sun_family = AF_UNIX;
		snprintf(addr[i].sun_path, sizeof(addr[i].sun_path), "%s.%d.%u", dir, getpid(), i);
	}
	snprintf(value, size, "console,a=socket:%s,b=socket:%s", addr[0].sun_path,
		 addr[1].sun_path);
}

static void request(struct shape *s, unsigned int queue, struct input *in)
{
	unsigned int len = byte(in);

	if (queue == 3) {
		put_le32(s->head, len & 0x80 ? len : len % 3);
		put_le16(s->head + 4, byte(in) % 8);
		put_le16(s->head + 6, byte(in) & 0x40 ? 0 : 1);
		s->head_len = len == 0x7f ? 7 : 8;
	} else if (queue & 1) {
		s->out = len;
	} else {
		s->in = queue == 2 ? 8 + len % 64 : len;
	}
}

static void type(struct input *in)
{
	u16 chars[64] = { 'x', 0x400, 0xffff };
	unsigned int n = byte(in) % 64, has;

	if (!ops->wants(ops_ctx))
		return;
	has = ops->rx_room(ops_ctx);
	MUST(has <= 64);
	if (has)
		ops->rx(ops_ctx, chars, n < has ? n : has);
}

static void use_socket(unsigned int i, struct input *in)
{
	static u8 buf[4096];
	u8 how = byte(in);

	if (peer[i] < 0) {
		peer[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (connect(peer[i], (struct sockaddr *)&addr[i], sizeof(addr[i]))) {
			close(peer[i]);
			peer[i] = -1;
			return;
		}
	}
	if (how & 1 && send(peer[i], buf, how * 16u, MSG_NOSIGNAL) < 0)
		MUST(errno == EAGAIN || errno == EPIPE || errno == ECONNRESET);
	if (how & 2)
		while (recv(peer[i], buf, sizeof(buf), 0) > 0)
			;
	if (how & 4)
		shutdown(peer[i], SHUT_WR);
	if (how & 8) {
		close(peer[i]);
		peer[i] = -1;
	}
}

static void host(struct input *in)
{
	u8 what = byte(in);

	if (what % 4 == 0) {
		room = word(in);
		ops->tx_room(ops_ctx);
		ops->resized(ops_ctx);
	} else if (what % 4 == 1) {
		type(in);
	} else {
		use_socket(what % 2, in);
	}
}

static void end(void)
{
	unsigned int i;

	for (i = 0; i < PORTS; i++) {
		MUST(access(addr[i].sun_path, F_OK));
		if (peer[i] >= 0)
			close(peer[i]);
		peer[i] = -1;
	}
	MUST(!ops);
}

const struct fuzz_kind fuzz_kind = { &console_class, 6, option, request, host, NULL, end };
