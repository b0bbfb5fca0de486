/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A program of tests: each test is a function that runs in a process of its own, so that a failure,
 * a hang or a crash of one leaves the others alone. Results are TAP; the program exits 0 when all
 * passed, 1 when one failed, 4 when all were skipped. Nothing here knows of virtual machines.
 */
#ifndef LIB_TEST_H
#define LIB_TEST_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/**
 * struct test - one line of the output
 * @name:	what holds when the test passes
 * @fn:		runs it; returning normally without a failed expectation is a pass
 * @seconds:	time limit, 0 for the usual one
 */
struct test {
	const char *name;
	void (*fn)(void);
	unsigned int seconds;
};

int test_main(const struct test *tests, int n);

#define TEST_MAIN(tests)	\
	int main(void) { return test_main(tests, ARRAY_SIZE(tests)); }

/* test_note - prints a comment line. */
void test_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* test_fail - notes the failure of the running test, which goes on. */
void test_fail(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* test_die - the same, and the running test ends. */
void test_die(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn));
/* test_skip - the running test ends as skipped. */
void test_skip(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
/* test_failed - has the running test failed so far? */
bool test_failed(void);

#define fail(...)	test_fail(__FILE__, __LINE__, __VA_ARGS__)
#define die(...)	test_die(__FILE__, __LINE__, __VA_ARGS__)

/* expect* note what is wrong and go on; require ends the test. */
#define expect(cond) ({							\
	bool good_ = (cond);						\
	if (!good_)							\
		fail("expected %s", #cond);				\
	good_; })

#define require(cond) do {						\
	if (!(cond))							\
		die("expected %s (errno %d %s)", #cond, errno, strerror(errno)); \
} while (0)

#define expect_eq(got, want) ({						\
	u64 got_ = (u64)(got), want_ = (u64)(want);			\
	if (got_ != want_)						\
		fail("%s is %#llx, expected %#llx (%s)", #got, (unsigned long long)got_, \
		     (unsigned long long)want_, #want);			\
	got_ == want_; })

/* expect_err - the call must return -1 with this errno. */
#define expect_err(call, err) ({					\
	long ret_ = (call);						\
	int errno_ = errno;						\
	if (ret_ != -1)							\
		fail("%s gave %ld, expected %s", #call, ret_, #err);	\
	else if (errno_ != (err))					\
		fail("%s gave errno %d (%s), expected %s", #call, errno_, \
		     strerror(errno_), #err);				\
	ret_ == -1 && errno_ == (err); })

/* expect_ok - the call must not return a negative value. */
#define expect_ok(call) ({						\
	long ret_ = (call);						\
	if (ret_ < 0)							\
		fail("%s failed, errno %d (%s)", #call, errno, strerror(errno)); \
	ret_; })

/* rnd - pseudo-random numbers, the same in every run for the same seed. */
struct rnd {
	u64 state;
};

static inline u64 rnd64(struct rnd *r)
{
	u64 x = r->state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	r->state = x;
	return x * 0x2545f4914f6cdd1dULL;
}

static inline u32 rnd_below(struct rnd *r, u32 n)
{
	return (u32)(rnd64(r) >> 33) % n;
}

u64 now_ns(void);
void sleep_ms(unsigned int ms);

#endif
