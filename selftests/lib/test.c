// SPDX-License-Identifier: GPL-2.0
/* The TAP side of the tests: a process for each, a time limit for each, one result line each. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "test.h"

#define DEFAULT_SECONDS	60
#define EXIT_SKIP	4

/* What the process of a test tells the one that prints the results. */
static struct {
	int failures;
	char reason[128];
} *shared;

static pid_t running;

void test_note(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printf("# %s\n", text);
	fflush(stdout);
}

void test_fail(const char *file, int line, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	test_note("%s:%d: %s", file, line, text);
	__atomic_add_fetch(&shared->failures, 1, __ATOMIC_SEQ_CST);
}

void test_die(const char *file, int line, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	test_fail(file, line, "%s", text);
	_exit(1);
}

void test_skip(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(shared->reason, sizeof(shared->reason), fmt, ap);
	va_end(ap);
	_exit(EXIT_SKIP);
}

bool test_failed(void)
{
	return __atomic_load_n(&shared->failures, __ATOMIC_SEQ_CST) != 0;
}

static void timed_out(int sig)
{
	(void)sig;
	kill(running, SIGKILL);
}

/* On a machine that takes several times as long, which SLOW says, so does the test. */
static unsigned int time_limit(const struct test *t)
{
	const char *slow = getenv("SLOW");
	int times = slow ? atoi(slow) : 1;

	return (t->seconds ? t->seconds : DEFAULT_SECONDS) * (unsigned int)(times > 1 ? times : 1);
}

/* Returns the wait status; *late tells whether the time limit ended it. */
static int run_one(const struct test *t, bool *late)
{
	unsigned int seconds = time_limit(t);
	u64 end = now_ns() + seconds * 1000000000ULL;
	int status;

	shared->failures = 0;
	shared->reason[0] = 0;
	fflush(stdout);
	running = fork();
	if (running < 0)
		return -1;
	if (!running) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		t->fn();
		fflush(stdout);
		_exit(test_failed());
	}
	alarm(seconds);
	while (waitpid(running, &status, 0) < 0 && errno == EINTR)
		;
	alarm(0);
	*late = now_ns() >= end;
	return status;
}

int test_main(const struct test *tests, int n)
{
	struct sigaction sa = { .sa_handler = timed_out };
	int failed = 0, skipped = 0;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	sigaction(SIGALRM, &sa, NULL);
	printf("TAP version 13\n1..%d\n", n);
	for (int i = 0; i < n; i++) {
		bool late = false;
		int status = run_one(&tests[i], &late);
		bool skip = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIP;
		bool good = skip || (WIFEXITED(status) && !WEXITSTATUS(status));

		if (WIFSIGNALED(status))
			test_note("%s", late ? "time limit" : strsignal(WTERMSIG(status)));
		printf("%sok %d - %s", good ? "" : "not ", i + 1, tests[i].name);
		printf(skip ? " # SKIP %s\n" : "\n", shared->reason);
		fflush(stdout);
		failed += !good;
		skipped += skip;
	}
	return failed ? 1 : skipped == n ? EXIT_SKIP : 0;
}

u64 now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

void sleep_ms(unsigned int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}
