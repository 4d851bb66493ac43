/*
 * Shuffle: what a function put out, cut into one batch for each node that consumes it.
 *
 * A batch is a frozen region with a region image at offset 0 that holds exactly one set (in_count
 * 1, no output set, no heap): the unit that travels, is stored and is spilled. Its mr_region names
 * the producer's invocation.
 */
#ifndef SHUFFLE_H
#define SHUFFLE_H

#include "region.h"
#include <millrace/hash.h>

/* Which node serves a key group: groups are dealt in contiguous ranges, as equal as can be. */
uint32_t shuffle_group_node(uint32_t group, uint32_t nodes);
/* First group of a node's range; shuffle_node_group(nodes, nodes) is MR_KEY_GROUPS. */
uint32_t shuffle_node_group(uint32_t node, uint32_t nodes);

/*
 * By key: batches[node] for every node that gets an item, NULL for the others. In each batch items
 * are ordered by key group, within a group by their order in the set; an item's name, key and bytes
 * lie together, so that a range of groups is one slice of the item table and one slice of bytes.
 * base and set are what region_check_outputs() has passed. producer is written into the headers.
 * 0; -ENOMEM when the pool has no room now (nothing was kept: try again); -E2BIG when it could
 * never hold a batch; -EOVERFLOW when one batch would pass MR_REGION_BYTES_MAX.
 */
int shuffle_by_key(struct region_pool *pool, const uint8_t *base, const struct mr_set *set,
		   const char *set_name, const struct invocation_name *producer, uint32_t nodes,
		   struct region **batches);
/* Everything, in the set's order, in one batch (for `all`, `broadcast`, `each` and sinks). An empty
 * set gives a batch with no items. Errors as above. */
int shuffle_whole(struct region_pool *pool, const uint8_t *base, const struct mr_set *set,
		  const char *set_name, const struct invocation_name *producer,
		  struct region **batch);
/* Item number i to node i modulo nodes, in the set's order: batches[node], NULL for a node that gets
 * none. Item k of node n's batch was number k * nodes + n. Errors as above. */
int shuffle_deal(struct region_pool *pool, const uint8_t *base, const struct mr_set *set,
		 const char *set_name, const struct invocation_name *producer, uint32_t nodes,
		 struct region **batches);

#endif
