/* Shuffle: a counting sort by key group, copied in one pass into one batch for each node. */
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

/* A key group: first how much of it there is, then where its next item goes. */
struct group {
	uint64_t bytes;
	uint32_t items;
	uint32_t index;
	uint32_t cursor;
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

/* Opens the batch of one node and places its groups in it. A node without items has no batch. */
static int node_open(struct batch *batch, struct region_pool *pool, const char *set_name,
		     const struct invocation_name *producer, struct group *groups, uint32_t count)
{
	uint64_t items = 0;
	uint64_t bytes = 0;
	uint32_t index = 0;
	uint32_t cursor;
	int rc;

	for (uint32_t g = 0; g < count; g++) {
		items += groups[g].items;
		bytes += groups[g].bytes;
	}
	if (items == 0)
		return 0;
	rc = batch_open(batch, pool, set_name, producer, (uint32_t)items, bytes);
	if (rc != 0)
		return rc;
	cursor = batch->image.data_off[0];
	for (uint32_t g = 0; g < count; g++) {
		groups[g].index = index;
		groups[g].cursor = cursor;
		index += groups[g].items;
		cursor += (uint32_t)groups[g].bytes;
	}
	return 0;
}

struct shuffle {
	struct group groups[MR_KEY_GROUPS];
	struct batch batches[MR_NODES_MAX];
	uint8_t node[MR_KEY_GROUPS]; /* of each group: spares a multiplication for each item */
};

static void groups_count(struct group *groups, const struct mr_item *items, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct group *group = &groups[mr_key_group(items[i].key_hash)];

		group->items++;
		group->bytes += item_bytes(&items[i]);
	}
}

static void items_copy(struct shuffle *s, const uint8_t *base, const struct mr_item *items,
		       uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t g = mr_key_group(items[i].key_hash);
		struct group *group = &s->groups[g];

		batch_put(&s->batches[s->node[g]], group->index++, &group->cursor, base, &items[i]);
	}
}

int shuffle_by_key(struct region_pool *pool, const uint8_t *base, const struct mr_set *set,
		   const char *set_name, const struct invocation_name *producer, uint32_t nodes,
		   struct region **batches)
{
	const struct mr_item *items = region_items(base, set);
	struct shuffle *s = calloc(1, sizeof(*s));
	int rc = 0;

	if (s == NULL)
		return -ENOMEM;
	groups_count(s->groups, items, set->item_count);
	for (uint32_t node = 0; node < nodes && rc == 0; node++) {
		uint32_t first = shuffle_node_group(node, nodes);
		uint32_t count = shuffle_node_group(node + 1, nodes) - first;

		memset(s->node + first, (int)node, count);
		rc = node_open(&s->batches[node], pool, set_name, producer, s->groups + first,
			       count);
	}
	if (rc == 0)
		items_copy(s, base, items, set->item_count);
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

int shuffle_whole(struct region_pool *pool, const uint8_t *base, const struct mr_set *set,
		  const char *set_name, const struct invocation_name *producer,
		  struct region **batch)
{
	const struct mr_item *items = region_items(base, set);
	struct batch whole = {NULL};
	uint64_t bytes = 0;
	uint32_t cursor;
	int rc;

	*batch = NULL;
	for (uint32_t i = 0; i < set->item_count; i++)
		bytes += item_bytes(&items[i]);
	rc = batch_open(&whole, pool, set_name, producer, set->item_count, bytes);
	if (rc != 0)
		return rc;
	cursor = whole.image.data_off[0];
	for (uint32_t i = 0; i < set->item_count; i++)
		batch_put(&whole, i, &cursor, base, &items[i]);
	region_freeze(whole.region);
	*batch = whole.region;
	return 0;
}
