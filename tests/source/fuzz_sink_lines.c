/*
 * Fuzzes the columns of lines: the first byte chooses the keys, the rest is two lines. Ranks must
 * agree with the full comparison, which must be the same backwards.
 */
#include "lines.h"
#include "test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Three keys from one byte: number and direction of each, and which column the third is. */
static void keys_choose(struct sink_key *keys, uint8_t choice)
{
	keys[0] = (struct sink_key){1, choice & 1, choice & 2};
	keys[1] = (struct sink_key){2, choice & 4, choice & 8};
	keys[2] = (struct sink_key){1 + (choice >> 6), choice & 16, choice & 32};
}

/* Memory of exactly the line, so that reading beyond it is seen. */
static uint8_t *line_copy(const uint8_t *data, size_t bytes)
{
	uint8_t *line = malloc(bytes > 0 ? bytes : 1);

	memcpy(line, data, bytes);
	return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sink_key keys[3];
	struct line_order order;
	struct line_rank ranks[2];

	if (size < 1)
		return 0;
	keys_choose(keys, data[0]);
	if (line_order_init(&order, keys, 1 + size % 3) != 0)
		abort();
	data++;
	size--;
	const uint8_t *line_end = size > 0 ? memchr(data, '\n', size) : NULL;
	size_t a_bytes = line_end != NULL ? (size_t)(line_end - data) : size;
	size_t b_bytes = line_end != NULL ? size - a_bytes - 1 : 0;
	uint8_t *a = line_copy(data, a_bytes);
	uint8_t *b = line_copy(data + size - b_bytes, b_bytes);

	if (line_rank(&order, a, a_bytes, a + a_bytes, &ranks[0]) == 0 &&
	    line_rank(&order, b, b_bytes, b + b_bytes, &ranks[1]) == 0) {
		int full = line_compare(&order, a, a_bytes, b, b_bytes);
		int back = line_compare(&order, b, b_bytes, a, a_bytes);
		int rank = line_rank_compare(&ranks[0], &ranks[1]);

		if ((full > 0) != (back < 0) || (full < 0) != (back > 0))
			abort();
		if ((rank < 0 && full >= 0) || (rank > 0 && full <= 0))
			abort();
	}
	free(a);
	free(b);
	return 0;
}
