/* "COUNT LINE" for each run of equal items of each of its inputs: items grouped by key are counted
 * right, others are not. */
#include <millrace_function.h>

static int run_end(struct mr_call *call, struct mr_set *counts, struct mr_bytes line,
		   uint32_t count)
{
	uint8_t *text = mr_alloc(call, line.len + 11, 1), *at = text + 10;
	struct mr_bytes bytes;

	if (text == NULL)
		return MR_FAILED;
	__builtin_memcpy(text + 11, line.data, line.len);
	*at = ' ';
	for (; count > 0; count /= 10)
		*--at = (uint8_t)('0' + count % 10);
	bytes.data = at;
	bytes.len = (uint32_t)(text + 11 + line.len - at);
	return mr_out_add(call, counts, mr_none(), mr_none(), bytes);
}

static int set_tally(struct mr_call *call, const struct mr_set *set, struct mr_set *counts)
{
	struct mr_bytes line = mr_none();
	uint32_t count = 0;

	for (uint32_t i = 0; i < set->item_count; i++, count++) {
		struct mr_bytes next = mr_item_bytes(call, mr_in_item(call, set, i));

		if (count > 0 && !mr_equal(line, next)) {
			if (run_end(call, counts, line, count) != 0)
				return MR_FAILED;
			count = 0;
		}
		line = next;
	}
	return count > 0 ? run_end(call, counts, line, count) : 0;
}

static int tally(struct mr_call *call)
{
	const struct mr_set *items = mr_in(call, "items"), *others = mr_in(call, "others");
	struct mr_set *counts = mr_out(call, "counts");

	if (items == NULL || others == NULL || counts == NULL)
		return MR_FAILED;
	return set_tally(call, items, counts) != 0 ? MR_FAILED : set_tally(call, others, counts);
}

MR_ENTRY(tally)
