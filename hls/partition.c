/* Kernel: rows by hash of their keys. Counts in a first pass, and scatters in a second one through
 * a beat for each partition, so that memory is written in whole beats only. */
#include "status.h"

#define PARTITIONS_MAX (1 << PARTITION_BITS_MAX)

/* XXH64 of the key's 8 bytes: mr_hash64() without its loops. */
static uint64_t key_hash(uint64_t key)
{
	uint64_t hash = MR_XXH_P5 + sizeof(key);

	hash = mr_xxh_rotl(hash ^ mr_xxh_round(0, key), 27) * MR_XXH_P1 + MR_XXH_P4;
	hash = (hash ^ hash >> 33) * MR_XXH_P2;
	hash = (hash ^ hash >> 29) * MR_XXH_P3;
	return hash ^ hash >> 32;
}

struct rows {
	const struct beat *keys, *validity;
	uint32_t count;
	uint32_t bits;
	uint32_t null_partition;
	uint32_t nullable;
};

static uint32_t row_partition(const struct rows *rows, uint64_t key, uint32_t valid)
{
	if (!valid)
		return rows->null_partition;
	return rows->bits == 0 ? 0 : (uint32_t)(key_hash(key) >> (64 - rows->bits));
}

static uint64_t rows_count(const struct rows *rows, uint32_t counts[PARTITIONS_MAX])
{
	struct beat_check keys_check, validity_check;
	struct beat keys = {{0}}, validity = {{0}};

	beat_check_begin(&keys_check);
	beat_check_begin(&validity_check);
	for (uint32_t row = 0; row < rows->count; row++) {
#pragma HLS PIPELINE II = 1
		uint32_t valid = 1;

		if (row % BEAT_WORDS == 0) {
			keys = rows->keys[row / BEAT_WORDS];
			beat_check_add(&keys_check, &keys, row / BEAT_WORDS);
		}
		if (rows->nullable && row % BEAT_BITS == 0) {
			validity = rows->validity[row / BEAT_BITS];
			beat_check_add(&validity_check, &validity, row / BEAT_BITS);
		}
		if (rows->nullable)
			valid = beat_bit(&validity, row % BEAT_BITS);
		counts[row_partition(rows, keys.word[row % BEAT_WORDS], valid)]++;
	}
	return beat_check_fold(beat_check_fold(0, &keys_check), &validity_check);
}

/* Writes the counts, and makes of them the beats where partitions begin. */
static void counts_write(uint32_t counts[PARTITIONS_MAX], uint32_t partitions, struct beat *to,
			 struct beat_check *check)
{
	struct beat beat = {{0}};
	uint32_t first = 0;

	for (uint32_t i = 0; i < partitions; i++) {
#pragma HLS PIPELINE II = 1
		const uint32_t count = counts[i];

		beat_half_put(&beat, i % BEAT_HALVES, count);
		counts[i] = first;
		first += count / BEAT_HALVES + (count % BEAT_HALVES != 0);
		if (i % BEAT_HALVES == BEAT_HALVES - 1 || i == partitions - 1) {
			to[i / BEAT_HALVES] = beat;
			beat_check_add(check, &beat, i / BEAT_HALVES);
			beat = (struct beat){{0}};
		}
	}
}

static void rows_scatter(const struct rows *rows, uint32_t next[PARTITIONS_MAX], struct beat *order,
			 struct beat_check *check)
{
	struct beat filling[PARTITIONS_MAX];
	uint8_t filled[PARTITIONS_MAX];
	struct beat keys = {{0}}, validity = {{0}};

	for (uint32_t i = 0; i < 1u << rows->bits; i++) {
#pragma HLS PIPELINE II = 1
		filling[i] = (struct beat){{0}};
		filled[i] = 0;
	}
	for (uint32_t row = 0; row < rows->count; row++) {
#pragma HLS PIPELINE II = 2
		uint32_t valid = 1, at;

		if (row % BEAT_WORDS == 0)
			keys = rows->keys[row / BEAT_WORDS];
		if (rows->nullable && row % BEAT_BITS == 0)
			validity = rows->validity[row / BEAT_BITS];
		if (rows->nullable)
			valid = beat_bit(&validity, row % BEAT_BITS);
		at = row_partition(rows, keys.word[row % BEAT_WORDS], valid);
		beat_half_put(&filling[at], filled[at]++, row);
		if (filled[at] == BEAT_HALVES) {
			order[next[at]] = filling[at];
			beat_check_add(check, &filling[at], next[at]);
			filling[at] = (struct beat){{0}};
			filled[at] = 0;
			next[at]++;
		}
	}
	for (uint32_t i = 0; i < 1u << rows->bits; i++) {
#pragma HLS PIPELINE II = 1
		if (filled[i] > 0) {
			order[next[i]] = filling[i];
			beat_check_add(check, &filling[i], next[i]);
		}
	}
}

void partition(const struct beat *keys, const struct beat *validity, struct beat *counts,
	       struct beat *order, struct beat *status, uint32_t rows, uint32_t bits,
	       uint32_t null_partition, uint32_t flags, uint64_t stamp)
{
#pragma HLS INTERFACE m_axi port = keys bundle = gmem0 offset = slave max_read_burst_length = 64
#pragma HLS INTERFACE m_axi port = validity bundle = gmem1 offset = slave
#pragma HLS INTERFACE m_axi port = counts bundle = gmem2 offset = slave
#pragma HLS INTERFACE m_axi port = order bundle = gmem3 offset = slave
#pragma HLS INTERFACE m_axi port = status bundle = gmem2 offset = slave
	const struct rows in = {keys, validity,       rows,
				bits, null_partition, flags & PARTITION_NULLABLE};
	struct kernel_status end = {.stamp = stamp};
	struct beat_check counts_check, order_check;
	uint32_t places[PARTITIONS_MAX];

	end.fault = bits > PARTITION_BITS_MAX || null_partition >> bits != 0;
	if (!end.fault) {
		for (uint32_t i = 0; i < 1u << bits; i++) {
#pragma HLS PIPELINE II = 1
			places[i] = 0;
		}
		beat_check_begin(&counts_check);
		beat_check_begin(&order_check);
		end.check_in = rows_count(&in, places);
		counts_write(places, 1u << bits, counts, &counts_check);
		rows_scatter(&in, places, order, &order_check);
		end.check_out = beat_check_fold(beat_check_fold(0, &counts_check), &order_check);
	}
	status_write(status, &end);
}
