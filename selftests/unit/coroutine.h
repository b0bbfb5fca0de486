/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Coroutines, one per simulated CPU: a test switches between them wherever the
 * order of events on real CPUs would not be certain, and its random numbers decide.
 */
#ifndef COROUTINE_H
#define COROUTINE_H

#include <stdbool.h>

#define CO_MAX	4

void co_start(int n, void (*fn)(void));	/* all that run at a time have one function */
bool co_run(int n);			/* until it yields; false: it has returned */
void co_yield(void);			/* back to who called co_run() */

#endif
