/* The order of lines: columns, ranks and full comparison. */
#include <errno.h>
#include <string.h>

#include "lines.h"

/* A line, and a column of it already found: the next one asked for is mostly to its right. */
struct cursor {
	const uint8_t *start;
	const uint8_t *end;
	const uint8_t *at;
	uint32_t column;
};

int line_order_init(struct line_order *order, const struct sink_key *keys, uint32_t key_count)
{
	*order = (struct line_order){.keys = keys, .key_count = key_count};
	if (key_count > MR_MERGE_KEYS_MAX)
		return -EINVAL;
	for (uint32_t i = 0; i < key_count; i++) {
		if (keys[i].column == 0)
			return -EINVAL;
		if (keys[i].column > order->column_last)
			order->column_last = keys[i].column;
	}
	return 0;
}

/* --- Columns --------------------------------------------------------------------------------- */

static void cursor_init(struct cursor *c, const uint8_t *text, uint64_t bytes)
{
	*c = (struct cursor){.start = text, .end = text + bytes, .at = text, .column = 1};
}

/* Moves to the start of a column, or to the end of a line that has too few. */
static void cursor_seek(struct cursor *c, uint32_t column)
{
	if (column < c->column) {
		c->at = c->start;
		c->column = 1;
	}
	for (; c->column < column; c->column++) {
		const uint8_t *space = memchr(c->at, ' ', (size_t)(c->end - c->at));

		if (space == NULL) {
			c->at = c->end;
			c->column = column;
			return;
		}
		c->at = space + 1;
	}
}

static const uint8_t *text_end(const struct line_order *order, const struct cursor *c,
			       uint32_t column)
{
	const uint8_t *space;

	if (column == order->column_last)
		return c->end;
	space = memchr(c->at, ' ', (size_t)(c->end - c->at));
	return space != NULL ? space : c->end;
}

/* The number at the cursor, which moves to the next column. */
static bool number_take(struct cursor *c, uint64_t *value)
{
	const uint8_t *at = c->at;
	uint64_t number = 0;

	for (; at < c->end && (uint8_t)(*at - '0') < 10; at++) {
		uint64_t digit = (uint64_t)(*at - '0');

		if (number >= UINT64_MAX / 10 &&
		    (number > UINT64_MAX / 10 || digit > UINT64_MAX % 10))
			return false;
		number = 10 * number + digit;
	}
	if (at == c->at || (at < c->end && *at != ' '))
		return false;
	*value = number;
	if (at < c->end) {
		c->at = at + 1;
		c->column++;
	}
	return true;
}

/* --- Ranks ----------------------------------------------------------------------------------- */

/* The first eight bytes of a text, zeros where it is shorter: compares as memcmp() does. */
static uint64_t text_word(const uint8_t *text, const uint8_t *end, const uint8_t *limit)
{
	uint64_t bytes = (uint64_t)(end - text);
	uint64_t word = 0;

	if (text + sizeof(word) <= limit) {
		memcpy(&word, text, sizeof(word));
		word = __builtin_bswap64(word);
		if (bytes < sizeof(word))
			word = bytes == 0 ? 0 : word & ~0ull << (64 - 8 * bytes);
		return word;
	}
	if (bytes > sizeof(word))
		bytes = sizeof(word);
	memcpy(&word, text, bytes);
	return __builtin_bswap64(word);
}

/* Every number is parsed, if only to be refused; the first two words of keys make the rank. A text
 * that comes first fills both: what comes after it counts only when the texts are equal. */
uint32_t line_rank(const struct line_order *order, const uint8_t *text, uint64_t bytes,
		   const uint8_t *limit, struct line_rank *rank)
{
	uint64_t words[2] = {0, 0};
	uint32_t count = 0;
	struct cursor c;

	cursor_init(&c, text, bytes);
	for (uint32_t i = 0; i < order->key_count; i++) {
		const struct sink_key *key = &order->keys[i];
		uint64_t flip = key->descending ? ~0ull : 0;
		uint64_t number = 0;

		if (!key->number && count >= 2)
			continue;
		cursor_seek(&c, key->column);
		if (key->number) {
			if (!number_take(&c, &number))
				return key->column;
			if (count < 2)
				words[count++] = number ^ flip;
			continue;
		}
		const uint8_t *end = text_end(order, &c, key->column);

		words[count] = text_word(c.at, end, limit) ^ flip;
		if (count == 0)
			words[1] = text_word(end - c.at > 8 ? c.at + 8 : end, end, limit) ^ flip;
		count = 2;
	}
	*rank = (struct line_rank){words[0], words[1]};
	return 0;
}

/* --- Full comparison ------------------------------------------------------------------------- */

static int text_compare(const uint8_t *a, const uint8_t *a_end, const uint8_t *b,
			const uint8_t *b_end)
{
	size_t a_bytes = (size_t)(a_end - a);
	size_t b_bytes = (size_t)(b_end - b);
	int order = memcmp(a, b, a_bytes < b_bytes ? a_bytes : b_bytes);

	return order != 0 ? order : (a_bytes > b_bytes) - (a_bytes < b_bytes);
}

int line_compare(const struct line_order *order, const uint8_t *a, uint64_t a_bytes,
		 const uint8_t *b, uint64_t b_bytes)
{
	struct cursor left;
	struct cursor right;

	cursor_init(&left, a, a_bytes);
	cursor_init(&right, b, b_bytes);
	for (uint32_t i = 0; i < order->key_count; i++) {
		const struct sink_key *key = &order->keys[i];
		uint64_t m = 0;
		uint64_t n = 0;
		int result;

		cursor_seek(&left, key->column);
		cursor_seek(&right, key->column);
		if (key->number) {
			number_take(&left, &m);
			number_take(&right, &n);
			result = (m > n) - (m < n);
		} else {
			result = text_compare(left.at, text_end(order, &left, key->column),
					      right.at, text_end(order, &right, key->column));
		}
		if (result != 0)
			return key->descending ? -result : result;
	}
	return 0;
}
