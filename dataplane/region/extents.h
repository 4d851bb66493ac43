/*
 * Free pages of one contiguous range: allocation of whole pages with coalescing, in constant time.
 *
 * Not thread-safe: the pool's lock covers it. It keeps its books beside the pages and never
 * touches them, so that pages which no one was given take no memory.
 *
 * Source: Masmano et al., "TLSF: a new dynamic memory allocator for real-time systems" (ECRTS'04):
 * segregated free lists, four per doubling, found through a bitmap; boundary tags per page.
 */
#ifndef EXTENTS_H
#define EXTENTS_H

#include <stdbool.h>
#include <stdint.h>

#define EXTENTS_PAGES_MAX (1u << 30) /* 4 TiB: page numbers and links fit 32 bits with room */
#define EXTENTS_BINS 128             /* four per doubling up to EXTENTS_PAGES_MAX */

/* Of one page; meaningful on the first (all three) and last (pages) page of a free extent. */
struct extent_tag {
	uint32_t pages; /* of the free extent that begins or ends here; 0: not a border of one */
	uint32_t next;  /* in its bin, page number + 1; 0: none */
	uint32_t prev;
};

struct extents {
	struct extent_tag *tags;
	uint32_t pages;
	uint32_t virgin;              /* pages from here on were never given to anyone */
	uint32_t heads[EXTENTS_BINS]; /* page number + 1; 0: empty */
	uint64_t occupied[EXTENTS_BINS / 64];
};

/* 0, -ENOMEM, or -EINVAL for a number of pages that is 0 or over EXTENTS_PAGES_MAX. */
int extents_init(struct extents *extents, uint64_t pages);
void extents_fini(struct extents *extents);
/* Pages of the smallest size class that holds that many (at least one). */
uint64_t extents_class_pages(uint64_t pages);
/* Takes that many pages (a class), the first at *page; pages used before are taken first. False
 * when no free extent is that long. */
bool extents_take(struct extents *extents, uint32_t pages, uint32_t *page);
void extents_give(struct extents *extents, uint32_t page, uint32_t pages);

#endif
