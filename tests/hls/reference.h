/* What the kernels compute, by plain C that has nothing of theirs. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

struct reference_totals {
	uint64_t selected, counted;
	__int128 sum;
	int64_t min, max;
};

/* Without validity all rows are valid. */
bool reference_valid(const uint8_t *validity, uint64_t row);
/* order: the rows, by partition, as they come; counts: of 1 << bits. */
void reference_partition(const uint64_t *keys, const uint8_t *validity, uint32_t rows,
			 uint32_t bits, uint32_t null_partition, uint32_t *counts, uint32_t *order);
uint32_t reference_crc32c(const uint8_t *bytes, uint64_t count, uint32_t crc);
struct reference_totals reference_aggregate(const int64_t *filter, const uint8_t *filter_validity,
					    const int64_t *values, const uint8_t *values_validity,
					    uint32_t rows, int64_t low, int64_t high);
void reference_sort(const int64_t *keys, const uint8_t *validity, uint32_t rows, bool descending,
		    bool nulls_first, uint32_t *order);
/* Offsets and bytes of words, in turns; returns how many words. */
uint32_t reference_tokenise(const uint8_t *text, uint32_t bytes, uint32_t *words);

#endif
