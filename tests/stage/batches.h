/* Producers with random outputs, their batches, and what a gather of them must hold. */
#ifndef BATCHES_H
#define BATCHES_H

#include "shuffle.h"
#include "stage.h"

/* The region image of one producer's output, as shuffle takes it. */
struct producer {
	uint64_t partition;
	uint8_t *base;
	struct mr_set set;
};

/* An item as it must come out. */
struct expected {
	const uint8_t *base;
	const struct mr_item *item;
	uint32_t place; /* in the order of producers */
};

uint64_t random_next(uint64_t *seed);
struct region_pool *pool_make(uint64_t bytes);

/* keyed: items have keys or are key groups; else neither. */
void producer_make(struct producer *producer, uint64_t partition, uint32_t items, bool keyed,
		   uint64_t *seed);
void producer_free(struct producer *producer);
/* Its whole output as one batch for the one node there is. */
struct region *producer_batch(struct region_pool *pool, const struct producer *producer,
			      bool keyed);

/* Of producers in the order of their partitions, the items of [first, end) in the order a gather
 * owes; malloc'd, *count of them. */
struct expected *expected_make(const struct producer *producers, uint32_t producer_count,
			       bool keyed, uint32_t first, uint32_t end, bool by_key,
			       uint32_t *count);
void expected_check(const struct expected *expected, const uint8_t *base,
		    const struct mr_item *item);

#endif
