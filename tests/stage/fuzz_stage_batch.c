/*
 * Whatever a store takes can be measured, walked and gathered, and what is gathered is an image.
 *
 * Input: byte 0 is 1 for a keyed store; bytes 1 and 2 are the first key group of the range
 * gathered, bytes 3 and 4 its length; the rest is the batch as it came from the wire.
 */
#include "stage.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEAD_BYTES 5

static struct region_pool *pool_get(void)
{
	static struct region_pool *pool;
	struct region_provider provider;

	if (pool == NULL && (region_provider_memfd(&provider, 64 << 20) != 0 ||
			     region_pool_create(&pool, &provider, 0) != 0))
		abort();
	return pool;
}

static void gathered(void *opaque, int rc)
{
	*(bool *)opaque = rc == 0;
}

static void gather_all(struct store *store, uint32_t first, uint32_t end, bool by_key)
{
	struct gather_set set = {"in", &store, 1, first, end, by_key};
	struct region_check_limits limits = {MR_SET_ITEMS_MAX, UINT32_MAX, false};
	uint64_t bytes = gather_bytes(&set, 1, NULL, 0);
	struct invocation_name name = {0};
	struct region_fault fault;
	struct gather *gather;
	struct region *region;
	uint32_t image_end;
	bool done = false;

	if (region_alloc(pool_get(), bytes, REGION_ANY, &region) != 0)
		abort();
	if (gather_begin(&gather, &set, 1, NULL, 0, &name, region, 0, NULL, NULL, gathered,
			 &done) != 0 ||
	    !done || gather_finish(gather, &image_end) != 0 || image_end != bytes)
		abort();
	gather_free(&gather);
	if (region_check_image(region->base, region->bytes, 0, &limits, &fault) != 0)
		abort();
	region_unref(&region);
}

static void walk(struct store *store)
{
	struct store_cursor cursor = {0};
	struct store_item item;
	uint64_t items = 0;
	int rc;

	for (; store_next(store, &cursor, NULL, &item, &rc); items++)
		if (item.item.bytes_len > 0) /* the whole range is the batch's */
			mr_hash64(item.batch->base + item.item.bytes_off, item.item.bytes_len);
	if (rc != 0 || items != store_stats(store)->items)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct region_fault fault;
	struct region *batch;
	struct store *store;
	uint32_t first;
	uint32_t end;

	if (size < HEAD_BYTES)
		return 0;
	first = (data[1] | (uint32_t)data[2] << 8) % MR_KEY_GROUPS;
	end = first + (data[3] | (uint32_t)data[4] << 8) % (MR_KEY_GROUPS + 1 - first);
	if (store_create(&store, data[0] & 1) != 0 ||
	    region_alloc(pool_get(), size - HEAD_BYTES, REGION_ANY, &batch) != 0)
		abort();
	memcpy(batch->base, data + HEAD_BYTES, size - HEAD_BYTES);
	region_freeze(batch);
	if (store_add(store, batch, &fault) == 0) {
		gather_all(store, first, end, true);
		gather_all(store, 0, MR_KEY_GROUPS, data[0] & 2);
		walk(store);
	}
	store_destroy(&store, NULL);
	return 0;
}
