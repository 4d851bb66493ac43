/* fpga_select_aggregate: totals of runs, added. */
#include "fpga_card.h"

struct totalling {
	struct fpga_column filter, values;
	uint64_t rows;
	uint32_t run_rows;
	int64_t low, high;
	struct fpga_totals totals;
};

static uint32_t rows_of(const struct totalling *work, uint64_t number)
{
	const uint64_t left = work->rows - number * work->run_rows;

	return left < work->run_rows ? (uint32_t)left : work->run_rows;
}

/* A column and its validity, which are neighbours among the arguments. */
static int column_input(struct fpga_run *run, uint32_t argument, const struct fpga_column *column,
			uint64_t first, uint32_t rows, struct fpga_error *error)
{
	const uint8_t *validity = column->validity != NULL ? column->validity + first / 8 : NULL;
	int rc = fpga_run_input(run, argument, column->values + first, (uint64_t)rows * 8, error);

	return rc == 0 ? fpga_run_input(run, argument + 1, validity, (rows + 7) / 8, error) : rc;
}

static int aggregate_begin(void *context, struct fpga_run *run, uint64_t number,
			   struct fpga_error *error)
{
	const struct totalling *work = context;
	const uint32_t rows = rows_of(work, number);
	const uint64_t first = number * work->run_rows;
	int rc;

	fpga_run_scalar(run, AGGREGATE_ROWS, rows);
	fpga_run_scalar(run, AGGREGATE_LOW, (uint64_t)work->low);
	fpga_run_scalar(run, AGGREGATE_HIGH, (uint64_t)work->high);
	fpga_run_scalar(run, AGGREGATE_FLAGS,
			(work->filter.validity != NULL ? AGGREGATE_FILTER_NULLABLE : 0) |
			    (work->values.validity != NULL ? AGGREGATE_VALUES_NULLABLE : 0));
	rc = column_input(run, AGGREGATE_FILTER, &work->filter, first, rows, error);
	if (rc == 0)
		rc = column_input(run, AGGREGATE_VALUES, &work->values, first, rows, error);
	return rc == 0 ? fpga_run_start(run, error) : rc;
}

static int aggregate_end(void *context, struct fpga_run *run, uint64_t number,
			 struct fpga_error *error)
{
	struct totalling *work = context;
	struct fpga_totals *totals = &work->totals;
	const uint64_t *result = run->status.result;
	int rc = fpga_run_wait(run, error);

	if (rc == 0)
		rc = fpga_run_verify(run, error);
	if (rc < 0)
		return rc;
	totals->selected += result[0];
	totals->counted += result[1];
	totals->sum += (__int128)((unsigned __int128)result[3] << 64 | result[2]);
	totals->min = (int64_t)result[4] < totals->min ? (int64_t)result[4] : totals->min;
	totals->max = (int64_t)result[5] > totals->max ? (int64_t)result[5] : totals->max;
	return 0;
}

int fpga_select_aggregate(struct fpga_card *card, struct fpga_column filter,
			  struct fpga_column values, uint64_t rows, int64_t low, int64_t high,
			  struct fpga_totals *totals, struct fpga_error *error)
{
	struct totalling work = {
	    .filter = filter, .values = values, .rows = rows, .low = low, .high = high};
	struct fpga_work runs = {KERNEL_SELECT_AGGREGATE, 0, aggregate_begin, aggregate_end};
	int rc;

	work.totals.min = INT64_MAX;
	work.totals.max = INT64_MIN;
	work.run_rows = card->run_bytes / (uint32_t)sizeof(*filter.values);
	runs.runs = rows / work.run_rows + (rows % work.run_rows != 0);
	rc = fpga_work_do(card, &runs, &work, error);
	if (rc == 0)
		*totals = work.totals;
	return rc;
}
