/* Keys that memcmp() puts in order. */
#include "row_key.h"

#include <string.h>

#include "row_word.h"

#define ROWS_AT_ONCE 256 /* their words and sizes are on the stack, and stay in L1 */

enum { NULL_BEFORE, VALUE, NULL_BEHIND };

uint32_t row_key_width(const struct table_schema *schema, const struct row_order *order,
		       uint32_t count)
{
	uint32_t width = 0;

	for (uint32_t i = 0; i < count; i++) {
		enum table_type type = schema->fields[order[i].column].kind.type;

		if (table_type_is_text(type))
			return 0;
		width += 1 + (type == TABLE_DECIMAL128 ? 16 : 8);
	}
	return width;
}

/* Whether one of the bytes is 00 (Warren, "Hacker's Delight", 6-1). */
static inline bool has_zero(uint64_t word)
{
	return ((word - 0x0101010101010101) & ~word & 0x8080808080808080) != 0;
}

/* A text of at most 8 bytes without 00 among them, padded by 00, where 8 bytes can be read: words
 * of a language mostly are such, and a loop over their bytes ends each time where none expects it.
 */
static inline bool short_text(const struct table_column *column, uint64_t row, uint64_t rows,
			      uint64_t *word)
{
	uint64_t first = (uint64_t)column->offsets[row], mask;
	uint64_t bytes = (uint64_t)column->offsets[row + 1] - first;

	if (bytes - 1 > 7 || first + 8 > (uint64_t)column->offsets[rows])
		return false;
	mask = UINT64_MAX >> (64 - 8 * bytes);
	memcpy(word, column->bytes + first, sizeof(*word));
	*word &= mask;
	return !has_zero(*word | ~mask);
}

/* Text bytes with each 00 escaped, and their end. */
static uint64_t text_size(const struct table_column *column, uint64_t row)
{
	const uint8_t *at = column->bytes + column->offsets[row];
	const uint8_t *end = column->bytes + column->offsets[row + 1];
	uint64_t size = (uint64_t)(end - at) + 2, word;

	while (at < end) {
		if (end - at >= 8) {
			memcpy(&word, at, sizeof(word));
			if (!has_zero(word)) {
				at += 8;
				continue;
			}
		}
		size += *at++ == 0;
	}
	return size;
}

static uint8_t *text_put(const struct table_column *column, uint64_t row, uint8_t *to)
{
	const uint8_t *at = column->bytes + column->offsets[row];
	const uint8_t *end = column->bytes + column->offsets[row + 1];
	uint64_t word;

	while (at < end) {
		if (end - at >= 8) {
			memcpy(&word, at, sizeof(word));
			if (!has_zero(word)) {
				memcpy(to, &word, sizeof(word));
				at += 8;
				to += 8;
				continue;
			}
		}
		*to++ = *at;
		if (*at++ == 0)
			*to++ = 0xff;
	}
	*to++ = 0;
	*to++ = 0;
	return to;
}

static void big_endian_put(uint8_t *to, uint64_t word)
{
	word = __builtin_bswap64(word);
	memcpy(to, &word, sizeof(word));
}

static void decimal_put(const struct table_column *column, uint64_t row, uint8_t *to)
{
	uint64_t halves[2]; /* the lower one first */

	memcpy(halves, (const uint8_t *)column->values + 16 * row, sizeof(halves));
	big_endian_put(to, halves[1] ^ 1ull << 63);
	big_endian_put(to + 8, halves[0]);
}

/* One column of count keys; at[i] is where that of row first + i goes on. */
static void column_put(const struct table_kind *kind, const struct table_column *column,
		       const struct row_order *order, uint64_t first, uint64_t count, uint64_t rows,
		       bool first_column, uint8_t **at)
{
	uint64_t words[ROWS_AT_ONCE], word;
	uint8_t turned = order->descending ? 0xff : 0;

	if (row_kind_has_word(kind))
		row_words(kind, column, first, count, words);
	for (uint64_t i = 0; i < count; i++) {
		uint8_t *to = at[i] + 1, *end = to;
		bool null = table_is_null(column, first + i);

		*at[i] = !null ? VALUE : order->nulls_first ? NULL_BEFORE : NULL_BEHIND;
		if (null && !table_type_is_text(kind->type)) {
			end += row_kind_has_word(kind) ? 8 : 16;
			memset(to, 0, (size_t)(end - to));
		} else if (null) {
			;
		} else if (row_kind_has_word(kind)) {
			big_endian_put(to, turned != 0 ? ~words[i] : words[i]);
			end += 8;
		} else if (kind->type == TABLE_DECIMAL128) {
			decimal_put(column, first + i, to);
			end += 16;
		} else if (first_column && short_text(column, first + i, rows, &word)) {
			/* What it writes too much is where the next keys are still to be. */
			memcpy(to, &word, sizeof(word));
			end = to + (column->offsets[first + i + 1] - column->offsets[first + i]);
			memset(end, 0, 2);
			end += 2;
		} else {
			end = text_put(column, first + i, to);
		}
		if (turned != 0 && !null && !row_kind_has_word(kind))
			for (; to < end; to++)
				*to = (uint8_t) ~*to;
		at[i] = end;
	}
}

static uint64_t key_size(const struct table_schema *schema, const struct row_order *order,
			 uint32_t count, const struct table_batch *batch, uint64_t row)
{
	uint64_t size = 0, word;

	for (uint32_t i = 0; i < count; i++) {
		const struct table_column *column = &batch->columns[order[i].column];
		enum table_type type = schema->fields[order[i].column].kind.type;

		size++;
		if (!table_type_is_text(type))
			size += type == TABLE_DECIMAL128 ? 16 : 8;
		else if (!table_is_null(column, row))
			size +=
			    short_text(column, row, batch->rows, &word)
				? (uint64_t)(column->offsets[row + 1] - column->offsets[row]) + 2
				: text_size(column, row);
	}
	return size;
}

static int some_add(struct row_keys *keys, const struct table_schema *schema,
		    const struct row_order *order, uint32_t count, const struct table_batch *batch,
		    uint64_t first, uint64_t rows, struct row_budget *budget)
{
	uint32_t width = row_key_width(schema, order, count);
	uint8_t *at[ROWS_AT_ONCE];
	uint64_t ends[ROWS_AT_ONCE], from = keys->bytes.count, end = from;
	int rc;

	for (uint64_t i = 0; i < rows; i++) {
		end += width > 0 ? width : key_size(schema, order, count, batch, first + i);
		ends[i] = end;
	}
	rc = row_bytes_reserve(budget, &keys->bytes, end - from + sizeof(uint64_t));
	if (rc == 0)
		rc = row_bytes_reserve(budget, &keys->offsets, rows * sizeof(uint64_t));
	if (rc < 0)
		return rc;
	for (uint64_t i = 0; i < rows; i++)
		at[i] = keys->bytes.at + (i == 0 ? from : ends[i - 1]);
	for (uint32_t i = 0; i < count; i++)
		column_put(&schema->fields[order[i].column].kind, &batch->columns[order[i].column],
			   &order[i], first, rows, batch->rows, i == 0, at);
	keys->bytes.count = end;
	return table_bytes_add(&keys->offsets, ends, rows * sizeof(uint64_t));
}

/* Where the first key begins. */
static int offsets_begin(struct row_keys *keys, struct row_budget *budget)
{
	int rc;

	if (keys->offsets.count > 0)
		return 0;
	rc = row_bytes_reserve(budget, &keys->offsets, sizeof(uint64_t));
	return rc < 0 ? rc : table_bytes_add(&keys->offsets, &(uint64_t){0}, sizeof(uint64_t));
}

int row_keys_copy(struct row_keys *to, const struct row_keys *from, uint64_t i,
		  struct row_budget *budget)
{
	uint64_t bytes = row_key_bytes(from, i), end = to->bytes.count + bytes;
	int rc = offsets_begin(to, budget);

	if (rc == 0)
		rc = row_bytes_reserve(budget, &to->bytes, bytes);
	if (rc == 0)
		rc = row_bytes_reserve(budget, &to->offsets, sizeof(end));
	if (rc == 0)
		rc = table_bytes_add(&to->bytes, row_key_at(from, i), bytes);
	return rc < 0 ? rc : table_bytes_add(&to->offsets, &end, sizeof(end));
}

int row_keys_add(struct row_keys *keys, const struct table_schema *schema,
		 const struct row_order *order, uint32_t count, const struct table_batch *batch,
		 uint64_t first, uint64_t rows, struct row_budget *budget)
{
	int rc = offsets_begin(keys, budget);

	for (uint64_t done = 0, some; rc == 0 && done < rows; done += some) {
		some = rows - done < ROWS_AT_ONCE ? rows - done : ROWS_AT_ONCE;
		rc = some_add(keys, schema, order, count, batch, first + done, some, budget);
	}
	return rc;
}

void row_keys_clear(struct row_keys *keys)
{
	keys->bytes.count = 0;
	keys->offsets.count = 0;
}

void row_keys_free(struct row_keys *keys, struct row_budget *budget)
{
	row_bytes_free(budget, &keys->bytes);
	row_bytes_free(budget, &keys->offsets);
}
