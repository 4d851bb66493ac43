/* A cursor over the items of a store, in the order of their producers. */
#include "store.h"

#include <errno.h>

static bool is_inside(const struct batch *batch, uint32_t off, uint32_t len)
{
	return (uint64_t)off + len <= batch->image_bytes;
}

/* Items were checked when they came; that a disk, or another process, gives the same is not sure.
 */
static int item_recheck(const struct batch *batch, const struct mr_item *item)
{
	if (!is_inside(batch, item->key_off, item->key_len) ||
	    !is_inside(batch, item->name_off, item->name_len) ||
	    !is_inside(batch, item->bytes_off, item->bytes_len))
		return -EBADMSG;
	return 0;
}

static int resident_item(const struct batch *batch, uint32_t index, struct mr_item *item)
{
	const uint8_t *items = batch->region->base + batch->items_off;

	region_snapshot(item, items + (uint64_t)index * sizeof(*item), sizeof(*item));
	return item_recheck(batch, item);
}

static int spilled_item(struct store *store, const struct batch *batch, uint32_t index,
			struct spill_file *spill, struct mr_item *item)
{
	if (store->window_batch != batch || index < store->window_item ||
	    index - store->window_item >= store->window_count) {
		uint32_t count = batch->item_count - index;
		int rc;

		if (count > STORE_WINDOW_ITEMS)
			count = STORE_WINDOW_ITEMS;
		store->window_batch = NULL;
		rc = spill_read(spill, store->window, count * sizeof(*item),
				batch->spill_offset + batch->items_off +
				    (uint64_t)index * sizeof(*item));
		if (rc != 0)
			return rc;
		store->window_batch = batch;
		store->window_item = index;
		store->window_count = count;
	}
	*item = store->window[index - store->window_item];
	return item_recheck(batch, item);
}

/* cursor->next is the batch's number in the order of partitions, then the item's, 32 bits each. */
bool store_next(struct store *store, struct store_cursor *cursor, struct spill_file *spill,
		struct store_item *item, int *rc)
{
	struct batch *batch;
	uint32_t index;

	*rc = 0;
	store_sort(store);
	for (;;) {
		uint64_t number = cursor->next >> 32;

		if (number >= store->count)
			return false;
		batch = store->batches[number];
		index = (uint32_t)cursor->next;
		if (index < batch->item_count)
			break;
		cursor->next = (number + 1) << 32;
	}
	*item = (struct store_item){
	    .partition = batch->partition,
	    .index = index,
	    .batch = batch->region,
	    .spill_offset = batch->spill_offset,
	};
	if (batch->region != NULL)
		*rc = resident_item(batch, index, &item->item);
	else
		*rc = spilled_item(store, batch, index, spill, &item->item);
	if (*rc != 0)
		return false;
	cursor->next++;
	return true;
}
