/* Spare regions: one atomic pointer for each, claimed by compare and swap. */
#include "spares.h"

#include <stddef.h>

#define PLACES (SPARES_BINS * SPARES_WAYS)
#define CLOSED ((struct region *)UINTPTR_MAX) /* a place where nothing may be put any more */

/* Where this thread begins to look. */
static uint32_t thread_way(void)
{
	static atomic_uint threads;
	static __thread uint32_t way_plus_1 __attribute__((tls_model("initial-exec")));

	if (way_plus_1 == 0)
		way_plus_1 =
		    1 + atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) % SPARES_WAYS;
	return way_plus_1 - 1;
}

/* Looks for a place of the class that has a region, or for one that has none where there is one to
 * put; puts it there, and says what was there. */
static bool place_swap(struct spares *spares, uint64_t pages, struct region *put,
		       struct region **was)
{
	const uint32_t bin = extents_bin((uint32_t)pages);
	const uint32_t first = thread_way();

	if (bin >= SPARES_BINS)
		return false;
	for (uint32_t i = 0; i < SPARES_WAYS; i++) {
		struct spare *place = &spares->places[bin][(first + i) % SPARES_WAYS];

		*was = atomic_load_explicit(&place->region, memory_order_relaxed);
		if (*was != CLOSED && (*was == NULL) == (put != NULL) &&
		    atomic_compare_exchange_strong_explicit(
			&place->region, was, put, memory_order_acq_rel, memory_order_relaxed))
			return true;
	}
	return false;
}

struct region *spares_take(struct spares *spares, uint64_t pages)
{
	struct region *region;

	return place_swap(spares, pages, NULL, &region) ? region : NULL;
}

bool spares_give(struct spares *spares, struct region *region, uint64_t pages)
{
	struct region *none;

	return place_swap(spares, pages, region, &none);
}

static struct region *places_empty(struct spares *spares, uint32_t *place, struct region *left)
{
	while (*place < PLACES) {
		struct spare *at = &spares->places[*place / SPARES_WAYS][*place % SPARES_WAYS];
		struct region *r =
		    atomic_exchange_explicit(&at->region, left, memory_order_acq_rel);

		++*place;
		if (r != NULL && r != CLOSED)
			return r;
	}
	return NULL;
}

struct region *spares_drain(struct spares *spares, uint32_t *place)
{
	return places_empty(spares, place, NULL);
}

struct region *spares_close(struct spares *spares, uint32_t *place)
{
	return places_empty(spares, place, CLOSED);
}

uint64_t spares_count(const struct spares *spares, uint64_t *pages)
{
	uint64_t count = 0;

	*pages = 0;
	for (uint32_t bin = 0; bin < SPARES_BINS; bin++) {
		uint64_t in_bin = 0;

		for (uint32_t way = 0; way < SPARES_WAYS; way++) {
			const struct region *r = atomic_load_explicit(
			    &spares->places[bin][way].region, memory_order_relaxed);

			in_bin += r != NULL && r != CLOSED;
		}
		count += in_bin;
		*pages += in_bin * extents_bin_pages(bin);
	}
	return count;
}
