// SPDX-License-Identifier: GPL-2.0
/*
 * The user's terminal in raw mode, and back. Going back must not depend on this process ending in
 * order: a small child process keeps the saved settings, waits for the other end of a pipe to close
 * and restores them, so that a crash or a SIGKILL of the VMM leaves a usable terminal too.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tty.h"

/* Waits for the pipe: a byte means the parent has restored the terminal itself. */
static void keeper(int fd, const struct tty *t)
{
	char c;
	ssize_t n;
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		signal(sig, SIG_IGN);	/* SIGTTOU above all: we are a background job by then */
	for (n = 3; n < 64; n++)
		if (n != fd && n != t->fd)
			close((int)n);
	prctl(PR_SET_NAME, "vmm-lite-tty");
	do
		n = read(fd, &c, 1);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		tcsetattr(t->fd, TCSANOW, &t->saved);
	_exit(0);
}

static void start_keeper(struct tty *t)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC))
		return;
	t->keeper = fork();
	if (t->keeper == 0) {
		close(p[1]);
		keeper(p[0], t);
	}
	close(p[0]);
	t->pipe = p[1];
	if (t->keeper < 0) {
		close(p[1]);
		t->pipe = -1;
	}
}

/* Without the keeper (no process to be had) only the orderly ways out restore the terminal. */
bool tty_raw(struct tty *t, int fd)
{
	t->fd = fd;
	t->pipe = -1;
	t->keeper = -1;
	t->active = false;
	if (!isatty(fd) || tcgetattr(fd, &t->saved))
		return false;
	start_keeper(t);
	tty_resume(t);
	return t->active;
}

void tty_resume(struct tty *t)
{
	struct termios raw = t->saved;

	cfmakeraw(&raw);
	raw.c_oflag |= OPOST;	/* our own messages are lines as well */
	t->active = tcsetattr(t->fd, TCSANOW, &raw) == 0;
}

void tty_suspend(struct tty *t)
{
	if (t->active)
		tcsetattr(t->fd, TCSADRAIN, &t->saved);
	t->active = false;
}

void tty_restore(struct tty *t)
{
	tty_suspend(t);
	if (t->pipe < 0)
		return;
	/* If the keeper was killed the write fails (SIGPIPE is ignored); nothing is left to do. */
	if (write(t->pipe, "", 1) == 1)
		waitpid(t->keeper, NULL, 0);
	close(t->pipe);
	t->pipe = -1;
}
