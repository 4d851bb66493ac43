/* Sums, extremes and counts of each item's rows; floating-point sums by lanes of chunks. */
__kernel void aggregate_parts(COLUMN_PARAMETERS ulong rows, __global long *restrict parts,
			      __global uint *restrict failed)
{
	size_t item = get_global_id(0);
	ulong row = item * ITEM_ROWS, end = min(row + ITEM_ROWS, rows);
	struct totals totals;
	long selected = 0;
	uint bad = 0;

	totals_clear(&totals);
	for (; row < end; row++) {
		bool take = row_selected(COLUMNS row, &bad);

		selected += take;
		totals_add(COLUMNS row, take, &totals, &bad);
	}
	totals_store(&totals, parts + item * PART_LONGS);
	parts[item * PART_LONGS + PART_LONGS - 1] = selected;
	if (bad != 0)
		atomic_or(failed, 1);
}

/* Sixteen ranks from AT on, of which those from FIRST to END count. Rank r of the chunks' first is
 * row_at[r - offset], or that row itself. */
#define LANES_STEP(VALUE, AT, FIRST, END)                                              \
	for (uint l = 0; l < ITEM_LANES; l++) {                                        \
		ulong rank = (AT) + lane + l;                                          \
		bool in = rank >= (FIRST) && rank < (END);                             \
		bool null = true;                                                      \
		double value = VALUE(COLUMNS LANES_ROW((in ? rank : (FIRST)) - offset), \
				     &null);                                           \
		sums[l] += in && !null ? value : -0.0;                                 \
		any |= in && !null;                                                    \
	}

#define LANES_KERNEL(NAME, VALUE)                                                                \
	__kernel void NAME(COLUMN_PARAMETERS __global const uint *restrict row_at, ulong count,  \
			   ulong offset, __global const double *restrict before,                 \
			   __global double *restrict lanes)                                      \
	{                                                                                        \
		size_t item = get_global_id(0);                                                  \
		size_t chunk = item / (16 / ITEM_LANES);                                         \
		uint lane = (uint)(item % (16 / ITEM_LANES)) * ITEM_LANES;                       \
		ulong first = max(offset, (ulong)chunk * CHUNK_ROWS);                            \
		ulong end = min(offset + count, (ulong)(chunk + 1) * CHUNK_ROWS);                \
		ulong at = first - first % 16;                                                   \
		double sums[ITEM_LANES];                                                         \
		bool any = false;                                                                \
                                                                                                 \
		for (uint l = 0; l < ITEM_LANES; l++)                                            \
			sums[l] = chunk == 0 ? before[lane + l] : -0.0;                          \
		LANES_STEP(VALUE, at, first, end)                                                \
		for (at += 16; at + 16 <= end; at += 16)                                         \
			LANES_STEP(VALUE, at, at, at + 16)                                       \
		if (at < end)                                                                    \
			LANES_STEP(VALUE, at, at, end)                                           \
		for (uint l = 0; l < ITEM_LANES; l++) {                                          \
			lanes[chunk * 32 + lane + l] = sums[l];                                  \
			lanes[chunk * 32 + 16 + lane + l] = any ? 1.0 : 0.0;                     \
		}                                                                                \
	}
