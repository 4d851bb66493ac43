/* Shuffle: items are ordered by a counting sort, then copied once, one node's batch after another.
 */
#include "shuffle.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Group g is node g * nodes / MR_KEY_GROUPS: ranges differ by one group at most. */
uint32_t shuffle_group_node(uint32_t group, uint32_t nodes)
{
	assert(group < MR_KEY_GROUPS && nodes > 0 && nodes <= MR_NODES_MAX);
	return group * nodes / MR_KEY_GROUPS;
}

uint32_t shuffle_node_group(uint32_t node, uint32_t nodes)
{
	assert(node <= nodes && nodes > 0 && nodes <= MR_NODES_MAX);
	return (node * MR_KEY_GROUPS + nodes - 1) / nodes;
}

/* A batch being written. */
struct batch {
	struct region *region;
	struct region_image image;
};

static int batch_open(struct batch *batch, struct region_pool *pool, const char *set_name,
		      const struct invocation_name *producer, uint32_t items, uint64_t bytes)
{
	struct region_set_spec spec = {set_name, items, bytes};
	uint64_t image_bytes = region_image_bytes(&spec, 1, NULL, 0);
	int rc;

	if (image_bytes == UINT64_MAX)
		return -EOVERFLOW;
	rc = region_alloc(pool, image_bytes, REGION_ANY, &batch->region);
	if (rc != 0)
		return rc;
	rc = region_image_init(batch->region, 0, &spec, 1, NULL, 0, producer, &batch->image);
	assert(rc == 0);
	return rc;
}

static void batch_put(struct batch *batch, uint32_t index, uint32_t *cursor, const uint8_t *base,
		      const struct mr_item *item)
{
	uint8_t *to = region_image_item(
	    &batch->image, batch->region, 0, index, cursor, base + item->name_off, item->name_len,
	    base + item->key_off, item->key_len, item->key_hash, item->flags, item->bytes_len);

	memcpy(to, base + item->bytes_off, item->bytes_len);
}

static uint64_t item_bytes(const struct mr_item *item)
{
	return region_item_bytes(item->name_len, item->key_len, item->bytes_len);
}

/* Items ahead of the copy whose lines are asked for: the order they are read in is scattered. */
#define AHEAD_ITEM 16
#define AHEAD_BYTES 8

struct shuffle {
	uint32_t first[MR_KEY_GROUPS + 1]; /* place in order of each group's first item */
	uint64_t bytes[MR_KEY_GROUPS];     /* of each group's items in a batch */
	struct batch batches[MR_NODES_MAX];
	uint32_t order[]; /* numbers of the items, by key group, then as they are in the set */
};

static void order_items(struct shuffle *s, const struct mr_item *items, uint32_t count)
{
	uint32_t place = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t group = mr_key_group(items[i].key_hash);

		s->first[group]++;
		s->bytes[group] += item_bytes(&items[i]);
	}
	for (uint32_t g = 0; g < MR_KEY_GROUPS; g++) {
		uint32_t group_items = s->first[g];

		s->first[g] = place;
		place += group_items;
	}
	for (uint32_t i = 0; i < count; i++)
		s->order[s->first[mr_key_group(items[i].key_hash)]++] = i;
	/* Each first has moved to the next group's: move them back. */
	memmove(s->first + 1, s->first, MR_KEY_GROUPS * sizeof(s->first[0]));
	s->first[0] = 0;
}

static void node_copy(struct batch *batch, const uint8_t *base, const struct mr_item *items,
		      const uint32_t *order, uint32_t count)
{
	uint32_t cursor = batch->image.data_off[0];

	for (uint32_t i = 0; i < count; i++) {
		if (i + AHEAD_ITEM < count)
			__builtin_prefetch(&items[order[i + AHEAD_ITEM]]);
		if (i + AHEAD_BYTES < count) {
			const struct mr_item *soon = &items[order[i + AHEAD_BYTES]];

			__builtin_prefetch(base + soon->key_off);
			__builtin_prefetch(base + soon->bytes_off);
		}
		batch_put(batch, i, &cursor, base, &items[order[i]]);
	}
}

/* The batch of the node that serves the groups [first, end), if they have any item. */
static int node_shuffle(struct shuffle *s, struct batch *batch, struct region_pool *pool,
			const char *set_name, const struct invocation_name *producer,
			const uint8_t *base, const struct mr_item *items, uint32_t first,
			uint32_t end)
{
	uint32_t count = s->first[end] - s->first[first];
	uint64_t bytes = 0;
	int rc;

	if (count == 0)
		return 0;
	for (uint32_t group = first; group < end; group++)
		bytes += s->bytes[group];
	rc = batch_open(batch, pool, set_name, producer, count, bytes);
	if (rc == 0)
		node_copy(batch, base, items, s->order + s->first[first], count);
	return rc;
}

int shuffle_by_key(struct region_pool *pool, const uint8_t *base, const struct mr_set *set,
		   const char *set_name, const struct invocation_name *producer, uint32_t nodes,
		   struct region **batches)
{
	const struct mr_item *items = region_items(base, set);
	struct shuffle *s = calloc(1, sizeof(*s) + set->item_count * sizeof(s->order[0]));
	int rc = 0;

	if (s == NULL)
		return -ENOMEM;
	order_items(s, items, set->item_count);
	for (uint32_t node = 0; node < nodes && rc == 0; node++)
		rc = node_shuffle(s, &s->batches[node], pool, set_name, producer, base, items,
				  shuffle_node_group(node, nodes),
				  shuffle_node_group(node + 1, nodes));
	for (uint32_t node = 0; node < nodes; node++) {
		batches[node] = NULL;
		if (rc != 0) {
			region_unref(&s->batches[node].region);
		} else if (s->batches[node].region != NULL) {
			region_freeze(s->batches[node].region);
			batches[node] = s->batches[node].region;
		}
	}
	free(s);
	return rc;
}

/* Every step'th item from first on, in a batch of their own. */
static int copy_every(struct region_pool *pool, const uint8_t *base, const struct mr_set *set,
		      const char *set_name, const struct invocation_name *producer, uint32_t first,
		      uint32_t step, struct region **copy)
{
	const struct mr_item *items = region_items(base, set);
	struct batch batch = {NULL};
	uint32_t count = 0;
	uint64_t bytes = 0;
	uint32_t cursor;
	int rc;

	for (uint32_t i = first; i < set->item_count; i += step, count++)
		bytes += item_bytes(&items[i]);
	rc = batch_open(&batch, pool, set_name, producer, count, bytes);
	if (rc != 0)
		return rc;
	cursor = batch.image.data_off[0];
	for (uint32_t k = 0; k < count; k++)
		batch_put(&batch, k, &cursor, base, &items[first + k * step]);
	region_freeze(batch.region);
	*copy = batch.region;
	return 0;
}

int shuffle_whole(struct region_pool *pool, const uint8_t *base, const struct mr_set *set,
		  const char *set_name, const struct invocation_name *producer,
		  struct region **batch)
{
	*batch = NULL;
	return copy_every(pool, base, set, set_name, producer, 0, 1, batch);
}

int shuffle_deal(struct region_pool *pool, const uint8_t *base, const struct mr_set *set,
		 const char *set_name, const struct invocation_name *producer, uint32_t nodes,
		 struct region **batches)
{
	int rc = 0;

	memset(batches, 0, nodes * sizeof(*batches));
	for (uint32_t node = 0; node < nodes && node < set->item_count && rc == 0; node++)
		rc = copy_every(pool, base, set, set_name, producer, node, nodes, &batches[node]);
	for (uint32_t node = 0; rc != 0 && node < nodes; node++)
		region_unref(&batches[node]);
	return rc;
}
