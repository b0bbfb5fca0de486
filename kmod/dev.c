// SPDX-License-Identifier: GPL-2.0
/*
 * The front: /dev/armvirt and the descriptors that come from it.  Each has one table of ioctls;
 * copying arguments in and out is done once, by size and direction in the ioctl number.
 */
#include <linux/anon_inodes.h>
#include <linux/compat.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "armvirt.h"

#define MAX_ARG		576	/* KVM's largest, guest_debug, and room */

struct ioctl_row {
	unsigned int cmd;
	/* @arg is what the caller passed, @buf its copy if @cmd has a size and is not raw */
	long (*fn)(void *obj, void *buf, unsigned long arg);
	bool raw;	/* @arg is a structure of variable size */
};

/* A handler that only passes on: @call says what, in terms of obj (a @type), buf and arg. */
#define HANDLER(name, type, call) \
static long name(void *o, void *buf, unsigned long arg) \
{ \
	type __maybe_unused *obj = o; \
\
	return call; \
}

static const struct ioctl_row *find_row(const struct ioctl_row *rows, int n, unsigned int cmd)
{
	int i;

	for (i = 0; i < n; i++)
		if (rows[i].cmd == cmd)
			return &rows[i];
	return NULL;
}

static long call_row(const struct ioctl_row *row, void *obj, unsigned long arg)
{
	u64 buf[MAX_ARG / sizeof(u64)];
	size_t size = _IOC_SIZE(row->cmd);
	long ret;

	if (row->raw || !size)
		return row->fn(obj, NULL, arg);
	if (WARN_ON_ONCE(size > sizeof(buf)))
		return -EINVAL;
	if (!(_IOC_DIR(row->cmd) & _IOC_WRITE))
		memset(buf, 0, size);
	else if (copy_from_user(buf, (void __user *)arg, size))
		return -EFAULT;
	ret = row->fn(obj, buf, arg);
	if (ret >= 0 && _IOC_DIR(row->cmd) & _IOC_READ &&
	    copy_to_user((void __user *)arg, buf, size))
		return -EFAULT;
	return ret;
}

/* What all descriptors have in common. */
#define COMMON_FOPS \
	.owner = THIS_MODULE, .llseek = noop_llseek

/* On a VM and on the system. */
HANDLER(check_ext, struct av_vm, vm_check_extension(arg))

/* --- descriptors of attributes: GIC device ------------------------------------ */

HANDLER(device_set, struct av_vm, vgic_attr(obj, buf, ARMVIRT_SET_DEVICE_ATTR))
HANDLER(device_get, struct av_vm, vgic_attr(obj, buf, ARMVIRT_GET_DEVICE_ATTR))
HANDLER(device_has, struct av_vm, vgic_attr(obj, buf, ARMVIRT_HAS_DEVICE_ATTR))

static const struct ioctl_row device_rows[] = {
	{ ARMVIRT_SET_DEVICE_ATTR, device_set },
	{ ARMVIRT_GET_DEVICE_ATTR, device_get },
	{ ARMVIRT_HAS_DEVICE_ATTR, device_has },
};

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	const struct ioctl_row *row = find_row(device_rows, ARRAY_SIZE(device_rows), cmd);
	struct av_vm *vm = file->private_data;

	if (vm->mm != current->mm)
		return -EIO;
	return row ? call_row(row, vm, arg) : -ENOTTY;
}

static int release_vm_ref(struct inode *inode, struct file *file)
{
	vm_put(file->private_data);
	return 0;
}

static int release_device(struct inode *inode, struct file *file)
{
	struct av_vm *vm = file->private_data;

	mutex_lock(&vm->lock);
	vgic_abandon(vm);
	mutex_unlock(&vm->lock);
	return release_vm_ref(inode, file);
}

static const struct file_operations device_fops = {
	COMMON_FOPS,
	.release	= release_device,
	.unlocked_ioctl	= device_ioctl,
};

/* --- vCPU descriptor ------------------------------------------------------------ */

HANDLER(vcpu_run_row, struct av_vcpu, arg ? -EINVAL : run_vcpu(obj))
HANDLER(vcpu_init_row, struct av_vcpu, vcpu_init_ioctl(obj, buf))

/* Registers exist from VCPU_INIT on, and a reset by PSCI that waits is done first. */
static int vcpu_regs_ready(struct av_vcpu *vcpu)
{
	if (!vcpu->inited)
		return -ENOEXEC;
	if (test_and_clear_bit(VCPU_REQ_RESET, &vcpu->requests))
		psci_apply_reset(vcpu);
	return 0;
}

HANDLER(vcpu_get_reg, struct av_vcpu, vcpu_regs_ready(obj) ?: onereg_access(obj, buf, false))
HANDLER(vcpu_set_reg, struct av_vcpu, vcpu_regs_ready(obj) ?: onereg_access(obj, buf, true))

static long vcpu_reg_list(void *vcpu, void *buf, unsigned long arg)
{
	struct armvirt_reg_list __user *list = (void __user *)arg;
	u64 room, n;
	int ret = vcpu_regs_ready(vcpu);

	if (ret)
		return ret;
	if (get_user(room, &list->n))
		return -EFAULT;
	n = onereg_list(vcpu, NULL);
	if (put_user(n, &list->n))
		return -EFAULT;
	if (room < n)
		return -E2BIG;
	return onereg_list(vcpu, list->reg) < 0 ? -EFAULT : 0;
}

HANDLER(vcpu_get_mp, struct av_vcpu, vcpu_get_mp_state(obj, buf))
HANDLER(vcpu_set_mp, struct av_vcpu, vcpu_set_mp_state(obj, buf))
HANDLER(vcpu_get_ev, struct av_vcpu, obj->inited ? vcpu_get_events(obj, buf) : -ENOEXEC)
HANDLER(vcpu_set_ev, struct av_vcpu, obj->inited ? vcpu_set_events(obj, buf) : -ENOEXEC)
HANDLER(vcpu_set_attr, struct av_vcpu, timer_attr(obj, buf, ARMVIRT_SET_DEVICE_ATTR))
HANDLER(vcpu_get_attr, struct av_vcpu, timer_attr(obj, buf, ARMVIRT_GET_DEVICE_ATTR))
HANDLER(vcpu_has_attr, struct av_vcpu, timer_attr(obj, buf, ARMVIRT_HAS_DEVICE_ATTR))

static long vcpu_set_sigmask(void *obj, void *buf, unsigned long arg)
{
	struct armvirt_signal_mask __user *mask = (void __user *)arg;
	struct av_vcpu *vcpu = obj;
	sigset_t set;
	u32 len;

	if (!arg) {
		vcpu->sigset_active = false;
		return 0;
	}
	if (get_user(len, &mask->len))
		return -EFAULT;
	if (len != sizeof(set))
		return -EINVAL;
	if (copy_from_user(&set, mask->sigset, sizeof(set)))
		return -EFAULT;
	sigdelsetmask(&set, sigmask(SIGKILL) | sigmask(SIGSTOP));
	vcpu->sigset = set;
	vcpu->sigset_active = true;
	return 0;
}

/* There is no feature that needs it (SVE is not offered). */
HANDLER(vcpu_finalize, struct av_vcpu, obj->inited ? -EINVAL : -ENOEXEC)

static const struct ioctl_row vcpu_rows[] = {
	{ ARMVIRT_RUN, vcpu_run_row },
	{ ARMVIRT_GET_ONE_REG, vcpu_get_reg },
	{ ARMVIRT_SET_ONE_REG, vcpu_set_reg },
	{ ARMVIRT_GET_REG_LIST, vcpu_reg_list, .raw = true },
	{ ARMVIRT_ARM_VCPU_INIT, vcpu_init_row },
	{ ARMVIRT_ARM_VCPU_FINALIZE, vcpu_finalize },
	{ ARMVIRT_GET_MP_STATE, vcpu_get_mp },
	{ ARMVIRT_SET_MP_STATE, vcpu_set_mp },
	{ ARMVIRT_GET_VCPU_EVENTS, vcpu_get_ev },
	{ ARMVIRT_SET_VCPU_EVENTS, vcpu_set_ev },
	{ ARMVIRT_SET_DEVICE_ATTR, vcpu_set_attr },
	{ ARMVIRT_GET_DEVICE_ATTR, vcpu_get_attr },
	{ ARMVIRT_HAS_DEVICE_ATTR, vcpu_has_attr },
	{ ARMVIRT_SET_SIGNAL_MASK, vcpu_set_sigmask, .raw = true },
};

static long vcpu_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	const struct ioctl_row *row = find_row(vcpu_rows, ARRAY_SIZE(vcpu_rows), cmd);
	struct av_vcpu *vcpu = file->private_data;
	long ret;

	if (vcpu->vm->mm != current->mm || READ_ONCE(vcpu->vm->dead))
		return -EIO;
	if (!row)
		return -EINVAL;
	if (mutex_lock_killable(&vcpu->mutex))
		return -EINTR;
	ret = call_row(row, vcpu, arg);
	mutex_unlock(&vcpu->mutex);
	return ret;
}

static vm_fault_t vcpu_fault(struct vm_fault *vmf)
{
	struct av_vcpu *vcpu = vmf->vma->vm_file->private_data;

	if (vmf->pgoff > 1)
		return VM_FAULT_SIGBUS;
	vmf->page = virt_to_page((void *)vcpu->run + vmf->pgoff * PAGE_SIZE);
	get_page(vmf->page);
	return 0;
}

static const struct vm_operations_struct vcpu_vm_ops = { .fault = vcpu_fault };

static int vcpu_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff + vma_pages(vma) > 2)
		return -EINVAL;
	vma->vm_ops = &vcpu_vm_ops;
	return 0;
}

static int vcpu_release(struct inode *inode, struct file *file)
{
	struct av_vcpu *vcpu = file->private_data;

	if (vcpu)
		vm_put(vcpu->vm);
	return 0;
}

static const struct file_operations vcpu_fops = {
	COMMON_FOPS,
	.release	= vcpu_release,
	.unlocked_ioctl	= vcpu_ioctl,
	.mmap		= vcpu_mmap,
};

/* --- VM descriptor ----------------------------------------------------------------- */

/* A descriptor which holds a reference to the VM, on the caller's behalf. */
static int new_fd(const char *name, const struct file_operations *fops, void *priv,
		  struct av_vm *vm)
{
	int fd;

	vm_get(vm);
	fd = anon_inode_getfd(name, fops, priv, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		vm_put(vm);
	return fd;
}

/*
 * A vCPU cannot be unmade: it is published and other threads may have seen it.  So the descriptor's
 * number is reserved first, and what can fail comes before.
 */
static long vm_create_vcpu(void *obj, void *buf, unsigned long id)
{
	struct av_vm *vm = obj;
	struct av_vcpu *vcpu;
	struct file *file;
	int fd, ret;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	file = anon_inode_getfile("armvirt-vcpu", &vcpu_fops, NULL, O_RDWR);
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	vm_get(vm);
	mutex_lock(&vm->lock);
	ret = vcpu_create(vm, id, &vcpu);
	mutex_unlock(&vm->lock);
	if (ret) {
		vm_put(vm);
		fput(file);			/* without a vCPU: vcpu_release() does nothing */
		put_unused_fd(fd);
		return ret;
	}
	file->private_data = vcpu;
	fd_install(fd, file);
	return fd;
}

/* Both structures begin alike; what the second adds is not here. */
static_assert(offsetof(struct armvirt_userspace_memory_region2, guest_memfd_offset) ==
	      sizeof(struct armvirt_userspace_memory_region));
HANDLER(vm_set_memory, struct av_vm, memslot_set(obj, buf))
HANDLER(vm_irq_line, struct av_vm, irqroute_irq_line(obj, buf))
HANDLER(vm_set_routing, struct av_vm, irqroute_set_ioctl(obj, (void __user *)arg))
HANDLER(vm_irqfd, struct av_vm, eventfd_irqfd(obj, buf))
HANDLER(vm_ioeventfd, struct av_vm, eventfd_ioeventfd(obj, buf))

static int create_vgic(struct av_vm *vm, u32 type)
{
	int ret;

	mutex_lock(&vm->lock);
	ret = vgic_create(vm, type);
	mutex_unlock(&vm->lock);
	return ret;
}

HANDLER(vm_create_irqchip, struct av_vm, create_vgic(obj, ARMVIRT_DEV_TYPE_ARM_VGIC_V2))

static long vm_create_device(void *obj, void *buf, unsigned long arg)
{
	struct armvirt_create_device *cd = buf;
	struct av_vm *vm = obj;
	int ret;

	if (cd->type != vgic_host_type())
		return -ENODEV;
	if (cd->flags & ARMVIRT_CREATE_DEVICE_TEST)
		return 0;
	ret = create_vgic(vm, cd->type);
	if (ret)
		return ret;
	ret = new_fd("armvirt-vgic", &device_fops, vm, vm);
	if (ret < 0)
		return ret;
	cd->fd = ret;
	return 0;
}

static long vm_set_device_addr(void *vm, void *buf, unsigned long arg)
{
	struct armvirt_arm_device_addr *da = buf;

	return vgic_set_legacy_addr(vm, da->id, da->addr);
}

static long vm_preferred_target(void *vm, void *buf, unsigned long arg)
{
	*(struct armvirt_vcpu_init *)buf = (struct armvirt_vcpu_init){ .target = arch_target() };
	return 0;
}

HANDLER(vm_enable, struct av_vm, vm_enable_cap(obj, buf))

static const struct ioctl_row vm_rows[] = {
	{ ARMVIRT_CHECK_EXTENSION, check_ext },
	{ ARMVIRT_ENABLE_CAP, vm_enable },
	{ ARMVIRT_CREATE_VCPU, vm_create_vcpu },
	{ ARMVIRT_SET_USER_MEMORY_REGION, vm_set_memory },
	{ ARMVIRT_SET_USER_MEMORY_REGION2, vm_set_memory },
	{ ARMVIRT_IRQ_LINE, vm_irq_line },
	{ ARMVIRT_IRQFD, vm_irqfd },
	{ ARMVIRT_IOEVENTFD, vm_ioeventfd },
	{ ARMVIRT_SET_GSI_ROUTING, vm_set_routing, .raw = true },
	{ ARMVIRT_CREATE_IRQCHIP, vm_create_irqchip },
	{ ARMVIRT_CREATE_DEVICE, vm_create_device },
	{ ARMVIRT_ARM_SET_DEVICE_ADDR, vm_set_device_addr },
	{ ARMVIRT_ARM_PREFERRED_TARGET, vm_preferred_target },
};

static long vm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	const struct ioctl_row *row = find_row(vm_rows, ARRAY_SIZE(vm_rows), cmd);
	struct av_vm *vm = file->private_data;

	if (vm->mm != current->mm || READ_ONCE(vm->dead))
		return -EIO;
	return row ? call_row(row, vm, arg) : -EINVAL;
}

static const struct file_operations vm_fops = {
	COMMON_FOPS,
	.release	= release_vm_ref,
	.unlocked_ioctl	= vm_ioctl,
};

/* --- /dev/armvirt -------------------------------------------------------------------- */

HANDLER(sys_api_version, struct av_vm, arg ? -EINVAL : ARMVIRT_API_VERSION)

static long sys_create_vm(void *unused, void *buf, unsigned long type)
{
	struct av_vm *vm;
	int ret = vm_create(type, &vm);

	if (ret)
		return ret;
	ret = new_fd("armvirt-vm", &vm_fops, vm, vm);
	/* The descriptor has its own reference by now, or none was made. */
	vm_put(vm);
	return ret;
}

HANDLER(sys_mmap_size, struct av_vm, arg ? -EINVAL : 2 * PAGE_SIZE)

static const struct ioctl_row sys_rows[] = {
	{ ARMVIRT_GET_API_VERSION, sys_api_version },
	{ ARMVIRT_CREATE_VM, sys_create_vm },
	{ ARMVIRT_CHECK_EXTENSION, check_ext },
	{ ARMVIRT_GET_VCPU_MMAP_SIZE, sys_mmap_size },
};

static long sys_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	const struct ioctl_row *row = find_row(sys_rows, ARRAY_SIZE(sys_rows), cmd);

	return row ? call_row(row, NULL, arg) : -EINVAL;
}

/* The ABI of a 64-bit host has other registers than a 32-bit program knows. */
static int sys_open(struct inode *inode, struct file *file)
{
	return in_compat_syscall() ? -ENODEV : 0;
}

static const struct file_operations sys_fops = {
	COMMON_FOPS,
	.open		= sys_open,
	.unlocked_ioctl	= sys_ioctl,
};

static struct miscdevice dev = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "armvirt",
	.fops	= &sys_fops,
};

int dev_init(void)
{
	int ret = misc_register(&dev);

	if (ret)
		av_err("cannot register /dev/armvirt (%d)\n", ret);
	return ret;
}

void dev_exit(void)
{
	misc_deregister(&dev);
}
