/* Counters of the kvm backend. */
#include "kvm_counters.h"

#include <stdatomic.h>

static _Atomic uint64_t counts[KVM_COUNTERS];

static const char *const names[KVM_COUNTERS] = {
    [KVM_MACHINES_MADE] = "machines_made",   [KVM_MACHINES_REPLACED] = "machines_replaced",
    [KVM_VIEWS_BUILT] = "views_built",       [KVM_TABLES_FORGOTTEN] = "tables_forgotten",
    [KVM_REGIONS_COPIED] = "regions_copied",
};

void kvm_count(enum kvm_counter counter)
{
	atomic_fetch_add_explicit(&counts[counter], 1, memory_order_relaxed);
}

uint64_t kvm_counter_read(enum kvm_counter counter)
{
	return atomic_load_explicit(&counts[counter], memory_order_relaxed);
}

const char *kvm_counter_name(enum kvm_counter counter)
{
	return names[counter];
}
