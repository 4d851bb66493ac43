/* Values as words. */
#include "row_word.h"

#include <string.h>

#define SIGN (1ull << 63)
#define NAN_WORD (0x7ff8000000000000ull | SIGN) /* of the one NaN: above infinity */

static bool is_signed(enum table_type type)
{
	return (type >= TABLE_INT8 && type <= TABLE_INT64);
}

static bool is_unsigned(enum table_type type)
{
	return type >= TABLE_UINT8 && type <= TABLE_UINT64;
}

static bool is_float(enum table_type type)
{
	return type == TABLE_FLOAT32 || type == TABLE_FLOAT64;
}

bool row_kinds_compare(const struct table_kind *a, const struct table_kind *b)
{
	if (a->type == TABLE_DECIMAL128 && b->type == TABLE_DECIMAL128)
		return a->scale == b->scale;
	if (a->type == TABLE_TIMESTAMP && b->type == TABLE_TIMESTAMP)
		return a->unit == b->unit && (a->zone[0] == '\0') == (b->zone[0] == '\0');
	return (is_signed(a->type) && is_signed(b->type)) ||
	       (is_unsigned(a->type) && is_unsigned(b->type)) ||
	       (is_float(a->type) && is_float(b->type)) || a->type == b->type;
}

/* Without a branch: of positive numbers the sign is set, of negative ones all bits are turned. */
static inline uint64_t float_word(double value)
{
	uint64_t bits, zero = value == 0 ? 0 : UINT64_MAX, is_nan = value != value ? UINT64_MAX : 0;

	memcpy(&bits, &value, sizeof(bits));
	bits &= zero;
	bits ^= (uint64_t)((int64_t)bits >> 63) | SIGN;
	return (bits & ~is_nan) | (NAN_WORD & is_nan);
}

static double float_value(uint64_t word)
{
	uint64_t bits = word & SIGN ? word ^ SIGN : ~word;
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

#define SIGNED_WORDS(type)                                                 \
	do {                                                               \
		const type *values = (const type *)column->values + first; \
		for (uint64_t i = 0; i < count; i++)                       \
			words[i] = (uint64_t)(int64_t)values[i] ^ SIGN;    \
	} while (0)
#define UNSIGNED_WORDS(type)                                               \
	do {                                                               \
		const type *values = (const type *)column->values + first; \
		for (uint64_t i = 0; i < count; i++)                       \
			words[i] = values[i];                              \
	} while (0)
#define FLOAT_WORDS(type)                                                  \
	do {                                                               \
		const type *values = (const type *)column->values + first; \
		for (uint64_t i = 0; i < count; i++)                       \
			words[i] = float_word((double)values[i]);          \
	} while (0)

void row_words(const struct table_kind *kind, const struct table_column *column, uint64_t first,
	       uint64_t count, uint64_t *words)
{
	switch (kind->type) {
	case TABLE_BOOL:
		for (uint64_t i = 0; i < count; i++)
			words[i] = table_bit(column->values, first + i);
		break;
	case TABLE_INT8:
		SIGNED_WORDS(int8_t);
		break;
	case TABLE_INT16:
		SIGNED_WORDS(int16_t);
		break;
	case TABLE_INT32:
	case TABLE_DATE32:
		SIGNED_WORDS(int32_t);
		break;
	case TABLE_UINT8:
		UNSIGNED_WORDS(uint8_t);
		break;
	case TABLE_UINT16:
		UNSIGNED_WORDS(uint16_t);
		break;
	case TABLE_UINT32:
		UNSIGNED_WORDS(uint32_t);
		break;
	case TABLE_UINT64:
		UNSIGNED_WORDS(uint64_t);
		break;
	case TABLE_FLOAT32:
		FLOAT_WORDS(float);
		break;
	case TABLE_FLOAT64:
		FLOAT_WORDS(double);
		break;
	default:
		SIGNED_WORDS(int64_t);
	}
}

void row_word_value(const struct table_kind *kind, uint64_t word, void *value)
{
	uint64_t whole = word ^ SIGN;
	double wide;
	float narrow;

	switch (kind->type) {
	case TABLE_FLOAT32:
		narrow = (float)float_value(word);
		memcpy(value, &narrow, sizeof(narrow));
		break;
	case TABLE_FLOAT64:
		wide = float_value(word);
		memcpy(value, &wide, sizeof(wide));
		break;
	case TABLE_BOOL:
		memcpy(value, &word, 1);
		break;
	default:
		if (is_unsigned(kind->type))
			whole = word;
		memcpy(value, &whole, table_type_bytes(kind->type));
	}
}
