/* fpga_partition: runs give each their own partitions, which are put together at the end. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fpga_card.h"
#include "fpga_error.h"

struct partitioning {
	const uint64_t *keys;
	const uint8_t *validity;
	uint32_t rows, run_rows;
	uint32_t bits, null_partition;
	uint32_t *counts; /* of each run, one behind the other */
	uint32_t *order;  /* as runs gave it, one behind the other */
};

static uint32_t rows_of(const struct partitioning *work, uint64_t number)
{
	const uint64_t left = work->rows - number * work->run_rows;

	return left < work->run_rows ? (uint32_t)left : work->run_rows;
}

static int partition_begin(void *context, struct fpga_run *run, uint64_t number,
			   struct fpga_error *error)
{
	const struct partitioning *work = context;
	const uint32_t rows = rows_of(work, number);
	const uint64_t first = number * work->run_rows;
	int rc;

	fpga_run_scalar(run, PARTITION_ROWS, rows);
	fpga_run_scalar(run, PARTITION_BITS, work->bits);
	fpga_run_scalar(run, PARTITION_NULL, work->null_partition);
	fpga_run_scalar(run, PARTITION_FLAGS, work->validity != NULL ? PARTITION_NULLABLE : 0);
	rc = fpga_run_input(run, PARTITION_KEYS, work->keys + first, (uint64_t)rows * 8, error);
	if (rc == 0)
		rc = fpga_run_input(run, PARTITION_VALIDITY,
				    work->validity != NULL ? work->validity + first / 8 : NULL,
				    (rows + 7) / 8, error);
	return rc == 0 ? fpga_run_start(run, error) : rc;
}

/* Counts of a run's partitions; *beats is where its rows end. */
static int counts_fetch(struct fpga_run *run, uint32_t partitions, uint32_t rows, uint32_t *counts,
			uint64_t *beats, struct fpga_error *error)
{
	const struct beat *fetched;
	uint64_t sum = 0;
	int rc =
	    fpga_run_fetch(run, PARTITION_COUNTS,
			   beats_of(partitions * sizeof(uint32_t)) * BEAT_BYTES, &fetched, error);

	*beats = 0;
	for (uint32_t i = 0; rc == 0 && i < partitions; i++) {
		counts[i] = beat_half(&fetched[i / BEAT_HALVES], i % BEAT_HALVES);
		sum += counts[i];
		*beats += beats_of((uint64_t)counts[i] * sizeof(uint32_t));
	}
	if (rc == 0 && sum != rows)
		rc = fpga_run_nonsense(
		    run, "its counts are not those of the rows: a transfer was not done", error);
	return rc;
}

/* The rows of a run's partitions, without what fills their last beats. */
static int rows_take(struct fpga_run *run, const struct partitioning *work, uint64_t number,
		     const struct beat *beats, struct fpga_error *error)
{
	const uint32_t *counts = work->counts + (number << work->bits);
	const uint64_t first = number * work->run_rows;
	uint32_t *order = work->order + first;

	for (uint32_t i = 0; i < 1u << work->bits; i++) {
		for (uint32_t j = 0; j < counts[i]; j++) {
			const uint64_t row =
			    first + beat_half(&beats[j / BEAT_HALVES], j % BEAT_HALVES);

			if (row >= work->rows)
				return fpga_run_nonsense(run, "its order has a row that is none",
							 error);
			*order++ = (uint32_t)row;
		}
		beats += beats_of((uint64_t)counts[i] * sizeof(uint32_t));
	}
	return 0;
}

static int partition_end(void *context, struct fpga_run *run, uint64_t number,
			 struct fpga_error *error)
{
	const struct partitioning *work = context;
	uint32_t *counts = work->counts + (number << work->bits);
	const struct beat *beats = NULL;
	uint64_t beat_count = 0;
	int rc = fpga_run_wait(run, error);

	if (rc == 0)
		rc = counts_fetch(run, 1u << work->bits, rows_of(work, number), counts, &beat_count,
				  error);
	if (rc == 0)
		rc = fpga_run_fetch(run, PARTITION_ORDER, beat_count * BEAT_BYTES, &beats, error);
	if (rc == 0)
		rc = fpga_run_verify(run, error);
	return rc == 0 ? rows_take(run, work, number, beats, error) : rc;
}

/* All runs' rows of a partition, then those of the next. */
static void runs_join(const struct partitioning *work, uint64_t runs, uint32_t *totals,
		      uint32_t *order)
{
	const uint32_t partitions = 1u << work->bits;
	uint32_t next[1 << PARTITION_BITS_MAX]; /* where a partition goes on */
	uint32_t first = 0;

	memset(totals, 0, partitions * sizeof(*totals));
	for (uint64_t run = 0; run < runs; run++)
		for (uint32_t i = 0; i < partitions; i++)
			totals[i] += work->counts[run * partitions + i];
	for (uint32_t i = 0; i < partitions; i++) {
		next[i] = first;
		first += totals[i];
	}
	for (uint64_t run = 0; run < runs; run++) {
		const uint32_t *from = work->order + run * work->run_rows;

		for (uint32_t i = 0; i < partitions; i++) {
			const uint32_t count = work->counts[run * partitions + i];

			memcpy(order + next[i], from, count * sizeof(*from));
			from += count;
			next[i] += count;
		}
	}
}

int fpga_partition(struct fpga_card *card, const uint64_t *keys, const uint8_t *validity,
		   uint32_t rows, uint32_t bits, uint32_t null_partition, uint32_t *counts,
		   uint32_t *order, struct fpga_error *error)
{
	const uint32_t run_rows = card->run_bytes / (uint32_t)sizeof(*keys);
	struct partitioning work = {keys, validity,       rows, run_rows,
				    bits, null_partition, NULL, NULL};
	struct fpga_work runs = {KERNEL_PARTITION, 0, partition_begin, partition_end};
	int rc;

	if (bits > PARTITION_BITS_MAX || null_partition >> bits != 0)
		return fpga_fail(error, -EINVAL,
				 "partition: %" PRIu32 " bits, nulls in %" PRIu32
				 ": at most %u bits, and nulls in one of their partitions",
				 bits, null_partition, PARTITION_BITS_MAX);
	runs.runs = rows / run_rows + (rows % run_rows != 0);
	work.counts = malloc((runs.runs << bits) * sizeof(*counts) + 1);
	work.order = malloc((uint64_t)rows * sizeof(*order) + 1);
	if (work.counts == NULL || work.order == NULL)
		rc = fpga_fail(error, -ENOMEM, "partition: no memory for %" PRIu32 " rows", rows);
	else
		rc = fpga_work_do(card, &runs, &work, error);
	if (rc == 0)
		runs_join(&work, runs.runs, counts, order);
	free(work.counts);
	free(work.order);
	return rc;
}
