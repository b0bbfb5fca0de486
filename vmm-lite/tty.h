/* SPDX-License-Identifier: GPL-2.0 */
/* The user's terminal: raw while a VM uses it, restored however the process ends. */
#ifndef VMM_TTY_H
#define VMM_TTY_H

#include <stdbool.h>
#include <sys/types.h>
#include <termios.h>

struct tty {
	struct termios saved;
	pid_t keeper;
	int fd;
	int pipe;
	bool active;
};

/* False if fd is no terminal. Call it before there are threads: it forks. */
bool tty_raw(struct tty *t, int fd);
void tty_suspend(struct tty *t);
void tty_resume(struct tty *t);
void tty_restore(struct tty *t);

#endif /* VMM_TTY_H */
