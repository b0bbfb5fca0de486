// SPDX-License-Identifier: GPL-2.0
/*
 * PL011, the serial port of QEMU's virt board: registers, a 16-byte receive FIFO and interrupts, as
 * the PrimeCell manual (DDI 0183) has them. Baud rate, parity and modem lines do nothing; there is
 * no DMA. Where characters come from and go to is console.c's business.
 */
#include "devices/list.h"

#define UART_DR		0x00
#define UART_RSR	0x04
#define UART_FR		0x18
#define UART_ILPR	0x20
#define UART_IBRD	0x24
#define UART_FBRD	0x28
#define UART_LCRH	0x2c
#define UART_CR		0x30
#define UART_IFLS	0x34
#define UART_IMSC	0x38
#define UART_RIS	0x3c
#define UART_MIS	0x40
#define UART_ICR	0x44
#define UART_DMACR	0x48
#define UART_ID		0xfe0

#define FR_RXFE		(1 << 4)
#define FR_TXFF		(1 << 5)
#define FR_RXFF		(1 << 6)
#define FR_TXFE		(1 << 7)
#define LCRH_FEN	(1 << 4)
#define CR_RXE		(1 << 9)
#define CR_UARTEN	(1 << 0)
#define CR_RESET	0x300		/* transmitter and receiver on, UART itself off */
#define INT_RX		(1 << 4)
#define INT_TX		(1 << 5)
#define INT_RT		(1 << 6)
#define INT_BE		(1 << 9)
#define INT_ALL		0x7ff

#define FIFO_SIZE	16
/* Linux writes half a FIFO without looking once it has seen a transmit interrupt. */
#define TX_SLACK	FIFO_SIZE

struct uart {
	u16 fifo[FIFO_SIZE];
	unsigned int head, count;
	u32 ilpr, ibrd, fbrd, lcrh, cr, ifls, imsc, ris, dmacr, rsr;
};

static const u8 uart_id[8] = { 0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

static void update_irq(struct device *d)
{
	struct uart *u = d->state;

	device_irq(d, u->ris & u->imsc);
}

/* How full the receive FIFO must be for INT_RX: IFLS in eighths, or the one place without FIFO. */
static unsigned int rx_trigger(const struct uart *u)
{
	static const u8 level[8] = { 2, 4, 8, 12, 14, 14, 14, 14 };

	return u->lcrh & LCRH_FEN ? level[u->ifls >> 3 & 7] : 1;
}

static unsigned int rx_capacity(const struct uart *u)
{
	return u->lcrh & LCRH_FEN ? FIFO_SIZE : 1;
}

static u32 read_dr(struct device *d)
{
	struct uart *u = d->state;
	u32 ch = 0;

	if (u->count) {
		ch = u->fifo[u->head];
		u->head = (u->head + 1) % FIFO_SIZE;
		u->count--;
	}
	u->rsr = ch >> 8 & 0xf;
	if (u->count < rx_trigger(u))
		u->ris &= ~INT_RX;
	if (!u->count)
		u->ris &= ~INT_RT;
	update_irq(d);
	console_rx_poll(d->vm->console);
	return ch;
}

/*
 * The transmitter is as fast as the console's ring: done at once. INT_TX rises as the hardware's
 * does when the FIFO drains; with the ring nearly full that waits for tx_room().
 */
static void write_dr(struct device *d, u8 ch)
{
	struct uart *u = d->state;

	console_put(d->vm->console, ch);
	if (console_tx_room(d->vm->console) > TX_SLACK)
		u->ris |= INT_TX;
	else
		u->ris &= ~INT_TX;
	update_irq(d);
}

static u32 read_fr(struct device *d)
{
	const struct uart *u = d->state;
	u32 fr = console_tx_room(d->vm->console) > TX_SLACK ? FR_TXFE : FR_TXFF;

	if (!u->count)
		fr |= FR_RXFE;
	if (u->count >= rx_capacity(u))
		fr |= FR_RXFF;
	return fr;
}

static u64 uart_read(struct device *d, u64 off, unsigned int len)
{
	const struct uart *u = d->state;

	(void)len;
	if (off >= UART_ID)
		return device_primecell_id(off, uart_id);
	switch (off) {
	case UART_DR:
		return read_dr(d);
	case UART_RSR:
		return u->rsr;
	case UART_FR:
		return read_fr(d);
	case UART_ILPR:
		return u->ilpr;
	case UART_IBRD:
		return u->ibrd;
	case UART_FBRD:
		return u->fbrd;
	case UART_LCRH:
		return u->lcrh;
	case UART_CR:
		return u->cr;
	case UART_IFLS:
		return u->ifls;
	case UART_IMSC:
		return u->imsc;
	case UART_RIS:
		return u->ris;
	case UART_MIS:
		return u->ris & u->imsc;
	case UART_DMACR:
		return u->dmacr;
	default:
		return 0;
	}
}

static void uart_write(struct device *d, u64 off, u64 val, unsigned int len)
{
	struct uart *u = d->state;
	u32 v = (u32)val;

	(void)len;
	switch (off) {
	case UART_DR:
		write_dr(d, (u8)v);
		return;
	case UART_RSR:
		u->rsr = 0;
		return;
	case UART_ILPR:
		u->ilpr = v & 0xff;
		return;
	case UART_IBRD:
		u->ibrd = v & 0xffff;
		return;
	case UART_FBRD:
		u->fbrd = v & 0x3f;
		return;
	case UART_LCRH:
		/* Turning the FIFO on or off empties it. */
		if ((u->lcrh ^ v) & LCRH_FEN)
			u->head = u->count = 0;
		u->lcrh = v & 0xff;
		break;
	case UART_CR:
		u->cr = v & 0xff87;
		break;
	case UART_IFLS:
		u->ifls = v & 0x3f;
		return;
	case UART_IMSC:
		u->imsc = v & INT_ALL;
		update_irq(d);
		return;
	case UART_ICR:
		u->ris &= ~(v & INT_ALL);
		update_irq(d);
		return;
	case UART_DMACR:
		u->dmacr = v & 7;
		return;
	default:
		return;
	}
	console_rx_poll(d->vm->console);
}

/* Characters wait in the console while the receiver is off, so that none typed early is lost. */
static unsigned int rx_room(void *ctx)
{
	struct device *d = ctx;
	const struct uart *u = d->state;
	unsigned int n = 0;

	pthread_mutex_lock(&d->vm->lock);
	if ((u->cr & (CR_UARTEN | CR_RXE)) == (CR_UARTEN | CR_RXE) && u->count < rx_capacity(u))
		n = rx_capacity(u) - u->count;
	pthread_mutex_unlock(&d->vm->lock);
	return n;
}

/* The receive timeout is over at once: what is typed by hand never fills the FIFO. */
static void rx(void *ctx, const u16 *chars, unsigned int n)
{
	struct device *d = ctx;
	struct uart *u = d->state;

	pthread_mutex_lock(&d->vm->lock);
	for (; n && u->count < rx_capacity(u); n--, chars++) {
		u->fifo[(u->head + u->count++) % FIFO_SIZE] = *chars;
		if (*chars & CONSOLE_BREAK)
			u->ris |= INT_BE;
	}
	if (u->count >= rx_trigger(u))
		u->ris |= INT_RX;
	if (u->count)
		u->ris |= INT_RT;
	update_irq(d);
	pthread_mutex_unlock(&d->vm->lock);
}

static void tx_room(void *ctx)
{
	struct device *d = ctx;
	struct uart *u = d->state;

	pthread_mutex_lock(&d->vm->lock);
	u->ris |= INT_TX;
	update_irq(d);
	pthread_mutex_unlock(&d->vm->lock);
}

static const struct console_ops uart_console_ops = {
	.rx_room = rx_room,
	.rx = rx,
	.tx_room = tx_room,
};

static int uart_init(struct device *d, struct err *e)
{
	struct uart *u = d->state;

	(void)e;
	u->cr = CR_RESET;
	u->ifls = 0x12;
	console_attach(d->vm->console, &uart_console_ops, d);
	return 0;
}

static void uart_exit(struct device *d)
{
	console_attach(d->vm->console, NULL, NULL);
}

const struct dev_class uart_class = {
	.name = "pl011",
	.compat = "arm,pl011\0arm,primecell",
	.compat_len = sizeof("arm,pl011\0arm,primecell"),
	.clock_names = "uartclk\0apb_pclk",
	.clock_names_len = sizeof("uartclk\0apb_pclk"),
	.console = true,
	.size = 0x1000,
	.state_size = sizeof(struct uart),
	.init = uart_init,
	.exit = uart_exit,
	.read = uart_read,
	.write = uart_write,
};
