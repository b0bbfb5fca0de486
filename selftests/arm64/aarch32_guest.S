/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the AArch32 guest of aarch32.c executes: position-independent pieces, entered with the MMU
 * off in Supervisor mode. Each says what it has to say in registers, and stops by a store of r0 to
 * an address without memory; the host reads the registers then, and may run it on.
 */
	.arch	armv8-a
	.fpu	neon
	.syntax	unified
	.text

#define ID_PFR0(r)	p15, 0, r, c0, c1, 0	/* traps always (HCR_EL2.TID3) */
#define PMCR(r)		p15, 0, r, c9, c12, 0	/* traps and does not exist */
#define STOP_ADDR	0x50000000
#define MMIO_ADDR	0x60000000

/* The table of entries that the host looks into: the order of enum piece. */
	.irp	name, vectors_arm, vectors_thumb, cond_arm, cond_thumb, undef_arm, undef_thumb, \
		fetch_arm, fetch_thumb, cp15_write, banks, vfp, mmio, calls, cpu_on, second, \
		second_thumb, gic3, gic2, timer, user, sizes, cp_misc, program, \
		serror, barrier
	.word	\name
	.endr

	.macro	stop
	ldr	r12, =STOP_ADDR
	str	r0, [r12]
	.endm

/* --- vectors: SPSR to r11; nothing else but r12 is touched ---------------------------------- */

	.macro	vector_table thumb
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7
	.if	\thumb
	b.w	1f
	.else
	b	1f
	.endif
	.endr
1:	mrs	r11, spsr
	movw	r12, #0
	movt	r12, #STOP_ADDR >> 16
	str	r0, [r12]
	.if	\thumb
	b.w	1b
	.else
	b	1b
	.endif
	.endm

	.arm
	.balign	32
vectors_arm:
	vector_table 0
	.thumb
	.balign	32
vectors_thumb:
	vector_table 1

/* --- conditions ---------------------------------------------------------------------------- */

	.arm
	.balign	4
cond_arm:
	mov	r0, #0x55
	mov	r1, #0x55
	mov	r2, #0x55
	mov	r3, #0x55
	movs	r4, #0			/* Z */
	mrcne	ID_PFR0(r0)
	mrceq	ID_PFR0(r1)
	movs	r4, #1
	mrceq	ID_PFR0(r2)
	mrcne	ID_PFR0(r3)
	movs	r4, #0
	mcrne	p15, 0, r4, c9, c12, 0	/* undefined, if it were executed */
	smcne	#0
	wfine
	wfene
	stop
	.ltorg

	.thumb
	.balign	4
cond_thumb:
	movs	r0, #0x55
	movs	r1, #0x55
	movs	r2, #0x55
	movs	r3, #0
	movs	r5, #0
	movs	r6, #0
	movs	r4, #0			/* Z */
	/* A trap at each place of a block: IT has to move on for the next ones. */
	itete	eq
	mrceq	ID_PFR0(r0)
	mrcne	ID_PFR0(r1)
	moveq	r3, #1
	movne	r3, #2
	ittee	ne
	movne	r5, #2
	mrcne	p15, 0, r5, c9, c12, 0
	mrceq	ID_PFR0(r2)
	addeq	r6, r6, #1
	it	eq
	wfeeq
	add	r6, r6, #1
	stop
	.ltorg

/* --- exceptions ------------------------------------------------------------------------------ */

	.arm
	.balign	4
undef_arm:
	mrc	PMCR(r1)		/* at +0 */
	.thumb
	.balign	4
undef_thumb:
	ittt	eq			/* the host has set Z */
	nopeq
	mrceq	PMCR(r1)		/* at +4, the second of its block */
	nopeq
	.arm
	.balign	4
fetch_arm:
	bx	r1
	.thumb
	.balign	4
fetch_thumb:
	bx	r1

/* --- registers ----------------------------------------------------------------------------------- */

	.arm
	.balign	4
/* r1.. hold what to write */
cp15_write:
	mcr	p15, 0, r1, c2, c0, 0	/* TTBR0 */
	add	r1, r1, #0x01000000
	mcr	p15, 0, r1, c2, c0, 1	/* TTBR1 */
	mov	r2, #0x11
	mcr	p15, 0, r2, c3, c0, 0	/* DACR */
	mov	r2, #0x805
	mcr	p15, 0, r2, c5, c0, 0	/* DFSR */
	mov	r2, #0x7
	mcr	p15, 0, r2, c5, c0, 1	/* IFSR */
	ldr	r2, =0x12345678
	mcr	p15, 0, r2, c6, c0, 0	/* DFAR */
	ldr	r2, =0x9abcdef0
	mcr	p15, 0, r2, c6, c0, 2	/* IFAR */
	ldr	r2, =0x00a80044
	mcr	p15, 0, r2, c10, c2, 0	/* PRRR */
	ldr	r2, =0x40e040e0
	mcr	p15, 0, r2, c10, c2, 1	/* NMRR */
	ldr	r2, =0xcafe01
	mcr	p15, 0, r2, c13, c0, 1	/* CONTEXTIDR */
	ldr	r2, =0xabcd0001
	mcr	p15, 0, r2, c13, c0, 2	/* TPIDRURW */
	ldr	r2, =0xabcd0002
	mcr	p15, 0, r2, c13, c0, 3	/* TPIDRURO */
	ldr	r2, =0xabcd0003
	mcr	p15, 0, r2, c13, c0, 4	/* TPIDRPRW */
	ldr	r2, =0x80001000
	mcr	p15, 0, r2, c12, c0, 0	/* VBAR */
	isb
	/* read back */
	mrc	p15, 0, r2, c2, c0, 1
	mrc	p15, 0, r3, c6, c0, 0
	mrc	p15, 0, r4, c6, c0, 2
	mrc	p15, 0, r5, c10, c2, 0
	mrc	p15, 0, r6, c10, c2, 1
	stop
	/* 64 bits with the long format */
	mov	r2, #0x80000000
	mcr	p15, 0, r2, c2, c0, 2	/* TTBCR.EAE */
	isb
	ldr	r2, =0x80004000
	mov	r3, #0x00050000
	mcrr	p15, 0, r2, r3, c2
	ldr	r2, =0x80008000
	mcrr	p15, 1, r2, r3, c2
	isb
	mrrc	p15, 0, r4, r5, c2
	mrrc	p15, 1, r6, r7, c2
	stop
	.ltorg

	.macro	fill mode, value
	cps	#\mode
	ldr	sp, =\value + 1
	ldr	lr, =\value + 2
	.if	\mode != 0x1f
	ldr	r1, =\value + 3
	msr	spsr_cxsf, r1
	.endif
	.endm
	/* r0 counts what is wrong */
	.macro	compare reg, value
	ldr	r3, =\value
	cmp	\reg, r3
	addne	r0, r0, #1
	.endm
	.macro	check mode, value
	cps	#\mode
	compare	sp, \value + 1
	compare	lr, \value + 2
	.if	\mode != 0x1f
	mrs	r2, spsr
	compare	r2, \value + 3
	.endif
	.endm
banks:
	fill	0x1f, 0x1f000000
	fill	0x13, 0x13000000
	fill	0x12, 0x12000000
	fill	0x17, 0x17000000
	fill	0x1b, 0x1b000000
	fill	0x11, 0x11000000
	ldr	r8, =0x11000008
	ldr	r9, =0x11000009
	ldr	r10, =0x1100000a
	ldr	r11, =0x1100000b
	ldr	r12, =0x1100000c
	/* System mode has no SPSR: QEMU keeps the current mode's where EL2 cannot get at it. */
	cps	#0x1f
	ldr	r8, =0x08
	mov	r0, #0
	stop
	check	0x1f, 0x1f000000
	check	0x13, 0x13000000
	check	0x12, 0x12000000
	check	0x17, 0x17000000
	check	0x1b, 0x1b000000
	check	0x11, 0x11000000
	compare	r8, 0x11000008
	compare	r12, 0x1100000c
	cps	#0x13
	compare	r8, 0x08
	stop
	.ltorg

vfp:
	mrc	p15, 0, r0, c1, c0, 2
	orr	r0, r0, #0xf00000
	mcr	p15, 0, r0, c1, c0, 2	/* CPACR */
	isb
	mov	r0, #0x40000000
	vmsr	fpexc, r0
	vmrs	r2, mvfr0
	vmrs	r3, mvfr1
	ldr	r1, =0x01020304
	vmov	d0, r1, r1
	add	r1, r1, #1
	vmov	d15, r1, r1
	add	r1, r1, #1
	vmov	d31, r1, r1
	mov	r4, #0x03000000
	vmsr	fpscr, r4
	vmrs	r0, fpexc
	stop
	mov	r0, #0
	vmov	r1, r2, d0
	compare	r1, 0x01020304
	compare	r2, 0x01020304
	vmov	r1, r2, d15
	compare	r2, 0x01020305
	vmov	r1, r2, d31
	compare	r1, 0x01020306
	vmrs	r1, fpscr
	compare	r1, 0x03000000
	mov	r3, #0
	vmsr	fpexc, r3
	stop
	/* Disabled by the guest itself: undefined, whoever has the registers. */
	vmov	r1, r2, d0
	.ltorg

/* --- MMIO ------------------------------------------------------------------------------------ */

mmio:
	ldr	r1, =MMIO_ADDR
1:	cps	#0x12
	ldr	r13, [r1, #0x00]
	cps	#0x11
	ldr	r14, [r1, #0x04]
	ldr	r8, [r1, #0x08]
	cps	#0x1b
	ldr	r14, [r1, #0x0c]
	cps	#0x13
	ldr	r13, [r1, #0x10]
	str	r13, [r1, #0x14]
	cps	#0x12
	str	r13, [r1, #0x18]
	cps	#0x11
	str	r8, [r1, #0x1c]
	cps	#0x13
	stop
	b	1b
	.ltorg

	.macro	sizes_body
	ldrb	r2, [r1]
	ldrsb	r3, [r1]
	ldrh	r4, [r1]
	ldrsh	r5, [r1]
	ldr	r6, [r1]
	strb	r6, [r1]
	strh	r6, [r1]
	str	r6, [r1]
	.endm
sizes:
	ldr	r1, =MMIO_ADDR
	sizes_body
	setend	be
	sizes_body
	setend	le
	stop
	.ltorg

/* --- calls ------------------------------------------------------------------------------------- */

calls:
	ldr	r0, =0x84000000		/* PSCI_VERSION */
	hvc	#0
	mov	r4, r0
	ldr	r0, =0xc4000003		/* CPU_ON, by its 64-bit id */
	mov	r1, #1
	hvc	#0
	mov	r5, r0
	ldr	r0, =0x84000000
	smc	#0
	mov	r6, r0
	ldr	r0, =0x8400000a		/* PSCI_FEATURES of it */
	ldr	r1, =0xc4000003
	hvc	#0
	mov	r7, r0
	ldr	r0, =0x8400000a
	ldr	r1, =0x84000003
	hvc	#0
	mov	r8, r0
	ldr	r0, =0x82000000		/* nobody's */
	hvc	#0
	mov	r9, r0
	ldr	r0, =0x80000000		/* SMCCC_VERSION */
	hvc	#0
	stop
	.ltorg

/* r2: where to */
cpu_on:
	ldr	r0, =0x84000003
	mov	r1, #1
	ldr	r3, =0xc0ffee
	hvc	#0
	stop
	.ltorg
second:
	mov	r4, r0
	mrs	r5, cpsr
	mrc	p15, 0, r6, c0, c0, 5	/* MPIDR */
	stop
	.ltorg
	.thumb
	.balign	4
second_thumb:
	mov	r4, r0
	mov	r7, pc
	stop
	.ltorg
	.arm
	.balign	4

/* --- interrupts: polled, not taken -------------------------------------------------------------- */

/* r1: redistributor, r2: distributor */
gic3:
	mov	r3, #0
	str	r3, [r1, #0x14]			/* GICR_WAKER */
	mov	r3, #0x12			/* EnableGrp1, ARE */
	str	r3, [r2]
	add	r3, r1, #0x10000
	mvn	r4, #0
	str	r4, [r3, #0x80]			/* group 1 */
	str	r4, [r3, #0x100]
	mrc	p15, 0, r5, c12, c12, 5		/* ICC_SRE */
	mov	r3, #0xf0
	mcr	p15, 0, r3, c4, c6, 0		/* ICC_PMR */
	mov	r3, #1
	mcr	p15, 0, r3, c12, c12, 7		/* ICC_IGRPEN1 */
	isb
	ldr	r3, =0x05000001			/* SGI 5 to affinity 0.0.0, target list 1 */
	mov	r4, #0
	mcrr	p15, 0, r3, r4, c12		/* ICC_SGI1R */
	isb
	mov	r8, #0x10000
1:	mrc	p15, 0, r6, c12, c12, 0		/* ICC_IAR1 */
	cmp	r6, #1020
	blo	2f
	subs	r8, r8, #1
	bne	1b
2:	mcr	p15, 0, r6, c12, c12, 1		/* ICC_EOIR1 */
	mov	r0, #3
	stop
	/* The timers: virtual (27) and physical (30), by the same way */
	mov	r3, #1
	mcr	p15, 0, r3, c14, c3, 0		/* CNTV_TVAL */
	mcr	p15, 0, r3, c14, c3, 1		/* CNTV_CTL */
	isb
	mov	r8, #0x100000
1:	mrc	p15, 0, r6, c12, c12, 0
	cmp	r6, #1020
	blo	2f
	subs	r8, r8, #1
	bne	1b
2:	mov	r3, #0
	mcr	p15, 0, r3, c14, c3, 1
	isb
	mcr	p15, 0, r6, c12, c12, 1
	mov	r3, #1
	mcr	p15, 0, r3, c14, c2, 0		/* CNTP_TVAL */
	mcr	p15, 0, r3, c14, c2, 1		/* CNTP_CTL */
	isb
	mov	r8, #0x100000
1:	mrc	p15, 0, r7, c12, c12, 0
	cmp	r7, #1020
	blo	2f
	subs	r8, r8, #1
	bne	1b
2:	mrc	p15, 0, r9, c14, c2, 1
	mov	r3, #0
	mcr	p15, 0, r3, c14, c2, 1
	isb
	mcr	p15, 0, r7, c12, c12, 1
	stop
	.ltorg

/* r1: CPU interface, r2: distributor */
gic2:
	mov	r3, #1
	str	r3, [r2]
	mov	r4, #0xff
	str	r4, [r2, #0x100]
	mov	r3, #0xf0
	str	r3, [r1, #4]
	mov	r3, #1
	str	r3, [r1]
	ldr	r3, =0x02000005			/* GICD_SGIR: to self, SGI 5 */
	add	r4, r2, #0xf00
	str	r3, [r4]
	mov	r8, #0x10000
1:	ldr	r6, [r1, #0xc]
	cmp	r6, #1020
	blo	2f
	subs	r8, r8, #1
	bne	1b
2:	str	r6, [r1, #0x10]
	mov	r0, #2
	stop
	.ltorg

/* Without a GIC: the registers of the timers */
timer:
	mrc	p15, 0, r0, c14, c0, 0		/* CNTFRQ */
	mrrc	p15, 1, r2, r3, c14		/* CNTVCT */
	mrrc	p15, 0, r4, r5, c14		/* CNTPCT */
	mov	r7, #0x100
	ldr	r6, =0x55667788
	mcrr	p15, 2, r6, r7, c14		/* CNTP_CVAL */
	mrrc	p15, 2, r8, r9, c14
	ldr	r6, =0x11223344
	mcrr	p15, 3, r6, r7, c14		/* CNTV_CVAL */
	stop
	.ltorg

/* In user mode what is PL1's is undefined, and an undefined instruction goes to PL1. */
user:
	cps	#0x10
	mrc	ID_PFR0(r1)
spin:
	b	spin

/* At EL0 of a 64-bit kernel that lets its programs have the timers */
program:
	ldr	r4, =0x55667788
	mov	r5, #0x100
	mcrr	p15, 2, r4, r5, c14		/* CNTP_CVAL */
	mov	r2, #0x55
	mov	r3, #0x55
	movs	r6, #0				/* Z */
	mrrcne	p15, 2, r2, r3, c14
	mrrceq	p15, 2, r4, r5, c14
	mrcne	p14, 0, r1, c0, c0, 0
	stop
	mrc	p14, 0, r1, c0, c0, 0		/* DBGDIDR */
	.ltorg

/* What is there only to be read: everything a kernel looks at while it finds out where it is. */
cp_misc:
	mrc	p15, 0, r0, c0, c0, 0		/* MIDR */
	mrc	p15, 0, r1, c0, c0, 1		/* CTR */
	mrc	p15, 0, r2, c0, c0, 3		/* TLBTR */
	mrc	p15, 0, r3, c0, c1, 1		/* ID_PFR1 */
	mrc	p15, 0, r4, c0, c1, 4		/* ID_MMFR0 */
	mrc	p15, 0, r5, c0, c2, 0		/* ID_ISAR0 */
	mrc	p15, 1, r6, c0, c0, 1		/* CLIDR */
	mrc	p15, 1, r7, c0, c0, 0		/* CCSIDR */
	mrc	p14, 0, r8, c0, c0, 0		/* DBGDIDR */
	mrc	p14, 0, r9, c1, c1, 4		/* DBGOSLSR */
	mrc	p15, 0, r10, c0, c3, 7		/* reserved: zero */
	ldr	r11, =0x1234
	mcr	p14, 0, r11, c0, c0, 4		/* DBGBVR0 */
	mrc	p14, 0, r11, c0, c0, 4
	mrrc	p14, 0, r12, r14, c1		/* DBGDRAR */
	mov	r12, #0
	mcr	p15, 0, r12, c7, c14, 2		/* DCCISW */
	stop
	.ltorg

/* Masked, until the host has looked. */
serror:
	stop
	cpsie	a			/* at +8 */
	b	.
	.ltorg

/* ESB takes what is masked to DISR. */
barrier:
	.inst	0xe320f010
	stop
	mrc	p15, 0, r0, c12, c1, 1
	stop
	mov	r0, #0
	mcr	p15, 0, r0, c12, c1, 1
	cpsie	a
	stop
	.ltorg
