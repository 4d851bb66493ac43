/* Stores: batches of one edge, each producer's once, whatever order they arrive in. */
#include "store.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define BATCHES_FIRST 16 /* a store begins with room for so many, and doubles */

int store_create(struct store **store, bool keyed)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->keyed = keyed;
	s->sorted = true;
	*store = s;
	return 0;
}

void store_destroy(struct store **store, struct spill_file *spill)
{
	struct store *s = *store;

	*store = NULL;
	if (s == NULL)
		return;
	assert(s->writes == 0 && s->gathers == 0);
	for (uint32_t i = 0; i < s->count; i++) {
		struct batch *batch = s->batches[i];

		if (batch->region == NULL)
			spill_release(spill, batch->spill_offset, batch->image_bytes);
		region_unref(&batch->region);
		free(batch);
	}
	free(s->batches);
	free(s->resident);
	free(s->slots);
	free(s);
}

/* The slot where a partition is or belongs. */
static uint32_t slot_find(struct batch *const *slots, uint32_t slot_count, uint64_t partition)
{
	uint32_t slot = (uint32_t)((partition * MR_XXH_P1) >> 32) & (slot_count - 1);

	while (slots[slot] != NULL && slots[slot]->partition != partition)
		slot = (slot + 1) & (slot_count - 1);
	return slot;
}

static bool store_has(const struct store *store, uint64_t partition)
{
	return store->count > 0 &&
	       store->slots[slot_find(store->slots, store->slot_count, partition)] != NULL;
}

static int array_grow(struct batch ***array, uint32_t limit)
{
	struct batch **grown = realloc(*array, limit * sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	*array = grown;
	return 0;
}

/* Room for one more batch in every table. */
static int store_grow(struct store *store)
{
	uint32_t limit = store->limit > 0 ? store->limit * 2 : BATCHES_FIRST;
	uint32_t slot_count = limit * 2;
	struct batch **slots;

	if (store->count < store->limit)
		return 0;
	slots = calloc(slot_count, sizeof(*slots));
	if (slots == NULL)
		return -ENOMEM;
	if (array_grow(&store->batches, limit) != 0 || array_grow(&store->resident, limit) != 0) {
		free(slots);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < store->count; i++)
		slots[slot_find(slots, slot_count, store->batches[i]->partition)] =
		    store->batches[i];
	free(store->slots);
	store->slots = slots;
	store->slot_count = slot_count;
	store->limit = limit;
	return 0;
}

static void store_insert(struct store *store, struct batch *batch, uint64_t bytes)
{
	batch->store = store;
	if (store->count > 0 && store->batches[store->count - 1]->partition > batch->partition)
		store->sorted = false;
	store->slots[slot_find(store->slots, store->slot_count, batch->partition)] = batch;
	store->batches[store->count++] = batch;
	resident_push(store, batch);
	store->stats.batches++;
	store->stats.items += batch->item_count;
	store->stats.bytes += bytes;
	store->stats.memory_bytes += batch->region->class_bytes;
}

int store_add(struct store *store, struct region *batch, struct region_fault *fault)
{
	struct batch_head head;
	struct batch *added;
	uint64_t bytes;
	int rc;

	rc = batch_check(&head, batch, store->keyed, fault);
	if (rc != 0)
		goto drop;
	if (store_has(store, head.header.partition)) {
		store->stats.duplicates++;
		rc = -EEXIST;
		goto drop;
	}
	rc = store_grow(store);
	if (rc != 0)
		goto drop;
	rc = batch_create(&added, &head, batch, store->keyed, &bytes, fault);
	if (rc != 0)
		goto drop;
	store_insert(store, added, bytes);
	return 0;

drop:
	region_unref(&batch);
	return rc;
}

const struct store_stats *store_stats(const struct store *store)
{
	return &store->stats;
}

static int batch_compare(const void *a, const void *b)
{
	uint64_t left = (*(struct batch *const *)a)->partition;
	uint64_t right = (*(struct batch *const *)b)->partition;

	return (left > right) - (left < right);
}

void store_sort(struct store *store)
{
	if (store->sorted)
		return;
	qsort(store->batches, store->count, sizeof(*store->batches), batch_compare);
	store->sorted = true;
}

bool store_batch(struct store *store, uint32_t index, struct store_batch *found)
{
	const struct batch *batch;

	store_sort(store);
	if (index >= store->count)
		return false;
	batch = store->batches[index];
	*found = (struct store_batch){batch->region, batch->spill_offset, batch->image_bytes};
	return true;
}

uint64_t slice_room(const struct batch_slice *slice)
{
	uint64_t lead = slice->byte % MR_ALIGN;

	if (slice->byte_count == 0)
		return 0;
	return (lead + slice->byte_count + MR_ALIGN - 1) / MR_ALIGN * MR_ALIGN;
}

void store_measure(const struct store *store, uint32_t group_first, uint32_t group_end,
		   uint32_t *items, uint64_t *bytes)
{
	uint64_t item_sum = 0;

	*bytes = 0;
	for (uint32_t i = 0; i < store->count; i++) {
		struct batch_slice slice = batch_slice(store->batches[i], group_first, group_end);

		item_sum += slice.item_count;
		*bytes += slice_room(&slice);
	}
	*items = item_sum < UINT32_MAX ? (uint32_t)item_sum : UINT32_MAX;
}
