/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The CP15 registers that belong to a guest and are switched with it.  One X-list, from which the
 * storage index (enum hyp_cp15), the save and restore code at HYP and the one-reg rows are
 * generated: X(name, CRn, opc1, CRm, opc2), or X(name, opc1, CRm) for one of 64 bits.
 */

/* SCTLR and TTBCR come with the world switch's own order; see hyp/world.c. */
#define CP15_REGS_ORDERED(X) \
	X(SCTLR, c1, 0, c0, 0) \
	X(TTBCR, c2, 0, c0, 2)

#define CP15_REGS32(X) \
	X(CSSELR, c0, 2, c0, 0) \
	X(CPACR, c1, 0, c0, 2) \
	X(DACR, c3, 0, c0, 0) \
	X(DFSR, c5, 0, c0, 0) \
	X(IFSR, c5, 0, c0, 1) \
	X(ADFSR, c5, 0, c1, 0) \
	X(AIFSR, c5, 0, c1, 1) \
	X(DFAR, c6, 0, c0, 0) \
	X(IFAR, c6, 0, c0, 2) \
	X(MAIR0, c10, 0, c2, 0) /* PRRR */ \
	X(MAIR1, c10, 0, c2, 1) /* NMRR */ \
	X(AMAIR0, c10, 0, c3, 0) \
	X(AMAIR1, c10, 0, c3, 1) \
	X(VBAR, c12, 0, c0, 0) \
	X(CONTEXTIDR, c13, 0, c0, 1) \
	X(TPIDRURW, c13, 0, c0, 2) \
	X(TPIDRURO, c13, 0, c0, 3) \
	X(TPIDRPRW, c13, 0, c0, 4) \
	X(CNTKCTL, c14, 0, c1, 0)

#define CP15_REGS64(X) \
	X(TTBR0, 0, c2) \
	X(TTBR1, 1, c2) \
	X(PAR, 0, c7)

/* Values only: the guest's accesses trap, or user space sees them by one-reg; X(name). */
#define CP15_REGS_SOFT(X) \
	X(ACTLR)
