/* How the backends count what sandbox.h lists. Any thread. */
#ifndef SANDBOX_COUNTERS_H
#define SANDBOX_COUNTERS_H

#include <stdatomic.h>

#include "sandbox.h"

struct sandbox_counts {
#define SANDBOX_COUNT_FIELD(name) atomic_uint_fast64_t name;
	SANDBOX_COUNTERS(SANDBOX_COUNT_FIELD)
#undef SANDBOX_COUNT_FIELD
};

extern struct sandbox_counts sandbox_counts;

static inline void sandbox_count(atomic_uint_fast64_t *counter, uint64_t more)
{
	atomic_fetch_add_explicit(counter, more, memory_order_relaxed);
}

#endif
