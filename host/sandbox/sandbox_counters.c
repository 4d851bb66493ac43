/* Counters of all backends. */
#include "sandbox_counters.h"

struct sandbox_counts sandbox_counts;

void sandbox_counters_read(struct sandbox_counters *counters)
{
#define READ(name) \
	counters->name = atomic_load_explicit(&sandbox_counts.name, memory_order_relaxed);
	SANDBOX_COUNTERS(READ)
#undef READ
}
