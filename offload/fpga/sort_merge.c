/* fpga_sort: one run, as merging what runs have sorted is no work for the host. */
#include <errno.h>
#include <inttypes.h>

#include "fpga_card.h"
#include "fpga_error.h"

#define BEAT_PAIRS 4

struct sorting {
	struct fpga_column keys;
	uint32_t rows;
	struct fpga_order by;
	uint32_t *order;
};

static int sort_begin(void *context, struct fpga_run *run, uint64_t number,
		      struct fpga_error *error)
{
	const struct sorting *work = context;
	int rc;

	fpga_run_scalar(run, SORT_ROWS, work->rows);
	fpga_run_scalar(run, SORT_FLAGS,
			(work->keys.validity != NULL ? SORT_NULLABLE : 0) |
			    (work->by.descending ? SORT_DESCENDING : 0) |
			    (work->by.nulls_first ? SORT_NULLS_FIRST : 0));
	rc = fpga_run_input(run, SORT_KEYS, work->keys.values, (uint64_t)work->rows * 8, error);
	if (rc == 0)
		rc = fpga_run_input(run, SORT_VALIDITY, work->keys.validity, (work->rows + 7) / 8,
				    error);
	return rc == 0 ? fpga_run_start(run, error) : rc;
}

static int sort_end(void *context, struct fpga_run *run, uint64_t number, struct fpga_error *error)
{
	const struct sorting *work = context;
	const struct beat *pairs = NULL;
	int rc = fpga_run_wait(run, error);

	if (rc == 0)
		rc =
		    fpga_run_fetch(run, SORT_ORDER,
				   beats_of((uint64_t)work->rows * 16) * BEAT_BYTES, &pairs, error);
	if (rc == 0)
		rc = fpga_run_verify(run, error);
	for (uint32_t i = 0; rc == 0 && i < work->rows; i++) {
		work->order[i] = (uint32_t)pairs[i / BEAT_PAIRS].word[i % BEAT_PAIRS * 2 + 1];
		if (work->order[i] >= work->rows)
			rc = fpga_run_nonsense(run, "its order has a row that is none", error);
	}
	return rc;
}

int fpga_sort(struct fpga_card *card, struct fpga_column keys, uint32_t rows, struct fpga_order by,
	      uint32_t *order, struct fpga_error *error)
{
	struct sorting work = {keys, rows, by, order};
	const struct fpga_work runs = {KERNEL_SORT_MERGE, rows > 0, sort_begin, sort_end};

	if (rows > MR_FPGA_SORT_ROWS_MAX)
		return fpga_fail(error, -E2BIG,
				 "sort: %" PRIu32 " rows, the card sorts at most %u: sort pieces, "
				 "and merge them",
				 rows, MR_FPGA_SORT_ROWS_MAX);
	return fpga_work_do(card, &runs, &work, error);
}
