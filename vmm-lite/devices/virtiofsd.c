// SPDX-License-Identifier: GPL-2.0
/*
 * Starts virtiofsd, which has to become a process of its own: it is a separate program, and locks
 * itself into the folder that it serves. It is given a listening socket on which our connection
 * already waits; nobody else can reach that. It ends when the connection does.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "devices/virtiofsd.h"

#define DEFAULT_PATH	"/usr/local/bin:/usr/bin:/bin"
#define LIBEXEC		"/usr/libexec"	/* where distributions have it */

static bool is_program(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

/* In the user's PATH first: a script of that name can add options. */
static bool find_program(char *path, size_t size)
{
	const char *dirs = getenv("PATH") ?: DEFAULT_PATH, *end;
	size_t len;

	for (; *dirs; dirs = *end ? end + 1 : end) {
		end = strchrnul(dirs, ':');
		len = (size_t)(end - dirs);
		if (len && len < PATH_MAX &&
		    (size_t)snprintf(path, size, "%.*s/virtiofsd", (int)len, dirs) < size &&
		    is_program(path))
			return true;
	}
	snprintf(path, size, LIBEXEC "/virtiofsd");
	return is_program(path);
}

/*
 * A listening socket and one that is connected to it: 0 or -1 and errno. Its name is in a folder
 * that only we can enter, and is gone before anybody listens.
 */
static int make_sockets(int *listening, int *ours)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char dir[] = "/tmp/vmm-lite-XXXXXX";
	int error;

	if (!mkdtemp(dir))
		return -1;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/fs", dir);
	*listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	*ours = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	error = bind(*listening, (struct sockaddr *)&addr, sizeof(addr)) || listen(*listening, 1) ||
		connect(*ours, (struct sockaddr *)&addr, sizeof(addr)) ? errno : 0;
	unlink(addr.sun_path);
	rmdir(dir);
	if (!error)
		return 0;
	close(*listening);
	close(*ours);
	errno = error;
	return -1;
}

/* In the child. */
static void become(const char *path, char *const argv[], int listening, pid_t parent)
{
	if (child_begin(parent) && !fcntl(listening, F_SETFD, 0))
		execv(path, argv);
	_exit(127);
}

int virtiofsd_start(const char *dir, bool read_only, pid_t *pid, struct err *e)
{
	char path[PATH_MAX], fd_arg[32], dir_arg[PATH_MAX + 16];
	/* Requests in the order of the ring, so that what it leaves undone is known. */
	char *argv[] = { path, fd_arg, dir_arg, "--thread-pool-size=0", "--log-level=warn",
			 read_only ? "--readonly" : NULL, NULL };
	pid_t self = getpid();
	int listening, ours;

	if (!find_program(path, sizeof(path)))
		return err_set(e, "--fs %s: there is no virtiofsd: install the package virtiofsd (Debian 13)",
			       dir);
	if (make_sockets(&listening, &ours))
		return err_set(e, "--fs %s: can't make a socket in /tmp: %s", dir, strerror(errno));
	snprintf(fd_arg, sizeof(fd_arg), "--fd=%d", listening);
	snprintf(dir_arg, sizeof(dir_arg), "--shared-dir=%s", dir);
	*pid = fork();
	if (!*pid)
		become(path, argv, listening, self);
	close(listening);
	if (*pid > 0)
		return ours;
	close(ours);
	return err_set(e, "--fs %s: can't start %s: %s", dir, path, strerror(errno));
}

void virtiofsd_end(pid_t pid)
{
	child_end(pid, 0);
}
