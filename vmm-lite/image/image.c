// SPDX-License-Identifier: GPL-2.0
/*
 * Booting from a disk image, from the VMM's side. The image is the guest's, so a process of its own
 * reads it: that has the image for reading and three files of its own for what it finds, no other
 * descriptors, little memory and time, and a handful of system calls. Whatever the image does to
 * it, here arrives a kernel, an initrd and a command line, or one line of error.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image/image.h"
#include "vmm.h"

#define CHILD_MEMORY	(256 * MIB)
#ifndef CHILD_SECONDS
#define CHILD_SECONDS	30
#endif

#if defined(__aarch64__)
#define SYSCALL_ARCH	AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define SYSCALL_ARCH	AUDIT_ARCH_ARM
#define SYS_mmap	SYS_mmap2
#elif defined(__x86_64__)
#define SYSCALL_ARCH	AUDIT_ARCH_X86_64	/* the unit tests' */
#endif

/* The child's descriptors, and those of the parent that become them. */
enum {
	FD_IMAGE,
	FD_KERNEL,
	FD_INITRD,
	FD_REPORT,
	NR_FDS,
	FD_FIRST = 3,
};

/* What the child has to say, in the file that is FD_REPORT. */
struct report {
	struct err e;
	char kernel[IMAGE_PATH_MAX + 32];
	char append[IMAGE_APPEND_MAX];
};

/* ---- The child ----------------------------------------------------------------------------- */

static int limit_system_calls(void)
{
	static const int allowed[] = {
		SYS_pread64, SYS_write, SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_madvise,
		SYS_getrandom, SYS_exit_group,
	};
	struct sock_filter code[5 + 2 * ARRAY_SIZE(allowed)], *c = code;
	struct sock_fprog prog = { .len = ARRAY_SIZE(code), .filter = code };
	size_t i;

	*c++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					    offsetof(struct seccomp_data, arch));
	*c++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYSCALL_ARCH, 1, 0);
	*c++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	*c++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					    offsetof(struct seccomp_data, nr));
	for (i = 0; i < ARRAY_SIZE(allowed); i++) {
		*c++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], 0, 1);
		*c++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	*c++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	/* A kernel without seccomp still has the border between two processes. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) && errno != EINVAL)
		return -1;
	return 0;
}

/* At the hard limit of time a process is killed, at the soft one it is told why. */
static int set_limit(int what, u64 value)
{
	struct rlimit r = { value, value + 1 };

	return setrlimit(what, &r);
}

/* Nothing but @fds, which become FD_FIRST and up in their order. */
static int keep_only(const int fds[NR_FDS])
{
	int high[NR_FDS], i;

	for (i = 0; i < NR_FDS; i++) {
		high[i] = fcntl(fds[i], F_DUPFD, FD_FIRST + NR_FDS);
		if (high[i] < 0)
			return -1;
	}
	for (i = 0; i < NR_FDS; i++)
		if (dup2(high[i], FD_FIRST + i) < 0)
			return -1;
	if (syscall(SYS_close_range, FD_FIRST + NR_FDS, ~0u, 0) ||
	    syscall(SYS_close_range, 0, FD_FIRST - 1, 0))
		return -1;
	return 0;
}

static int drop_everything(const int fds[NR_FDS], u64 limit)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || prctl(PR_SET_DUMPABLE, 0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || keep_only(fds) ||
	    set_limit(RLIMIT_DATA, CHILD_MEMORY) || set_limit(RLIMIT_CPU, CHILD_SECONDS) ||
	    set_limit(RLIMIT_FSIZE, limit) || set_limit(RLIMIT_CORE, 0) ||
	    set_limit(RLIMIT_NOFILE, 0))
		return -1;
	return limit_system_calls();
}

static _Noreturn void child(struct scan *scan, const int fds[NR_FDS])
{
	struct report report = { .e.text = "" };
	int ret = 1;

	scan->fd = FD_FIRST + FD_IMAGE;
	scan->kernel_fd = FD_FIRST + FD_KERNEL;
	scan->initrd_fd = FD_FIRST + FD_INITRD;
	if (drop_everything(fds, scan->limit + sizeof(report)))
		_exit(2);
	if (!scan_image(scan, &report.e)) {
		memcpy(report.kernel, scan->kernel, sizeof(report.kernel));
		memcpy(report.append, scan->append, sizeof(report.append));
		ret = 0;
	}
	if (write(FD_FIRST + FD_REPORT, &report, sizeof(report)) != sizeof(report))
		ret = 2;
	_exit(ret);
}

/* ---- The parent ---------------------------------------------------------------------------- */

/* Text that the child made of the image's bytes goes to a terminal, or to the guest. */
static void clean_text(char *s, size_t size)
{
	s[size - 1] = 0;
	for (; *s; s++)
		if ((u8)*s < ' ' || (u8)*s > '~')
			*s = '?';
}

/* The child is dead: what is in the file stays as it is. */
static int read_report(int fd, struct report *r)
{
	if (pread(fd, r, sizeof(*r), 0) != sizeof(*r))
		return -1;
	clean_text(r->e.text, sizeof(r->e.text));
	clean_text(r->kernel, sizeof(r->kernel));
	clean_text(r->append, sizeof(r->append));
	return 0;
}

/* 0 if the child found something. */
static int end_of_child(pid_t pid, const char *path, int report_fd, struct report *r,
			struct err *e)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_set(e, "--disk %s: can't wait for its reader: %s", path,
				       strerror(errno));
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
		return err_set(e, "--disk %s: is damaged: reading it takes more than %d s", path,
			       CHILD_SECONDS);
	if (WIFSIGNALED(status))
		return err_set(e, "--disk %s: is damaged: reading it ended with signal %d (%s)",
			       path, WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) > 1 || read_report(report_fd, r))
		return err_set(e, "--disk %s: can't be read in a process of its own", path);
	if (WEXITSTATUS(status))
		return err_set(e, "--disk %.200s: %.290s", path, r->e.text);
	return 0;
}

/* The option's value up to its first comma. */
static int disk_path(const char *value, char *path, size_t size, struct err *e)
{
	size_t len = strcspn(value, ",");

	if (!len || len >= size)
		return err_set(e, "--disk %s: needs a path", value);
	memcpy(path, value, len);
	path[len] = 0;
	return 0;
}

static int image_size(int fd, const char *path, u64 *size, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st))
		return err_set(e, "--disk %s: %s", path, strerror(errno));
	*size = (u64)st.st_size;
	if (S_ISBLK(st.st_mode) && ioctl(fd, BLKGETSIZE64, size))
		return err_set(e, "--disk %s: can't find out its size: %s", path, strerror(errno));
	if (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode))
		return err_set(e, "--disk %s: is neither a file nor a block device", path);
	return 0;
}

static int open_image(const char *path, u64 *size, struct err *e)
{
	/* A FIFO must not make us wait for a writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_set(e, "--disk %s: %s", path, strerror(errno));
	if (image_size(fd, path, size, e)) {
		close(fd);
		return -1;
	}
	return fd;
}

static int read_in_child(const char *path, struct scan *scan, const int fds[NR_FDS],
			 struct image *img, struct err *e)
{
	struct report r;
	struct stat st;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return err_set(e, "--disk %s: can't start a process to read it: %s", path,
			       strerror(errno));
	if (!pid)
		child(scan, fds);
	if (end_of_child(pid, path, fds[FD_REPORT], &r, e))
		return -1;
	if (fstat(img->initrd, &st) || lseek(img->kernel, 0, SEEK_SET) ||
	    lseek(img->initrd, 0, SEEK_SET))
		return err_set(e, "--disk %s: %s", path, strerror(errno));
	snprintf(img->name, sizeof(img->name), "%.255s: %s", path, r.kernel);
	strcpy(img->append, r.append);
	img->has_initrd = st.st_size > 0;
	return 0;
}

/**
 * image_open() - get what a disk image boots
 * @disk: value of --disk
 * @limit: bytes that kernel and initrd may have, each
 * @append: what the user adds to the command line, or NULL
 * @img: filled in; image_close() is due in any case
 * @e: why not
 */
int image_open(const char *disk, u64 limit, const char *append, struct image *img, struct err *e)
{
	struct scan scan = { .limit = limit, .user = append };
	int fds[NR_FDS], ret = -1;
	char path[256];

	*img = (struct image){
		.kernel = memfd_create("kernel", MFD_CLOEXEC),
		.initrd = memfd_create("initrd", MFD_CLOEXEC),
	};
	if (disk_path(disk, path, sizeof(path), e))
		return -1;
	fds[FD_IMAGE] = open_image(path, &scan.size, e);
	if (fds[FD_IMAGE] < 0)
		return -1;
	fds[FD_KERNEL] = img->kernel;
	fds[FD_INITRD] = img->initrd;
	fds[FD_REPORT] = memfd_create("report", MFD_CLOEXEC);
	if (fds[FD_KERNEL] < 0 || fds[FD_INITRD] < 0 || fds[FD_REPORT] < 0)
		err_set(e, "can't make a memfd: %s", strerror(errno));
	else
		ret = read_in_child(path, &scan, fds, img, e);
	if (fds[FD_REPORT] >= 0)
		close(fds[FD_REPORT]);
	close(fds[FD_IMAGE]);
	return ret;
}

void image_close(struct image *img)
{
	if (img->kernel >= 0)
		close(img->kernel);
	if (img->initrd >= 0)
		close(img->initrd);
	img->kernel = -1;
	img->initrd = -1;
}
