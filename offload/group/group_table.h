/*
 * Numbers of distinct keys, from 0 in the order they come: for aggregate, dedup, dictionary and
 * join.
 *
 * Keys of one column with words (offload/rows) lie in the table itself, behind a window of direct
 * numbers while those of a block lie close together; others beside it, found by a tag of their
 * hash. Open addressing with linear probing (Knuth, volume 3, 6.4). Null is a key as others are,
 * unless who asks passes such rows over.
 */
#ifndef GROUP_TABLE_H
#define GROUP_TABLE_H

#include "group_kernels.h"
#include "row_budget.h"
#include "table.h"

struct group_table;

/* For keys of key_count columns whose kinds are like those of schema's columns. 0, -ENOMEM or
 * -EDQUOT. */
int group_table_create(const struct table_schema *schema, const uint32_t *columns,
		       uint32_t key_count, struct row_budget *budget, struct group_table **table);
/* Nulls *table, which may be NULL. */
void group_table_destroy(struct group_table **table);

/* The groups of the rows of a plain batch, at most MR_OPERATOR_ROWS_MAX: columns says where the
 * keys are. New keys get new numbers. 0, -ENOMEM or -EDQUOT, after which the table can only be
 * destroyed. */
int group_table_insert(struct group_table *table, const uint32_t *columns,
		       const struct table_batch *batch, uint32_t *groups);
/* The rows, rising, whose keys were new in the last insertion: count of them. */
const uint32_t *group_table_new(const struct group_table *table, uint32_t *count);
/* The same without new numbers: GROUP_NONE for keys that are not there. 0, -ENOMEM or -EDQUOT. */
int group_table_find(struct group_table *table, const uint32_t *columns,
		     const struct table_batch *batch, uint32_t *groups);
uint32_t group_table_count(const struct group_table *table);

#endif
