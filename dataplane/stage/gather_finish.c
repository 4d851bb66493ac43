/* Finishing a gather, on any thread: copies, offsets of their new places, order by key. */
#include "gather.h"

#include <errno.h>
#include <string.h>

static void piece_copy(struct gather *g, const struct gather_piece *piece)
{
	memcpy(g->region->base + piece->to_items, piece->region->base + piece->items_off,
	       piece->slice.item_count * sizeof(struct mr_item));
	memcpy(g->region->base + piece->to_bytes, piece->region->base + piece->slice.byte,
	       piece->slice.byte_count);
}

/* Regions are used again and again: what an earlier one left between the slices is not shown. */
static void piece_clear_around(struct gather *g, const struct gather_piece *piece)
{
	uint64_t lead = piece->slice.byte % MR_ALIGN;
	uint64_t taken = lead + piece->slice.byte_count;
	uint8_t *start = g->region->base + piece->to_bytes - lead;

	if (piece->slice.byte_count == 0)
		return;
	memset(start, 0, lead);
	memset(start + taken, 0, slice_room(&piece->slice) - taken);
}

static bool range_move(const struct gather_piece *piece, uint32_t *off, uint32_t len)
{
	uint32_t in_slice = *off - piece->slice.byte;

	if (len == 0)
		return true;
	if (*off < piece->slice.byte || in_slice > piece->slice.byte_count ||
	    len > piece->slice.byte_count - in_slice)
		return false;
	*off = piece->to_bytes + in_slice;
	return true;
}

/* Offsets become the region's. All was checked before it was stored, but what comes back from a
 * disk is checked again as far as it could lead outside. */
static int piece_relocate(struct gather *g, const struct gather_piece *piece)
{
	struct mr_item *items = (struct mr_item *)(void *)(g->region->base + piece->to_items);
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < piece->slice.item_count; i++) {
		struct mr_item *item = &items[i];
		uint32_t group = mr_key_group(item->key_hash);

		if (!range_move(piece, &item->key_off, item->key_len) ||
		    !range_move(piece, &item->name_off, item->name_len) ||
		    !range_move(piece, &item->bytes_off, item->bytes_len))
			return -EBADMSG;
		if (piece->store->keyed && (group < g->sets[piece->set].group_first ||
					    group >= g->sets[piece->set].group_end))
			return -EBADMSG;
		bytes += item->bytes_len;
	}
	g->image.sets[piece->set].bytes += bytes;
	return 0;
}

int gather_finish(struct gather *gather, uint32_t *image_end)
{
	for (uint32_t i = 0; i < gather->piece_count; i++) {
		const struct gather_piece *piece = &gather->pieces[i];
		int rc;

		if (piece->region != NULL)
			piece_copy(gather, piece);
		piece_clear_around(gather, piece);
		rc = piece_relocate(gather, piece);
		if (rc != 0)
			return rc;
	}
	for (uint32_t i = 0; i < gather->image.header->in_count; i++) {
		const struct mr_set *set = &gather->image.sets[i];
		uint8_t *base = gather->region->base;

		if (gather->sets[i].by_key)
			gather_sort(base, (struct mr_item *)(void *)(base + set->items_off),
				    set->item_count, gather->scratch);
	}
	*image_end = gather->image.header->heap_off;
	return 0;
}
