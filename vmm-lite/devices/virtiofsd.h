/* SPDX-License-Identifier: GPL-2.0 */
/* The program virtiofsd, which serves a folder to fs.c: finding, starting and ending it. */
#ifndef VMM_DEVICES_VIRTIOFSD_H
#define VMM_DEVICES_VIRTIOFSD_H

#include <sys/types.h>

#include "util.h"

/* Start one for folder @dir: a socket that leads to it, and its process in *pid; or -1. */
int virtiofsd_start(const char *dir, bool read_only, pid_t *pid, struct err *e);
/* End it, whatever it is doing. */
void virtiofsd_end(pid_t pid);

#endif /* VMM_DEVICES_VIRTIOFSD_H */
