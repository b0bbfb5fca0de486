// SPDX-License-Identifier: GPL-2.0
/*
 * virtio-blk (virtio 1.2, section 5.2): a disk in a file or block device. Requests of all queues go
 * to io_uring in the loop thread and come back in any order. Whatever the backend does to a
 * request, the guest gets an answer; what it flushed is on the host's disk.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "devices/list.h"

#define BLK_F_SEG_MAX		((u64)1 << 2)
#define BLK_F_RO		((u64)1 << 5)
#define BLK_F_BLK_SIZE		((u64)1 << 6)
#define BLK_F_FLUSH		((u64)1 << 9)
#define BLK_F_MQ		((u64)1 << 12)
#define BLK_F_DISCARD		((u64)1 << 13)
#define BLK_F_WRITE_ZEROES	((u64)1 << 14)

#define BLK_T_IN		0
#define BLK_T_OUT		1
#define BLK_T_FLUSH		4
#define BLK_T_GET_ID		8
#define BLK_T_DISCARD		11
#define BLK_T_WRITE_ZEROES	13

#define BLK_S_OK		0
#define BLK_S_IOERR		1
#define BLK_S_UNSUPP		2

#define BLK_ID_LEN		20
#define BLK_ZEROES_UNMAP	1

#define CFG_CAPACITY		0
#define CFG_SEG_MAX		12
#define CFG_BLK_SIZE		20
#define CFG_NUM_QUEUES		34
#define CFG_DISCARD_MAX		36
#define CFG_DISCARD_SEGS	40
#define CFG_DISCARD_ALIGN	44
#define CFG_ZEROES_MAX		48
#define CFG_ZEROES_SEGS		52
#define CFG_ZEROES_UNMAP	56
#define CFG_LEN			60

#ifndef STATX_DIOALIGN
#define STATX_DIOALIGN		0x2000
#endif
#define STX_DIO_MEM_ALIGN	0x98	/* in struct statx */
#define STX_DIO_OFFSET_ALIGN	0x9c

#define SECTOR			512
#define SEG_MAX			(VIRTQ_SEGS_MAX - 2)
#define RANGE_MAX		((u32)1 << 21)	/* sectors of one discard: 1 GiB */
#define MAX_QUEUES		4
#define MAX_INFLIGHT		256
#define BOUNCE_MAX		(4 * MIB)	/* of host memory for one request */
#define KICK_MAX		512	/* requests looked at before others have their turn */

struct blk_header {
	u32 type;
	u32 reserved;
	u64 sector;
};

struct blk_range {
	u64 sector;
	u32 sectors;
	u32 flags;
};

/**
 * struct blk_req - a request under way
 * @op: its I/O
 * @vdev: its device
 * @queue: where it came from
 * @type: BLK_T_*
 * @off: byte of the disk that @iov starts at
 * @left: bytes still to be moved, or to be discarded or zeroed
 * @mode: of fallocate(), for these
 * @moved: bytes that were
 * @iov: pieces still to be moved; in @chain, or the one that is @bounce
 * @nr_iov: their number
 * @bounce: aligned copy, for O_DIRECT
 * @one: the piece that describes it
 * @status: where the status byte goes
 * @chain: buffers, without header and status
 * @next: of the free ones
 */
struct blk_req {
	struct loop_op op;
	struct vdev *vdev;
	unsigned int queue;
	u32 type;
	u64 off;
	size_t left;
	int mode;
	size_t moved;
	struct iovec *iov;
	unsigned int nr_iov;
	u8 *bounce;
	struct iovec one;
	u8 *status;
	struct vq_chain chain;
	struct blk_req *next;
};

struct blk {
	int fd;
	int file;		/* the loop's number for it */
	bool read_only;
	bool block_device;
	u32 align;		/* of O_DIRECT; 1 through the page cache */
	u64 size;
	char id[BLK_ID_LEN] __attribute__((nonstring));	/* 5.2.6: full length needs no zero */
	unsigned int inflight;
	unsigned int nr_reqs;	/* MAX_INFLIGHT at most */
	struct blk_req *free;	/* with none in flight, at least one */
	bool starved;		/* chains were left for want of a free request */
	bool dirty[MAX_QUEUES];	/* something was pushed */
	struct loop_later later;
};

/* ---- Completion ---------------------------------------------------------------------------- */

/*
 * There are as many as the guest has had in flight, since each is larger than a page. Without
 * memory for one more, those in flight come back first.
 */
static struct blk_req *get_req(struct blk *b)
{
	struct blk_req *r = b->free;

	if (r) {
		b->free = r->next;
	} else if (b->nr_reqs < MAX_INFLIGHT) {
		r = calloc(1, sizeof(*r));
		b->nr_reqs += !!r;
	}
	return r;
}

static void put_req(struct blk *b, struct blk_req *r)
{
	r->next = b->free;
	b->free = r;
}

static void free_reqs(struct blk *b)
{
	struct blk_req *r;

	while ((r = b->free)) {
		b->free = r->next;
		free(r);
	}
}

static void finish(struct blk_req *r, u8 status)
{
	struct vdev *v = r->vdev;
	struct blk *b = v->state;
	bool reads = r->type == BLK_T_IN || r->type == BLK_T_GET_ID;

	free(r->bounce);
	r->bounce = NULL;
	*r->status = status;
	virtq_push(&v->queues[r->queue].q, &r->chain, (u32)((reads ? r->moved : 0) + 1));
	b->dirty[r->queue] = true;
	put_req(b, r);
	loop_later(v->vm->loop, &b->later);
}

static void submit(struct blk_req *r);

/* More to do after a short transfer: -1 if there is no more to be had. */
static int go_on(struct blk_req *r, size_t n)
{
	if (!n)
		return -1;
	r->moved += n;
	r->left -= n;
	if (r->left) {
		r->off += n;
		r->nr_iov = iov_skip(&r->iov, r->nr_iov, n);
		submit(r);
	}
	return 0;
}

static u8 status_of(int res)
{
	return res == -EOPNOTSUPP ? BLK_S_UNSUPP : BLK_S_IOERR;
}

/* 5.2.6.2: a driver that doesn't know of FLUSH finds on the disk whatever has been answered. */
static bool writes_through(const struct vdev *v)
{
	return !vdev_has(v, BLK_F_FLUSH);
}

static void io_done(struct loop_op *op, int res)
{
	struct blk_req *r = container_of(op, struct blk_req, op);
	struct vdev *v = r->vdev;
	struct blk *b = v->state;
	bool transfer = r->type == BLK_T_IN || r->type == BLK_T_OUT;

	pthread_mutex_lock(&v->vm->lock);
	b->inflight--;
	if (res == -EINTR || res == -EAGAIN) {
		submit(r);
	} else if (res < 0 || (transfer && go_on(r, (size_t)res))) {
		finish(r, status_of(res));
	} else if (!transfer && r->type != BLK_T_FLUSH && writes_through(v)) {
		/* There is no flag for what is not a write. */
		r->type = BLK_T_FLUSH;
		submit(r);
	} else if (!transfer || !r->left) {
		if (r->bounce && r->type == BLK_T_IN)
			iov_write(r->chain.iov + r->chain.nr_out, r->chain.nr_in, 0, r->bounce,
				  r->moved);
		finish(r, BLK_S_OK);
	}
	vdev_io_ended(v);
	pthread_mutex_unlock(&v->vm->lock);
}

/* ---- Requests ------------------------------------------------------------------------------ */

static void submit(struct blk_req *r)
{
	struct vdev *v = r->vdev;
	struct blk *b = v->state;

	b->inflight++;
	r->op.done = io_done;
	r->op.flags = r->type == BLK_T_OUT && writes_through(v) ? RWF_DSYNC : 0;
	if (r->type == BLK_T_IN || r->type == BLK_T_OUT)
		loop_io_rw(v->vm->loop, &r->op, b->file, r->type == BLK_T_OUT, r->iov, r->nr_iov,
			   r->off);
	else if (r->type == BLK_T_FLUSH)
		loop_io_datasync(v->vm->loop, &r->op, b->file);
	else
		loop_io_fallocate(v->vm->loop, &r->op, b->file, r->mode, r->off, r->left);
}

static bool aligned(const struct blk_req *r, u32 align)
{
	unsigned int i;

	for (i = 0; i < r->nr_iov; i++)
		if ((uintptr_t)r->iov[i].iov_base % align || r->iov[i].iov_len % align)
			return false;
	return r->off % align == 0;
}

/* O_DIRECT takes only aligned memory, and a guest's need not be. */
static int bounce(struct blk_req *r, u32 align)
{
	if (r->left > BOUNCE_MAX)
		return -1;
	if (posix_memalign((void **)&r->bounce, align, ALIGN_UP(r->left, align))) {
		r->bounce = NULL;
		return -1;
	}
	if (r->type == BLK_T_OUT)
		iov_read(r->iov, r->nr_iov, 0, r->bounce, r->left);
	r->one = (struct iovec){ r->bounce, r->left };
	r->iov = &r->one;
	r->nr_iov = 1;
	return 0;
}

static bool on_disk(const struct blk *b, u64 sector, u64 len)
{
	return sector <= b->size / SECTOR && len <= b->size - sector * SECTOR;
}

static void start_transfer(struct blk_req *r, u64 sector)
{
	struct blk *b = r->vdev->state;
	bool in = r->type == BLK_T_IN;

	r->iov = r->chain.iov + (in ? r->chain.nr_out : 0);
	r->nr_iov = in ? r->chain.nr_in : r->chain.nr_out;
	r->left = iov_total(r->iov, r->nr_iov);
	if (!r->left || r->left % SECTOR || !on_disk(b, sector, r->left) ||
	    (!in && b->read_only)) {
		finish(r, BLK_S_IOERR);
		return;
	}
	r->off = sector * SECTOR;
	if (!aligned(r, b->align) &&
	    (r->off % b->align || r->left % b->align || bounce(r, b->align)))
		finish(r, BLK_S_IOERR);
	else
		submit(r);
}

/* Bytes [off, off + len) shall read as zeroes, or as anything. */
static void start_range(struct blk_req *r, const struct blk_range *range)
{
	struct blk *b = r->vdev->state;
	u64 len = (u64)le32toh(range->sectors) * SECTOR;
	bool unmap = r->type == BLK_T_DISCARD || le32toh(range->flags) & BLK_ZEROES_UNMAP;

	if (le32toh(range->flags) & ~(r->type == BLK_T_DISCARD ? 0u : BLK_ZEROES_UNMAP)) {
		finish(r, BLK_S_UNSUPP);
		return;
	}
	if (b->read_only || !len || len > (u64)RANGE_MAX * SECTOR ||
	    !on_disk(b, le64toh(range->sector), len)) {
		finish(r, BLK_S_IOERR);
		return;
	}
	r->mode = FALLOC_FL_KEEP_SIZE | (unmap ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE);
	r->off = le64toh(range->sector) * SECTOR;
	r->left = len;
	submit(r);
}

static void start_id(struct blk_req *r)
{
	struct blk *b = r->vdev->state;

	r->moved = iov_write(r->chain.iov + r->chain.nr_out, r->chain.nr_in, 0, b->id, BLK_ID_LEN);
	finish(r, BLK_S_OK);
}

/* Header off the front and status off the end, however the driver cut them (2.7.4.1). */
static int unwrap(struct blk_req *r, struct blk_header *h)
{
	struct vq_chain *c = &r->chain;
	struct iovec *in = c->iov + c->nr_out, *out = c->iov;
	unsigned int n = c->nr_out;
	size_t room = iov_total(in, c->nr_in);

	if (iov_read(out, n, 0, h, sizeof(*h)) != sizeof(*h) || !room)
		return -1;
	r->status = (u8 *)in[c->nr_in - 1].iov_base + in[c->nr_in - 1].iov_len - 1;
	c->nr_in = iov_keep(in, c->nr_in, room - 1);
	c->nr_out = iov_skip(&out, n, sizeof(*h));
	memmove(c->iov, out, (c->nr_out + c->nr_in) * sizeof(c->iov[0]));
	return 0;
}

static void start(struct blk_req *r)
{
	struct vdev *v = r->vdev;
	struct blk_range range;
	struct blk_header h;

	if (unwrap(r, &h)) {
		put_req(v->state, r);
		vdev_broken(v, "a request without header or status");
		return;
	}
	r->type = le32toh(h.type);
	r->moved = 0;
	switch (r->type) {
	case BLK_T_IN: case BLK_T_OUT:
		start_transfer(r, le64toh(h.sector));
		break;
	case BLK_T_FLUSH:
		submit(r);
		break;
	case BLK_T_GET_ID:
		start_id(r);
		break;
	case BLK_T_DISCARD: case BLK_T_WRITE_ZEROES:
		/* One range, as the configuration says. */
		if (iov_total(r->chain.iov, r->chain.nr_out) != sizeof(range))
			finish(r, BLK_S_IOERR);
		else if (iov_read(r->chain.iov, r->chain.nr_out, 0, &range, sizeof(range)))
			start_range(r, &range);
		break;
	default:
		finish(r, BLK_S_UNSUPP);
	}
}

static void blk_kick(struct vdev *v, unsigned int queue)
{
	struct virtq *q = &v->queues[queue].q;
	struct blk *b = v->state;
	unsigned int n = 0;
	struct blk_req *r;

	do {
		virtq_kicks_off(q);
		while ((r = get_req(b))) {
			if (!vdev_pop(v, queue, &r->chain)) {
				put_req(b, r);
				break;
			}
			r->vdev = v;
			r->queue = queue;
			start(r);
			/* A guest that adds as fast as we refuse must not keep the loop thread. */
			if (++n == KICK_MAX) {
				vdev_kick_self(v, queue);
				return;
			}
		}
		if (!r) {
			b->starved = true;
			return;
		}
	} while (virtq_kicks_on(q));
}

/* After all completions that one look at the ring has found: one interrupt for them. */
static void blk_later(void *ctx)
{
	struct vdev *v = ctx;
	struct blk *b = v->state;
	unsigned int i;
	bool starved;

	pthread_mutex_lock(&v->vm->lock);
	starved = b->starved;
	b->starved = false;
	for (i = 0; i < v->nr_queues; i++) {
		if (starved && vdev_running(v))
			blk_kick(v, i);
		if (b->dirty[i])
			vdev_signal(v, i);
		b->dirty[i] = false;
	}
	pthread_mutex_unlock(&v->vm->lock);
}

static void blk_reset(struct vdev *v)
{
	struct blk *b = v->state;

	/* The I/O under way reads and writes guest memory, which the driver is about to reuse. */
	while (b->inflight && vdev_wait_io(v))
		;
	b->starved = false;
}

/* ---- Lifetime ------------------------------------------------------------------------------ */

struct blk_options {
	char path[256];
	bool read_only;
	bool direct;
	unsigned int queues;
	const char *id;
};

static int parse(const char *value, struct blk_options *o, char *copy, size_t room, struct err *e)
{
	char *word, *rest;

	if (strlen(value) >= room)
		return err_set(e, "--disk: the value is too long");
	strcpy(copy, value);
	word = strtok_r(copy, ",", &rest);
	if (*value == ',' || !word || strlen(word) >= sizeof(o->path))
		return err_set(e, "--disk %s: needs a path: --disk FILE[,ro][,cache=none]"
				  "[,num-queues=N][,id=NAME]", value);
	strcpy(o->path, word);
	while ((word = strtok_r(NULL, ",", &rest))) {
		if (!strcmp(word, "ro"))
			o->read_only = true;
		else if (!strcmp(word, "cache=none"))
			o->direct = true;
		else if (!strcmp(word, "cache=writeback"))
			o->direct = false;
		else if (!strncmp(word, "num-queues=", 11) &&
			 parse_number(word + 11, 1, MAX_QUEUES, &o->queues))
			continue;
		else if (!strncmp(word, "id=", 3) && strlen(word + 3) <= BLK_ID_LEN)
			o->id = word + 3;
		else
			return err_set(e, "--disk %s: '%s' is no option: use ro, cache=none, "
					  "cache=writeback, num-queues=N (1 to %d) or id=NAME "
					  "(up to 20 letters)",
				       value, word, MAX_QUEUES);
	}
	return 0;
}

/*
 * A file system's O_DIRECT wants what its device wants, 512 or 4096; Linux 6.1 says which, in
 * fields that older headers do not have. The guest sees it as the size of the disk's blocks, and a
 * partition table made for blocks of 512 is none for blocks of 4096.
 */
static u32 file_align(int fd)
{
	u8 stx[256];
	u32 align;

	if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, stx) ||
	    !(get_le32(stx) & STATX_DIOALIGN))
		return 4096;
	align = get_le32(stx + STX_DIO_MEM_ALIGN) | get_le32(stx + STX_DIO_OFFSET_ALIGN);
	return align && align <= SECTOR ? SECTOR : 4096;
}

/*
 * Two guests that write to one disk destroy it. The lock ends with the last use of the file, and a
 * killed VM's io_uring, which the kernel takes down in its own time, is one: somewhat patient.
 */
static int lock_disk(int fd, bool shared)
{
	int tries = 20;

	while (flock(fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB)) {
		if (errno != EWOULDBLOCK)
			return 0;	/* a file system without locks */
		if (!tries--)
			return -1;
		usleep(25000);
	}
	return 0;
}

static int open_disk(struct blk *b, const struct blk_options *o, struct err *e)
{
	int flags = (o->read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | (o->direct ? O_DIRECT : 0);
	struct stat st;
	int bs;

	b->fd = open(o->path, flags);
	if (b->fd < 0 && errno == EINVAL && o->direct)
		return err_set(e, "--disk %s: its file system can't do cache=none", o->path);
	if (b->fd < 0 && (errno == EACCES || errno == EROFS) && !o->read_only)
		return err_set(e, "--disk %s: can't be written (%s): use --disk %s,ro", o->path,
			       strerror(errno), o->path);
	if (b->fd < 0 || fstat(b->fd, &st))
		return err_set(e, "--disk %s: %s", o->path, strerror(errno));
	if (lock_disk(b->fd, o->read_only))
		return err_set(e, "--disk %s: is in use by another VM", o->path);
	b->block_device = S_ISBLK(st.st_mode);
	b->size = (u64)st.st_size;
	b->align = 1;
	if (b->block_device && ioctl(b->fd, BLKGETSIZE64, &b->size))
		return err_set(e, "--disk %s: can't find out its size: %s", o->path,
			       strerror(errno));
	if (!b->block_device && !S_ISREG(st.st_mode))
		return err_set(e, "--disk %s: is neither a file nor a block device", o->path);
	if (o->direct && b->block_device)
		b->align = !ioctl(b->fd, BLKSSZGET, &bs) && bs > SECTOR ? (u32)bs : SECTOR;
	else if (o->direct)
		b->align = file_align(b->fd);
	b->size -= b->size % (b->align > SECTOR ? b->align : SECTOR);
	if (!b->size)
		return err_set(e, "--disk %s: is empty; make it larger with truncate -s", o->path);
	return 0;
}

static void fill_config(struct vdev *v)
{
	const struct blk *b = v->state;

	put_le64(v->config + CFG_CAPACITY, b->size / SECTOR);
	put_le32(v->config + CFG_SEG_MAX, SEG_MAX);
	put_le32(v->config + CFG_BLK_SIZE, b->align > SECTOR ? b->align : SECTOR);
	put_le16(v->config + CFG_NUM_QUEUES, (u16)v->nr_queues);
	put_le32(v->config + CFG_DISCARD_MAX, RANGE_MAX);
	put_le32(v->config + CFG_DISCARD_SEGS, 1);
	put_le32(v->config + CFG_DISCARD_ALIGN, 4096 / SECTOR);
	put_le32(v->config + CFG_ZEROES_MAX, RANGE_MAX);
	put_le32(v->config + CFG_ZEROES_SEGS, 1);
	v->config[CFG_ZEROES_UNMAP] = 1;
	v->config_len = CFG_LEN;
	v->features = BLK_F_SEG_MAX | BLK_F_BLK_SIZE | BLK_F_FLUSH | BLK_F_MQ;
	v->features |= b->read_only ? BLK_F_RO : BLK_F_DISCARD | BLK_F_WRITE_ZEROES;
}

static int blk_init(struct vdev *v, const char *value, struct err *e)
{
	struct blk_options o = { .path = "" };
	struct blk *b = v->state;
	struct blk_req *r;
	char copy[512];

	b->fd = -1;
	if (parse(value, &o, copy, sizeof(copy), e) || open_disk(b, &o, e) ||
	    loop_io_init(v->vm->loop, e))
		goto fail;
	b->read_only = o.read_only;
	strncpy(b->id, o.id ? o.id : "armvirt-disk", BLK_ID_LEN);
	r = get_req(b);
	if (!r) {
		err_set(e, "not enough memory for --disk");
		goto fail;
	}
	put_req(b, r);
	b->file = loop_io_open(v->vm->loop, b->fd);
	if (b->file < 0) {
		err_set(e, "--disk %s: can't be registered with io_uring", o.path);
		free_reqs(b);
		goto fail;
	}
	b->later = (struct loop_later){ .fn = blk_later, .ctx = v };
	v->nr_queues = v->vm->cfg->cpus < MAX_QUEUES ? v->vm->cfg->cpus : MAX_QUEUES;
	if (o.queues)
		v->nr_queues = o.queues;
	fill_config(v);
	return 0;
fail:
	if (b->fd >= 0)
		close(b->fd);
	return -1;
}

static void blk_exit(struct vdev *v)
{
	struct blk *b = v->state;

	loop_later_cancel(v->vm->loop, &b->later);
	loop_io_close(v->vm->loop, b->file);
	/* The same VM may start again before the kernel has let go of a registered file. */
	flock(b->fd, LOCK_UN);
	close(b->fd);
	free_reqs(b);
}

const struct vdev_class blk_class = {
	.name = "disk",
	.option = "disk",
	.arg = "FILE[,ro][,cache=none|writeback][,num-queues=N][,id=NAME]",
	.help = "a disk in a file or block device",
	.id = 2,
	.state_size = sizeof(struct blk),
	.init = blk_init,
	.exit = blk_exit,
	.reset = blk_reset,
	.kick = blk_kick,
};
