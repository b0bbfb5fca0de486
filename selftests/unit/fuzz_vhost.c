// SPDX-License-Identifier: GPL-2.0
/*
 * Devices whose queues somebody else has: vsock with a kernel's vhost of our own, and fs with a
 * vhost-user back end of our own. Both check that they are only sent to guest RAM, and stop when
 * told to; they refuse, answer wrongly or die as the input says.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vhost.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#undef VIRTIO_F_VERSION_1
#undef VIRTIO_F_RING_PACKED

#include "devices/virtiofsd.h"
#include "fuzz_kinds.h"

#define QUEUES	2

/* Requests that are still answered well; after that one is not. */
static unsigned int patience;
static unsigned int num[QUEUES];
static bool given[QUEUES];

static void in_ram(u64 at, u64 len)
{
	MUST(at >= (uintptr_t)fuzz_ram && len <= fuzz_ram_size &&
	     at - (uintptr_t)fuzz_ram <= fuzz_ram_size - len);
}

static void rings_in_ram(unsigned int index, u64 desc, u64 avail, u64 used)
{
	MUST(index < QUEUES);
	in_ram(desc, 16 * num[index]);
	in_ram(avail, 6 + 2 * num[index]);
	in_ram(used, 6 + 8 * num[index]);
}

static void set_num(unsigned int index, unsigned int n)
{
	MUST(index < QUEUES && n && n <= 256 && !(n & (n - 1)));
	num[index] = n;
}

static void idle(void)
{
	MUST(!given[0] && !given[1]);
}

static void host(struct input *in)
{
	patience = byte(in) % 32;
}

#ifdef KIND_VSOCK

static bool running;

#undef open
#undef ioctl
int open(const char *path, int flags, ...);
int ioctl(int fd, unsigned long request, ...);

int fuzz_open(const char *path, int flags, ...)
{
	MUST(!strcmp(path, "/dev/vhost-vsock"));
	return open("/dev/null", flags);
}

static void set_memory(const struct vhost_memory *m)
{
	MUST(m->nregions == 1 && m->regions[0].userspace_addr == (uintptr_t)fuzz_ram &&
	     m->regions[0].memory_size == fuzz_ram_size);
}

int fuzz_ioctl(int fd, unsigned long request, ...)
{
	const struct vhost_vring_addr *addr;
	const struct vhost_vring_state *state;
	const struct vhost_vring_file *file;
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	state = arg;
	file = arg;
	addr = arg;
	/* Taking away always works. */
	if (request == VHOST_VSOCK_SET_RUNNING && !*(int *)arg) {
		running = false;
		return 0;
	}
	if (request == VHOST_SET_VRING_KICK && file->fd == VHOST_FILE_UNBIND) {
		MUST(!running);
		given[file->index] = false;
		return 0;
	}
	if (!patience--) {
		errno = EFAULT;
		return -1;
	}
	switch (request) {
	case VHOST_GET_FEATURES:
		*(__u64 *)arg = VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX;
		break;
	case VHOST_SET_FEATURES:
		MUST(!(*(__u64 *)arg & VIRTIO_F_RING_PACKED));
		break;
	case VHOST_SET_MEM_TABLE:
		set_memory(arg);
		break;
	case VHOST_SET_VRING_NUM:
		set_num(state->index, state->num);
		break;
	case VHOST_SET_VRING_ADDR:
		rings_in_ram(addr->index, addr->desc_user_addr, addr->avail_user_addr,
			     addr->used_user_addr);
		break;
	case VHOST_SET_VRING_KICK:
		given[file->index] = true;
		break;
	case VHOST_VSOCK_SET_RUNNING:
		MUST(given[0] && given[1]);
		running = true;
		break;
	}
	return 0;
}

static void option(char *value, size_t size, u8 mode)
{
	(void)mode;
	patience = 1000;
	snprintf(value, size, "3");
}

static void request(struct shape *s, unsigned int queue, struct input *in)
{
	s->out = queue == 1 ? 44u + byte(in) : 0;
	s->in = queue == 1 ? 0 : 44u + byte(in);
}

const struct fuzz_kind fuzz_kind = { &vsock_class, 3, option, request, host, idle, idle };

#else

static int backend = -1;
static u8 answer;

#undef connect
#undef sendmsg
int connect(int fd, const struct sockaddr *addr, socklen_t len);
ssize_t sendmsg(int fd, const struct msghdr *msg, int flags);

int virtiofsd_start(const char *dir, bool read_only, pid_t *pid, struct err *e)
{
	(void)dir, (void)read_only, (void)pid, (void)e;
	abort();
}

void virtiofsd_end(pid_t pid)
{
	(void)pid;
	abort();
}

static void hang_up(void)
{
	if (backend >= 0)
		close(backend);
	backend = -1;
	/* Who is gone touches nothing any more. */
	given[0] = given[1] = false;
}

int fuzz_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	int fds[2];

	(void)addr, (void)len;
	hang_up();
	MUST(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds));
	MUST(dup2(fds[0], fd) == fd);
	close(fds[0]);
	backend = fds[1];
	return 0;
}

/* By request: what it says, and 8 bytes for an answer; 0: there is none but an acknowledgement. */
static unsigned int serve(u32 request, const u8 *p, u32 size, u8 reply[8])
{
	u64 field[5] = { 0 };
	u32 index;

	if (size)
		memcpy(field, p, size < sizeof(field) ? size : sizeof(field));
	index = (u32)field[0];
	switch (request) {
	case 1:
		put_le64(reply, VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC | (u64)1 << 30);
		return 8;
	case 15:
		put_le64(reply, (u64)answer << 1);
		return 8;
	case 8:
		set_num(index, (u32)(field[0] >> 32));
		break;
	case 9:
		rings_in_ram(index, field[1], field[3], field[2]);
		break;
	case 11:
		MUST(index < QUEUES);
		given[index] = false;
		put_le64(reply, field[0]);
		return 8;
	case 12:
		MUST(index < QUEUES);
		given[index] = true;
		break;
	}
	return 0;
}

ssize_t fuzz_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	const u8 *head = msg->msg_iov[0].iov_base;
	u32 request = get_le32(head), size = get_le32(head + 8);
	const u8 *payload = msg->msg_iovlen > 1 ? msg->msg_iov[1].iov_base : NULL;
	u8 reply[20] = { 0 };
	unsigned int len;

	(void)fd, (void)flags;
	MUST(msg->msg_iov[0].iov_len == 12 && !size == !payload);
	if (backend < 0 || !patience--) {
		hang_up();
		errno = EPIPE;
		return -1;
	}
	len = serve(request, payload, size, reply + 12);
	if (!len && get_le32(head + 4) & 8)
		len = 8;
	put_le32(reply, request);
	put_le32(reply + 4, 5);
	put_le32(reply + 8, len);
	/* Now and then something is wrong with it, or more of it than there should be. */
	if (patience == 3)
		reply[answer % 12]++;
	if (patience == 5)
		put_le64(reply + 12, ~0ULL << answer % 64);
	/* It may have ended its side before. */
	if ((len || patience == 7) && send(backend, reply, 12 + len, MSG_NOSIGNAL) < 0)
		hang_up();
	/* It has not all come: it never will. */
	if (backend >= 0 && (patience == 3 || patience == 7))
		shutdown(backend, SHUT_WR);
	return 12 + size;
}

static void host_fs(struct input *in)
{
	host(in);
	answer = byte(in);
	if (answer % 8 == 1)
		hang_up();
	else if (answer % 8 == 2 && backend >= 0 && send(backend, "?", 1, MSG_NOSIGNAL) < 0)
		hang_up();
}

static void option(char *value, size_t size, u8 mode)
{
	patience = 1000;
	answer = mode & 16 ? 0xff : 0;
	snprintf(value, size, "socket=/x,tag=t");
}

static void request(struct shape *s, unsigned int queue, struct input *in)
{
	(void)queue;
	s->head_len = 40;
	s->out = byte(in);
	s->in = byte(in);
}

/* A back end that we have given up did not hear of it; its connection has ended. */
static void idle_fs(void)
{
	u8 byte;

	if (backend >= 0 && !recv(backend, &byte, 1, MSG_PEEK | MSG_DONTWAIT))
		hang_up();
	while (backend >= 0 && recv(backend, &byte, 1, MSG_DONTWAIT) == 1)
		;
	if (backend >= 0 && (!recv(backend, &byte, 1, MSG_DONTWAIT) || errno != EAGAIN))
		hang_up();
	idle();
}

static void end(void)
{
	idle_fs();
	hang_up();
}

const struct fuzz_kind fuzz_kind = { &fs_class, 2, option, request, host_fs, idle_fs, end };

#endif
