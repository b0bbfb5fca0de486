// SPDX-License-Identifier: GPL-2.0
/*
 * virtio-fs (virtio 1.2, section 5.11): a folder of the host, served by virtiofsd, which has both
 * queues (vhost-user). Nothing of the file system is seen here. Without virtiofsd each request of
 * the guest is answered by an error, also those that it had in its hands when it died.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "devices/list.h"
#include "devices/virtiofsd.h"
#include "virtio/vhost_user.h"

#define NR_QUEUES	2	/* 5.11.2: urgent requests, then the others */
#define QUEUE_SIZE	128	/* bounds a request's pieces to what a chain of ours has */

#define TURN		64	/* requests after which the loop thread sees to others */
#define TAG_MAX		36
#define CFG_TAG		0
#define CFG_NUM_QUEUES	36	/* of requests that are not urgent */
#define CFG_LEN		40

/* FUSE's headers, as far as they are needed to refuse a request. */
#define FUSE_IN_UNIQUE	8
#define FUSE_OUT_LEN	16

#define CONNECT_TRIES	30	/* 100 ms each */
#define START_PATIENCE	30000	/* ms, with all that a new process has to read from a disk */
#define PATIENCE	5000

/**
 * struct fs - state
 * @user: serves both queues
 * @tag: its name for the guest
 * @next: the other devices of this VM
 * @pid: of the virtiofsd that we have started, 0 if it was not us
 */
struct fs {
	struct vhost_user user;
	char tag[TAG_MAX + 1];
	struct fs *next;
	pid_t pid;
};

/* ---- Requests that nobody serves ----------------------------------------------------------- */

static u32 put_error(const struct vq_chain *c)
{
	u8 out[FUSE_OUT_LEN] = { 0 };

	iov_read(c->iov, c->nr_out, FUSE_IN_UNIQUE, out + 8, 8);
	put_le32(out, sizeof(out));
	put_le32(out + 4, (u32)-ENOTCONN);
	/* A request without room for an answer wants none. */
	return (u32)iov_write(c->iov + c->nr_out, c->nr_in, 0, out, sizeof(out));
}

static void fs_kick(struct vdev *v, unsigned int queue)
{
	struct virtq *q = &v->queues[queue].q;
	unsigned int left = TURN;
	struct fs *f = v->state;
	struct vq_chain c;

	if (vhost_kick(&f->user.vhost, v, queue))
		return;
	do {
		virtq_kicks_off(q);
		while (left && vdev_pop(v, queue, &c)) {
			virtq_push(q, &c, put_error(&c));
			left--;
		}
	} while (left && virtq_kicks_on(q));
	if (!left)
		vdev_kick_self(v, queue);
	vdev_signal(v, queue);
}

/* ---- Lifetime ------------------------------------------------------------------------------ */

static int fs_start(struct vdev *v)
{
	struct fs *f = v->state;

	return vhost_user_start(&f->user);
}

static void fs_reset(struct vdev *v)
{
	struct fs *f = v->state;

	vhost_stop(&f->user.vhost, v);
}

static void on_lost(struct vhost_user *u)
{
	struct fs *f = container_of(u, struct fs, user);

	/* One that hangs could go on later, and write to guest memory. */
	if (f->pid > 0)
		virtiofsd_end(f->pid);
	f->pid = 0;
}

/**
 * struct fs_options - what the user wants
 * @dir: folder, or empty
 * @socket: of a virtiofsd that runs already, or empty
 * @tag: name for the guest
 * @read_only: the guest must not change anything
 */
struct fs_options {
	char dir[PATH_MAX];
	char socket[PATH_MAX];
	char tag[TAG_MAX + 1];
	bool read_only;
};

static int set_tag(struct fs_options *o, const char *value, const char *tag, struct err *e)
{
	if (!*tag || strlen(tag) > TAG_MAX)
		return err_set(e, "--fs %s: '%s' can't be a tag, which has 1 to %d bytes: tag=NAME",
			       value, tag, TAG_MAX);
	strcpy(o->tag, tag);
	return 0;
}

static int parse_word(struct fs_options *o, const char *value, const char *word, bool first,
		      struct err *e)
{
	if (!strncmp(word, "tag=", 4))
		return set_tag(o, value, word + 4, e);
	if (!strncmp(word, "socket=", 7))
		snprintf(o->socket, sizeof(o->socket), "%s", word + 7);
	else if (!strcmp(word, "ro"))
		o->read_only = true;
	else if (first)
		snprintf(o->dir, sizeof(o->dir), "%s", word);
	else
		return err_set(e, "--fs %s: '%s' is no option: use tag=NAME and ro", value, word);
	return 0;
}

static int parse(const char *value, struct fs_options *o, struct err *e)
{
	char copy[PATH_MAX], *word, *rest;
	bool first = true;

	if (strlen(value) >= sizeof(copy))
		return err_set(e, "--fs: the path is too long");
	strcpy(copy, value);
	for (word = strtok_r(copy, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		if (parse_word(o, value, word, first, e))
			return -1;
		first = false;
	}
	if (!o->dir[0] == !o->socket[0])
		return err_set(e, "--fs %s: which folder? --fs DIR, or --fs socket=PATH,tag=NAME",
			       value);
	if (o->socket[0] && o->read_only)
		return err_set(e, "--fs %s: ro is for a folder: start this virtiofsd with --readonly",
			       value);
	if (o->socket[0] && !o->tag[0])
		return err_set(e, "--fs %s: what is it called in the guest? add tag=NAME", value);
	return 0;
}

/* The folder's full path, and its last part as tag if the user has named none. */
static int check_dir(struct fs_options *o, const char *value, struct err *e)
{
	char *full = realpath(o->dir, NULL);
	struct stat st;
	int ret = 0;

	if (!full || stat(full, &st))
		ret = err_set(e, "--fs %s: %s: check the path", value, strerror(errno));
	else if (!S_ISDIR(st.st_mode))
		ret = err_set(e, "--fs %s: is no folder", value);
	else if (!o->tag[0])
		ret = set_tag(o, value, full[1] ? strrchr(full, '/') + 1 : "root", e);
	if (!ret)
		snprintf(o->dir, sizeof(o->dir), "%s", full);
	free(full);
	return ret;
}

/* A virtiofsd ends with each connection, and whoever starts the next may need a moment. */
static int connect_to(const char *path, struct err *e)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	unsigned int i;
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path))
		return err_set(e, "--fs socket=%s: the path is too long for a socket", path);
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	for (i = 0; fd >= 0 && i < CONNECT_TRIES; i++) {
		if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
			return fd;
		if (errno != ECONNREFUSED && errno != ENOENT && errno != EAGAIN)
			break;
		usleep(100000);
	}
	err_set(e, "--fs socket=%s: %s: does a virtiofsd listen there?", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* A guest mounts by the tag. */
static int add_share(struct vm *vm, struct fs *f, const struct fs_options *o, const char *value,
		     struct err *e)
{
	const struct fs *other;

	for (other = vm->shares; other; other = other->next)
		if (!strcmp(other->tag, o->tag))
			return err_set(e, "--fs %s: another --fs has the tag '%s' already: add tag=NAME",
				       value, o->tag);
	strcpy(f->tag, o->tag);
	f->next = vm->shares;
	vm->shares = f;
	return 0;
}

static void remove_share(struct vm *vm, struct fs *f)
{
	struct fs **p;

	for (p = &vm->shares; *p; p = &(*p)->next) {
		if (*p == f) {
			*p = f->next;
			return;
		}
	}
}

static int fs_init(struct vdev *v, const char *value, struct err *e)
{
	struct fs_options o = { .tag = "" };
	struct fs *f = v->state;
	int fd;

	if (parse(value, &o, e) || (o.dir[0] && check_dir(&o, value, e)) ||
	    add_share(v->vm, f, &o, value, e))
		return -1;
	fd = o.dir[0] ? virtiofsd_start(o.dir, o.read_only, &f->pid, e) : connect_to(o.socket, e);
	if (fd < 0)
		goto fail;
	f->user = (struct vhost_user){ .vhost.nr_queues = NR_QUEUES, .patience = START_PATIENCE,
				       .lost = on_lost };
	if (vhost_user_open(&f->user, v, fd, 0)) {
		err_set(e, "--fs %s: virtiofsd %s: %s", value, o.dir[0] ?
			"ended or gives no answer" : "gives no answer", strerror(errno));
		goto fail;
	}
	f->user.patience = PATIENCE;
	v->nr_queues = NR_QUEUES;
	v->config_len = CFG_LEN;
	memcpy(v->config + CFG_TAG, o.tag, strlen(o.tag));
	put_le32(v->config + CFG_NUM_QUEUES, NR_QUEUES - 1);
	return 0;
fail:
	remove_share(v->vm, f);
	return -1;
}

static void fs_exit(struct vdev *v)
{
	struct fs *f = v->state;

	vhost_user_close(&f->user);
	remove_share(v->vm, f);
}

const struct vdev_class fs_class = {
	.name = "fs",
	.option = "fs",
	.arg = "DIR[,tag=NAME][,ro] or socket=PATH,tag=NAME",
	.help = "a folder of the host, by virtiofsd: mount -t virtiofs NAME /mnt",
	.id = 26,
	.queue_size = QUEUE_SIZE,
	.shared_memory = true,
	.state_size = sizeof(struct fs),
	.init = fs_init,
	.exit = fs_exit,
	.start = fs_start,
	.reset = fs_reset,
	.kick = fs_kick,
};
