// SPDX-License-Identifier: GPL-2.0
/*
 * The other end of the serial port: standard input and output with QEMU's Ctrl-A keys, a pty, or a
 * file. Output goes through a ring that the loop thread empties, so no vCPU ever waits for a
 * terminal: a full ring is a full transmit FIFO, which the guest knows how to wait for. Which
 * characters the UART can take, and its interrupts, are the UART's business.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "tty.h"
#include "vmm.h"

#define RING_SIZE	65536		/* a power of two */
/* Written at once: what a terminal that poll() calls writable takes without blocking. */
#define CHUNK		256
#define DELAY_NS	3000000	/* longest wait of a line's beginning for its end */
#define PENDING		64		/* input taken from its source and not yet by the UART */
#define ESCAPE		0x01		/* Ctrl-A, as in QEMU and screen */

struct console {
	struct loop *loop;
	pthread_mutex_t lock;		/* ring, head, tail, starved */
	u8 ring[RING_SIZE];
	unsigned int head, tail;	/* free-running; head - tail bytes are in the ring */
	bool starved;			/* the UART waits for room */
	bool drop_oldest;		/* nobody may be reading: a pty */
	bool use_tty;
	atomic_bool rx_wait;		/* what came in waits for the UART to make room */
	u16 pending[PENDING];		/* it */
	unsigned int nr_pending;
	bool in_file;			/* input that epoll can't wait for: always ready */
	bool in_armed;
	bool out_armed;
	bool escaped;			/* the last character was Ctrl-A */
	bool keys;			/* Ctrl-A keys are ours */
	bool quit;
	int slave;			/* our own end of the pty: keeps it alive between users */
	struct tty tty;
	struct loop_source in, out, kick, delay;
	const struct console_ops *ops, *second;
	void *ctx, *second_ctx;
};

static unsigned int used(const struct console *c)
{
	return c->head - c->tail;
}

static void wake(struct console *c)
{
	static const u64 one = 1;

	if (write(c->kick.fd, &one, sizeof(one)) < 0)
		return;		/* its counter is full, so the loop is awake */
}

/*
 * Guests write character by character. The loop thread is woken for a line or a good piece, and by
 * a timer for what is less: a wake-up costs more than the exit that brought the character.
 */
void console_put(struct console *c, u8 ch)
{
	static const struct itimerspec delay = { .it_value.tv_nsec = DELAY_NS };
	unsigned int n;

	pthread_mutex_lock(&c->lock);
	if (used(c) == RING_SIZE && c->drop_oldest)
		c->tail++;
	if (used(c) < RING_SIZE)
		c->ring[c->head++ % RING_SIZE] = ch;
	n = used(c);
	pthread_mutex_unlock(&c->lock);
	if (ch == '\n' || n % CHUNK == 0)
		wake(c);
	else if (n == 1)
		timerfd_settime(c->delay.fd, 0, &delay, NULL);
}

unsigned int console_tx_room(struct console *c)
{
	unsigned int room;

	pthread_mutex_lock(&c->lock);
	room = c->drop_oldest ? RING_SIZE : RING_SIZE - used(c);
	if (room < RING_SIZE / 2)
		c->starved = true;
	pthread_mutex_unlock(&c->lock);
	return room;
}

static void put_text(struct console *c, const char *s)
{
	for (; *s; s++) {
		if (*s == '\n' && c->use_tty)
			console_put(c, '\r');
		console_put(c, (u8)*s);
	}
}

/* ---- Output: loop thread ------------------------------------------------------------------- */

static bool writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, 0) == 1;
}

/* Take a piece off the ring; 0 when it is empty. Only the loop thread moves tail past it. */
static size_t peek(struct console *c, u8 *buf)
{
	size_t i, n;

	pthread_mutex_lock(&c->lock);
	n = used(c) < CHUNK ? used(c) : CHUNK;
	for (i = 0; i < n; i++)
		buf[i] = c->ring[(c->tail + i) % RING_SIZE];
	pthread_mutex_unlock(&c->lock);
	return n;
}

static void consume(struct console *c, size_t n)
{
	bool tell;

	pthread_mutex_lock(&c->lock);
	c->tail += n < used(c) ? (unsigned int)n : used(c);
	tell = c->starved && used(c) < RING_SIZE / 2;
	if (tell)
		c->starved = false;
	pthread_mutex_unlock(&c->lock);
	if (tell && c->ops)
		c->ops->tx_room(c->ctx);
	if (tell && c->second)
		c->second->tx_room(c->second_ctx);
}

static void arm_out(struct console *c, bool on)
{
	if (c->out_armed == on)
		return;
	c->out_armed = on;
	if (on && loop_add(c->loop, &c->out, EPOLLOUT))
		c->out_armed = false;
	else if (!on)
		loop_del(c->loop, &c->out);
}

/* Write until the ring is empty or the other side is busy; what nobody can ever read is dropped. */
static void flush(struct console *c)
{
	u8 buf[CHUNK];
	size_t n;
	ssize_t ret;

	while ((n = peek(c, buf))) {
		if (!writable(c->out.fd)) {
			arm_out(c, true);
			return;
		}
		ret = write(c->out.fd, buf, n);
		if (ret < 0 && errno == EINTR)
			continue;
		if (ret < 0 && errno == EAGAIN) {
			arm_out(c, true);
			return;
		}
		consume(c, ret < 0 ? n : (size_t)ret);
	}
	arm_out(c, false);
}

/* ---- Input: loop thread -------------------------------------------------------------------- */

static const char help[] =
	"\nCtrl-A x  end the VM\n"
	"Ctrl-A b  send a break (Linux: then a SysRq key)\n"
	"Ctrl-A Ctrl-A  send Ctrl-A\n"
	"Ctrl-A h  this help\n";

/* The character after Ctrl-A. True if something is to be sent to the guest. */
static bool escape_key(struct console *c, u8 key, u16 *out)
{
	switch (key) {
	case 'x':
		c->quit = true;
		loop_stop(c->loop);
		return false;
	case 'b':
		*out = CONSOLE_BREAK;
		return true;
	case 'h':
	case '?':
		put_text(c, help);
		return false;
	case ESCAPE:
		*out = ESCAPE;
		return true;
	default:
		return false;
	}
}

static unsigned int filter_keys(struct console *c, const u8 *in, unsigned int n, u16 *out)
{
	unsigned int i, k = 0;

	for (i = 0; i < n; i++) {
		if (c->escaped) {
			c->escaped = false;
			if (escape_key(c, in[i], &out[k]))
				k++;
		} else if (c->keys && in[i] == ESCAPE) {
			c->escaped = true;
		} else {
			out[k++] = in[i];
		}
	}
	return k;
}

static void arm_in(struct console *c, bool on)
{
	if (c->in.fd < 0 || c->in_file || c->in_armed == on)
		return;
	c->in_armed = on;
	/* Not just an empty mask: the end of a pipe would still be reported, again and again. */
	if (on && loop_add(c->loop, &c->in, EPOLLIN))
		c->in_armed = false;
	else if (!on)
		loop_del(c->loop, &c->in);
}

static void end_of_input(struct console *c)
{
	arm_in(c, false);
	close(c->in.fd);
	c->in.fd = -1;
}

/* Give the UART, or the second device, what it has room for. True if nothing is left. */
static bool deliver(struct console *c)
{
	bool second = c->second && c->second->wants(c->second_ctx);
	const struct console_ops *ops = second ? c->second : c->ops;
	void *ctx = second ? c->second_ctx : c->ctx;
	unsigned int room = ops ? ops->rx_room(ctx) : 0;
	unsigned int n = room < c->nr_pending ? room : c->nr_pending;

	if (n) {
		ops->rx(ctx, c->pending, n);
		c->nr_pending -= n;
		memmove(c->pending, c->pending + n, c->nr_pending * sizeof(c->pending[0]));
	}
	return !c->nr_pending;
}

/*
 * Read and pass on. From a file or pipe only while the UART keeps up. From a terminal always, or a
 * guest that doesn't listen could not be ended by Ctrl-A x; what doesn't fit then is lost, as on a
 * real line.
 */
static void receive(struct console *c)
{
	u16 chars[PENDING];
	u8 buf[PENDING];
	unsigned int n;
	ssize_t ret;

	/* Before looking for room: a guest that makes some after we looked then wakes us. */
	atomic_store(&c->rx_wait, true);
	if (!deliver(c) && !c->use_tty) {
		arm_in(c, false);
		return;
	}
	ret = read(c->in.fd, buf, sizeof(buf));
	if (ret < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (ret <= 0) {
		end_of_input(c);
		return;
	}
	n = filter_keys(c, buf, (unsigned int)ret, chars);
	if (n > PENDING - c->nr_pending)
		n = PENDING - c->nr_pending;
	memcpy(c->pending + c->nr_pending, chars, n * sizeof(chars[0]));
	c->nr_pending += n;
	if (deliver(c))
		atomic_store(&c->rx_wait, false);
	arm_in(c, true);
	if (c->in_file)
		wake(c);
}

static void on_in(void *ctx, u32 events)
{
	(void)events;
	receive(ctx);
}

static void on_out(void *ctx, u32 events)
{
	(void)events;
	flush(ctx);
}

static void on_kick(void *ctx, u32 events)
{
	struct console *c = ctx;
	u64 n;

	(void)events;
	if (read(c->kick.fd, &n, sizeof(n)) < 0)
		return;
	flush(c);
	if (!deliver(c))
		return;
	if (c->in_file && c->in.fd >= 0)
		receive(c);
	else
		arm_in(c, true);
}

static void on_delay(void *ctx, u32 events)
{
	struct console *c = ctx;
	u64 n;

	(void)events;
	if (read(c->delay.fd, &n, sizeof(n)) == sizeof(n))
		flush(c);
}

/* The UART has room, or has been turned on. */
void console_rx_poll(struct console *c)
{
	if (atomic_load(&c->rx_wait))
		wake(c);
}

/* ---- Kinds of console ---------------------------------------------------------------------- */

/*
 * A terminal's non-blocking flag is shared with the shell that gave it to us, so it gets a
 * description of our own.
 */
static int own_stdout(void)
{
	int fd = -1;

	if (isatty(STDOUT_FILENO))
		fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd >= 0 ? fd : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
}

static int open_stdio(struct console *c, struct err *e)
{
	c->in.fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	c->out.fd = own_stdout();
	if (c->out.fd < 0)
		return err_set(e, "--console stdio: standard output is closed; use file:NAME");
	c->keys = true;
	c->use_tty = c->in.fd >= 0 && tty_raw(&c->tty, c->in.fd);
	if (c->use_tty)
		fprintf(stderr, "Ctrl-A x ends the VM, Ctrl-A h shows help\n");
	return 0;
}

static int open_pty(struct console *c, struct err *e)
{
	struct termios raw;
	char name[64];
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || grantpt(fd) || unlockpt(fd) || ptsname_r(fd, name, sizeof(name))) {
		err_set(e, "--console pty: can't make a pty (%s); is /dev/pts mounted?",
			strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	c->in.fd = c->out.fd = fd;
	c->drop_oldest = true;
	c->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (c->slave >= 0 && !tcgetattr(c->slave, &raw)) {
		cfmakeraw(&raw);
		tcsetattr(c->slave, TCSANOW, &raw);
	}
	/* epoll keys on the descriptor, and input and output are armed apart. */
	c->out.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	fprintf(stderr, "console on %s\n", name);
	return 0;
}

static int open_file(struct console *c, const char *path, struct err *e)
{
	c->out.fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	if (c->out.fd < 0)
		return err_set(e, "--console file:%s: %s", path, strerror(errno));
	return 0;
}

static int open_kind(struct console *c, const char *spec, struct err *e)
{
	if (!strcmp(spec, "stdio"))
		return open_stdio(c, e);
	if (!strcmp(spec, "pty"))
		return open_pty(c, e);
	if (!strncmp(spec, "file:", 5) && spec[5])
		return open_file(c, spec + 5, e);
	return err_set(e, "--console %s: use stdio, pty or file:NAME", spec);
}

static int start(struct console *c, struct err *e)
{
	int ret;

	c->kick.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (c->kick.fd < 0 || loop_add(c->loop, &c->kick, EPOLLIN))
		return err_set(e, "can't make an eventfd: %s", strerror(errno));
	c->delay.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (c->delay.fd < 0 || loop_add(c->loop, &c->delay, EPOLLIN))
		return err_set(e, "can't make a timer: %s", strerror(errno));
	if (c->in.fd < 0)
		return 0;
	ret = loop_add(c->loop, &c->in, EPOLLIN);
	c->in_armed = !ret;
	c->in_file = ret == -EPERM;	/* a file or /dev/null */
	if (ret && !c->in_file)
		return err_set(e, "can't wait for console input: %s", strerror(-ret));
	atomic_store(&c->rx_wait, c->in_file);	/* until the UART asks, nothing else would */
	return 0;
}

/**
 * console_open() - the console that --console names
 * @spec: stdio, pty or file:NAME
 * @l: the loop that will move its characters
 * @e: why not
 *
 * Return: the console, or NULL. Signals must already be blocked, and there must be no threads yet.
 */
struct console *console_open(const char *spec, struct loop *l, struct err *e)
{
	struct console *c = calloc(1, sizeof(*c));

	if (!c) {
		err_set(e, "not enough memory for the console");
		return NULL;
	}
	c->loop = l;
	c->slave = -1;
	pthread_mutex_init(&c->lock, NULL);
	c->in = (struct loop_source){ .fd = -1, .fn = on_in, .ctx = c };
	c->out = (struct loop_source){ .fd = -1, .fn = on_out, .ctx = c };
	c->kick = (struct loop_source){ .fd = -1, .fn = on_kick, .ctx = c };
	c->delay = (struct loop_source){ .fd = -1, .fn = on_delay, .ctx = c };
	if (open_kind(c, spec, e) || start(c, e)) {
		console_close(c);
		return NULL;
	}
	return c;
}

/* What the guest wrote last must come out; but a reader that is stuck can't keep us forever. */
void console_close(struct console *c)
{
	struct pollfd p = { .fd = c->out.fd, .events = POLLOUT };

	while (c->out.fd >= 0 && used(c) && !c->drop_oldest) {
		if (poll(&p, 1, 1000) != 1)
			break;
		flush(c);
	}
	if (c->use_tty)
		tty_restore(&c->tty);
	if (c->in.fd >= 0)
		close(c->in.fd);
	if (c->out.fd >= 0)
		close(c->out.fd);
	if (c->slave >= 0)
		close(c->slave);
	if (c->kick.fd >= 0)
		close(c->kick.fd);
	if (c->delay.fd >= 0)
		close(c->delay.fd);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* No vCPU runs, so ops can't be in use. */
void console_attach(struct console *c, const struct console_ops *ops, void *ctx)
{
	c->ops = ops;
	c->ctx = ctx;
}

int console_share(struct console *c, const struct console_ops *ops, void *ctx)
{
	if (ops && c->second)
		return -1;
	c->second = ops;
	c->second_ctx = ctx;
	return 0;
}

bool console_size(const struct console *c, unsigned int *cols, unsigned int *rows)
{
	struct winsize ws;

	if (ioctl(c->out.fd, TIOCGWINSZ, &ws) || !ws.ws_col || !ws.ws_row)
		return false;
	*cols = ws.ws_col;
	*rows = ws.ws_row;
	return true;
}

void console_resized(struct console *c)
{
	if (c->second)
		c->second->resized(c->second_ctx);
}

bool console_quit(const struct console *c)
{
	return c->quit;
}

void console_suspend(struct console *c)
{
	if (c->use_tty)
		tty_suspend(&c->tty);
}

void console_resume(struct console *c)
{
	if (c->use_tty)
		tty_resume(&c->tty);
}
