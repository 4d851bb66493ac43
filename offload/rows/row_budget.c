/* Budgets of memory. */
#include "row_budget.h"

#include <assert.h>
#include <errno.h>

int row_budget_take(struct row_budget *budget, uint64_t bytes)
{
	if (bytes > budget->limit_bytes - budget->used_bytes)
		return -EDQUOT;
	budget->used_bytes += bytes;
	if (budget->used_bytes > budget->peak_bytes)
		budget->peak_bytes = budget->used_bytes;
	return 0;
}

void row_budget_give(struct row_budget *budget, uint64_t bytes)
{
	assert(bytes <= budget->used_bytes);
	budget->used_bytes -= bytes;
}

int row_bytes_reserve(struct row_budget *budget, struct table_bytes *bytes, uint64_t more)
{
	uint64_t room = table_bytes_room(bytes, more);
	int rc;

	if (budget == NULL || room == SIZE_MAX || room == bytes->room)
		return table_bytes_reserve(bytes, more);
	rc = row_budget_take(budget, room - bytes->room);
	if (rc < 0)
		return rc;
	room -= bytes->room;
	rc = table_bytes_reserve(bytes, more);
	if (rc < 0)
		row_budget_give(budget, room);
	return rc;
}

void row_bytes_free(struct row_budget *budget, struct table_bytes *bytes)
{
	if (budget != NULL)
		row_budget_give(budget, bytes->room);
	table_bytes_free(bytes);
}
