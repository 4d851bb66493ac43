/* Kernel: count, sum, least and most of the values whose filter is in a range. Eight rows a cycle;
 * nothing but the status is written. */
#include "status.h"

struct totals {
	uint64_t selected, counted;
	uint64_t sum_low, sum_high;
	int64_t min, max;
};

static void totals_add(struct totals *totals, int64_t value)
{
	const uint64_t low = totals->sum_low + (uint64_t)value;

	totals->sum_high += (value < 0 ? ~0ull : 0) + (low < totals->sum_low);
	totals->sum_low = low;
	totals->counted++;
	if (value < totals->min)
		totals->min = value;
	if (value > totals->max)
		totals->max = value;
}

/* A column, its beats taken in their order. */
struct column {
	const struct beat *words, *validity;
	uint32_t nullable;
	struct beat valid;
	struct beat_check check, validity_check;
};

static void column_begin(struct column *column, const struct beat *words,
			 const struct beat *validity, uint32_t nullable)
{
	column->words = words;
	column->validity = validity;
	column->nullable = nullable;
	beat_check_begin(&column->check);
	beat_check_begin(&column->validity_check);
}

static struct beat column_next(struct column *column, uint32_t index)
{
	const struct beat beat = column->words[index];
	const uint32_t rows_beats = BEAT_BITS / BEAT_WORDS;

	beat_check_add(&column->check, &beat, index);
	if (column->nullable && index % rows_beats == 0) {
		column->valid = column->validity[index / rows_beats];
		beat_check_add(&column->validity_check, &column->valid, index / rows_beats);
	}
	return beat;
}

static uint32_t column_valid(const struct column *column, uint32_t row)
{
	return !column->nullable || beat_bit(&column->valid, row % BEAT_BITS);
}

static uint64_t column_fold(const struct column *column, uint64_t sum)
{
	return beat_check_fold(beat_check_fold(sum, &column->check), &column->validity_check);
}

void select_aggregate(const struct beat *filter, const struct beat *filter_validity,
		      const struct beat *values, const struct beat *values_validity,
		      struct beat *status, uint32_t rows, uint64_t low, uint64_t high,
		      uint32_t flags, uint64_t stamp)
{
#pragma HLS INTERFACE m_axi port = filter bundle = gmem0 offset = slave max_read_burst_length = 64
#pragma HLS INTERFACE m_axi port = filter_validity bundle = gmem1 offset = slave
#pragma HLS INTERFACE m_axi port = values bundle = gmem2 offset = slave max_read_burst_length = 64
#pragma HLS INTERFACE m_axi port = values_validity bundle = gmem3 offset = slave
#pragma HLS INTERFACE m_axi port = status bundle = gmem1 offset = slave
	struct kernel_status end = {.stamp = stamp};
	struct totals totals = {.min = INT64_MAX, .max = INT64_MIN};
	struct column by = {0}, of = {0};

	column_begin(&by, filter, filter_validity, flags & AGGREGATE_FILTER_NULLABLE);
	column_begin(&of, values, values_validity, flags & AGGREGATE_VALUES_NULLABLE);
	for (uint32_t index = 0; (uint64_t)index * BEAT_WORDS < rows; index++) {
#pragma HLS PIPELINE II = 1
		const struct beat keys = column_next(&by, index);
		const struct beat beat = column_next(&of, index);

		for (uint32_t i = 0; i < BEAT_WORDS; i++) {
#pragma HLS UNROLL
			const uint64_t row = (uint64_t)index * BEAT_WORDS + i;
			const int64_t key = (int64_t)keys.word[i];

			if (row >= rows || !column_valid(&by, (uint32_t)row) ||
			    key < (int64_t)low || key > (int64_t)high)
				continue;
			totals.selected++;
			if (column_valid(&of, (uint32_t)row))
				totals_add(&totals, (int64_t)beat.word[i]);
		}
	}
	end.check_in = column_fold(&of, column_fold(&by, 0));
	end.result[0] = totals.selected;
	end.result[1] = totals.counted;
	end.result[2] = totals.sum_low;
	end.result[3] = totals.sum_high;
	end.result[4] = (uint64_t)totals.min;
	end.result[5] = (uint64_t)totals.max;
	status_write(status, &end);
}
