/*
 * Keys: the columns of a row as bytes that memcmp() puts in their order, equal where all columns
 * are. For each column a byte that tells null, before or behind the values as the order says, and
 * then 8 bytes of its word or 16 of its decimal, big-endian, or its text, ended by 00 00, where a
 * byte 00 is 00 ff (as FoundationDB's tuples have it); all bits turned when it descends. No key is
 * the beginning of another.
 */
#ifndef ROW_KEY_H
#define ROW_KEY_H

#include <string.h>

#include "row_budget.h"
#include "table.h"

struct row_order {
	uint32_t column;
	bool descending;
	bool nulls_first;
};

/* Keys one behind the other; key i is bytes[offsets[i]] to bytes[offsets[i + 1]]. */
struct row_keys {
	struct table_bytes bytes;
	struct table_bytes offsets; /* uint64_t, one more than keys */
};

/* Bytes of each key when all have the same, 0 when some column is text. */
uint32_t row_key_width(const struct table_schema *schema, const struct row_order *order,
		       uint32_t count);
/* Appends the keys of rows of a plain batch. 0, -ENOMEM or -EDQUOT. */
int row_keys_add(struct row_keys *keys, const struct table_schema *schema,
		 const struct row_order *order, uint32_t count, const struct table_batch *batch,
		 uint64_t first, uint64_t rows, struct row_budget *budget);
/* Appends a copy of a key of others. As above. */
int row_keys_copy(struct row_keys *to, const struct row_keys *from, uint64_t i,
		  struct row_budget *budget);
void row_keys_clear(struct row_keys *keys);
void row_keys_free(struct row_keys *keys, struct row_budget *budget);

static inline const uint64_t *row_key_offsets(const struct row_keys *keys)
{
	return (const uint64_t *)(const void *)keys->offsets.at;
}
static inline const uint8_t *row_key_at(const struct row_keys *keys, uint64_t i)
{
	return keys->bytes.at + row_key_offsets(keys)[i];
}
static inline uint64_t row_key_bytes(const struct row_keys *keys, uint64_t i)
{
	return row_key_offsets(keys)[i + 1] - row_key_offsets(keys)[i];
}
/* As memcmp() does. */
static inline int row_keys_compare(const struct row_keys *a, uint64_t i, const struct row_keys *b,
				   uint64_t j)
{
	uint64_t x = row_key_bytes(a, i), y = row_key_bytes(b, j);
	int order = memcmp(row_key_at(a, i), row_key_at(b, j), x < y ? x : y);

	return order != 0 ? order : (x > y) - (x < y);
}

#endif
