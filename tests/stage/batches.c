/* Producers with random outputs, their batches, and what a gather of them must hold. */
#include "batches.h"

#include "test.h"

#define DATA_BYTES (256u << 10) /* of one producer: items share bytes in it */

uint64_t random_next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

struct region_pool *pool_make(uint64_t bytes)
{
	struct region_provider provider;
	struct region_pool *pool;

	CHECK(region_provider_memfd(&provider, bytes) == 0);
	CHECK(region_pool_create(&pool, &provider, 0) == 0);
	return pool;
}

static void key_make(struct mr_item *item, const uint8_t *base, uint32_t data, uint64_t *seed)
{
	if (random_next(seed) % 4 == 0) {
		item->flags = MR_ITEM_GROUP;
		item->key_hash = mr_key_group_hash((uint32_t)random_next(seed) % MR_KEY_GROUPS);
		return;
	}
	item->key_len = 1 + (uint32_t)(random_next(seed) % 3);
	item->key_off = data + (uint32_t)(random_next(seed) % 50); /* few: keys meet again */
	item->key_hash = mr_hash64(base + item->key_off, item->key_len);
}

void producer_make(struct producer *producer, uint64_t partition, uint32_t items, bool keyed,
		   uint64_t *seed)
{
	uint32_t data = 8 + items * (uint32_t)sizeof(struct mr_item);
	uint8_t *base = malloc(data + DATA_BYTES);
	struct mr_item *table = (struct mr_item *)(void *)(base + 8);

	CHECK(base != NULL);
	for (uint32_t i = 0; i < DATA_BYTES; i++)
		base[data + i] = (uint8_t)(i < 50 ? i % 5 : random_next(seed));
	for (uint32_t i = 0; i < items; i++) {
		uint32_t len =
		    (uint32_t)(random_next(seed) % (random_next(seed) % 20 == 0 ? 3000 : 30));

		table[i] = (struct mr_item){
		    .bytes_off = data + (uint32_t)(random_next(seed) % (DATA_BYTES - len)),
		    .bytes_len = len,
		    .name_off = data + (uint32_t)(random_next(seed) % 1000),
		    .name_len = (uint16_t)(random_next(seed) % 6),
		};
		if (keyed)
			key_make(&table[i], base, data, seed);
	}
	*producer = (struct producer){partition, base, {.items_off = 8, .item_count = items}};
}

void producer_free(struct producer *producer)
{
	free(producer->base);
	producer->base = NULL;
}

struct region *producer_batch(struct region_pool *pool, const struct producer *producer, bool keyed)
{
	struct invocation_name name = {.job = 1, .partition = producer->partition};
	struct region *batch;
	int rc;

	if (keyed)
		rc =
		    shuffle_by_key(pool, producer->base, &producer->set, "words", &name, 1, &batch);
	else
		rc = shuffle_whole(pool, producer->base, &producer->set, "words", &name, &batch);
	CHECK(rc == 0, "rc %d", rc);
	return batch;
}

static int compare_key(const void *left, const void *right)
{
	const struct expected *a = left;
	const struct expected *b = right;
	uint32_t len = a->item->key_len < b->item->key_len ? a->item->key_len : b->item->key_len;
	int order;

	if (a->item->key_hash != b->item->key_hash)
		return a->item->key_hash < b->item->key_hash ? -1 : 1;
	order = memcmp(a->base + a->item->key_off, b->base + b->item->key_off, len);
	if (order == 0 && a->item->key_len != b->item->key_len)
		order = a->item->key_len < b->item->key_len ? -1 : 1;
	return order != 0 ? order : (a->place > b->place) - (a->place < b->place);
}

static int compare_group(const void *left, const void *right)
{
	const struct expected *a = left;
	const struct expected *b = right;
	uint32_t group_a = mr_key_group(a->item->key_hash);
	uint32_t group_b = mr_key_group(b->item->key_hash);

	if (group_a != group_b)
		return group_a < group_b ? -1 : 1;
	return (a->place > b->place) - (a->place < b->place);
}

struct expected *expected_make(const struct producer *producers, uint32_t producer_count,
			       bool keyed, uint32_t first, uint32_t end, bool by_key,
			       uint32_t *count)
{
	struct expected *expected;
	uint32_t limit = 1;

	for (uint32_t i = 0; i < producer_count; i++)
		limit += producers[i].set.item_count;
	expected = malloc(limit * sizeof(*expected));
	CHECK(expected != NULL);
	*count = 0;
	for (uint32_t i = 0; i < producer_count; i++) {
		const struct mr_item *items = region_items(producers[i].base, &producers[i].set);
		uint32_t begin = *count;

		for (uint32_t n = 0; n < producers[i].set.item_count; n++) {
			uint32_t group = mr_key_group(items[n].key_hash);

			if (keyed && (group < first || group >= end))
				continue;
			expected[*count] = (struct expected){producers[i].base, &items[n], *count};
			(*count)++;
		}
		if (keyed) /* one by one: in a batch items are ordered by group */
			qsort(expected + begin, *count - begin, sizeof(*expected), compare_group);
		for (uint32_t n = begin; n < *count; n++)
			expected[n].place = n;
	}
	if (by_key)
		qsort(expected, *count, sizeof(*expected), compare_key);
	return expected;
}

void expected_check(const struct expected *expected, const uint8_t *base,
		    const struct mr_item *item)
{
	const struct mr_item *want = expected->item;

	CHECK(item->key_hash == want->key_hash && item->flags == want->flags);
	CHECK(item->key_len == want->key_len && item->name_len == want->name_len);
	CHECK(item->bytes_len == want->bytes_len);
	CHECK(memcmp(base + item->key_off, expected->base + want->key_off, want->key_len) == 0);
	CHECK(memcmp(base + item->name_off, expected->base + want->name_off, want->name_len) == 0);
	CHECK(memcmp(base + item->bytes_off, expected->base + want->bytes_off, want->bytes_len) ==
	      0);
}
