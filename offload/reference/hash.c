/* `hash`, row by row. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <millrace/hash.h>

#include "operator_dedup.h"
#include "reference_hash.h"
#include "reference_parts.h"
#include "reference_rows.h"
#include "reference_steps.h"

static uint64_t value_hash(enum table_type type, const struct reference_value *value)
{
	double real;

	if (value->null)
		return mr_hash64("", 0);
	switch (type) {
	case TABLE_UTF8:
	case TABLE_BINARY:
		return mr_hash64(value->bytes, value->count);
	case TABLE_DECIMAL128:
		return mr_hash64(&value->decimal, sizeof(value->decimal));
	case TABLE_FLOAT32:
	case TABLE_FLOAT64:
		real = value->real == 0 ? 0.0 : reference_real(value->real);
		return mr_hash64(&real, sizeof(real));
	case TABLE_UINT8:
	case TABLE_UINT16:
	case TABLE_UINT32:
	case TABLE_UINT64:
		return mr_hash64(&value->natural, sizeof(value->natural));
	default:
		return mr_hash64(&value->integer, sizeof(value->integer));
	}
}

uint64_t reference_hash(const struct table_batch *batch, const uint32_t *columns, uint32_t count,
			uint64_t row)
{
	uint64_t hashes[MR_OPERATOR_KEYS_MAX];

	for (uint32_t i = 0; i < count; i++) {
		const struct table_field *field = &batch->schema->fields[columns[i]];
		struct reference_value value;

		reference_value_get(field, &batch->columns[columns[i]], row, &value);
		hashes[i] = value_hash(field->kind.type, &value);
	}
	return count == 1 ? hashes[0] : mr_hash64(hashes, count * sizeof(*hashes));
}

static int hash_push(struct operator_step *step, uint32_t side, const struct operator_rows *rows,
		     struct table_error *error)
{
	const struct operator_columns *keys = step->bound->detail;
	uint32_t input = step->bound->schema.count - 1;
	struct table_column *columns = calloc(input + 1, sizeof(*columns));
	uint64_t hashes[MR_OPERATOR_ROWS_MAX] = {0};
	struct table_batch out = {&step->bound->schema, rows->batch->rows, columns, NULL};
	int rc;

	if (columns == NULL)
		return reference_no_memory(step, error);
	for (uint32_t i = 0; i < rows->count; i++) {
		uint64_t row = operator_row(rows, i);

		hashes[row] = reference_hash(rows->batch, keys->columns, keys->count, row);
	}
	memcpy(columns, rows->batch->columns, input * sizeof(*columns));
	columns[input] = (struct table_column){.values = hashes};
	rc =
	    operator_emit(step, &(struct operator_rows){&out, rows->selection, rows->count}, error);
	free(columns);
	return rc;
}

static int hash_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	return 0;
}

static void hash_close(struct operator_step *step)
{
	free(step);
}

int reference_hash_open(const struct operator_bound *bound, const struct operator_context *context,
			struct operator_step **step, struct table_error *error)
{
	static const struct operator_step_ops ops = {hash_push, hash_end, hash_close};

	*step = calloc(1, sizeof(**step));
	if (*step == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	**step = (struct operator_step){.ops = &ops, .bound = bound, .context = *context};
	return 0;
}
