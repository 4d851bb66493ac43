/* How a run in a virtual machine ended, as a run of an image. */
#ifndef KVM_OUTCOME_H
#define KVM_OUTCOME_H

#include "image_report.h"
#include "kvm_run.h"

/* Fills in *result. region_shift: how much higher than IMAGE_REGION_BASE the region lay. */
void kvm_outcome_describe(const struct kvm_report *report, const struct kvm_code *code,
			  const struct region *region, uint64_t region_shift,
			  uint32_t time_limit_ms, struct sandbox_result *result);

#endif
