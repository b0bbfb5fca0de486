// SPDX-License-Identifier: GPL-2.0
/*
 * Error lines, numbers with suffixes and whole files: the helpers that util.h declares. Nothing
 * here knows of VMs, so that the unit tests of the build host link it as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util.h"

int err_set(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	return -1;
}

void log_line(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "vmm-lite: %s\r\n", text);
}

bool parse_size(const char *s, u64 *bytes)
{
	unsigned int shift = 20;
	char *end;
	u64 n;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	n = strtoull(s, &end, 10);
	if (errno)
		return false;
	switch (*end) {
	case 'k': case 'K':
		shift = 10;
		end++;
		break;
	case 'm': case 'M':
		end++;
		break;
	case 'g': case 'G':
		shift = 30;
		end++;
		break;
	case 't': case 'T':
		shift = 40;
		end++;
		break;
	}
	/* "512MiB" and "512MB" are what people also type; both mean the binary unit here. */
	if (end[0] == 'i' && end[1] == 'B' && end > s && end[-1] > '9')
		end += 2;
	else if (end[0] == 'B' && end > s && end[-1] > '9')
		end++;
	if (*end || n > UINT64_MAX >> shift)
		return false;
	*bytes = n << shift;
	return true;
}

bool parse_number(const char *s, unsigned int min, unsigned int max, unsigned int *n)
{
	unsigned long v;
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	v = strtoul(s, &end, 10);
	if (errno || *end || v < min || v > max)
		return false;
	*n = (unsigned int)v;
	return true;
}

/* Reads until the end rather than st_size bytes: a pipe has no size, and a file may be growing. */
static int read_all(int fd, u64 limit, size_t hint, u8 **data, size_t *len)
{
	size_t cap = hint + 1, have = 0;
	u8 *buf = malloc(cap), *more;
	ssize_t n;

	while (buf) {
		n = read(fd, buf + have, cap - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			n = errno;
			free(buf);
			return -(int)n;
		}
		have += (size_t)n;
		if (!n || have > limit)
			break;
		if (have == cap) {
			more = realloc(buf, cap * 2);
			if (!more)
				free(buf);
			buf = more;
			cap *= 2;
		}
	}
	if (!buf)
		return -ENOMEM;
	if (have > limit) {
		free(buf);
		return -EFBIG;
	}
	*data = buf;
	*len = have;
	return 0;
}

int file_read_fd(const char *what, const char *name, int fd, u64 limit, u8 **data, size_t *len,
		 struct err *e)
{
	struct stat st;
	int ret;

	if (fstat(fd, &st))
		return err_set(e, "%s %s: %s", what, name, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return err_set(e, "%s %s: is a directory; name a file in it", what, name);
	if (S_ISREG(st.st_mode) && (u64)st.st_size > limit)
		ret = -EFBIG;
	else
		ret = read_all(fd, limit, S_ISREG(st.st_mode) ? (size_t)st.st_size : 65536, data,
			       len);
	if (ret == -EFBIG)
		return err_set(e, "%s %s: larger than %llu MiB; is it the right file, or does the "
				  "guest need more --memory?",
			       what, name, (unsigned long long)(limit / MIB));
	if (ret)
		return err_set(e, "%s %s: %s", what, name, strerror(-ret));
	if (*len == 0) {
		free(*data);
		return err_set(e, "%s %s: is empty; is it the right file?", what, name);
	}
	return 0;
}

int file_read(const char *what, const char *path, u64 limit, u8 **data, size_t *len,
	      struct err *e)
{
	int fd, ret;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return err_set(e, "%s %s: no such file; check the path", what, path);
	if (fd < 0 && errno == EACCES)
		return err_set(e, "%s %s: no permission to read it; chmod it or run as its owner",
			       what, path);
	if (fd < 0)
		return err_set(e, "%s %s: %s", what, path, strerror(errno));
	ret = file_read_fd(what, path, fd, limit, data, len, e);
	close(fd);
	return ret;
}

int file_write(const char *path, const void *data, size_t len, struct err *e)
{
	const u8 *p = data;
	ssize_t n;
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_set(e, "can't create %s: %s", path, strerror(errno));
	while (len) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			err_set(e, "can't write %s: %s", path, strerror(errno));
			close(fd);
			return -1;
		}
		p += n;
		len -= (size_t)n;
	}
	if (close(fd))
		return err_set(e, "can't write %s: %s", path, strerror(errno));
	return 0;
}

/* Nothing here may need a lock that another thread of the parent had. */
bool child_begin(pid_t parent)
{
	sigset_t none;

	/* Keys of the terminal are for us, and so is the end of all its processes. */
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return getppid() == parent;
}

void child_end(pid_t pid, unsigned int ms)
{
	for (; ms && !waitpid(pid, NULL, WNOHANG); ms--)
		usleep(1000);
	if (ms)
		return;
	/* Its group, for it may have forked. The other is for one that is not yet so far. */
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	/* One that is stuck in the kernel is left to itself. */
	for (ms = 1000; ms && !waitpid(pid, NULL, WNOHANG); ms--)
		usleep(1000);
}
