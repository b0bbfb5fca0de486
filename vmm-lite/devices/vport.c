// SPDX-License-Identifier: GPL-2.0
/*
 * The host's end of a console port. A program that hangs up leaves what it has sent to be read
 * first, unless the guest does not want it; one that only stops sending can go on receiving.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "devices/vport.h"
#include "virtio/virtq.h"

/* ---- The connection ------------------------------------------------------------------------ */

static void listen_on(struct vport *p, bool on)
{
	if (p->listener.fd < 0)
		return;
	if (on && loop_add(p->loop, &p->listener, EPOLLIN))
		log_line("console: nobody can connect to %s any more", p->path);
	else if (!on)
		loop_del(p->loop, &p->listener);
}

static void disconnect(struct vport *p)
{
	if (p->added)
		loop_del(p->loop, &p->src);
	p->added = false;
	close(p->src.fd);
	p->src.fd = -1;
	listen_on(p, true);
	p->change(p->ctx);
}

/* A hang-up is reported also if nothing is waited for, again and again: then we do not listen. */
void vport_watch(struct vport *p, u32 events)
{
	if (p->ended)
		events &= ~(u32)EPOLLIN;
	if (p->src.fd < 0 || p->gone || (p->added && events == p->events))
		return;
	if (p->added)
		loop_del(p->loop, &p->src);
	p->events = events;
	p->added = !loop_add(p->loop, &p->src, events);
}

void vport_forget(struct vport *p)
{
	if (p->src.fd >= 0 && p->gone)
		disconnect(p);
}

static void event(struct vport *p, u32 events)
{
	if (p->src.fd < 0)
		return;
	/* Not a pty's, whose slave we have. */
	if (events & (EPOLLHUP | EPOLLERR)) {
		loop_del(p->loop, &p->src);
		p->added = false;
		p->gone = true;
		if (p->ended) {
			disconnect(p);
			return;
		}
	}
	p->ready(p->ctx);
}

static void on_event(void *ctx, u32 events)
{
	struct vport *p = ctx;

	pthread_mutex_lock(p->lock);
	event(p, events);
	pthread_mutex_unlock(p->lock);
}

/* The listener waits while there is a connection, and so do others who connect. */
static void on_connect(void *ctx, u32 events)
{
	struct vport *p = ctx;
	int fd = accept4(p->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	pthread_mutex_lock(p->lock);
	listen_on(p, false);
	p->src.fd = fd;
	p->ended = false;
	p->gone = false;
	p->added = false;
	vport_watch(p, 0);
	p->change(p->ctx);
	pthread_mutex_unlock(p->lock);
}

size_t vport_read(struct vport *p, const struct iovec *iov, unsigned int n)
{
	ssize_t got;

	if (p->src.fd < 0 || p->ended)
		return 0;
	got = readv(p->src.fd, iov, (int)n);
	if (got > 0)
		return (size_t)got;
	if (got < 0 && (errno == EAGAIN || errno == EINTR) && !p->gone)
		return 0;
	p->ended = true;
	if (p->gone || got < 0)
		disconnect(p);
	else
		vport_watch(p, p->events);
	return 0;
}

size_t vport_write(struct vport *p, const struct iovec *iov, unsigned int n)
{
	ssize_t done = -1;

	errno = EPIPE;
	if (p->src.fd >= 0 && !p->gone)
		done = writev(p->src.fd, iov, (int)n);
	if (done >= 0)
		return (size_t)done;
	return errno == EAGAIN || errno == EINTR ? 0 : iov_total(iov, n);
}

/* ---- Kinds --------------------------------------------------------------------------------- */

/* A socket that a killed VMM has left behind is nobody's; one that answers is somebody's. */
static void remove_stale(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;

	if (fd >= 0 && !lstat(addr->sun_path, &st) && S_ISSOCK(st.st_mode) &&
	    connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) && errno == ECONNREFUSED)
		unlink(addr->sun_path);
	if (fd >= 0)
		close(fd);
}

static int open_socket(struct vport *p, const char *name, const char *path, struct err *e)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(addr.sun_path))
		return err_set(e, "port %s: %s: the path is too long for a socket", name, path);
	strcpy(addr.sun_path, path);
	remove_stale(&addr);
	p->listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->listener.fd < 0 ||
	    bind(p->listener.fd, (const struct sockaddr *)&addr, sizeof(addr)))
		return err_set(e, "port %s: %s: %s", name, path, strerror(errno));
	p->path = path;
	if (listen(p->listener.fd, 1) || loop_add(p->loop, &p->listener, EPOLLIN))
		return err_set(e, "port %s: can't wait for connections to %s: %s", name, path,
			       strerror(errno));
	return 0;
}

static int open_pty(struct vport *p, const char *name, struct err *e)
{
	struct termios raw;
	char slave[64];

	p->src.fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (p->src.fd < 0 || grantpt(p->src.fd) || unlockpt(p->src.fd) ||
	    ptsname_r(p->src.fd, slave, sizeof(slave)))
		return err_set(e, "port %s: can't make a pty (%s); is /dev/pts mounted?", name,
			       strerror(errno));
	p->slave = open(slave, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (p->slave < 0 || tcgetattr(p->slave, &raw))
		return err_set(e, "port %s: can't use %s: %s", name, slave, strerror(errno));
	cfmakeraw(&raw);
	tcsetattr(p->slave, TCSANOW, &raw);
	log_line("port %s on %s", name, slave);
	return 0;
}

/* What an earlier boot wrote stays. */
static int open_file(struct vport *p, const char *name, const char *path, struct err *e)
{
	p->src.fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
			 0666);
	p->ended = true;
	if (p->src.fd < 0)
		return err_set(e, "port %s: %s: %s", name, path, strerror(errno));
	return 0;
}

int vport_open(struct vport *p, const char *name, const char *where, struct err *e)
{
	p->src = (struct loop_source){ .fd = -1, .fn = on_event, .ctx = p };
	p->listener = (struct loop_source){ .fd = -1, .fn = on_connect, .ctx = p };
	p->slave = -1;
	if (!strncmp(where, "socket:", 7) && where[7])
		return open_socket(p, name, where + 7, e);
	if (!strncmp(where, "file:", 5) && where[5])
		return open_file(p, name, where + 5, e);
	if (!strcmp(where, "pty"))
		return open_pty(p, name, e);
	return err_set(e, "port %s: '%s' is no place: use socket:PATH, file:PATH or pty", name,
		       where);
}

void vport_close(struct vport *p)
{
	if (p->added)
		loop_del(p->loop, &p->src);
	if (p->listener.fd >= 0) {
		listen_on(p, false);
		close(p->listener.fd);
	}
	if (p->src.fd >= 0)
		close(p->src.fd);
	if (p->slave >= 0)
		close(p->slave);
	if (p->path)
		unlink(p->path);
}
