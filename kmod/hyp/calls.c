// SPDX-License-Identifier: GPL-2.0
/*
 * The complete list of what the host can ask of EL2: by HVC on an nVHE or ARMv7
 * host, by a function call on a VHE host.  Part of each build's world_*.c.
 */

u64 HYP(call)(unsigned long nr, u64 a1, u64 a2, u64 a3, u64 a4)
{
	struct hyp_vcpu *vcpu = (struct hyp_vcpu *)(unsigned long)a1;
	struct hyp_cpu *cpu = this_hyp_cpu(a2);

	switch (nr) {
	case HYP_RUN:
		return run(vcpu, cpu);
	case HYP_LOAD:
		load(vcpu, cpu);
		break;
	case HYP_PUT:
		put(vcpu, cpu);
		break;
	case HYP_GIC_PUT:
		gic_put(vcpu);
		break;
	case HYP_GIC_INIT:
		return gic_init();
	case HYP_TLB_IPA:
		tlb_ipa(a1, a2, a3, a4);
		break;
	case HYP_TLB_VMID:
		tlb_vmid(a1);
		break;
	case HYP_TLB_CPU:
		tlb_cpu(a1);
		break;
	case HYP_TLB_ALL:
		tlb_all();
		break;
	case HYP_TLB_EL2:
		tlb_el2(a1);
		break;
	case HYP_VERSION:
		return HYP_CALL_BASE;
	default:
		return HYP_STUB_ERR;
	}
	return 0;
}
