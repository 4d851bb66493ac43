/* Stores: duplicates dropped, wrong batches refused with reasons, failed spills kept and told. */
#include "batches.h"
#include "test.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

static uint64_t regions_of(struct region_pool *pool)
{
	struct region_pool_stats stats;

	region_pool_stats(pool, &stats);
	return stats.regions;
}

static void test_duplicates(struct region_pool *pool, uint32_t count)
{
	struct producer producer;
	struct region_fault fault;
	struct store *store;
	uint64_t seed = 11;

	CHECK(store_create(&store, false) == 0);
	for (uint32_t i = 0; i < count; i++) {
		/* At both ends and scattered; the same again, later or at once. */
		uint64_t partition = i % 2 == 0 ? i : UINT64_MAX - (uint64_t)i * i * 7919;

		producer_make(&producer, partition, 1, false, &seed);
		CHECK(store_add(store, producer_batch(pool, &producer, false), &fault) == 0);
		CHECK(store_add(store, producer_batch(pool, &producer, false), &fault) == -EEXIST);
		producer_free(&producer);
	}
	for (uint32_t i = 0; i < count; i += 2) {
		producer_make(&producer, i, 3, false, &seed);
		CHECK(store_add(store, producer_batch(pool, &producer, false), &fault) == -EEXIST);
		producer_free(&producer);
	}
	CHECK(store_stats(store)->batches == count && store_stats(store)->items == count);
	CHECK(store_stats(store)->duplicates == count + (count + 1) / 2);
	CHECK(regions_of(pool) == count);
	store_destroy(&store, NULL);
	CHECK(store == NULL && regions_of(pool) == 0);
}

/* A batch of three key groups, to be spoilt: frozen regions are written to only here. */
static struct region *batch_of_groups(struct region_pool *pool, struct mr_item **items)
{
	struct region_set_spec spec = {"words", 3, 3 * region_item_bytes(0, 0, 16)};
	struct invocation_name name = {.partition = 5};
	struct region_image image;
	struct region *batch;
	uint32_t cursor;

	CHECK(region_alloc(pool, region_image_bytes(&spec, 1, NULL, 0), REGION_ANY, &batch) == 0);
	CHECK(region_image_init(batch, 0, &spec, 1, NULL, 0, &name, &image) == 0);
	cursor = image.data_off[0];
	for (uint32_t i = 0; i < 3; i++)
		memset(region_image_item(&image, batch, 0, i, &cursor, NULL, 0, NULL, 0,
					 mr_key_group_hash(i * 2 + 1), MR_ITEM_GROUP, 16),
		       'a' + (int)i, 16);
	region_freeze(batch);
	*items = (struct mr_item *)(void *)(batch->base + image.sets[0].items_off);
	return batch;
}

static void add_bad(struct store *store, struct region *batch, const char *says)
{
	struct region_fault fault;
	int rc = store_add(store, batch, &fault);

	CHECK(rc == -EBADMSG && strstr(fault.text, says) != NULL, "rc %d: %s", rc, fault.text);
}

static void test_wrong(struct region_pool *pool)
{
	struct store *store, *plain;
	struct region_fault fault;
	struct mr_item *items;
	struct region *batch;

	CHECK(store_create(&store, true) == 0 && store_create(&plain, false) == 0);
	batch = batch_of_groups(pool, &items);
	items[1].key_hash = mr_key_group_hash(0);
	add_bad(store, batch, "item 1 of set words is of key group 0, after one of group 1");
	batch = batch_of_groups(pool, &items);
	items[2].bytes_off = items[1].bytes_off + 8;
	add_bad(store, batch, "item 2 of set words of key group 5 lies at");
	batch = batch_of_groups(pool, &items);
	items[2].bytes_off = items[0].bytes_off;
	add_bad(store, batch, "item 2 of set words of key group 5 lies at");
	batch = batch_of_groups(pool, &items);
	items[0].flags = 0;
	items[0].key_hash = 0;
	add_bad(store, batch, "item 0 of set words has neither key nor key group");
	batch = batch_of_groups(pool, &items);
	memset(batch->base, 0, 4);
	add_bad(store, batch, "magic");
	batch = batch_of_groups(pool, &items);
	((struct mr_region *)(void *)batch->base)->in_count = 0;
	add_bad(store, batch, "a batch holds one set");
	CHECK(region_alloc(pool, 0, REGION_ANY, &batch) == 0);
	add_bad(store, batch, "header");
	CHECK(regions_of(pool) == 0 && store_stats(store)->batches == 0);
	/* Without keys the order means nothing, and bytes may be shared. */
	batch = batch_of_groups(pool, &items);
	items[1].key_hash = mr_key_group_hash(0);
	items[2].bytes_off = items[0].bytes_off;
	CHECK(store_add(plain, batch, &fault) == 0, "%s", fault.text);
	CHECK(store_add(store, batch_of_groups(pool, &items), &fault) == 0, "%s", fault.text);
	store_destroy(&store, NULL);
	store_destroy(&plain, NULL);
}

/* A range that no item is in needs nothing; ranges together need no less than the whole. */
static void test_measure(struct region_pool *pool)
{
	struct region_fault fault;
	struct mr_item *items;
	struct store *store;
	uint32_t count;
	uint64_t bytes;

	CHECK(store_create(&store, true) == 0);
	store_measure(store, 0, MR_KEY_GROUPS, &count, &bytes);
	CHECK(count == 0 && bytes == 0);
	CHECK(store_add(store, batch_of_groups(pool, &items), &fault) == 0);
	store_measure(store, 0, MR_KEY_GROUPS, &count, &bytes);
	CHECK(count == 3 && bytes >= 48 && bytes % MR_ALIGN == 0);
	store_measure(store, 2, 3, &count, &bytes);
	CHECK(count == 0 && bytes == 0);
	store_measure(store, 2, 4, &count, &bytes);
	CHECK(count == 1 && bytes == MR_ALIGN);
	store_measure(store, 5, MR_KEY_GROUPS, &count, &bytes);
	CHECK(count == 1);
	store_measure(store, 6, MR_KEY_GROUPS, &count, &bytes);
	CHECK(count == 0);
	store_destroy(&store, NULL);
}

/* Grows a file no further than that: what a full disk does. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	CHECK(getrlimit(RLIMIT_FSIZE, &limit) == 0);
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

static void spill_all(struct store *store, struct io_engine *io, struct spill_file *spill)
{
	CHECK(store_spill(store, io, spill, UINT64_MAX) > 0);
	while (store_spilling(store))
		io_wait(io);
}

static void test_spill(struct region_pool *pool)
{
	struct region *batches[3];
	struct spill_file *spill;
	struct producer producer;
	struct region_fault fault;
	struct io_engine *io;
	struct store *store;
	uint64_t memory;
	uint64_t seed = 17;
	char error[256];
	int rc = io_engine_create(&io);

	if (rc != 0) {
		printf("without spilling: no io_uring: %s\n", strerror(-rc));
		return;
	}
	CHECK(spill_open(&spill, NULL, error, sizeof(error)) == 0, "%s", error);
	CHECK(store_create(&store, true) == 0);
	for (uint32_t i = 0; i < 3; i++) {
		producer_make(&producer, i, 100 * (i + 1), true, &seed);
		batches[i] = producer_batch(pool, &producer, true);
		CHECK(store_add(store, batches[i], &fault) == 0);
		producer_free(&producer);
	}
	memory = store_stats(store)->memory_bytes;
	limit_files(1);
	spill_all(store, io, spill);
	CHECK(store_spill_error(store) == -EFBIG);
	CHECK(store_spill_error(store) == 0);
	CHECK(store_stats(store)->memory_bytes == memory && regions_of(pool) == 3);
	CHECK(store_stats(store)->spilled_bytes == 0);
	limit_files(RLIM_INFINITY);
	/* The largest goes first; what someone else holds stays, since it would free nothing. */
	region_ref(batches[2]);
	CHECK(store_spill(store, io, spill, 1) == batches[1]->class_bytes);
	while (store_spilling(store))
		io_wait(io);
	spill_all(store, io, spill);
	CHECK(store_stats(store)->memory_bytes == batches[2]->class_bytes);
	CHECK(store_spill(store, io, spill, UINT64_MAX) == 0);
	region_unref(&batches[2]);
	spill_all(store, io, spill);
	CHECK(store_spill_error(store) == 0);
	CHECK(store_stats(store)->memory_bytes == 0 && regions_of(pool) == 0);
	CHECK(store_stats(store)->spilled_bytes > 0);
	store_destroy(&store, spill);
	spill_close(&spill);
	io_engine_destroy(&io);
}

int main(void)
{
	struct region_pool *pool = pool_make(64 << 20);

	signal(SIGXFSZ, SIG_IGN);
	test_duplicates(pool, 500);
	test_wrong(pool);
	test_measure(pool);
	test_spill(pool);
	region_pool_destroy(&pool);
	return 0;
}
