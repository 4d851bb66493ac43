/* Passes the lines of its items on, one item each with itself as its key; behind each line "|N"
 * when `side` has N > 0 items. `sizes`: "NAME BYTES" of each item. Empty lines are left out. */
#include <millrace_function.h>

/* text, the decimal digits of number, and a line end. */
static struct mr_bytes line_make(struct mr_call *call, struct mr_bytes text, const char *between,
				 uint32_t number)
{
	uint8_t digits[10];
	uint32_t count = 0;
	struct mr_bytes line = {0, 0};
	uint8_t *to = mr_alloc(call, text.len + sizeof(digits) + 2, 1);

	if (to == NULL)
		return line;
	line.data = to;
	__builtin_memcpy(to, text.data, text.len);
	to += text.len;
	if (between[0] != 0)
		*to++ = (uint8_t)between[0];
	for (; between[0] != 0 && (number > 0 || count == 0); number /= 10)
		digits[count++] = (uint8_t)('0' + number % 10);
	while (count > 0)
		*to++ = digits[--count];
	*to++ = '\n';
	line.len = (uint32_t)(to - line.data);
	return line;
}

static int item_relay(struct mr_call *call, struct mr_set *made, const struct mr_item *item,
		      uint32_t side)
{
	const struct mr_bytes all = mr_item_bytes(call, item);

	for (uint32_t first = 0, end = 0; first < all.len; first = ++end) {
		struct mr_bytes line = {all.data + first, 0}, whole;

		while (end < all.len && all.data[end] != '\n')
			end++;
		line.len = end - first;
		if (line.len == 0)
			continue;
		whole = line_make(call, line, side > 0 ? "|" : "", side);
		if (whole.data == NULL ||
		    mr_out_add(call, made, mr_item_name(call, item), line, whole) != 0)
			return MR_FAILED;
	}
	return 0;
}

static int relay(struct mr_call *call)
{
	const struct mr_set *given = mr_in(call, "given"), *side = mr_in(call, "side");
	struct mr_set *made = mr_out(call, "made"), *sizes = mr_out(call, "sizes");

	if (given == NULL || side == NULL || made == NULL || sizes == NULL)
		return MR_FAILED;
	for (uint32_t i = 0; i < given->item_count; i++) {
		const struct mr_item *item = mr_in_item(call, given, i);
		struct mr_bytes size =
		    line_make(call, mr_item_name(call, item), " ", item->bytes_len);

		if (size.data == NULL || mr_out_add(call, sizes, mr_none(), mr_none(), size) != 0 ||
		    item_relay(call, made, item, side->item_count) != 0)
			return MR_FAILED;
	}
	return 0;
}

MR_ENTRY(relay)
