/* Shuffle: every item in the batch of its group's node, once, whole, and in the promised order. */
#include "shuffle.h"
#include "test.h"

#include <errno.h>

#define SOURCE_BYTES (8u << 20)

static const struct invocation_name producer = {21, 22, 23, 24, 25};
static const struct region_check_limits keyed = {1 << 20, 1ull << 32, true};
static const struct region_check_limits loose = {1 << 20, 1ull << 32, false};

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* An output as a function may leave it: odd places, shared bytes, table first. */
static void make_output(uint8_t *base, struct mr_set *set, uint32_t count, uint64_t *seed)
{
	struct mr_item *items = (struct mr_item *)(void *)(base + 8);
	uint32_t data = 8 + count * (uint32_t)sizeof(*items);

	*set = (struct mr_set){.items_off = 8, .item_count = count};
	for (uint32_t i = 0; i < SOURCE_BYTES - data; i++)
		base[data + i] = (uint8_t)(i * 7 + i / 251);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t len = (uint32_t)(next(seed) % (next(seed) % 10 == 0 ? 5000 : 40));

		items[i] = (struct mr_item){
		    .bytes_off = data + (uint32_t)(next(seed) % (SOURCE_BYTES - data - len)),
		    .bytes_len = len,
		    .name_off = data + (uint32_t)(next(seed) % 1000),
		    .name_len = (uint16_t)(next(seed) % 6),
		};
		if (next(seed) % 4 == 0) {
			items[i].flags = MR_ITEM_GROUP;
			items[i].key_hash = mr_key_group_hash((uint32_t)next(seed) % MR_KEY_GROUPS);
			continue;
		}
		items[i].key_len = 1 + (uint32_t)(next(seed) % 20);
		items[i].key_off = data + (uint32_t)(next(seed) % 3000);
		items[i].key_hash = mr_hash64(base + items[i].key_off, items[i].key_len);
	}
}

static void check_same(const uint8_t *a_base, const struct mr_item *a, const uint8_t *b_base,
		       const struct mr_item *b)
{
	CHECK(a->key_hash == b->key_hash && a->flags == b->flags);
	CHECK(a->key_len == b->key_len && a->name_len == b->name_len);
	CHECK(a->bytes_len == b->bytes_len);
	CHECK(memcmp(a_base + a->key_off, b_base + b->key_off, a->key_len) == 0);
	CHECK(memcmp(a_base + a->name_off, b_base + b->name_off, a->name_len) == 0);
	CHECK(memcmp(a_base + a->bytes_off, b_base + b->bytes_off, a->bytes_len) == 0);
}

static const struct mr_set *set_of(const struct region *batch)
{
	const struct mr_region *header = (const struct mr_region *)(const void *)batch->base;

	return (const struct mr_set *)(const void *)(batch->base + header->sets_off);
}

static void check_batch(const struct region *batch, const struct region_check_limits *limits)
{
	const struct mr_region *header = (const struct mr_region *)(const void *)batch->base;
	struct region_fault fault;
	int rc = region_check_image(batch->base, batch->bytes, 0, limits, &fault);

	CHECK(rc == 0, "%s", fault.text);
	CHECK(batch->frozen && header->in_count == 1 && header->out_count == 0);
	CHECK(header->heap_off == header->heap_end);
	CHECK(header->job == 21 && header->partition == 22 && header->vertex == 23);
	CHECK(memcmp(batch->base + set_of(batch)->name_off, "words", 5) == 0);
}

/* The reference: for each group in order, the items of the set that belong to it. */
static void test_by_key(struct region_pool *pool, uint32_t count, uint32_t nodes, uint64_t seed)
{
	static uint8_t base[SOURCE_BYTES];
	struct region *batches[MR_NODES_MAX];
	uint32_t at[MR_NODES_MAX] = {0};
	const struct mr_item *items;
	struct mr_set set;
	uint32_t total = 0;

	make_output(base, &set, count, &seed);
	items = region_items(base, &set);
	CHECK(shuffle_by_key(pool, base, &set, "words", &producer, nodes, batches) == 0);
	for (uint32_t group = 0; group < MR_KEY_GROUPS; group++) {
		uint32_t node = shuffle_group_node(group, nodes);

		for (uint32_t i = 0; i < count; i++) {
			const struct mr_set *to;

			if (mr_key_group(items[i].key_hash) != group)
				continue;
			CHECK(batches[node] != NULL);
			to = set_of(batches[node]);
			CHECK(at[node] < to->item_count);
			check_same(base, &items[i], batches[node]->base,
				   &region_items(batches[node]->base, to)[at[node]++]);
		}
	}
	for (uint32_t node = 0; node < nodes; node++) {
		if (batches[node] == NULL)
			continue;
		check_batch(batches[node], &keyed);
		CHECK(set_of(batches[node])->item_count == at[node] && at[node] > 0);
		total += at[node];
		region_unref(&batches[node]);
	}
	CHECK(total == count);
}

static void test_whole(struct region_pool *pool, uint32_t count)
{
	static uint8_t base[SOURCE_BYTES];
	struct region *batch;
	struct mr_set set;
	uint64_t seed = 99;

	make_output(base, &set, count, &seed);
	CHECK(shuffle_whole(pool, base, &set, "words", &producer, &batch) == 0);
	check_batch(batch, &loose);
	CHECK(set_of(batch)->item_count == count);
	for (uint32_t i = 0; i < count; i++)
		check_same(base, &region_items(base, &set)[i], batch->base,
			   &region_items(batch->base, set_of(batch))[i]);
	region_unref(&batch);
}

/* Key groups go to nodes in contiguous ranges that differ by one at most and leave nothing out. */
static void test_groups(void)
{
	for (uint32_t nodes = 1; nodes <= MR_NODES_MAX; nodes++) {
		CHECK(shuffle_node_group(0, nodes) == 0);
		CHECK(shuffle_node_group(nodes, nodes) == MR_KEY_GROUPS);
		for (uint32_t node = 0; node < nodes; node++) {
			uint32_t first = shuffle_node_group(node, nodes);
			uint32_t end = shuffle_node_group(node + 1, nodes);

			CHECK(end - first >= MR_KEY_GROUPS / nodes);
			CHECK(end - first <= (MR_KEY_GROUPS + nodes - 1) / nodes);
			for (uint32_t group = first; group < end; group++)
				CHECK(shuffle_group_node(group, nodes) == node);
		}
	}
}

/* When the pool has no room, nothing is kept. */
static void test_no_room(void)
{
	static uint8_t base[SOURCE_BYTES];
	struct region_provider provider;
	struct region_pool_stats stats;
	struct region *batches[8];
	struct region_pool *pool;
	struct region *other;
	struct mr_set set;
	uint64_t seed = 5;

	CHECK(region_provider_memfd(&provider, 256 << 10) == 0);
	CHECK(region_pool_create(&pool, &provider, 0) == 0);
	make_output(base, &set, 300, &seed);
	CHECK(region_alloc(pool, 160 << 10, REGION_ANY, &other) == 0);
	CHECK(shuffle_by_key(pool, base, &set, "words", &producer, 8, batches) == -ENOMEM);
	CHECK(batches[0] == NULL && batches[7] == NULL);
	region_pool_stats(pool, &stats);
	CHECK(stats.regions == 1);
	region_unref(&other);
	CHECK(shuffle_by_key(pool, base, &set, "words", &producer, 8, batches) == 0);
	for (int i = 0; i < 8; i++)
		region_unref(&batches[i]);
	make_output(base, &set, 3000, &seed);
	CHECK(shuffle_by_key(pool, base, &set, "words", &producer, 1, batches) == -E2BIG);
	CHECK(shuffle_whole(pool, base, &set, "words", &producer, batches) == -E2BIG);
	region_pool_destroy(&pool);
}

/* Items that share bytes can ask for more than a batch can hold. */
static void test_overflow(struct region_pool *pool)
{
	static _Alignas(8) struct mr_item items[600];
	struct mr_set set = {.items_off = 0, .item_count = 600};
	struct region *batch;

	for (int i = 0; i < 600; i++)
		items[i] = (struct mr_item){
		    .flags = MR_ITEM_GROUP, .bytes_off = 8, .bytes_len = SOURCE_BYTES};
	CHECK(shuffle_by_key(pool, (uint8_t *)items, &set, "words", &producer, 1, &batch) ==
	      -EOVERFLOW);
	CHECK(shuffle_whole(pool, (uint8_t *)items, &set, "words", &producer, &batch) ==
	      -EOVERFLOW);
}

int main(void)
{
	struct region_provider provider;
	struct region_pool *pool;

	CHECK(region_provider_memfd(&provider, 64 << 20) == 0);
	CHECK(region_pool_create(&pool, &provider, 0) == 0);
	test_groups();
	test_by_key(pool, 0, 3, 1);
	test_by_key(pool, 1, 64, 2);
	test_by_key(pool, 1000, 1, 3);
	test_by_key(pool, 5000, 3, 4);
	test_by_key(pool, 5000, 64, 5);
	test_whole(pool, 0);
	test_whole(pool, 2000);
	test_no_room();
	test_overflow(pool);
	region_pool_destroy(&pool);
	return 0;
}
