/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest's system registers as a table with one row each: what both architectures do with their
 * own table, which is in arm64/sysreg.c or arm/cp15.c.  A register is named by the fields of the
 * instruction that accesses it, packed in the architecture's way.
 */
#ifndef ARMVIRT_SYSROW_H
#define ARMVIRT_SYSROW_H

#include <linux/bits.h>
#include <linux/types.h>

struct a32_cp;
struct av_vcpu;
struct reg_list;

/* One system register. */
struct sysreg_row {
	u32 enc;	/* its encoding; rows are sorted by it */
	u8 flags;	/* ROW_* */
	u8 needs;	/* HYP_VCPU_* that a vCPU must have in its flags to have the register */
	u8 arg;		/* what the functions need: where it is stored, mostly */
	u64 reset;	/* initial value, if it is stored */
	/* a trapped access; false: undefined instruction.  NULL: always so */
	bool (*access)(struct av_vcpu *vcpu, const struct sysreg_row *row, bool write, u64 *val);
	/* its value, which is not stored; user space may only write it back, without set */
	u64 (*get)(struct av_vcpu *vcpu, const struct sysreg_row *row);
	/* one-reg write, 0 or errno; NULL: whatever user space wants */
	int (*set)(struct av_vcpu *vcpu, const struct sysreg_row *row, u64 val);
};

#define ROW_USER	BIT(0)	/* a one-reg register */
#define ROW_RO		BIT(1)	/* a guest's write is undefined */
#define ROW_WO		BIT(2)	/* its read is */
/*
 * The access neither sleeps nor touches a register which is in the hardware
 * while the vCPU is loaded, so it needs no way out to arch_handle_exit().
 */
#define ROW_FAST	BIT(3)

#define SYSREG_NR_CSSELR	14

/* What tells one kind of CPU from another, of the one that loaded the module, wherever we run. */
struct sysreg_ident {
	u32 midr, revidr, aidr, clidr;
	u64 ccsidr[SYSREG_NR_CSSELR];	/* the caches' shapes by their CSSELR */
};

extern struct sysreg_ident sysreg_ident;

/* The architecture's: */
extern const struct sysreg_row sysreg_rows[];
extern const unsigned int sysreg_nr_rows;
u64 *sysreg_storage(struct av_vcpu *vcpu, const struct sysreg_row *row);
unsigned int idreg_index(u32 enc);	/* of an ID register in vm->idregs */
u64 idreg_gic(u32 enc);		/* what it holds besides where there is a GICv3 */
bool sysreg_may_access(struct av_vcpu *vcpu, u32 enc);	/* at the vCPU's privilege level */
u64 sysreg_id(u32 enc);				/* the one-reg id */
bool sysreg_enc(u64 id, u32 *enc);		/* and back; false: cannot be one */
void sysreg_identify(struct sysreg_ident *ident);	/* all but the caches' shapes */
u64 sysreg_read_ccsidr(u32 csselr);	/* and one of those; interrupts off, no vCPU loaded */

/* sysrow.c */
int sysreg_init(void);			/* at load: checks the order of the rows */
const struct sysreg_row *sysreg_find(u32 enc);
/* What an access does; false: no such register for this guest.  Put, unless it is a fast one. */
bool sysreg_access(struct av_vcpu *vcpu, u32 enc, bool write, u64 *val);
bool sysreg_is_fast(u32 enc);	/* may be accessed while the vCPU is loaded */
void sysreg_reset(struct av_vcpu *vcpu);	/* the registers that have rows */
int sysreg_user(struct av_vcpu *vcpu, u32 enc, bool write, u64 *val);	/* -ENOENT, -EINVAL */
void sysreg_list(struct av_vcpu *vcpu, struct reg_list *list);

/* get and set of an ID register, whose value is one of vm->idregs */
u64 row_get_id(struct av_vcpu *vcpu, const struct sysreg_row *row);
int row_set_id(struct av_vcpu *vcpu, const struct sysreg_row *row, u64 val);
/* A value whose fields of four bits are the host's, but no more than @most; see sysrow.c. */
u64 sysrow_limit(u64 host, u64 most, u64 sign);

/* The general registers of a trapped MCR or MCRR, MRC or MRRC */
u64 sysrow_operand(struct av_vcpu *vcpu, const struct a32_cp *a);
void sysrow_result(struct av_vcpu *vcpu, const struct a32_cp *a, u64 val);

/* onereg.c */
void sysreg_ident_init(void);		/* at load */
bool sysreg_ccsidr(u32 csselr, u64 *val);	/* the shape of one cache; false: no such */

/* Access functions that both have rows for. */
#define ROW_ACCESS(name) \
	bool row_##name(struct av_vcpu *vcpu, const struct sysreg_row *row, bool write, u64 *val)

ROW_ACCESS(stored);	/* reads and writes what is stored */
ROW_ACCESS(value);	/* has a value of its own choice: what is written is forgotten */
ROW_ACCESS(const);	/* always reads as arg */
ROW_ACCESS(vm);		/* a translation control */
ROW_ACCESS(set_way);	/* cache maintenance by set and way */
ROW_ACCESS(sgi);	/* arg: is it ICC_SGI1R? */
ROW_ACCESS(dir);	/* ICC_DIR */
ROW_ACCESS(timer);	/* arg: enum timer_reg of the physical timer */

#endif
