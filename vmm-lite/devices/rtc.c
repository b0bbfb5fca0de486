// SPDX-License-Identifier: GPL-2.0
/*
 * PL031, the real-time clock of QEMU's virt board (PrimeCell DDI 0224): seconds since 1970, with an
 * alarm. Setting it moves the guest's idea of the time only, never the host's.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "devices/list.h"

#define RTC_DR		0x00
#define RTC_MR		0x04
#define RTC_LR		0x08
#define RTC_CR		0x0c
#define RTC_IMSC	0x10
#define RTC_RIS		0x14
#define RTC_MIS		0x18
#define RTC_ICR		0x1c
#define RTC_ID		0xfe0

struct rtc {
	struct device *dev;
	struct loop_source timer;
	u32 offset;		/* guest's seconds minus the host's */
	u32 mr, lr, imsc, ris;
};

static const u8 rtc_id[8] = { 0x31, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

static u32 now(const struct rtc *r)
{
	return (u32)time(NULL) + r->offset;
}

static void update_irq(struct rtc *r)
{
	device_irq(r->dev, r->ris & r->imsc);
}

/* Arm the alarm for the second at which the counter equals MR; it wraps as a 32-bit number does. */
static void set_alarm(struct rtc *r)
{
	struct itimerspec its = { .it_value.tv_sec = (time_t)(u32)(r->mr - r->offset) };

	if ((u32)(r->mr - now(r)) == 0) {
		r->ris = 1;
		update_irq(r);
		return;
	}
	if (its.it_value.tv_sec < time(NULL))
		its.it_value.tv_sec += (time_t)1 << 32;
	timerfd_settime(r->timer.fd, TFD_TIMER_ABSTIME, &its, NULL);
}

static void alarm_rings(void *ctx, u32 events)
{
	struct rtc *r = ctx;
	struct vm *vm = r->dev->vm;
	u64 n;

	(void)events;
	if (read(r->timer.fd, &n, sizeof(n)) != sizeof(n))
		return;
	pthread_mutex_lock(&vm->lock);
	r->ris = 1;
	update_irq(r);
	pthread_mutex_unlock(&vm->lock);
}

static u64 rtc_read(struct device *d, u64 off, unsigned int len)
{
	const struct rtc *r = d->state;

	(void)len;
	if (off >= RTC_ID)
		return device_primecell_id(off, rtc_id);
	switch (off) {
	case RTC_DR:
		return now(r);
	case RTC_MR:
		return r->mr;
	case RTC_LR:
		return r->lr;
	case RTC_CR:
		return 1;
	case RTC_IMSC:
		return r->imsc;
	case RTC_RIS:
		return r->ris;
	case RTC_MIS:
		return r->ris & r->imsc;
	default:
		return 0;
	}
}

static void rtc_write(struct device *d, u64 off, u64 val, unsigned int len)
{
	struct rtc *r = d->state;

	(void)len;
	switch (off) {
	case RTC_MR:
		r->mr = (u32)val;
		set_alarm(r);
		break;
	case RTC_LR:
		r->lr = (u32)val;
		r->offset += r->lr - now(r);
		set_alarm(r);
		break;
	case RTC_IMSC:
		r->imsc = val & 1;
		update_irq(r);
		break;
	case RTC_ICR:
		r->ris &= ~(u32)val;
		update_irq(r);
		break;
	}
}

static int rtc_init(struct device *d, struct err *e)
{
	struct rtc *r = d->state;

	r->dev = d;
	r->lr = now(r);
	r->timer = (struct loop_source){ .fn = alarm_rings, .ctx = r };
	r->timer.fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (r->timer.fd < 0)
		return err_set(e, "can't make a timer for the clock: %s", strerror(errno));
	if (loop_add(d->vm->loop, &r->timer, EPOLLIN)) {
		close(r->timer.fd);
		return err_set(e, "can't wait for the clock's timer");
	}
	return 0;
}

static void rtc_exit(struct device *d)
{
	struct rtc *r = d->state;

	loop_del(d->vm->loop, &r->timer);
	close(r->timer.fd);
}

const struct dev_class rtc_class = {
	.name = "pl031",
	.compat = "arm,pl031\0arm,primecell",
	.compat_len = sizeof("arm,pl031\0arm,primecell"),
	.clock_names = "apb_pclk",
	.clock_names_len = sizeof("apb_pclk"),
	.size = 0x1000,
	.state_size = sizeof(struct rtc),
	.init = rtc_init,
	.exit = rtc_exit,
	.read = rtc_read,
	.write = rtc_write,
};
