/*
 * Spare regions: what was given back last, kept whole with its pages for the next allocation of its
 * size class, so that a short life of a region takes no lock and no malloc().
 *
 * A place holds one region. Threads begin at places of their own, and look at the others' before
 * they give up. Who drains takes what there is, from any thread, whenever the pool is short of
 * pages: a spare region is free memory. Each place is one atomic pointer, and who has swapped it
 * out owns the region: nothing else is shared.
 */
#ifndef SPARES_H
#define SPARES_H

#include <stdint.h>

#include "extents.h"
#include "region.h"

#define SPARES_BINS 16 /* of extents_bin(): classes of up to 28 pages are kept */
#define SPARES_WAYS 4  /* regions of a class */

/* Alone on its cache line: another thread's is not written by mistake. */
struct spare {
	_Alignas(64) _Atomic(struct region *) region; // NULL: none; any thread
};

struct spares {
	struct spare places[SPARES_BINS][SPARES_WAYS];
};

/* A region of that many pages, a class, which is now the caller's; NULL when there is none. */
struct region *spares_take(struct spares *spares, uint64_t pages);
/* Is the region kept? It is no longer the caller's then, nor is anything that it kept alive. */
bool spares_give(struct spares *spares, struct region *region, uint64_t pages);
/* Takes one more region out, wherever it is; NULL after the last. Begins with *place 0. */
struct region *spares_drain(struct spares *spares, uint32_t *place);
/* The same, and none is kept from now on. */
struct region *spares_close(struct spares *spares, uint32_t *place);
/* How many regions are spare, and their pages. Racy by nature. */
uint64_t spares_count(const struct spares *spares, uint64_t *pages);

#endif
