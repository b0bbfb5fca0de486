// SPDX-License-Identifier: GPL-2.0
/*
 * "vmm-lite doctor": walks through what a VM needs on this host, one line each, in the order in
 * which it can fail, and says what to do about the first thing that doesn't work. It changes
 * nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/klog.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "armvirt.h"
#include "av_arch.h"
#include "vmm.h"

#define KLOG_READ_ALL	3
#define KLOG_SIZE	10

static void line(const char *mark, const char *subject, const char *text)
{
	printf("%-5s%-14s%s\n", mark, subject, text);
}

static bool check_machine(void)
{
	struct utsname u;
	char text[192];

	uname(&u);
	snprintf(text, sizeof(text), "%.60s, Linux %.80s", u.machine, u.release);
	if (!strncmp(u.machine, av_arch_machine, strlen(av_arch_machine))) {
		line("ok", "host", text);
		return true;
	}
	line("FAIL", "host", text);
	snprintf(text, sizeof(text), "this vmm-lite needs a Linux for %.20s; make demo runs one in "
				     "QEMU", av_arch_machine);
	line("", "", text);
	return false;
}

/* The kernel says at which level its CPUs started; on old logs the line may be gone. */
static void show_level(const char *log)
{
	static const struct {
		const char *say, *mark, *text;
	} levels[] = {
		{ "started at EL2", "ok", "EL2" },
		{ "started in HYP mode", "ok", "HYP" },
		{ "started at EL1", "FAIL",
		  "EL1: the firmware started Linux at EL1, nothing armvirt can do" },
		{ "started in SVC mode", "FAIL",
		  "SVC: the firmware started Linux in SVC mode, nothing armvirt can do" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		if (strstr(log, levels[i].say)) {
			line(levels[i].mark, "start level", levels[i].text);
			return;
		}
	}
	line("?", "start level", "the kernel log no longer has it");
}

static void check_el(void)
{
	int size = klogctl(KLOG_SIZE, NULL, 0);
	char *log = size > 0 ? calloc(1, (size_t)size + 1) : NULL;

	if (!log || klogctl(KLOG_READ_ALL, log, size) <= 0)
		line("?", "start level", "can't read the kernel log (run as root to see it)");
	else
		show_level(log);
	free(log);
}

/* The root interrupt controller by the name that interrupts have in /proc/interrupts. */
static void check_gic(void)
{
	const char *gic = NULL;
	struct err e;
	size_t len;
	char *p;
	u8 *data;

	if (file_read("list", "/proc/interrupts", 16 * MIB, &data, &len, &e)) {
		line("?", "host GIC", e.text);
		return;
	}
	data[len - 1] = 0;
	p = (char *)data;
	if (strstr(p, "GICv3"))
		gic = "GICv3";
	else if (strstr(p, "GICv2") || strstr(p, "GIC-0"))
		gic = "GICv2";
	if (gic)
		line("ok", "host GIC", gic);
	else
		line("?", "host GIC", "none seen in /proc/interrupts");
	free(data);
}

static void check_module(bool own_node)
{
	bool kvm = access("/dev/kvm", F_OK) == 0;

	if (!own_node)
		return;
	if (access("/sys/module/armvirt", F_OK) == 0)
		line("ok", "module", "armvirt is loaded");
	else if (kvm)
		line("FAIL", "module",
		     "not loaded, and KVM owns EL2: boot with kvm-arm.mode=none, then insmod "
		     "kmod/armvirt.ko");
	else
		line("FAIL", "module", "not loaded: insmod kmod/armvirt.ko; dmesg says why if it "
				       "refuses");
}

static void show_node(int sys, const char *path)
{
	static const char * const modes[] = { "", "nVHE", "VHE", "ARMv7 HYP" };
	int version = av_cap(sys, ARMVIRT_CAP_X_VERSION);
	int mode = av_cap(sys, ARMVIRT_CAP_X_HYP_MODE);
	char text[256];

	if (version > 0)
		snprintf(text, sizeof(text), "%.120s: armvirt %d.%d, %s", path, version >> 16,
			 version & 0xffff, mode >= 0 && mode < 4 ? modes[mode] : "?");
	else
		snprintf(text, sizeof(text), "%.120s: KVM", path);
	line("ok", "node", text);
}

/* What only some arm64 hosts have. */
static void show_features(int sys)
{
	bool pauth = av_cap(sys, ARMVIRT_CAP_ARM_PTRAUTH_ADDRESS);
	bool aarch32 = av_arch_can(sys, true);

	line(pauth ? "ok" : "-", "pointer auth", pauth ? "passed through" : "this host has none");
	line(aarch32 ? "ok" : "-", "32-bit guests", aarch32 ? "--cpu aarch32" : "not on this host");
}

static bool check_vm(int sys)
{
	struct av_vm vm;
	bool v2, v3;
	char text[160];
	struct err e;

	/* The VM is a probe: no memory, no CPUs. */
	if (av_vm_create(&vm, sys, 0, &e)) {
		line("FAIL", "VM", e.text);
		av_vm_destroy(&vm);
		return false;
	}
	snprintf(text, sizeof(text), "up to %d CPUs, %d bits of address",
		 av_cap(sys, ARMVIRT_CAP_MAX_VCPUS), av_cap(sys, ARMVIRT_CAP_ARM_VM_IPA_SIZE));
	line("ok", "VM", text);
	v3 = av_can_gic(vm.fd, 3);
	v2 = av_can_gic(vm.fd, 2);
	snprintf(text, sizeof(text), "%s%s%s", v3 ? "GICv3" : "", v3 && v2 ? ", " : "",
		 v2 ? "GICv2" : "");
	line(v3 || v2 ? "ok" : "FAIL", "guest GIC",
	     v3 || v2 ? text : "none: the host's GIC has no virtualization extensions");
	if (!av_arch_only32)
		show_features(sys);
	av_vm_destroy(&vm);
	return v3 || v2;
}

int doctor(const char *dev)
{
	bool own = !strcmp(dev, "/dev/armvirt");
	struct err e;
	int sys;

	if (!check_machine())
		return 1;
	check_el();
	check_gic();
	check_module(own);
	sys = av_open(dev, &e);
	if (sys < 0) {
		line("FAIL", "node", e.text);
		return 1;
	}
	show_node(sys, dev);
	if (!check_vm(sys))
		return 1;
	printf("VMs can run: vmm-lite run --kernel FILE\n");
	return 0;
}
