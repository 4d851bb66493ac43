/* Values of one kind as another. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "reference_parts.h"
#include "table_text.h"

#define DAY_SECONDS 86400

static bool is_unsigned(enum table_type type)
{
	return type >= TABLE_UINT8 && type <= TABLE_UINT64;
}

int64_t reference_units(enum table_unit unit)
{
	static const int64_t units[] = {1, 1000, 1000000, 1000000000};

	return units[unit];
}

int64_t reference_floor(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* An integer, which 128 bits hold whatever it was, into an integer type. */
static int integer_put(enum table_type to, __int128 value, struct reference_value *out)
{
	unsigned bits = 8 * table_type_bytes(to);
	__int128 least = is_unsigned(to) ? 0 : -((__int128)1 << (bits - 1));
	__int128 most = ((__int128)1 << (is_unsigned(to) ? bits : bits - 1)) - 1;

	out->natural = (uint64_t)value;
	return value < least || value > most ? -ERANGE : 0;
}

static int decimal_put(const struct table_kind *to, __int128 value, struct reference_value *out)
{
	out->decimal = value;
	return reference_decimal_large(value, to->precision) ? -ERANGE : 0;
}

/* Digits are added as zeros, or cut off. */
static int rescale(const struct table_kind *to, __int128 value, unsigned scale,
		   struct reference_value *out)
{
	if (to->scale < scale)
		return decimal_put(to, value / reference_power(scale - to->scale), out);
	if (value != 0 &&
	    reference_decimal_large(value, REFERENCE_DECIMAL_DIGITS - (to->scale - scale)))
		return -ERANGE;
	return decimal_put(to, value * reference_power(to->scale - scale), out);
}

static int real_to(const struct table_kind *to, double value, struct reference_value *out)
{
	if (to->type == TABLE_FLOAT32 || to->type == TABLE_FLOAT64) {
		out->real =
		    reference_real(to->type == TABLE_FLOAT32 ? (double)(float)value : value);
		return 0;
	}
	if (to->type == TABLE_DECIMAL128)
		value = rint(value * (double)reference_power(to->scale));
	if (!(fabs(value) < 1e38)) /* NaN, too */
		return -ERANGE;
	return to->type == TABLE_DECIMAL128 ? decimal_put(to, (__int128)value, out)
					    : integer_put(to->type, (__int128)value, out);
}

static int integer_to(const struct table_kind *to, __int128 value, struct reference_value *out)
{
	switch (to->type) {
	case TABLE_BOOL:
		out->integer = value != 0;
		return 0;
	case TABLE_FLOAT32: /* rounded once */
		out->real =
		    value < 0 ? (double)(float)(int64_t)value : (double)(float)(uint64_t)value;
		return 0;
	case TABLE_FLOAT64:
		out->real = (double)value;
		return 0;
	case TABLE_DECIMAL128:
		return rescale(to, value, 0, out);
	default:
		return integer_put(to->type, value, out);
	}
}

static int decimal_to(const struct table_kind *from, const struct table_kind *to, __int128 value,
		      struct reference_value *out)
{
	if (to->type == TABLE_DECIMAL128)
		return rescale(to, value, from->scale, out);
	if (to->type == TABLE_FLOAT32 || to->type == TABLE_FLOAT64)
		return real_to(to, reference_decimal_real(value, from->scale), out);
	return integer_put(to->type, value / reference_power(from->scale), out);
}

/* Dates are days, timestamps units; what is coarser begins before. */
static int time_to(const struct table_kind *from, const struct table_kind *to, int64_t value,
		   struct reference_value *out)
{
	int64_t have = from->type == TABLE_DATE32 ? 1 : DAY_SECONDS * reference_units(from->unit);
	int64_t want = to->type == TABLE_DATE32 ? 1 : DAY_SECONDS * reference_units(to->unit);

	if (want >= have)
		return __builtin_mul_overflow(value, want / have, &out->integer) ? -ERANGE : 0;
	out->integer = reference_floor(value, have / want);
	return to->type == TABLE_DATE32 && out->integer != (int32_t)out->integer ? -ERANGE : 0;
}

static int text_made(const struct table_kind *from, const struct reference_value *in,
		     struct reference_scratch *scratch, struct reference_value *out)
{
	uint8_t *text = reference_scratch_take(scratch, TABLE_TEXT_BYTES_MAX);
	_Alignas(16) uint8_t fixed[16];

	if (text == NULL)
		return -ENOMEM;
	reference_value_pack(from, in, fixed);
	out->bytes = text;
	out->count = table_text_format(from, fixed, (char *)text);
	return 0;
}

static int text_read(const struct table_kind *to, const struct reference_value *in,
		     struct reference_value *out)
{
	struct expression literal = {.kind = *to};
	int rc = table_text_parse(to, (const char *)in->bytes, in->count, literal.fixed);

	if (rc == 0)
		reference_literal_get(&literal, out);
	return rc;
}

int reference_cast(const struct table_kind *from, const struct table_kind *to,
		   const struct reference_value *in, struct reference_scratch *scratch,
		   struct reference_value *out)
{
	*out = (struct reference_value){.null = in->null};
	if (in->null)
		return 0;
	if (table_type_is_text(from->type) && table_type_is_text(to->type)) {
		*out = *in;
		return to->type == TABLE_UTF8 && from->type == TABLE_BINARY &&
			       !table_utf8_valid(in->bytes, in->count)
			   ? -EINVAL
			   : 0;
	}
	if (to->type == TABLE_UTF8)
		return text_made(from, in, scratch, out);
	if (from->type == TABLE_UTF8)
		return text_read(to, in, out);
	if (from->type == TABLE_FLOAT32 || from->type == TABLE_FLOAT64)
		return real_to(to, in->real, out);
	if (from->type == TABLE_DECIMAL128)
		return decimal_to(from, to, in->decimal, out);
	if (from->type == TABLE_DATE32 || from->type == TABLE_TIMESTAMP)
		return time_to(from, to, in->integer, out);
	return integer_to(to, is_unsigned(from->type) ? (__int128)in->natural : in->integer, out);
}
