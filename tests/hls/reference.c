#include "reference.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

bool reference_valid(const uint8_t *validity, uint64_t row)
{
	return validity == NULL || (validity[row / 8] >> row % 8 & 1) != 0;
}

static uint32_t partition_of(uint64_t key, bool valid, uint32_t bits, uint32_t null_partition)
{
	if (!valid)
		return null_partition;
	return bits == 0 ? 0 : (uint32_t)(XXH64(&key, sizeof(key), 0) >> (64 - bits));
}

void reference_partition(const uint64_t *keys, const uint8_t *validity, uint32_t rows,
			 uint32_t bits, uint32_t null_partition, uint32_t *counts, uint32_t *order)
{
	uint32_t *next = calloc(1u << bits, sizeof(*next));

	memset(counts, 0, sizeof(*counts) << bits);
	for (uint32_t i = 0; i < rows; i++)
		counts[partition_of(keys[i], reference_valid(validity, i), bits, null_partition)]++;
	for (uint32_t i = 1; i < 1u << bits; i++)
		next[i] = next[i - 1] + counts[i - 1];
	for (uint32_t i = 0; i < rows; i++)
		order[next[partition_of(keys[i], reference_valid(validity, i), bits,
					null_partition)]++] = i;
	free(next);
}

uint32_t reference_crc32c(const uint8_t *bytes, uint64_t count, uint32_t crc)
{
	crc = ~crc;
	for (uint64_t i = 0; i < count; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82F63B78u : crc >> 1;
	}
	return ~crc;
}

struct reference_totals reference_aggregate(const int64_t *filter, const uint8_t *filter_validity,
					    const int64_t *values, const uint8_t *values_validity,
					    uint32_t rows, int64_t low, int64_t high)
{
	struct reference_totals totals = {.min = INT64_MAX, .max = INT64_MIN};

	for (uint32_t i = 0; i < rows; i++) {
		if (!reference_valid(filter_validity, i) || filter[i] < low || filter[i] > high)
			continue;
		totals.selected++;
		if (!reference_valid(values_validity, i))
			continue;
		totals.counted++;
		totals.sum += values[i];
		totals.min = values[i] < totals.min ? values[i] : totals.min;
		totals.max = values[i] > totals.max ? values[i] : totals.max;
	}
	return totals;
}

struct sorted {
	const int64_t *keys;
	const uint8_t *validity;
	bool descending, nulls_first;
};

static int rows_compare(const void *left, const void *right, void *context)
{
	const struct sorted *by = context;
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
	bool a_valid = reference_valid(by->validity, a), b_valid = reference_valid(by->validity, b);

	if (a_valid != b_valid)
		return a_valid == by->nulls_first ? 1 : -1;
	if (a_valid && by->keys[a] != by->keys[b])
		return (by->keys[a] < by->keys[b]) != by->descending ? -1 : 1;
	return a < b ? -1 : a > b;
}

void reference_sort(const int64_t *keys, const uint8_t *validity, uint32_t rows, bool descending,
		    bool nulls_first, uint32_t *order)
{
	struct sorted by = {keys, validity, descending, nulls_first};

	for (uint32_t i = 0; i < rows; i++)
		order[i] = i;
	if (rows > 0)
		qsort_r(order, rows, sizeof(*order), rows_compare, &by);
}

uint32_t reference_tokenise(const uint8_t *text, uint32_t bytes, uint32_t *words)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < bytes; i++) {
		if (text[i] >= 128 || !isalnum(text[i]))
			continue;
		words[2 * count] = i;
		while (i < bytes && text[i] < 128 && isalnum(text[i]))
			i++;
		words[2 * count + 1] = i - words[2 * count];
		count++;
	}
	return count;
}
