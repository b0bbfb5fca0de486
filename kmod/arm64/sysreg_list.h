/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The EL1/EL0 system registers that belong to a guest and are switched with
 * it.  One X-list, from which the storage index (enum hyp_sysreg), the save
 * and restore code at EL2, and the one-reg rows are generated.  A register
 * that is emulated and never loaded into hardware stands in the second list.
 */

/*
 * EL1 registers which a VHE host reaches through their _EL12 alias, because
 * with HCR_EL2.E2H set the plain name means the EL2 register (ARM ARM D8.x,
 * "System register aliasing and redirection").
 */
#define SYSREGS_EL12(X) \
	X(SCTLR) X(CPACR) X(TTBR0) X(TTBR1) X(TCR) X(AFSR0) X(AFSR1) X(ESR) \
	X(FAR) X(MAIR) X(AMAIR) X(VBAR) X(CONTEXTIDR) X(CNTKCTL) X(ELR) X(SPSR)

/* Switched by the entry code in assembly, since a host keeps "current" in it. */
#define SYSREGS_ENTRY(X) \
	X(SP_EL0)

/* Registers with one name in both modes. */
#define SYSREGS_PLAIN(X) \
	X(SP_EL1) X(TPIDR_EL0) X(TPIDRRO_EL0) X(TPIDR_EL1) X(PAR_EL1) X(CSSELR_EL1)

/* Pointer authentication keys: switched only for a vCPU that has the feature. */
#define SYSREGS_PAUTH(X) \
	X(APIAKEYLO_EL1) X(APIAKEYHI_EL1) \
	X(APIBKEYLO_EL1) X(APIBKEYHI_EL1) \
	X(APDAKEYLO_EL1) X(APDAKEYHI_EL1) \
	X(APDBKEYLO_EL1) X(APDBKEYHI_EL1) \
	X(APGAKEYLO_EL1) X(APGAKEYHI_EL1)

/*
 * AArch32 EL1: switched only for a guest of that width, since they need not exist otherwise.
 * SPSR_svc is SPSR_EL1; FPEXC, below, goes with the floating-point registers.
 */
#define SYSREGS_A32(X) \
	X(SPSR_ABT) X(SPSR_UND) X(SPSR_IRQ) X(SPSR_FIQ) X(DACR32_EL2) X(IFSR32_EL2)

/*
 * Registers which exist as values only: the guest's accesses trap, or no guest
 * that we run can see them, and user space reads and writes them by one-reg.
 * DISR is an exception where the CPU has RAS: the guest's is VDISR_EL2.
 */
#define SYSREGS_SOFT(X) \
	X(ACTLR_EL1) X(MDSCR_EL1) X(MDCCINT_EL1) X(OSLSR_EL1) X(DISR_EL1) \
	X(FPEXC32_EL2) X(DBGVCR32_EL2)
