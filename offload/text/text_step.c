/* Rows through a step on text. */
#include "text_step.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "table_text.h"

static const struct table_field *made_field(const struct text_step *step, uint32_t i)
{
	return &step->step.bound->schema.fields[step->made_first + i];
}

int text_put(struct text_step *step, uint32_t i, const void *value, uint64_t bytes, uint64_t row,
	     struct table_error *error)
{
	int rc = row_column_put(&step->made[i], &made_field(step, i)->kind, value, bytes,
				step->step.context.memory);

	return rc == -E2BIG ? operator_fail(step->step.bound, row, error, rc,
					    "more than 2 GiB of text in one piece of rows")
	       : rc == -EDQUOT
		   ? operator_fail(
			 step->step.bound, row, error, rc,
			 "values need more than the %llu KiB that the steps may have: raise "
			 "their memory",
			 (unsigned long long)(step->step.context.memory->limit_bytes >> 10))
	       : rc < 0 ? operator_fail(step->step.bound, row, error, rc, "no memory")
			: 0;
}

int text_put_bytes(struct text_step *step, uint32_t i, const struct table_bytes *bytes,
		   uint64_t row, struct table_error *error)
{
	if (made_field(step, i)->kind.type == TABLE_UTF8 &&
	    !table_utf8_valid(bytes->at, bytes->count))
		return operator_fail(step->step.bound, row, error, -EILSEQ,
				     "what comes out is not UTF-8: leave out `to utf8`");
	return text_put(step, i, bytes->count > 0 ? (const void *)bytes->at : "", bytes->count, row,
			error);
}

/* Nulls in all new columns, for rows that are null or not selected, up to that many. */
static int nulls_put(struct text_step *step, uint64_t rows, struct table_error *error)
{
	for (uint32_t i = 0; i < step->made_count; i++)
		while (step->made[i].rows < rows) {
			int rc = text_put(step, i, NULL, 0, UINT64_MAX, error);

			if (rc < 0)
				return rc;
		}
	return 0;
}

static void made_clear(struct text_step *step)
{
	for (uint32_t i = 0; i < step->made_count; i++) {
		struct row_column *made = &step->made[i];

		made->rows = made->nulls = 0;
		made->validity.count = made->values.count = 0;
		made->offsets.count = made->bytes.count = 0;
	}
}

static uint64_t made_bytes(const struct text_step *step)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < step->made_count; i++)
		bytes += step->made[i].bytes.count;
	return bytes;
}

static void columns_view(struct text_step *step, const struct table_batch *batch)
{
	uint32_t to = 0;

	for (uint32_t i = 0; i < batch->schema->count; i++)
		if (!step->drops || i != step->text->column)
			step->columns[to++] = batch->columns[i];
	for (uint32_t i = 0; i < step->made_count; i++)
		row_column_view(&step->made[i], &step->columns[step->made_first + i]);
}

/* Passes on those of the rows so far that are in the selection. */
static int made_emit(struct text_step *step, const struct table_batch *batch, uint32_t count,
		     struct table_error *error)
{
	struct table_batch out = {
	    .schema = &step->step.bound->schema, .rows = batch->rows, .columns = step->columns};
	int rc = nulls_put(step, batch->rows, error);

	if (rc < 0)
		return rc;
	columns_view(step, batch);
	rc = operator_emit(
	    &step->step,
	    &(struct operator_rows){.batch = &out,
				    .selection = count < batch->rows ? step->selection : NULL,
				    .count = count},
	    error);
	made_clear(step);
	return rc;
}

static int row_make(struct text_step *step, const struct table_batch *batch, uint64_t row,
		    uint64_t number, struct table_error *error)
{
	const struct table_field *field = &step->text->input->fields[step->text->column];
	const struct table_column *column = &batch->columns[step->text->column];
	struct table_value value;
	uint64_t more = 0;
	int rc = nulls_put(step, row, error);

	if (rc < 0 || !table_value_get(field, column, row, &value))
		return rc;
	if (!field->dictionary)
		more = (uint64_t)(column->offsets[batch->rows] - column->offsets[row + 1]);
	return step->ops->make(step, &value, more, number, error);
}

/* Where what is made grows beyond a batch, it is passed on before the end. */
static int text_push(struct operator_step *opened, uint32_t side, const struct operator_rows *rows,
		     struct table_error *error)
{
	struct text_step *step = (struct text_step *)(void *)opened;
	uint32_t kept = 0;
	int rc = 0;

	assert(rows->count <= MR_OPERATOR_ROWS_MAX);
	for (uint32_t i = 0; i < rows->count && rc >= 0; i++) {
		uint64_t row = operator_row(rows, i);

		rc = row_make(step, rows->batch, row, opened->rows_in + i, error);
		if (rc == 0)
			step->selection[kept++] = (uint32_t)row;
		if (rc >= 0 && made_bytes(step) >= MR_TABLE_BATCH_BYTES) {
			rc = made_emit(step, rows->batch, kept, error);
			kept = 0;
		}
	}
	if (rc >= 0)
		rc = made_emit(step, rows->batch, kept, error);
	made_clear(step);
	return rc < 0 ? rc : 0;
}

static int text_end(struct operator_step *opened, uint32_t side, struct table_error *error)
{
	return 0;
}

static void text_close(struct operator_step *opened)
{
	struct text_step *step = (struct text_step *)(void *)opened;

	for (uint32_t i = 0; step->made != NULL && i < step->made_count; i++)
		row_column_free(&step->made[i], step->step.context.memory);
	free(step->made);
	free(step->columns);
	step->ops->close(step);
}

static const struct operator_step_ops text_ops = {text_push, text_end, text_close};

int text_step_open(struct text_step *step, const struct operator_bound *bound,
		   const struct operator_context *context, struct operator_step **opened,
		   struct table_error *error)
{
	step->text = bound->detail;
	step->made_first =
	    step->replaces ? step->text->column : bound->schema.count - step->made_count;
	step->made = calloc(step->made_count, sizeof(*step->made));
	step->columns = calloc(bound->schema.count, sizeof(*step->columns));
	step->step.ops = &text_ops;
	step->step.bound = bound;
	step->step.context = *context;
	if (step->made == NULL || step->columns == NULL) {
		text_close(&step->step);
		return operator_fail(bound, UINT64_MAX, error, -ENOMEM, "no memory");
	}
	*opened = &step->step;
	return 0;
}
