// SPDX-License-Identifier: GPL-2.0
/*
 * The command line, the signals, and the one place that prints an error and chooses the exit code.
 * "run" keeps a console and boots machines on it until one ends for another reason than a reset.
 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "devices/list.h"

#define VERSION		"0.1"

/* Exit codes; 128 + n for a signal n comes on top. */
enum {
	EXIT_OK = 0,		/* the guest powered off, or Ctrl-A x */
	EXIT_START = 1,		/* it could not be started */
	EXIT_USAGE = 2,
	EXIT_CRASH = 3,		/* the guest reported a crash */
	EXIT_VCPU = 4,		/* a vCPU can't go on */
	EXIT_RESET = 5,		/* --no-reboot, and the guest asked for a reset */
};

enum opt_kind {
	OPT_STRING,
	OPT_SIZE,
	OPT_CPUS,
	OPT_CPU,
	OPT_FLAG,
	OPT_VDEV,
};

#define CFG(field)	offsetof(struct vm_config, field)

static const struct option {
	const char *name;
	const char *arg;
	enum opt_kind kind;
	size_t field;
	const char *help;
} options[] = {
	{ "kernel", "FILE", OPT_STRING, CFG(kernel),
	  "arm64 Image (plain, gzip, zstd or EFI zboot), zImage, ELF,\n"
	  "\t\t   or raw; without it, the one that the first disk boots" },
	{ "initrd", "FILE", OPT_STRING, CFG(initrd), "initramfs" },
	{ "append", "TEXT", OPT_STRING, CFG(append), "kernel command line" },
	{ "dtb", "FILE", OPT_STRING, CFG(dtb),
	  "device tree to use; memory, CPUs and chosen are filled in" },
	{ "dump-dtb", "FILE", OPT_STRING, CFG(dump_dtb),
	  "write the machine's device tree and end" },
	{ "cpus", "N", OPT_CPUS, CFG(cpus), "number of CPUs (1)" },
	{ "cpu", "host|aarch32", OPT_CPU, CFG(aarch32),
	  "the host's, or that with a 32-bit kernel (host)" },
	{ "memory", "SIZE", OPT_SIZE, CFG(memory),
	  "such as 256M or 2G; MiB without a letter (512M)" },
	{ "lock-memory", NULL, OPT_FLAG, CFG(lock_memory),
	  "keep it all in the host's memory; disks cost less then" },
	{ "dev", "PATH", OPT_STRING, CFG(dev), "device node (/dev/armvirt); /dev/kvm works too" },
	{ "console", "WHERE", OPT_STRING, CFG(console), "stdio, pty or file:NAME (stdio)" },
	{ "no-reboot", NULL, OPT_FLAG, CFG(no_reboot), "end when the guest resets" },
};

/* Each adds a device of its class, in the order in which they are given. */
static const struct vdev_class *const vdev_classes[] = {
#define CLASS(name)	&name##_class,
	VDEV_CLASSES(CLASS)
#undef CLASS
};

static void print_help(void)
{
	size_t i;

	printf("vmm-lite - run a virtual machine on /dev/armvirt\n\n"
	       "usage: vmm-lite run --kernel FILE | --disk FILE [options]\n"
	       "       vmm-lite doctor [--dev PATH]   check what works on this host\n"
	       "       vmm-lite --help | --version\n\n"
	       "options of run:\n");
	for (i = 0; i < ARRAY_SIZE(options); i++)
		printf("  --%-10s%-7s %s\n", options[i].name, options[i].arg ? options[i].arg : "",
		       options[i].help);
	printf("\ndevices (repeatable):\n");
	for (i = 0; i < ARRAY_SIZE(vdev_classes); i++)
		printf("  --%s %s\n%19s%s\n", vdev_classes[i]->option,
		       vdev_classes[i]->arg ?: "", "", vdev_classes[i]->help);
	printf("\nOn a terminal Ctrl-A x ends the VM and Ctrl-A h shows the other keys.\n"
	       "SIGUSR1 shows what the devices have done.\n"
	       "Exit code: 0 guest powered off, 1 can't start, 2 usage, 3 guest crashed,\n"
	       "4 a vCPU can't go on, 5 reset with --no-reboot, 128+n signal n.\n");
}

static int usage(const struct err *e)
{
	fprintf(stderr, "vmm-lite: %s\n", e->text);
	return EXIT_USAGE;
}

/* ---- Command line -------------------------------------------------------------------------- */

static bool same(const char *name, const char *arg, size_t len)
{
	return strlen(name) == len && !strncmp(name, arg, len);
}

/* Options of device classes look like the others: *o is filled in if it is one. */
static bool find_option(const char *name, size_t len, struct option *o)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		if (same(options[i].name, name, len)) {
			*o = options[i];
			return true;
		}
	}
	for (i = 0; i < ARRAY_SIZE(vdev_classes); i++) {
		if (same(vdev_classes[i]->option, name, len)) {
			*o = (struct option){ .name = vdev_classes[i]->option,
					      .arg = vdev_classes[i]->arg,
					      .kind = OPT_VDEV, .field = i };
			return true;
		}
	}
	return false;
}

static int add_vdev(struct vm_config *cfg, const struct vdev_class *class, const char *val,
		    struct err *e)
{
	if (cfg->nr_vdevs == VM_MAX_VDEVS)
		return err_set(e, "--%s: more than %d devices: take some away", class->option,
			       VM_MAX_VDEVS);
	cfg->vdevs[cfg->nr_vdevs++] = (struct vdev_config){ class, val };
	return 0;
}

static int set_option(struct vm_config *cfg, const struct option *o, const char *val,
		      struct err *e)
{
	void *field = (char *)cfg + o->field;
	long page = sysconf(_SC_PAGESIZE);

	switch (o->kind) {
	case OPT_STRING:
		if (!*val)
			return err_set(e, "--%s needs a value: --%s %s", o->name, o->name, o->arg);
		*(const char **)field = val;
		return 0;
	case OPT_SIZE:
		if (!parse_size(val, field) || !*(u64 *)field)
			return err_set(e, "--%s %s: is no size; write it as 512M or 2G", o->name,
				       val);
		if (*(u64 *)field % (u64)page)
			return err_set(e, "--%s %s: is no multiple of the host's %ld KiB pages; "
					  "use whole megabytes",
				       o->name, val, page / 1024);
		if (*(u64 *)field > (u64)1 << 48)
			return err_set(e, "--%s %s: is more than an ARM CPU can address", o->name,
				       val);
		return 0;
	case OPT_CPUS:
		if (!parse_number(val, 1, VM_MAX_CPUS, field))
			return err_set(e, "--%s %s: use a number from 1 to %d", o->name, val,
				       VM_MAX_CPUS);
		return 0;
	case OPT_CPU:
		if (strcmp(val, "host") && strcmp(val, "aarch32"))
			return err_set(e, "--cpu %s: use host or aarch32", val);
		*(bool *)field = !strcmp(val, "aarch32");
		return 0;
	case OPT_FLAG:
		*(bool *)field = true;
		return 0;
	case OPT_VDEV:
		return add_vdev(cfg, vdev_classes[o->field], val, e);
	}
	return 0;
}

/* "--name value" or "--name=value". */
static int parse_options(struct vm_config *cfg, int argc, char **argv, struct err *e)
{
	const char *eq, *val;
	struct option o;
	int i;

	for (i = 0; i < argc; i++) {
		if (strncmp(argv[i], "--", 2))
			return err_set(e, "'%s' is no option: see vmm-lite --help", argv[i]);
		eq = strchr(argv[i], '=');
		if (!find_option(argv[i] + 2, eq ? (size_t)(eq - argv[i] - 2) : strlen(argv[i] + 2),
				 &o))
			return err_set(e, "unknown option %s: see vmm-lite --help", argv[i]);
		val = eq ? eq + 1 : NULL;
		if (o.arg && !val && ++i < argc)
			val = argv[i];
		if (o.arg && !val)
			return err_set(e, "--%s needs a value: --%s %s", o.name, o.name, o.arg);
		if (!o.arg && eq)
			return err_set(e, "--%s takes no value", o.name);
		if (set_option(cfg, &o, val, e))
			return -1;
	}
	return 0;
}

/* ---- Signals ------------------------------------------------------------------------------- */

struct signals {
	struct loop *loop;
	struct console *console;
	struct vm *vm;		/* the present boot, or NULL */
	struct loop_source src;
	int caught;		/* the signal that ends us */
};

static void on_signal(void *ctx, u32 events)
{
	struct signals *s = ctx;
	struct signalfd_siginfo si;

	(void)events;
	if (read(s->src.fd, &si, sizeof(si)) != sizeof(si))
		return;
	if (si.ssi_signo == SIGTSTP) {
		console_suspend(s->console);
		kill(getpid(), SIGSTOP);
		console_resume(s->console);
		return;
	}
	if (si.ssi_signo == SIGWINCH) {
		console_resized(s->console);
		return;
	}
	if (si.ssi_signo == SIGUSR1) {
		if (s->vm)
			device_stats(s->vm);
		return;
	}
	s->caught = (int)si.ssi_signo;
	loop_stop(s->loop);
}

/* Block what we handle, in this and so in all threads. What was ignored (nohup) stays ignored. */
static int signals_init(struct signals *s, struct loop *loop, struct err *e)
{
	static const int mine[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH,
				    SIGUSR1 };
	struct sigaction old;
	sigset_t set;
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	for (i = 0; i < ARRAY_SIZE(mine); i++)
		if (!sigaction(mine[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaddset(&set, mine[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->loop = loop;
	s->src = (struct loop_source){ .fn = on_signal, .ctx = s };
	s->src.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->src.fd < 0 || loop_add(loop, &s->src, EPOLLIN))
		return err_set(e, "can't make a signalfd: %s", strerror(errno));
	return 0;
}

/* ---- run ----------------------------------------------------------------------------------- */

/* One boot. *why tells how it ended; -1 with *e filled in if it could not start. */
static int boot_once(struct vm *vm, struct signals *sig, enum vm_end *why, struct err *e)
{
	int ret = machine_create(vm, e);

	if (!ret && vm->cfg->dump_dtb) {
		ret = machine_dump_dtb(vm, vm->cfg->dump_dtb, e);
		*why = END_QUIT;
	} else if (!ret) {
		ret = machine_start(vm, e);
		if (!ret && loop_run(vm->loop))
			ret = err_set(e, "the event loop failed");
		*why = (enum vm_end)atomic_load(&vm->end);
		if (sig->caught || console_quit(vm->console))
			*why = END_QUIT;
	}
	machine_destroy(vm);
	return ret;
}

static int run_on_console(const struct vm_config *cfg, struct loop *loop, struct signals *sig,
			  struct console *console, enum vm_end *why, struct err *e)
{
	struct vm *vm;
	int ret;

	do {
		vm = calloc(1, sizeof(*vm));
		if (!vm)
			return err_set(e, "not enough memory");
		vm->cfg = cfg;
		vm->loop = loop;
		vm->console = console;
		sig->vm = vm;
		ret = boot_once(vm, sig, why, e);
		sig->vm = NULL;
		if (!ret && *why == END_ERROR)
			*e = vm->end_err;
		free(vm);
	} while (!ret && *why == END_RESET && !cfg->no_reboot);
	return ret;
}

/* After the console is closed, so that the line appears on a sane terminal. */
static int report(int ret, enum vm_end why, int sig, const struct err *e)
{
	if (ret) {
		fprintf(stderr, "vmm-lite: %s\n", e->text);
		return EXIT_START;
	}
	if (sig)
		return 128 + sig;
	switch (why) {
	case END_CRASH:
		fprintf(stderr, "vmm-lite: the guest reported a crash\n");
		return EXIT_CRASH;
	case END_ERROR:
		fprintf(stderr, "vmm-lite: %s\n", e->text);
		return EXIT_VCPU;
	case END_RESET:
		fprintf(stderr, "vmm-lite: the guest asked for a reset\n");
		return EXIT_RESET;
	default:
		return EXIT_OK;
	}
}

static bool has_disk(const struct vm_config *cfg)
{
	unsigned int i;

	for (i = 0; i < cfg->nr_vdevs; i++)
		if (cfg->vdevs[i].class == &blk_class)
			return true;
	return false;
}

static int cmd_run(const struct vm_config *cfg)
{
	enum vm_end why = END_NONE;
	struct signals sig = { 0 };
	struct err e = { "" };
	struct loop loop;
	int ret;

	ret = loop_init(&loop, &e);
	if (ret)
		return report(ret, why, 0, &e);
	ret = signals_init(&sig, &loop, &e);
	if (!ret) {
		sig.console = console_open(cfg->console, &loop, &e);
		ret = sig.console ? 0 : -1;
	}
	if (!ret) {
		ret = run_on_console(cfg, &loop, &sig, sig.console, &why, &e);
		console_close(sig.console);
	}
	loop_exit(&loop);
	return report(ret, why, sig.caught, &e);
}

int main(int argc, char **argv)
{
	struct vm_config cfg = {
		.dev = "/dev/armvirt",
		.console = "stdio",
		.cpus = 1,
		.memory = 512 * MIB,
	};
	struct err e;

	/*
	 * What booting needs goes back to the host at once: if not told so, the C library keeps
	 * ever larger buffers once it has seen one freed.
	 */
	mallopt(M_MMAP_THRESHOLD, 128 << 10);
	if (argc < 2) {
		err_set(&e, "what to do? vmm-lite run, doctor, --help or --version");
		return usage(&e);
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help();
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("vmm-lite %s\n", VERSION);
		return EXIT_OK;
	}
	if (strcmp(argv[1], "run") && strcmp(argv[1], "doctor")) {
		err_set(&e, "unknown command '%s': use run, doctor, --help or --version", argv[1]);
		return usage(&e);
	}
	if (argc > 2 && !strcmp(argv[2], "--help")) {
		print_help();
		return EXIT_OK;
	}
	if (parse_options(&cfg, argc - 2, argv + 2, &e))
		return usage(&e);
	if (!strcmp(argv[1], "doctor"))
		return doctor(cfg.dev);
	if (!cfg.kernel && !cfg.dump_dtb && !has_disk(&cfg)) {
		err_set(&e, "no kernel: give one with --kernel FILE, or a disk that has one with --disk FILE");
		return usage(&e);
	}
	return cmd_run(&cfg);
}
