/* The rows where the predicate is true: a bitmap and counts by item, a scan, the row numbers. */
__kernel void select_bits(COLUMN_PARAMETERS ulong rows, __global ulong *restrict bits,
			  __global uint *restrict counts, __global uint *restrict failed)
{
	size_t item = get_global_id(0);
	ulong word = item * ITEM_WORDS, end = min(word + ITEM_WORDS, (rows + 63) / 64);
	uint count = 0, bad = 0;

	for (; word < end; word++) {
		ulong first = word * 64, found = 0;

		if (first + 64 <= rows) {
			for (uint i = 0; i < 64; i++)
				found |= (ulong)row_selected(COLUMNS first + i, &bad) << i;
		} else {
			for (uint i = 0; first + i < rows; i++)
				found |= (ulong)row_selected(COLUMNS first + i, &bad) << i;
		}
		bits[word] = found;
		count += (uint)popcount(found);
	}
	counts[item] = count;
	if (bad != 0)
		atomic_or(failed, 1);
}

/* One item: where each one's rows begin, and how many there are. */
__kernel void select_scan(uint items, __global const uint *restrict counts,
			  __global uint *restrict starts)
{
	uint start = 0;

	for (uint i = 0; i < items; i++) {
		starts[i] = start;
		start += counts[i];
	}
	starts[items] = start;
}

/* mask: which bits of a row's number are wanted. */
__kernel void select_rows(ulong rows, uint mask, __global const ulong *restrict bits,
			  __global const uint *restrict starts, __global uint *restrict selection)
{
	size_t item = get_global_id(0);
	ulong word = item * ITEM_WORDS, end = min(word + ITEM_WORDS, (rows + 63) / 64);
	__global uint *to = selection + starts[item];

	for (; word < end; word++) {
		ulong left = bits[word];
		uint first = (uint)(word * 64) & mask;

		for (; left != 0; left &= left - 1)
			*to++ = first + 63 - (uint)clz(left & -left);
	}
}
