/* Made by a generator of 64 bits (xorshift64*, Vigna 2016), so that each run has the same numbers.
 */
#include "numbers.h"

#include <stdlib.h>

#define COLUMNS 2

struct numbers {
	struct table_schema schema;
	struct table_column columns[COLUMNS];
	struct table_batch batch;
	int64_t *values[COLUMNS];
};

static const struct {
	const char *name;
	uint32_t below;
} made[COLUMNS] = {{"v", 1000000}, {"k", 1000}};

static int column_make(struct numbers *numbers, uint32_t column, uint64_t rows)
{
	const struct table_kind kind = {.type = TABLE_INT64};
	uint64_t state = 0x9E3779B97F4A7C15ull + column;
	int64_t *values = aligned_alloc(64, rows * sizeof(*values));

	numbers->values[column] = values;
	if (values == NULL || table_schema_add(&numbers->schema, made[column].name, 1, &kind) < 0)
		return -1;
	for (uint64_t i = 0; i < rows; i++) {
		state ^= state >> 12;
		state ^= state << 25;
		state ^= state >> 27;
		values[i] =
		    (int64_t)(((state * 0x2545F4914F6CDD1Dull >> 32) * made[column].below) >> 32);
	}
	numbers->columns[column].values = values;
	return 0;
}

struct numbers *numbers_create(uint64_t rows)
{
	struct numbers *numbers = calloc(1, sizeof(*numbers));

	if (numbers == NULL)
		return NULL;
	for (uint32_t i = 0; i < COLUMNS; i++)
		if (column_make(numbers, i, rows) < 0)
			numbers_destroy(&numbers);
	if (numbers != NULL)
		numbers->batch = (struct table_batch){
		    .schema = &numbers->schema, .rows = rows, .columns = numbers->columns};
	return numbers;
}

void numbers_destroy(struct numbers **destroyed)
{
	struct numbers *numbers = *destroyed;

	*destroyed = NULL;
	if (numbers == NULL)
		return;
	table_schema_free(&numbers->schema);
	for (uint32_t i = 0; i < COLUMNS; i++)
		free(numbers->values[i]);
	free(numbers);
}

const struct table_schema *numbers_schema(const struct numbers *numbers)
{
	return &numbers->schema;
}

const struct table_column *numbers_column(const struct numbers *numbers, uint32_t column)
{
	return &numbers->columns[column];
}

int numbers_push(const struct numbers *numbers, struct operator_step *step,
		 struct table_error *error)
{
	const uint64_t rows = numbers->batch.rows;
	int rc = 0;

	for (uint64_t at = 0; at < rows && rc == 0; at += MR_OPERATOR_ROWS_MAX) {
		struct table_column columns[COLUMNS];
		struct table_batch slice;
		struct operator_rows pushed = {.batch = &slice};

		operator_slice(&numbers->batch, at,
			       rows - at < MR_OPERATOR_ROWS_MAX ? rows - at : MR_OPERATOR_ROWS_MAX,
			       &slice, columns);
		pushed.count = (uint32_t)slice.rows;
		rc = operator_push(step, 0, &pushed, error);
	}
	return rc;
}
