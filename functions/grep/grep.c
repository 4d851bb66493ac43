/*
 * grep: the lines of each text that hold a fixed string, as "NAME:LINE\n".
 *
 * Inputs text (any number of items) and pattern (one item; a line end behind it does not count);
 * output lines, one item for each text that has a match. An empty pattern is in every line.
 */
#include <millrace_function.h>

struct output {
	uint8_t *at, *end;
};

/* First byte that is byte, or end. */
static const uint8_t *byte_find(const uint8_t *at, const uint8_t *end, uint8_t byte)
{
	const uint64_t wanted = byte * 0x0101010101010101ull;

	while (end - at >= 8) {
		uint64_t bytes, hit;

		__builtin_memcpy(&bytes, at, 8);
		bytes ^= wanted;
		hit = (bytes - 0x0101010101010101ull) & ~bytes & 0x8080808080808080ull;
		if (hit != 0)
			return at + ((uint32_t)__builtin_ctzll(hit) >> 3);
		at += 8;
	}
	while (at < end && *at != byte)
		at++;
	return at;
}

/* Where the pattern is next, or end. */
static const uint8_t *pattern_find(const uint8_t *at, const uint8_t *end, struct mr_bytes pattern)
{
	const uint8_t *last;

	if (pattern.len == 0)
		return at;
	if ((uint32_t)(end - at) < pattern.len)
		return end;
	last = end - pattern.len + 1;
	for (;;) {
		at = byte_find(at, last, pattern.data[0]);
		if (at == last)
			return end;
		if (__builtin_memcmp(at, pattern.data, pattern.len) == 0)
			return at;
		at++;
	}
}

static int line_write(struct mr_call *call, struct output *out, struct mr_bytes name,
		      struct mr_bytes line)
{
	if ((uint64_t)(out->end - out->at) < (uint64_t)name.len + line.len + 2)
		return mr_fail(call, "more matching lines than memory; raise `memory` of grep");
	if (name.len > 0)
		__builtin_memcpy(out->at, name.data, name.len);
	out->at += name.len;
	*out->at++ = ':';
	__builtin_memcpy(out->at, line.data, line.len);
	out->at += line.len;
	*out->at++ = '\n';
	return 0;
}

static int text_search(struct mr_call *call, struct output *out, struct mr_bytes name,
		       struct mr_bytes text, struct mr_bytes pattern)
{
	const uint8_t *at = text.data, *end = at + text.len;

	while (at < end) {
		const uint8_t *hit = pattern_find(at, end, pattern);
		struct mr_bytes line;

		if (hit == end)
			return 0;
		for (line.data = hit; line.data > at && line.data[-1] != '\n';)
			line.data--;
		at = byte_find(hit, end, '\n');
		line.len = (uint32_t)(at - line.data);
		if (line_write(call, out, name, line) != 0)
			return MR_FAILED;
		at++;
	}
	return 0;
}

static int item_search(struct mr_call *call, struct mr_set *lines, const struct mr_item *item,
		       struct mr_bytes pattern)
{
	struct mr_bytes found;
	struct output out;
	uint32_t room;

	/* The item's entry first: what is found then takes the rest of the heap. */
	if (mr_out_reserve(call, lines, 1) != 0)
		return MR_FAILED;
	out.at = (uint8_t *)mr_alloc_rest(call, MR_ALIGN, &room);
	if (out.at == NULL)
		return MR_FAILED;
	out.end = out.at + room;
	found.data = out.at;
	if (text_search(call, &out, mr_item_name(call, item), mr_item_bytes(call, item), pattern) !=
	    0)
		return MR_FAILED;
	mr_trim(call, out.at);
	found.len = (uint32_t)(out.at - found.data);
	if (found.len == 0)
		return 0;
	return mr_out_add(call, lines, mr_item_name(call, item), mr_none(), found);
}

static int grep(struct mr_call *call)
{
	const struct mr_set *text = mr_in(call, "text");
	const struct mr_item *pattern_item = mr_in_only(call, "pattern");
	struct mr_set *lines = mr_out(call, "lines");
	struct mr_bytes pattern;

	if (text == NULL || pattern_item == NULL || lines == NULL)
		return MR_FAILED;
	pattern = mr_item_bytes(call, pattern_item);
	if (pattern.len > 0 && pattern.data[pattern.len - 1] == '\n')
		pattern.len--;
	if (byte_find(pattern.data, pattern.data + pattern.len, '\n') != pattern.data + pattern.len)
		return mr_fail(call, "the pattern has more than one line");
	for (uint32_t i = 0; i < text->item_count; i++)
		if (item_search(call, lines, mr_in_item(call, text, i), pattern) != 0)
			return MR_FAILED;
	return 0;
}

MR_ENTRY(grep)
