/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What guest code is made of on arm64: exceptions, registers, accesses to devices, calls. To be
 * included by guest.h.
 */
#ifndef LIB_GUEST_ARCH_H
#define LIB_GUEST_ARCH_H

struct guest_frame {
	u64 x[31];
	u64 elr;
	u64 spsr;
	u64 esr;
	u64 far;
	u64 vector;	/* 0-15, by place in the vector table */
};

#define sysreg_read(name) ({						\
	u64 v_;								\
	asm volatile("mrs %0, " #name : "=r" (v_) :: "memory");		\
	v_; })
#define sysreg_write(name, value)					\
	asm volatile("msr " #name ", %0" :: "r" ((u64)(value)) : "memory")
#define isb()		asm volatile("isb" ::: "memory")
#define dsb()		asm volatile("dsb sy" ::: "memory")
#define wfi()		asm volatile("dsb sy\n\twfi" ::: "memory")
#define irq_on()	asm volatile("msr daifclr, #2\n\tisb" ::: "memory")
#define irq_off()	asm volatile("msr daifset, #2\n\tisb" ::: "memory")
#define serror_on()	asm volatile("msr daifclr, #4\n\tisb" ::: "memory")
#define serror_off()	asm volatile("msr daifset, #4\n\tisb" ::: "memory")

/*
 * Names that stand for the same register on every architecture; those of the GIC by encoding, since
 * the assembler may not know them under a name.
 */
#define ICC_PMR		S3_0_C4_C6_0
#define ICC_IAR0	S3_0_C12_C8_0
#define ICC_EOIR0	S3_0_C12_C8_1
#define ICC_HPPIR0	S3_0_C12_C8_2
#define ICC_BPR0	S3_0_C12_C8_3
#define ICC_AP0R0	S3_0_C12_C8_4
#define ICC_AP1R0	S3_0_C12_C9_0
#define ICC_DIR		S3_0_C12_C11_1
#define ICC_RPR		S3_0_C12_C11_3
#define ICC_SGI1R	S3_0_C12_C11_5
#define ICC_ASGI1R	S3_0_C12_C11_6
#define ICC_SGI0R	S3_0_C12_C11_7
#define ICC_IAR1	S3_0_C12_C12_0
#define ICC_EOIR1	S3_0_C12_C12_1
#define ICC_HPPIR1	S3_0_C12_C12_2
#define ICC_BPR1	S3_0_C12_C12_3
#define ICC_CTLR	S3_0_C12_C12_4
#define ICC_SRE		S3_0_C12_C12_5
#define ICC_IGRPEN0	S3_0_C12_C12_6
#define ICC_IGRPEN1	S3_0_C12_C12_7
#define TPIDR_USER	tpidr_el0
#define CNTFRQ		cntfrq_el0
#define CNTPCT		cntpct_el0
#define CNTVCT		cntvct_el0
#define CNTP_CTL	cntp_ctl_el0
#define CNTP_TVAL	cntp_tval_el0
#define CNTP_CVAL	cntp_cval_el0
#define CNTV_CTL	cntv_ctl_el0
#define CNTV_TVAL	cntv_tval_el0
#define CNTV_CVAL	cntv_cval_el0
#define sysreg_read_(x)		sysreg_read(x)
#define sysreg_write_(x, v)	sysreg_write(x, v)
/* For what has 64 bits on every architecture. */
#define sysreg_read64_(x)	sysreg_read(x)
#define sysreg_write64_(x, v)	sysreg_write(x, v)

static inline struct guest_cpu *guest_cpu(void)
{
	return (struct guest_cpu *)sysreg_read(tpidr_el1);
}

static inline void mmio_write64(u64 a, u64 v)
{
	asm volatile("str %0, [%1]" :: "r" (v), "r" (a) : "memory");
}

static inline void mmio_write32(u64 a, u32 v)
{
	asm volatile("str %w0, [%1]" :: "r" (v), "r" (a) : "memory");
}

static inline void mmio_write16(u64 a, u16 v)
{
	asm volatile("strh %w0, [%1]" :: "r" (v), "r" (a) : "memory");
}

static inline void mmio_write8(u64 a, u8 v)
{
	asm volatile("strb %w0, [%1]" :: "r" (v), "r" (a) : "memory");
}

static inline u64 mmio_read64(u64 a)
{
	u64 v;

	asm volatile("ldr %0, [%1]" : "=r" (v) : "r" (a) : "memory");
	return v;
}

static inline u32 mmio_read32(u64 a)
{
	u32 v;

	asm volatile("ldr %w0, [%1]" : "=r" (v) : "r" (a) : "memory");
	return v;
}

static inline u16 mmio_read16(u64 a)
{
	u32 v;

	asm volatile("ldrh %w0, [%1]" : "=r" (v) : "r" (a) : "memory");
	return v;
}

static inline u8 mmio_read8(u64 a)
{
	u32 v;

	asm volatile("ldrb %w0, [%1]" : "=r" (v) : "r" (a) : "memory");
	return v;
}

/* Of the width of a pointer. */
#define mmio_read_long	mmio_read64
#define mmio_write_long	mmio_write64

#define ESR_EC(esr)	((esr) >> 26 & 0x3f)
#define EC_UNKNOWN	0x00
#define EC_SVC64	0x15
#define EC_SMC64	0x17
#define EC_SYSREG	0x18
#define EC_IABT_LOW	0x20
#define EC_IABT_CUR	0x21
#define EC_PC_ALIGN	0x22
#define EC_DABT_LOW	0x24
#define EC_DABT_CUR	0x25
#define EC_SERROR	0x2f
#define EC_STEP_CUR	0x33

static inline u64 counter(void)
{
	isb();
	return sysreg_read(cntvct_el0);
}

static inline u64 guest_us(u64 us)
{
	return sysreg_read(cntfrq_el0) * us / 1000000;
}

/* Code made at run time, and accesses that C has no words for. */
#define CODE_W			"w"	/* the 32-bit name of a register in asm() */
#define CODE_MOV(i)		(0xd2800000 | (i) << 5)	/* x0 = i */
#define CODE_RET		0xd65f03c0
#define FRAME_LR(f)		((f)->x[30])
#define frame_is_fetch(f)	(ESR_EC((f)->esr) == EC_IABT_CUR)
#define frame_is_serror(f)	(((f)->vector & 3) == 3 && ESR_EC((f)->esr) == EC_SERROR)

static inline void code_sync(u64 at)
{
	asm volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb"
		     :: "r" (at) : "memory");
}

static inline void guest_store_pair(u64 a, u64 v)
{
	asm volatile("stp %0, %0, [%1]" :: "r" (v), "r" (a) : "memory");
}

static inline void guest_flush_line(u64 a)
{
	asm volatile("dc civac, %0\n\tdsb sy" :: "r" (a) : "memory");
}

static inline void guest_discard_line(u64 a)
{
	asm volatile("dc zva, %0" :: "r" (a) : "memory");
}

struct smccc {
	u64 x[4];
};

static inline struct smccc guest_hvc(u64 fn, u64 a1, u64 a2, u64 a3)
{
	register u64 x0 asm("x0") = fn;
	register u64 x1 asm("x1") = a1;
	register u64 x2 asm("x2") = a2;
	register u64 x3 asm("x3") = a3;

	asm volatile("hvc #0" : "+r" (x0), "+r" (x1), "+r" (x2), "+r" (x3)
		     :: "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
		     "x15", "x16", "x17", "memory");
	return (struct smccc){ { x0, x1, x2, x3 } };
}

#define PSCI_WIDE	0x40000000	/* the 64-bit call */

#endif
