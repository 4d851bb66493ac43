/* The arithmetic of splits. */
#include "split.h"

/* A count beyond 32 bits makes the last item a longer one; no set holds so many. */
uint32_t source_split_count(uint64_t range_bytes, uint64_t split_bytes)
{
	uint64_t count;

	if (split_bytes == 0 || range_bytes == 0)
		return 1;
	count = (range_bytes - 1) / split_bytes + 1;
	return count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
}

uint64_t split_target(const struct source_split *split, uint32_t k)
{
	uint32_t count = source_split_count(split->end - split->first, split->bytes);

	return k < count ? split->first + k * split->bytes : split->end;
}
