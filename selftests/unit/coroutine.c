// SPDX-License-Identifier: GPL-2.0
/*
 * Coroutines for simulated CPUs: see coroutine.h. On x86-64 a switch is a dozen
 * instructions; elsewhere ucontext does it, with two system calls each time.
 */
#include <stdlib.h>
#ifndef __x86_64__
#include <ucontext.h>
#endif

#include "coroutine.h"

#define STACK_SIZE	65536

#ifdef __x86_64__
void co_swap(void **save, void *to);
__asm__(".text\n"
	"co_swap:\n"
	"	push %rbp\n	push %rbx\n"
	"	push %r12\n	push %r13\n	push %r14\n	push %r15\n"
	"	mov %rsp, (%rdi)\n"
	"	mov %rsi, %rsp\n"
	"	pop %r15\n	pop %r14\n	pop %r13\n	pop %r12\n"
	"	pop %rbx\n	pop %rbp\n"
	"	ret\n");
typedef void *context;
#else
typedef ucontext_t context;
#endif

static context main_context, co_context[CO_MAX];
static char *co_stack[CO_MAX];
static bool co_done[CO_MAX];
static void (*co_fn)(void);
static int co_current;

void co_yield(void)
{
#ifdef __x86_64__
	co_swap(&co_context[co_current], main_context);
#else
	swapcontext(&co_context[co_current], &main_context);
#endif
}

bool co_run(int n)
{
	co_current = n;
#ifdef __x86_64__
	co_swap(&main_context, co_context[n]);
#else
	swapcontext(&main_context, &co_context[n]);
#endif
	return !co_done[n];
}

static void co_main(void)
{
	co_fn();
	co_done[co_current] = true;
	co_yield();
	abort();
}

void co_start(int n, void (*fn)(void))
{
	co_fn = fn;
	co_done[n] = false;
	if (!co_stack[n])
		co_stack[n] = aligned_alloc(64, STACK_SIZE);
#ifdef __x86_64__
	void **sp = (void **)(co_stack[n] + STACK_SIZE);

	*--sp = NULL;		/* as if co_main() had been called: sp + 8 is aligned to 16 */
	*--sp = (void *)co_main;
	sp -= 6;
	co_context[n] = sp;
#else
	getcontext(&co_context[n]);
	co_context[n].uc_stack.ss_sp = co_stack[n];
	co_context[n].uc_stack.ss_size = STACK_SIZE;
	co_context[n].uc_link = NULL;
	makecontext(&co_context[n], co_main, 0);
#endif
}
