/* Values of up to 8 bytes as words: 64 bits whose unsigned order is the order of the values, and
 * which are equal where these are: docs/operators.md, "Order of values". Integers of any width
 * have the words of int64 or uint64, floats those of float64. */
#ifndef ROW_WORD_H
#define ROW_WORD_H

#include "table.h"

/* Not utf8, binary and decimal128. */
static inline bool row_kind_has_word(const struct table_kind *kind)
{
	return !table_type_is_text(kind->type) && kind->type != TABLE_DECIMAL128;
}
/* Whether words or keys of both kinds can be compared with each other. */
bool row_kinds_compare(const struct table_kind *a, const struct table_kind *b);

/* Of count rows of a plain column from first on; a null's is anything. */
void row_words(const struct table_kind *kind, const struct table_column *column, uint64_t first,
	       uint64_t count, uint64_t *words);
/* The value again, zero as 0.0 and NaN as the one computed; fixed width, bool as a byte. */
void row_word_value(const struct table_kind *kind, uint64_t word, void *value);

#endif
