/* What `aggregate` keeps of each group, by the functions of its measures. */
#ifndef GROUP_MEASURES_H
#define GROUP_MEASURES_H

#include "operator_aggregate.h"
#include "row_column.h"

struct group_measures;

/* Refers to aggregate. 0 or -ENOMEM. */
int group_measures_create(const struct operator_aggregate *aggregate, struct row_budget *budget,
			  struct group_measures **measures);
/* Nulls *measures, which may be NULL. */
void group_measures_destroy(struct group_measures **measures);

/* Rows of a plain batch, at most MR_OPERATOR_ROWS_MAX, of the groups that groups says, which are
 * below group_count; first is the first row's number among all rows. 0, -ENOMEM or -EDQUOT. */
int group_measures_add(struct group_measures *measures, const struct table_batch *batch,
		       const uint32_t *groups, uint32_t group_count, uint64_t first);
/* Appends a group's value of a measure to a column of the measure's kind. 0, -ENOMEM, -E2BIG, or
 * -ERANGE when a sum does not fit. */
int group_measures_put(const struct group_measures *measures, uint32_t measure, uint32_t group,
		       struct row_column *to);

#endif
