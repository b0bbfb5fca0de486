/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What guest code is made of on 32-bit ARM: exceptions, registers, accesses to devices, calls. To
 * be included by guest.h.
 */
#ifndef LIB_GUEST_ARCH_H
#define LIB_GUEST_ARCH_H

struct guest_frame {
	u32 vector;	/* by place in the vector table, VECTOR_* */
	u32 esr;	/* DFSR, or IFSR for a prefetch abort */
	u32 far;	/* DFAR or IFAR */
	u32 pad;
	u32 x[13];
	u32 lr;		/* of Supervisor mode */
	u32 elr;	/* the instruction, or the next one for SVC and interrupts */
	u32 spsr;
};

#define VECTOR_UNDEF	1
#define VECTOR_SVC	2
#define VECTOR_PABT	3
#define VECTOR_DABT	4
#define VECTOR_IRQ	6

/*
 * Coprocessor registers: cp_read(15, 0, c1, c0, 0), and by a name that stands for these five, or for
 * the three that MRRC has.
 */
#define cp_read(cp, op1, crn, crm, op2) ({				\
	u32 v_;								\
	asm volatile("mrc p" #cp ", " #op1 ", %0, " #crn ", " #crm ", " #op2 \
		     : "=r" (v_) :: "memory");				\
	v_; })
#define cp_write(cp, op1, crn, crm, op2, value)				\
	asm volatile("mcr p" #cp ", " #op1 ", %0, " #crn ", " #crm ", " #op2 \
		     :: "r" ((u32)(value)) : "memory")
#define cp_read64(cp, op1, crm) ({					\
	u64 v_;								\
	asm volatile("mrrc p" #cp ", " #op1 ", %Q0, %R0, " #crm		\
		     : "=r" (v_) :: "memory");				\
	v_; })
#define cp_write64(cp, op1, crm, value)					\
	asm volatile("mcrr p" #cp ", " #op1 ", %Q0, %R0, " #crm		\
		     :: "r" ((u64)(value)) : "memory")
#define cp_read_(...)		cp_read(__VA_ARGS__)
#define cp_write_(...)		cp_write(__VA_ARGS__)
#define sysreg_read_(name)	cp_read_(name)
#define sysreg_write_(name, v)	cp_write_(name, v)
#define cp_read64_(...)		cp_read64(__VA_ARGS__)
#define cp_write64_(...)	cp_write64(__VA_ARGS__)
#define sysreg_read64_(name)	cp_read64_(name)
#define sysreg_write64_(name, v)	cp_write64_(name, v)

#define isb()		asm volatile("isb" ::: "memory")
#define dsb()		asm volatile("dsb sy" ::: "memory")
#define wfi()		asm volatile("dsb sy\n\twfi" ::: "memory")
#define irq_on()	asm volatile("cpsie i\n\tisb" ::: "memory")
#define irq_off()	asm volatile("cpsid i\n\tisb" ::: "memory")
/* Asynchronous aborts are what SErrors are here. */
#define serror_on()	asm volatile("cpsie a\n\tisb" ::: "memory")
#define serror_off()	asm volatile("cpsid a\n\tisb" ::: "memory")

#define ICC_PMR		15, 0, c4, c6, 0
#define ICC_DIR		15, 0, c12, c11, 1
#define ICC_RPR		15, 0, c12, c11, 3
#define ICC_IAR1	15, 0, c12, c12, 0
#define ICC_EOIR1	15, 0, c12, c12, 1
#define ICC_BPR1	15, 0, c12, c12, 3
#define ICC_CTLR	15, 0, c12, c12, 4
#define ICC_SRE		15, 0, c12, c12, 5
#define ICC_IGRPEN1	15, 0, c12, c12, 7
#define ICC_SGI1R	15, 0, c12

#define TPIDR_USER	15, 0, c13, c0, 2		/* TPIDRURW */
#define CNTFRQ		15, 0, c14, c0, 0
#define CNTPCT		15, 0, c14
#define CNTVCT		15, 1, c14
#define CNTP_CTL	15, 0, c14, c2, 1
#define CNTP_TVAL	15, 0, c14, c2, 0
#define CNTP_CVAL	15, 2, c14
#define CNTV_CTL	15, 0, c14, c3, 1
#define CNTV_TVAL	15, 0, c14, c3, 0
#define CNTV_CVAL	15, 3, c14

static inline struct guest_cpu *guest_cpu(void)
{
	return (struct guest_cpu *)cp_read(15, 0, c13, c0, 4);	/* TPIDRPRW */
}

#define MMIO_ACCESS(bits, suffix)						\
static inline void mmio_write##bits(u32 a, u##bits v)				\
{										\
	asm volatile("str" suffix " %0, [%1]" :: "r" ((u32)v), "r" (a) : "memory");	\
}										\
static inline u##bits mmio_read##bits(u32 a)					\
{										\
	u32 v;									\
										\
	asm volatile("ldr" suffix " %0, [%1]" : "=r" (v) : "r" (a) : "memory");	\
	return v;								\
}

MMIO_ACCESS(8, "b")
MMIO_ACCESS(16, "h")
MMIO_ACCESS(32, "")

/* As two: the syndrome tells nothing of STRD and LDRD. */
static inline void mmio_write64(u32 a, u64 v)
{
	mmio_write32(a, v);
	mmio_write32(a + 4, v >> 32);
}

static inline u64 mmio_read64(u32 a)
{
	u64 low = mmio_read32(a);

	return low | (u64)mmio_read32(a + 4) << 32;
}

/* Of the width of a pointer. */
#define mmio_read_long	mmio_read32
#define mmio_write_long	mmio_write32

static inline u64 counter(void)
{
	isb();
	return sysreg_read64_(CNTVCT);
}

static inline u64 guest_us(u64 us)
{
	return sysreg_read_(CNTFRQ) * us / 1000000;
}

/* Code made at run time, and accesses that C has no words for. */
#define CODE_W			""
#define CODE_MOV(i)		(0xe3a00000 | (i))	/* r0 = i < 256 */
#define CODE_RET		0xe12fff1e
#define FRAME_LR(f)		((f)->lr)
#define frame_is_fetch(f)	((f)->vector == VECTOR_PABT)
/* LPAE, and the status of an asynchronous external abort */
#define frame_is_serror(f)	((f)->vector == VECTOR_DABT && ((f)->esr & 0x23f) == 0x211)

static inline void code_sync(u32 at)
{
	cp_write(15, 0, c7, c11, 1, at);		/* DCCMVAU */
	dsb();
	cp_write(15, 0, c7, c5, 1, at);			/* ICIMVAU */
	cp_write(15, 0, c7, c5, 6, 0);			/* BPIALL */
	dsb();
	isb();
}

static inline void guest_store_pair(u32 a, u32 v)
{
	register u32 r2 asm("r2") = v;
	register u32 r3 asm("r3") = v;

	asm volatile("strd %0, %1, [%2]" :: "r" (r2), "r" (r3), "r" (a) : "memory");
}

static inline void guest_flush_line(u32 a)
{
	cp_write(15, 0, c7, c14, 1, a);			/* DCCIMVAC */
	dsb();
}

static inline void guest_discard_line(u32 a)
{
	cp_write(15, 0, c7, c6, 1, a);			/* DCIMVAC */
}

struct smccc {
	u32 x[4];
};

static inline struct smccc guest_hvc(u32 fn, u32 a1, u32 a2, u32 a3)
{
	register u32 r0 asm("r0") = fn;
	register u32 r1 asm("r1") = a1;
	register u32 r2 asm("r2") = a2;
	register u32 r3 asm("r3") = a3;

	asm volatile(".arch_extension virt\n\thvc #0"
		     : "+r" (r0), "+r" (r1), "+r" (r2), "+r" (r3) :: "memory");
	return (struct smccc){ { r0, r1, r2, r3 } };
}

#define PSCI_WIDE	0			/* there are no 64-bit calls */

#endif
