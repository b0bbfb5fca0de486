// SPDX-License-Identifier: GPL-2.0
/*
 * The terminal is restored however vmm-lite ends: in order, by a crash, or killed. A child makes a
 * pty raw and ends in each of these ways; the settings must then be what they were.
 */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tty.h"
#include "tap.h"

enum way {
	IN_ORDER,
	SUSPENDED,
	EXITED,
	CRASHED,
	KILLED,
};

static void child(int fd, int ready, enum way way)
{
	struct rlimit none = { 0 };
	struct tty t;

	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_CORE, &none);
	if (!tty_raw(&t, fd))
		_exit(1);
	/* The parent looks whether it is raw, then lets us go. */
	if (write(ready, "r", 1) != 1 || read(ready, &(char){ 0 }, 1) != 1)
		_exit(1);
	switch (way) {
	case IN_ORDER:
		tty_restore(&t);
		break;
	case SUSPENDED:
		tty_suspend(&t);
		tty_resume(&t);
		tty_restore(&t);
		break;
	case EXITED:
		break;
	case CRASHED:
		signal(SIGSEGV, SIG_DFL);
		raise(SIGSEGV);
		break;
	case KILLED:
		raise(SIGKILL);
		break;
	}
	_exit(0);
}

static bool same(int fd, const struct termios *want)
{
	struct termios now;

	return !tcgetattr(fd, &now) && now.c_iflag == want->c_iflag &&
	       now.c_oflag == want->c_oflag && now.c_lflag == want->c_lflag &&
	       now.c_cflag == want->c_cflag;
}

/* The keeper works after the child is gone, so it gets a moment. */
static bool restored(int fd, const struct termios *want)
{
	int i;

	for (i = 0; i < 200 && !same(fd, want); i++)
		poll(NULL, 0, 10);
	return same(fd, want);
}

static bool try_way(enum way way)
{
	struct termios before;
	int master, slave, sock[2];
	bool raw = false, good;
	char c;
	pid_t pid;

	if (openpty(&master, &slave, NULL, NULL, NULL) || tcgetattr(slave, &before) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sock))
		return false;
	pid = fork();
	if (pid == 0) {
		close(sock[0]);
		child(slave, sock[1], way);
	}
	close(sock[1]);
	if (read(sock[0], &c, 1) == 1) {
		raw = !same(slave, &before);
		if (write(sock[0], "g", 1) != 1)
			raw = false;
	}
	waitpid(pid, NULL, 0);
	good = raw && restored(slave, &before);
	close(sock[0]);
	close(master);
	close(slave);
	return good;
}

int main(void)
{
	struct tap t = { 0 };
	struct tty tty;
	int fd = open("/dev/null", O_RDWR);

	tap_ok(&t, try_way(IN_ORDER), "restored in order");
	tap_ok(&t, try_way(SUSPENDED), "restored after a stop");
	tap_ok(&t, try_way(EXITED), "restored after an exit that forgot it");
	tap_ok(&t, try_way(CRASHED), "restored after a crash");
	tap_ok(&t, try_way(KILLED), "restored after SIGKILL");
	tap_ok(&t, !tty_raw(&tty, fd) && !tty_raw(&tty, -1), "what is no terminal is left alone");
	close(fd);
	return tap_end(&t);
}
