/*
 * `partition by COLUMN, ... [into COUNT]`: all rows, partition after partition, in each as they
 * came, with one more column, the last: the partition, from 0. Without `into` these are the key
 * groups of <millrace/hash.h>; else neighbours among them are one, as the shuffle has it.
 * `partition by COLUMN at VALUE, ...`: by ranges; each value, which are rising, begins the next.
 */
#ifndef OPERATOR_PARTITION_H
#define OPERATOR_PARTITION_H

#include <millrace/hash.h>

#include "operator_keys.h"

#define OPERATOR_PARTITION_COLUMN "partition" /* uint32 */

struct operator_partition {
	uint32_t *columns;
	uint32_t column_count;
	uint32_t partitions;
	struct expression **bounds; /* literals of the column's kind: partitions - 1; NULL: hash */
	struct row_keys bound_keys; /* the same as keys of that column */
};

/* Partitions by hash that a spec of this kind asks for; 0: they are ranges. */
uint32_t operator_partition_groups(const struct operator_spec *spec);

/* The first key group of one of so many partitions by hash. */
static inline uint32_t operator_partition_group(uint32_t partition, uint32_t partitions)
{
	return (partition * (uint32_t)MR_KEY_GROUPS + partitions - 1) / partitions;
}

extern const struct operator_kind operator_partition_kind;

#endif
