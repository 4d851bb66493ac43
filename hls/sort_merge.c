/* Kernel: rows by int64 key. A bitonic network sorts runs of 64; then each pass over memory merges
 * runs two by two. The number of the row is the last part of what is compared: it makes the order
 * total, and so any network stable. */
#include "status.h"

#define BEAT_PAIRS 4
#define NULL_RANK_BIT 32 /* of the tag, above the number of the row */
#define END_TAG (~0ull)  /* of what fills the last run: behind all rows */

struct pair {
	uint64_t key, tag;
};

static uint32_t pair_before(struct pair left, struct pair right)
{
	const uint64_t left_rank = left.tag >> NULL_RANK_BIT;
	const uint64_t right_rank = right.tag >> NULL_RANK_BIT;

	if (left_rank != right_rank)
		return left_rank < right_rank;
	if (left.key != right.key)
		return left.key < right.key;
	return left.tag < right.tag;
}

static struct pair pair_of(const struct beat *beat, uint32_t place)
{
	return (struct pair){beat->word[2 * place], beat->word[2 * place + 1]};
}

static void pair_put(struct beat *beat, uint32_t place, struct pair pair)
{
	beat->word[2 * place] = pair.key;
	beat->word[2 * place + 1] = pair.tag;
}

/* Ranks: valid rows 1, nulls 0 or 2. */
static struct pair pair_make(uint64_t key, uint32_t valid, uint32_t row, uint32_t flags)
{
	const uint64_t null_rank = flags & SORT_NULLS_FIRST ? 0 : 2;
	struct pair pair = {key ^ 1ull << 63, (uint64_t)1 << NULL_RANK_BIT | row};

	if (flags & SORT_DESCENDING)
		pair.key = ~pair.key;
	if (!valid)
		pair = (struct pair){0, null_rank << NULL_RANK_BIT | row};
	return pair;
}

static void network_sort(struct pair run[SORT_RUN_ROWS])
{
#pragma HLS INLINE off
	for (uint32_t size = 2; size <= SORT_RUN_ROWS; size *= 2) {
#pragma HLS UNROLL
		for (uint32_t step = size / 2; step > 0; step /= 2) {
#pragma HLS UNROLL
			for (uint32_t i = 0; i < SORT_RUN_ROWS; i++) {
#pragma HLS UNROLL
				const uint32_t other = i ^ step;
				const uint32_t up = (i & size) == 0;
				const struct pair left = run[i], right = run[other];

				if (other > i && pair_before(right, left) == up) {
					run[i] = right;
					run[other] = left;
				}
			}
		}
	}
}

/* Beats of pairs; the last one's rest is zeros. */
struct writer {
	struct beat *to;
	struct beat beat;
	uint32_t checked; /* the last pass's */
	struct beat_check check;
};

static void writer_put(struct writer *writer, uint32_t at, struct pair pair, uint32_t last)
{
	const uint32_t place = at % BEAT_PAIRS;

	if (place == 0)
		writer->beat = (struct beat){{0}};
	pair_put(&writer->beat, place, pair);
	if (place == BEAT_PAIRS - 1 || last) {
		writer->to[at / BEAT_PAIRS] = writer->beat;
		if (writer->checked)
			beat_check_add(&writer->check, &writer->beat, at / BEAT_PAIRS);
	}
}

static uint64_t runs_sort(const struct beat *keys, const struct beat *validity, uint32_t rows,
			  uint32_t flags, struct writer *writer)
{
	struct pair run[SORT_RUN_ROWS];
#pragma HLS ARRAY_PARTITION variable = run complete
	struct beat_check keys_check, validity_check;
	struct beat beat = {{0}}, valid = {{0}};

	beat_check_begin(&keys_check);
	beat_check_begin(&validity_check);
	for (uint32_t first = 0; first < rows; first += SORT_RUN_ROWS) {
		if (flags & SORT_NULLABLE && first % BEAT_BITS == 0) {
			valid = validity[first / BEAT_BITS];
			beat_check_add(&validity_check, &valid, first / BEAT_BITS);
		}
		for (uint32_t i = 0; i < SORT_RUN_ROWS; i++) {
#pragma HLS PIPELINE II = 1
			const uint32_t row = first + i;

			if (row >= rows) {
				run[i] = (struct pair){~0ull, END_TAG};
				continue;
			}
			if (row % BEAT_WORDS == 0) {
				beat = keys[row / BEAT_WORDS];
				beat_check_add(&keys_check, &beat, row / BEAT_WORDS);
			}
			run[i] =
			    pair_make(beat.word[row % BEAT_WORDS],
				      !(flags & SORT_NULLABLE) || beat_bit(&valid, row % BEAT_BITS),
				      row, flags);
		}
		network_sort(run);
		for (uint32_t i = 0; i < SORT_RUN_ROWS && first + i < rows; i++) {
#pragma HLS PIPELINE II = 1
			writer_put(writer, first + i, run[i], first + i == rows - 1);
		}
	}
	return beat_check_fold(beat_check_fold(0, &keys_check), &validity_check);
}

/* The pairs of a sorted run, from at to end. */
struct reader {
	const struct beat *from;
	struct beat beat;
	uint32_t at, end;
};

static void reader_begin(struct reader *reader, const struct beat *from, uint64_t at, uint64_t end,
			 uint32_t rows)
{
	reader->from = from;
	reader->at = at < rows ? (uint32_t)at : rows;
	reader->end = end < rows ? (uint32_t)end : rows;
	if (reader->at < reader->end)
		reader->beat = from[reader->at / BEAT_PAIRS];
}

static struct pair reader_head(const struct reader *reader)
{
	return pair_of(&reader->beat, reader->at % BEAT_PAIRS);
}

static void reader_next(struct reader *reader)
{
	reader->at++;
	if (reader->at % BEAT_PAIRS == 0 && reader->at < reader->end)
		reader->beat = reader->from[reader->at / BEAT_PAIRS];
}

static void runs_merge(const struct beat *from, uint32_t rows, uint64_t run_rows,
		       struct writer *writer)
{
	struct reader left, right;

	for (uint64_t first = 0; first < rows; first += 2 * run_rows) {
		const uint64_t end = first + 2 * run_rows < rows ? first + 2 * run_rows : rows;

		reader_begin(&left, from, first, first + run_rows, rows);
		reader_begin(&right, from, first + run_rows, end, rows);
		for (uint64_t at = first; at < end; at++) {
#pragma HLS PIPELINE II = 1
			struct reader *next = &left;

			if (left.at == left.end ||
			    (right.at < right.end &&
			     pair_before(reader_head(&right), reader_head(&left))))
				next = &right;
			writer_put(writer, (uint32_t)at, reader_head(next),
				   at == (uint64_t)rows - 1);
			reader_next(next);
		}
	}
}

static uint32_t passes_of(uint32_t rows)
{
	uint32_t passes = 0;

	for (uint64_t run_rows = SORT_RUN_ROWS; run_rows < rows; run_rows *= 2)
		passes++;
	return passes;
}

void sort_merge(const struct beat *keys, const struct beat *validity, struct beat *scratch,
		struct beat *order, struct beat *status, uint32_t rows, uint32_t flags,
		uint64_t stamp)
{
#pragma HLS INTERFACE m_axi port = keys bundle = gmem0 offset = slave max_read_burst_length = 64
#pragma HLS INTERFACE m_axi port = validity bundle = gmem1 offset = slave
#pragma HLS INTERFACE m_axi port = scratch bundle = gmem2 offset = slave
#pragma HLS INTERFACE m_axi port = order bundle = gmem3 offset = slave
#pragma HLS INTERFACE m_axi port = status bundle = gmem1 offset = slave
	struct kernel_status end = {.stamp = stamp};
	const uint32_t passes = passes_of(rows);
	struct writer writer = {0};

	/* In turns, so that the last pass writes to order. */
	writer.to = passes % 2 == 0 ? order : scratch;
	writer.checked = passes == 0;
	end.check_in = runs_sort(keys, validity, rows, flags, &writer);
	for (uint32_t pass = 0; pass < passes; pass++) {
		const uint32_t to_order = (passes - pass) % 2;

		writer.to = to_order ? order : scratch;
		writer.checked = pass == passes - 1;
		runs_merge(to_order ? scratch : order, rows, (uint64_t)SORT_RUN_ROWS << pass,
			   &writer);
	}
	end.check_out = beat_check_fold(0, &writer.check);
	status_write(status, &end);
}
