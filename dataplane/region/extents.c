/* Free pages: bins of extents found through a bitmap, coalesced through tags at their borders. */
#include "extents.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

int extents_init(struct extents *extents, uint64_t pages)
{
	if (pages == 0 || pages > EXTENTS_PAGES_MAX)
		return -EINVAL;
	*extents = (struct extents){.pages = (uint32_t)pages};
	/* Zero pages of the kernel until used: 12 bytes for each page that ever bordered one. */
	extents->tags = calloc(pages, sizeof(*extents->tags));
	return extents->tags == NULL ? -ENOMEM : 0;
}

void extents_fini(struct extents *extents)
{
	free(extents->tags);
	extents->tags = NULL;
}

/* The bin of the largest class that is not longer than pages: all in a bin hold its class. */
static uint32_t bin_of(uint32_t pages)
{
	uint32_t doubling;

	if (pages < 4)
		return pages;
	doubling = 31 - (uint32_t)__builtin_clz(pages);
	return (doubling - 1) * 4 + (pages >> (doubling - 2) & 3);
}

uint64_t extents_class_pages(uint64_t pages)
{
	uint64_t step;

	if (pages <= 4)
		return pages > 0 ? pages : 1;
	step = 1ull << (63 - __builtin_clzll(pages - 1) - 2);
	return (pages + step - 1) / step * step;
}

static void bin_insert(struct extents *e, uint32_t page, uint32_t pages)
{
	uint32_t bin = bin_of(pages);
	uint32_t head = e->heads[bin];

	e->tags[page + pages - 1].pages = pages;
	e->tags[page] = (struct extent_tag){.pages = pages, .next = head};
	if (head != 0)
		e->tags[head - 1].prev = page + 1;
	e->heads[bin] = page + 1;
	e->occupied[bin / 64] |= 1ull << bin % 64;
}

static void bin_remove(struct extents *e, uint32_t page)
{
	struct extent_tag *tag = &e->tags[page];
	uint32_t bin = bin_of(tag->pages);

	if (tag->next != 0)
		e->tags[tag->next - 1].prev = tag->prev;
	if (tag->prev != 0)
		e->tags[tag->prev - 1].next = tag->next;
	else
		e->heads[bin] = tag->next;
	if (e->heads[bin] == 0)
		e->occupied[bin / 64] &= ~(1ull << bin % 64);
	e->tags[page + tag->pages - 1].pages = 0;
	tag->pages = 0;
}

/* The first bin from that one on that is not empty, or EXTENTS_BINS. */
static uint32_t bin_find(const struct extents *e, uint32_t bin)
{
	uint64_t word = e->occupied[bin / 64] >> bin % 64 << bin % 64;

	for (uint32_t i = bin / 64;;) {
		if (word != 0)
			return i * 64 + (uint32_t)__builtin_ctzll(word);
		if (++i == EXTENTS_BINS / 64)
			return EXTENTS_BINS;
		word = e->occupied[i];
	}
}

/* Pages of the free extent that ends where no one has been yet. */
static uint32_t last_free(const struct extents *e)
{
	return e->virgin > 0 ? e->tags[e->virgin - 1].pages : 0;
}

bool extents_take(struct extents *e, uint32_t pages, uint32_t *page)
{
	uint32_t bin = bin_find(e, bin_of(pages));
	uint32_t tail;
	uint32_t found;

	assert(pages > 0 && extents_class_pages(pages) == pages);
	if (bin < EXTENTS_BINS) { /* the extent given back last: the likeliest to be in a cache */
		*page = e->heads[bin] - 1;
		found = e->tags[*page].pages;
		bin_remove(e, *page);
		if (found > pages)
			bin_insert(e, *page + pages, found - pages);
		return true;
	}
	tail = last_free(e); /* shorter than pages, or a bin had held it */
	if (pages - tail > e->pages - e->virgin)
		return false;
	*page = e->virgin - tail;
	if (tail > 0)
		bin_remove(e, *page);
	e->virgin = *page + pages;
	return true;
}

void extents_give(struct extents *e, uint32_t page, uint32_t pages)
{
	uint32_t after = page + pages;

	assert(pages > 0 && after <= e->virgin);
	if (after < e->virgin && e->tags[after].pages > 0) {
		uint32_t more = e->tags[after].pages;

		bin_remove(e, after);
		pages += more;
	}
	if (page > 0 && e->tags[page - 1].pages > 0) {
		uint32_t more = e->tags[page - 1].pages;

		page -= more;
		bin_remove(e, page);
		pages += more;
	}
	bin_insert(e, page, pages);
}
