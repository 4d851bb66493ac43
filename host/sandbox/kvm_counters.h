/* What the kvm backend did beside running functions, in the whole process. */
#ifndef KVM_COUNTERS_H
#define KVM_COUNTERS_H

#include <stdint.h>

enum kvm_counter {
	KVM_MACHINES_MADE,     /* one per thread, and one for each that was replaced */
	KVM_MACHINES_REPLACED, /* after an exit that no function should be able to cause */
	KVM_VIEWS_BUILT,       /* page tables for a code and region that had not met */
	KVM_TABLES_FORGOTTEN,  /* all of a thread's tables, when they were full */
	KVM_REGIONS_COPIED,    /* in and out, because they lie in no pool */
	KVM_COUNTERS,
};

void kvm_count(enum kvm_counter counter);
uint64_t kvm_counter_read(enum kvm_counter counter);
/* In words, for a metric's name. */
const char *kvm_counter_name(enum kvm_counter counter);

#endif
