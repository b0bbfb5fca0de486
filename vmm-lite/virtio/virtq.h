/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A virtqueue as the device sees it (virtio 1.2, sections 2.7 and 2.8): split or packed, with
 * indirect descriptors and event indices. It knows guest memory and nothing else, so it runs in the
 * unit tests and fuzzers of the build host. The guest is not trusted: each field in its memory is
 * read once, and what makes no sense breaks the queue, never the VMM.
 */
#ifndef VMM_VIRTIO_VIRTQ_H
#define VMM_VIRTIO_VIRTQ_H

#include <sys/uio.h>

#include "vmm.h"

#define VIRTQ_SIZE_MAX	256
#define VIRTQ_SEGS_MAX	256	/* pieces of one chain: 254 of data, a header, a status */

/**
 * struct virtq - one queue
 * @mem: guest RAM
 * @packed: VIRTIO_F_RING_PACKED was negotiated
 * @event_idx: VIRTIO_F_EVENT_IDX was negotiated
 * @ready: the driver has set it up, and it has not been found broken since
 * @size: entries
 * @desc: guest physical address of the descriptor table, or the packed ring
 * @driver: of the available ring, or the driver's event suppression
 * @device: of the used ring, or the device's event suppression
 * @desc_p: where these three are in our memory while @ready
 * @avail: next entry that the driver fills; for packed rings a slot
 * @used: next entry that we fill
 * @avail_wrap: wrap counter (packed)
 * @used_wrap: likewise
 * @unsignalled: entries used since virtq_must_signal() was last asked
 */
struct virtq {
	const struct mem *mem;
	bool packed;
	bool event_idx;
	bool ready;
	u16 size;
	u64 desc;
	u64 driver;
	u64 device;
	void *desc_p;
	void *driver_p;
	void *device_p;
	u16 avail;
	u16 used;
	bool avail_wrap;
	bool used_wrap;
	unsigned int unsignalled;
};

/**
 * struct vq_chain - one request: buffers for the device to read, then buffers for it to write
 * @id: the driver's name for it
 * @slots: ring entries that it takes (packed)
 * @nr_out: pieces to read, the first of @iov
 * @nr_in: pieces to write, which follow
 * @bytes: of all pieces, which fit into 32 bits (2.7.5), and so into a size_t of any host
 */
struct vq_chain {
	u16 id;
	u16 slots;
	unsigned int nr_out;
	unsigned int nr_in;
	u32 bytes;
	struct iovec iov[VIRTQ_SEGS_MAX];
};

/* A chain to be given back: what virtq_pop() called it, and the bytes written to it. */
struct vq_used {
	u16 id;
	u16 slots;
	u32 written;
};

/* 0 and the queue is ready, or -1: an address, size or alignment that can't be. */
int virtq_start(struct virtq *q);
void virtq_reset(struct virtq *q);
/*
 * Somebody else has served this split ring so far, and has used all chains before the first that it
 * has not used: go on there. Whether the driver was told of the last ones is not known.
 */
void virtq_take_over(struct virtq *q);

/* 1 and a chain, 0: there is none, -1: the ring is broken. */
int virtq_pop(struct virtq *q, struct vq_chain *c);
/* Give a chain back, of which the first @written bytes of the writable part were written. */
void virtq_push(struct virtq *q, const struct vq_chain *c, u32 written);
/* Several that belong together: the driver sees all of them or none. */
void virtq_push_all(struct virtq *q, const struct vq_used *u, unsigned int n);
/* Put the last chain popped back, which took @slots (nothing was pushed since). */
void virtq_unpop(struct virtq *q, u16 slots);
/* Whether the driver wants an interrupt for what was pushed since the last call. */
bool virtq_must_signal(struct virtq *q);
/* Ask the driver not to kick, or to kick again; true: chains have come meanwhile, look again. */
void virtq_kicks_off(struct virtq *q);
bool virtq_kicks_on(struct virtq *q);

/* Buffers in pieces: copies of up to @len bytes from offset @off; return what was copied. */
size_t iov_total(const struct iovec *iov, unsigned int n);
size_t iov_read(const struct iovec *iov, unsigned int n, size_t off, void *buf, size_t len);
size_t iov_write(const struct iovec *iov, unsigned int n, size_t off, const void *buf, size_t len);
/* Drop the first @len bytes; the number of pieces left, which start at *iov. */
unsigned int iov_skip(struct iovec **iov, unsigned int n, size_t len);
/* Keep only the first @len bytes; the number of pieces left. */
unsigned int iov_keep(struct iovec *iov, unsigned int n, size_t len);

#endif /* VMM_VIRTIO_VIRTQ_H */
