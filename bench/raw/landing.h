/* Where a receiver copies payloads to: memory in rotation, so large that no L2 holds it. */
#ifndef LANDING_H
#define LANDING_H

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define LANDING_BYTES (64u << 20)

struct landing {
	uint8_t *base;
	uint32_t used;
};

/* In transparent huge pages where there are any, and touched. 0 or -ENOMEM. */
static inline int landing_map(struct landing *landing)
{
	void *at =
	    mmap(NULL, LANDING_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return -ENOMEM;
	madvise(at, LANDING_BYTES, MADV_HUGEPAGE);
	memset(at, 1, LANDING_BYTES);
	*landing = (struct landing){.base = at};
	return 0;
}

static inline void landing_copy(struct landing *landing, const void *payload, uint32_t bytes)
{
	if (landing->used + bytes > LANDING_BYTES)
		landing->used = 0;
	memcpy(landing->base + landing->used, payload, bytes);
	landing->used += bytes;
}

#endif
