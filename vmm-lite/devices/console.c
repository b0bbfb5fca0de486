// SPDX-License-Identifier: GPL-2.0
/*
 * virtio-console (virtio 1.2, section 5.3) with many ports. Port 0, if the user wants one, is a
 * terminal: the guest's hvc0, whose other end is a struct console, its own or the serial port's.
 * The other ports have names, and sockets, ptys or files at their other end (vport.c); a guest that
 * writes to one waits while the host does not read, and writes into nothing while nobody is
 * connected.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "devices/list.h"
#include "devices/vport.h"

#define CONSOLE_F_SIZE		((u64)1 << 0)
#define CONSOLE_F_MULTIPORT	((u64)1 << 1)
#define CONSOLE_F_EMERG_WRITE	((u64)1 << 2)

#define CFG_COLS	0
#define CFG_ROWS	2
#define CFG_MAX_PORTS	4
#define CFG_EMERG_WR	8
#define CFG_LEN		12

/* Control messages, 5.3.6.2. */
#define DEVICE_READY	0
#define DEVICE_ADD	1
#define PORT_READY	3
#define CONSOLE_PORT	4
#define RESIZE		5
#define PORT_OPEN	6
#define PORT_NAME	7

#define Q_CTRL_IN	2	/* 5.3.2: to the driver, and from it */
#define Q_CTRL_OUT	3

#define MAX_PORTS	7	/* two queues each, and two for control: VDEV_MAX_QUEUES */
#define NAME_MAX_LEN	32
#define VALUE_MAX	1024
#define MSG_LEN		8
#define TURN		64	/* chains after which the loop thread sees to others */
#define RX_PIECE	64	/* characters from a terminal at once */

/**
 * struct port - one of them
 * @vdev: the device
 * @id: its number
 * @name: for /dev/virtio-ports in the guest; NULL for port 0
 * @exists: the user wants it; there may be no port 0
 * @term: other end of port 0
 * @host: other end of the others
 * @added: the driver has it
 * @guest_open: a program of the guest has it open, or it is port 0
 * @due: messages about it that wait for buffers, by number
 * @held: a chain from the guest that is being written
 * @done: bytes of it that were
 * @holding: there is one
 */
struct port {
	struct vdev *vdev;
	unsigned int id;
	const char *name;
	bool exists;
	struct console *term;
	struct vport host;
	bool added;
	bool guest_open;
	u32 due;
	struct vq_chain held;
	size_t done;
	bool holding;
};

struct vcon {
	struct port ports[MAX_PORTS];
	unsigned int nr_ports;
	bool own_term;
	char value[VALUE_MAX];
};

static unsigned int rx_queue(const struct port *p)
{
	return p->id ? 2 * p->id + 2 : 0;
}

static unsigned int tx_queue(const struct port *p)
{
	return rx_queue(p) + 1;
}

/* ---- Control messages to the driver -------------------------------------------------------- */

static size_t make_message(const struct port *p, unsigned int event, u8 *msg)
{
	size_t len = MSG_LEN;
	unsigned int value = 1;

	if (event == PORT_OPEN)
		value = p->term || vport_connected(&p->host);
	put_le32(msg, p->id);
	put_le16(msg + 4, (u16)event);
	put_le16(msg + 6, (u16)value);
	if (event == PORT_NAME) {
		memcpy(msg + len, p->name, strlen(p->name));
		len += strlen(p->name);
	} else if (event == RESIZE) {
		/*
		 * The standard has the columns first. Linux has read the rows first from the
		 * beginning, and other drivers that read this message are not known.
		 */
		memcpy(msg + len, p->vdev->config + CFG_ROWS, 2);
		memcpy(msg + len + 2, p->vdev->config + CFG_COLS, 2);
		len += 4;
	}
	return len;
}

/* What is due is a set, so a guest that gives no buffers costs nothing. False: it gave none. */
static bool send_due(struct port *p)
{
	struct virtq *q = &p->vdev->queues[Q_CTRL_IN].q;
	u8 msg[MSG_LEN + NAME_MAX_LEN];
	unsigned int event;
	struct vq_chain c;
	size_t len;

	for (event = 0; p->due; event++) {
		if (!(p->due & 1u << event))
			continue;
		if (!vdev_pop_or_ask(p->vdev, Q_CTRL_IN, &c))
			return false;
		p->due &= ~(1u << event);
		len = make_message(p, event, msg);
		len = iov_write(c.iov + c.nr_out, c.nr_in, 0, msg, len);
		virtq_push(q, &c, (u32)len);
	}
	return true;
}

static void send_all_due(struct vdev *v)
{
	struct vcon *s = v->state;
	unsigned int i;

	if (!vdev_running(v) || !vdev_has(v, CONSOLE_F_MULTIPORT))
		return;
	for (i = 0; i < s->nr_ports; i++)
		if (!send_due(&s->ports[i]))
			break;
	vdev_signal(v, Q_CTRL_IN);
}

/* ---- Data from the guest ------------------------------------------------------------------- */

/* Pieces of the held chain that are still to be written. */
static unsigned int rest_of(struct port *p, struct iovec *iov, struct iovec **rest)
{
	memcpy(iov, p->held.iov, p->held.nr_out * sizeof(*iov));
	*rest = iov;
	return iov_skip(rest, p->held.nr_out, p->done);
}

static size_t term_write(struct console *term, const struct iovec *iov, unsigned int n)
{
	size_t room = console_tx_room(term), done = 0, i;

	for (; n; n--, iov++)
		for (i = 0; i < iov->iov_len && done < room; i++, done++)
			console_put(term, ((u8 *)iov->iov_base)[i]);
	return done;
}

/* False: the other end does not take all of it now. */
static bool write_held(struct port *p)
{
	struct iovec iov[VIRTQ_SEGS_MAX], *rest;
	unsigned int n = rest_of(p, iov, &rest);

	if (n)
		p->done += p->term ? term_write(p->term, rest, n) : vport_write(&p->host, rest, n);
	if (p->done < iov_total(p->held.iov, p->held.nr_out))
		return false;
	virtq_push(&p->vdev->queues[tx_queue(p)].q, &p->held, 0);
	p->holding = false;
	return true;
}

static void watch(struct port *p, u32 set, u32 clear)
{
	if (!p->term)
		vport_watch(&p->host, (p->host.events | set) & ~clear);
}

static void transmit(struct port *p)
{
	struct vdev *v = p->vdev;
	struct virtq *q = &v->queues[tx_queue(p)].q;
	unsigned int left = TURN;
	bool stuck = false;
	size_t before;

	do {
		virtq_kicks_off(q);
		while (left && !stuck && (p->holding || vdev_pop(v, tx_queue(p), &p->held))) {
			left--;
			if (!p->holding)
				p->done = 0;
			p->holding = true;
			before = p->done;
			/* Only one that takes nothing says when it goes on. */
			stuck = !write_held(p) && p->done == before;
		}
	} while (left && !stuck && virtq_kicks_on(q));
	/* A terminal says itself when it has room again. */
	watch(p, stuck ? EPOLLOUT : 0, stuck ? 0 : EPOLLOUT);
	if (!left && !stuck)
		vdev_kick_self(v, tx_queue(p));
	vdev_signal(v, tx_queue(p));
}

/* ---- Data to the guest --------------------------------------------------------------------- */

/* From a named port. Its program is kept waiting until the guest reads. */
static void receive(struct port *p)
{
	struct vdev *v = p->vdev;
	struct virtq *q = &v->queues[rx_queue(p)].q;
	unsigned int left;
	struct vq_chain c;
	size_t n;

	for (left = TURN; left && p->guest_open && vport_connected(&p->host); left--) {
		virtq_kicks_off(q);
		if (!vdev_pop_or_ask(v, rx_queue(p), &c)) {
			watch(p, 0, EPOLLIN);
			break;
		}
		n = c.nr_in ? vport_read(&p->host, c.iov + c.nr_out, c.nr_in) : 0;
		if (n || !c.nr_in) {
			virtq_push(q, &c, (u32)n);
			continue;
		}
		virtq_unpop(q, c.slots);
		watch(p, EPOLLIN, 0);
		break;
	}
	if (!left)
		vdev_kick_self(v, rx_queue(p));
	if (!p->guest_open) {
		vport_forget(&p->host);
		watch(p, 0, EPOLLIN);
	}
	vdev_signal(v, rx_queue(p));
}

static void on_ready(void *ctx)
{
	struct port *p = ctx;
	struct vdev *v = p->vdev;

	if (vdev_running(v)) {
		transmit(p);
		receive(p);
	} else {
		vport_forget(&p->host);
		watch(p, 0, EPOLLIN | EPOLLOUT);
	}
}

static void on_change(void *ctx)
{
	struct port *p = ctx;
	struct vdev *v = p->vdev;

	if (p->added)
		p->due |= 1u << PORT_OPEN;
	vdev_kick_self(v, Q_CTRL_IN);
	vdev_kick_self(v, rx_queue(p));
	/* What the guest has written goes on, or into nothing. */
	vdev_kick_self(v, tx_queue(p));
}

/* ---- The terminal -------------------------------------------------------------------------- */

static bool term_wants(void *ctx)
{
	struct port *p = ctx;
	bool wants;

	pthread_mutex_lock(&p->vdev->vm->lock);
	wants = vdev_running(p->vdev) && p->guest_open;
	pthread_mutex_unlock(&p->vdev->vm->lock);
	return wants;
}

static unsigned int term_rx_room(void *ctx)
{
	struct port *p = ctx;
	struct vdev *v = p->vdev;
	struct vq_chain c;
	unsigned int room = 0;
	size_t total;

	pthread_mutex_lock(&v->vm->lock);
	if (vdev_running(v) && p->guest_open && vdev_pop_or_ask(v, rx_queue(p), &c)) {
		total = iov_total(c.iov + c.nr_out, c.nr_in);
		room = total < RX_PIECE ? (unsigned int)total : RX_PIECE;
		virtq_unpop(&v->queues[rx_queue(p)].q, c.slots);
	}
	pthread_mutex_unlock(&v->vm->lock);
	return room;
}

/* A break has no meaning for this kind of terminal. */
static void term_rx(void *ctx, const u16 *chars, unsigned int n)
{
	struct port *p = ctx;
	struct vdev *v = p->vdev;
	u8 buf[RX_PIECE];
	unsigned int i, k = 0;
	struct vq_chain c;

	for (i = 0; i < n && i < RX_PIECE; i++)
		if (!(chars[i] & ~0xff))
			buf[k++] = (u8)chars[i];
	pthread_mutex_lock(&v->vm->lock);
	/* After a reset since it was asked for room there may be none: a line that was cut. */
	if (k && vdev_running(v) && vdev_pop(v, rx_queue(p), &c)) {
		k = (unsigned int)iov_write(c.iov + c.nr_out, c.nr_in, 0, buf, k);
		virtq_push(&v->queues[rx_queue(p)].q, &c, k);
		vdev_signal(v, rx_queue(p));
	}
	pthread_mutex_unlock(&v->vm->lock);
}

static void term_tx_room(void *ctx)
{
	struct port *p = ctx;
	struct vdev *v = p->vdev;

	pthread_mutex_lock(&v->vm->lock);
	if (vdev_running(v))
		transmit(p);
	pthread_mutex_unlock(&v->vm->lock);
}

/* False: nobody knows how large it is. */
static bool read_size(struct port *p)
{
	unsigned int cols, rows;

	if (!console_size(p->term, &cols, &rows))
		return false;
	put_le16(p->vdev->config + CFG_COLS, (u16)cols);
	put_le16(p->vdev->config + CFG_ROWS, (u16)rows);
	return true;
}

static void term_resized(void *ctx)
{
	struct port *p = ctx;
	struct vdev *v = p->vdev;

	pthread_mutex_lock(&v->vm->lock);
	if (v->features & CONSOLE_F_SIZE && read_size(p)) {
		if (vdev_has(v, CONSOLE_F_SIZE) && p->guest_open) {
			p->due |= 1u << RESIZE;
			send_all_due(v);
		}
		vdev_config_changed(v);
	}
	pthread_mutex_unlock(&v->vm->lock);
}

static const struct console_ops term_ops = {
	.wants = term_wants,
	.rx_room = term_rx_room,
	.rx = term_rx,
	.tx_room = term_tx_room,
	.resized = term_resized,
};

/* ---- Control messages from the driver ------------------------------------------------------ */

static void driver_ready(struct vcon *s, bool good)
{
	unsigned int i;

	for (i = 0; i < s->nr_ports && good; i++)
		if (s->ports[i].exists)
			s->ports[i].due |= 1u << DEVICE_ADD;
}

static void port_ready(struct port *p)
{
	p->added = true;
	if (p->term) {
		p->due |= 1u << CONSOLE_PORT | 1u << PORT_OPEN;
		if (vdev_has(p->vdev, CONSOLE_F_SIZE))
			p->due |= 1u << RESIZE;
		return;
	}
	p->due |= 1u << PORT_NAME;
	if (vport_connected(&p->host))
		p->due |= 1u << PORT_OPEN;
}

static void port_open(struct port *p, bool open)
{
	p->guest_open = open;
	if (p->term)
		console_rx_poll(p->term);
	else
		receive(p);
}

static void message(struct vdev *v, const struct vq_chain *c)
{
	struct vcon *s = v->state;
	unsigned int id, value;
	u8 msg[MSG_LEN];

	if (iov_read(c->iov, c->nr_out, 0, msg, MSG_LEN) != MSG_LEN)
		return;
	id = get_le32(msg);
	value = get_le16(msg + 6);
	if (get_le16(msg + 4) == DEVICE_READY) {
		driver_ready(s, value == 1);
		return;
	}
	if (id >= s->nr_ports || !s->ports[id].exists)
		return;
	if (get_le16(msg + 4) == PORT_READY && value == 1)
		port_ready(&s->ports[id]);
	else if (get_le16(msg + 4) == PORT_OPEN)
		port_open(&s->ports[id], value);
}

static void control(struct vdev *v)
{
	struct virtq *q = &v->queues[Q_CTRL_OUT].q;
	unsigned int left = TURN;
	struct vq_chain c;

	do {
		virtq_kicks_off(q);
		while (left && vdev_pop(v, Q_CTRL_OUT, &c)) {
			left--;
			message(v, &c);
			virtq_push(q, &c, 0);
		}
	} while (left && virtq_kicks_on(q));
	if (!left)
		vdev_kick_self(v, Q_CTRL_OUT);
	vdev_signal(v, Q_CTRL_OUT);
}

/* ---- The device ---------------------------------------------------------------------------- */

static void vcon_kick(struct vdev *v, unsigned int queue)
{
	struct vcon *s = v->state;
	struct port *p = &s->ports[queue < 2 ? 0 : queue / 2 - 1];
	bool control_queue = queue == Q_CTRL_IN || queue == Q_CTRL_OUT;

	if (!control_queue && !p->exists)
		return;
	if (queue == Q_CTRL_OUT)
		control(v);
	else if (!control_queue && queue == tx_queue(p))
		transmit(p);
	else if (!control_queue && p->term)
		console_rx_poll(p->term);
	else if (!control_queue)
		receive(p);
	/* Whatever came of it may have something to say. */
	send_all_due(v);
}

static int vcon_start(struct vdev *v)
{
	struct vcon *s = v->state;

	/* Without messages there is nobody to say so. */
	if (!vdev_has(v, CONSOLE_F_MULTIPORT))
		s->ports[0].guest_open = true;
	return 0;
}

static void vcon_reset(struct vdev *v)
{
	struct vcon *s = v->state;
	unsigned int i;

	for (i = 0; i < s->nr_ports; i++) {
		s->ports[i].added = false;
		s->ports[i].guest_open = false;
		s->ports[i].holding = false;
		s->ports[i].due = 0;
		if (s->ports[i].exists)
			watch(&s->ports[i], 0, EPOLLIN | EPOLLOUT);
	}
}

/* 5.3.4: a character for a driver that has no time for queues; also before it is ready. */
static void vcon_config_write(struct vdev *v, unsigned int off, const u8 *data, unsigned int len)
{
	struct vcon *s = v->state;

	if (off == CFG_EMERG_WR && len && s->ports[0].term)
		console_put(s->ports[0].term, data[0]);
}

/* ---- Lifetime ------------------------------------------------------------------------------ */

static bool good_name(const struct vcon *s, const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-_";
	unsigned int i;

	for (i = 1; i < s->nr_ports; i++)
		if (!strcmp(s->ports[i].name, name))
			return false;
	return *name && *name != '.' && strlen(name) <= NAME_MAX_LEN &&
	       strspn(name, letters) == strlen(name);
}

static int add_named(struct vdev *v, char *word, struct err *e)
{
	struct vcon *s = v->state;
	struct port *p = &s->ports[s->nr_ports];
	char *where = strchr(word, '=');

	if (s->nr_ports == MAX_PORTS)
		return err_set(e, "--virtio-console: more than %d named ports: use a second one",
			       MAX_PORTS - 1);
	*where++ = 0;
	if (!good_name(s, word))
		return err_set(e, "--virtio-console: '%s' can't be a port's name: use each once, "
				  "up to %d letters, digits, dots, - and _", word, NAME_MAX_LEN);
	p->name = word;
	p->exists = true;
	p->host = (struct vport){ .loop = v->vm->loop, .lock = &v->vm->lock,
				  .change = on_change, .ready = on_ready, .ctx = p };
	s->nr_ports++;
	return vport_open(&p->host, word, where, e);
}

static int open_term(struct vdev *v, const char *where, struct err *e)
{
	struct vcon *s = v->state;
	struct port *p = &s->ports[0];

	if (!strcmp(where, "console")) {
		if (console_share(v->vm->console, &term_ops, p))
			return err_set(e, "--virtio-console console: only one can have it");
		p->term = v->vm->console;
	} else if (!strcmp(where, "pty") || !strncmp(where, "file:", 5)) {
		p->term = console_open(where, v->vm->loop, e);
		if (!p->term)
			return -1;
		s->own_term = true;
		console_attach(p->term, &term_ops, p);
	} else {
		return err_set(e, "--virtio-console %s: use console (that of --console), pty or "
				  "file:PATH, then ports: NAME=socket:PATH|file:PATH|pty", where);
	}
	p->exists = true;
	if (read_size(p))
		v->features |= CONSOLE_F_SIZE;
	v->features |= CONSOLE_F_EMERG_WRITE;
	return 0;
}

static void vcon_exit(struct vdev *v)
{
	struct vcon *s = v->state;
	unsigned int i;

	for (i = 1; i < s->nr_ports; i++)
		vport_close(&s->ports[i].host);
	if (s->own_term)
		console_close(s->ports[0].term);
	else if (s->ports[0].term)
		console_share(s->ports[0].term, NULL, NULL);
}

static int parse(struct vdev *v, struct err *e)
{
	struct vcon *s = v->state;
	char *word, *rest;
	bool first = true;

	for (word = strtok_r(s->value, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		if (strchr(word, '=') ? add_named(v, word, e) :
		    first ? open_term(v, word, e) :
		    err_set(e, "--virtio-console: '%s' is no port: NAME=socket:PATH|file:PATH|pty",
			    word))
			return -1;
		first = false;
	}
	return first ? err_set(e, "--virtio-console needs a value: console, pty or file:PATH") : 0;
}

static int vcon_init(struct vdev *v, const char *value, struct err *e)
{
	struct vcon *s = v->state;
	unsigned int i;

	if (snprintf(s->value, sizeof(s->value), "%s", value) >= (int)sizeof(s->value))
		return err_set(e, "--virtio-console: more than %d characters", VALUE_MAX - 1);
	for (i = 0; i < MAX_PORTS; i++)
		s->ports[i] = (struct port){ .vdev = v, .id = i };
	s->nr_ports = 1;
	v->config_len = CFG_LEN;
	v->features = CONSOLE_F_MULTIPORT;
	if (parse(v, e)) {
		vcon_exit(v);
		return -1;
	}
	put_le32(v->config + CFG_MAX_PORTS, s->nr_ports);
	v->nr_queues = 2 * s->nr_ports + 2;
	return 0;
}

const struct vdev_class console_class = {
	.name = "console",
	.option = "virtio-console",
	.arg = "console|pty|file:PATH[,NAME=socket:PATH|file:PATH|pty]...",
	.help = "a terminal (hvc0; console: that of --console) and named ports of the guest",
	.id = 3,
	.state_size = sizeof(struct vcon),
	.init = vcon_init,
	.exit = vcon_exit,
	.start = vcon_start,
	.reset = vcon_reset,
	.kick = vcon_kick,
	.config_write = vcon_config_write,
};
