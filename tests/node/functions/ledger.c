/* Keeps a count for each key: `counts` has "COUNT KEY\n" under the key, which is what `before` had
 * plus the number of its `rows`. `open`: an item for each key counted less than 100 times. */
#include <millrace_function.h>

#define CLOSED 100

struct side {
	const struct mr_set *set;
	uint32_t at;
};

static const struct mr_item *side_item(struct mr_call *call, const struct side *side)
{
	return side->at < side->set->item_count ? mr_in_item(call, side->set, side->at) : NULL;
}

/* Items are grouped by key, in the order of hashes and keys. */
static int item_order(struct mr_call *call, const struct mr_item *a, const struct mr_item *b)
{
	struct mr_bytes left, right;
	uint32_t least;
	int order;

	if (a == NULL || b == NULL)
		return a == NULL ? (b == NULL ? 0 : 1) : -1;
	if (a->key_hash != b->key_hash)
		return a->key_hash < b->key_hash ? -1 : 1;
	left = mr_item_key(call, a);
	right = mr_item_key(call, b);
	least = left.len < right.len ? left.len : right.len;
	order = least > 0 ? __builtin_memcmp(left.data, right.data, least) : 0;
	return order != 0 ? order : (left.len > right.len) - (left.len < right.len);
}

static uint64_t count_read(struct mr_bytes line)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < line.len && line.data[i] != ' '; i++)
		count = count * 10 + (uint64_t)(line.data[i] - '0');
	return count;
}

static int count_write(struct mr_call *call, struct mr_bytes key, uint64_t count)
{
	struct mr_set *counts = mr_out(call, "counts"), *open = mr_out(call, "open");
	uint8_t *text = (uint8_t *)mr_alloc(call, key.len + 24, 1);
	struct mr_bytes line = {text, 0};

	if (text == NULL || counts == NULL || open == NULL)
		return MR_FAILED;
	line.len = mr_decimal(text, count);
	text[line.len++] = ' ';
	__builtin_memcpy(text + line.len, key.data, key.len);
	line.len += key.len;
	text[line.len++] = '\n';
	if (count < CLOSED && mr_out_add(call, open, mr_none(), mr_none(), key) != 0)
		return MR_FAILED;
	return mr_out_add(call, counts, mr_none(), key, line);
}

static int ledger(struct mr_call *call)
{
	struct side rows = {mr_in(call, "rows"), 0}, before = {mr_in(call, "before"), 0};
	const struct mr_item *first;

	if (rows.set == NULL || before.set == NULL)
		return MR_FAILED;
	for (;;) {
		const struct mr_item *row = side_item(call, &rows), *old = side_item(call, &before);
		uint64_t count = 0;

		if (row == NULL && old == NULL)
			return 0;
		first = item_order(call, row, old) <= 0 ? row : old;
		for (; old != NULL && item_order(call, old, first) == 0;
		     before.at++, old = side_item(call, &before))
			count += count_read(mr_item_bytes(call, old));
		for (; row != NULL && item_order(call, row, first) == 0;
		     rows.at++, row = side_item(call, &rows))
			count++;
		if (count_write(call, mr_item_key(call, first), count) != 0)
			return MR_FAILED;
	}
}

MR_ENTRY(ledger)
