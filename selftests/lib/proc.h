/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers and switches of the host kernel that tests look at: /proc and /sys. */
#ifndef LIB_PROC_H
#define LIB_PROC_H

#include "test.h"

/* meminfo_kb - one line of /proc/meminfo, -1 without it. */
long meminfo_kb(const char *name);
/* vmstat - one line of /proc/vmstat, -1 without it. */
long vmstat(const char *name);
/* file_read_long - the first number in a file, -1 if it can't be read. */
long file_read_long(const char *path);
/* file_write - writes text to a file; false if it can't. */
bool file_write(const char *path, const char *text);

#endif
