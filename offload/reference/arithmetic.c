/* + - * / % of one kind, with overflow told. */
#include <errno.h>
#include <math.h>

#include "reference_parts.h"

double reference_real(double value)
{
	return isnan(value) ? __builtin_nan("") : value;
}

__int128 reference_power(unsigned n)
{
	__int128 power = 1;

	for (; n > 0; n--)
		power *= 10;
	return power;
}

bool reference_decimal_large(__int128 value, unsigned digits)
{
	__int128 bound = reference_power(digits);

	return value >= bound || value <= -bound;
}

double reference_decimal_real(__int128 value, unsigned scale)
{
	return (double)value / (double)reference_power(scale);
}

static int real_arithmetic(enum expression_op op, bool narrow, double a, double b, double *out)
{
	double r = op == EXPRESSION_ADD        ? a + b
		   : op == EXPRESSION_SUBTRACT ? a - b
		   : op == EXPRESSION_MULTIPLY ? a * b
					       : a / b;

	if (narrow) {
		float x = (float)a, y = (float)b;

		r = (double)(op == EXPRESSION_ADD        ? x + y
			     : op == EXPRESSION_SUBTRACT ? x - y
			     : op == EXPRESSION_MULTIPLY ? x * y
							 : x / y);
	}
	*out = reference_real(r);
	return 0;
}

static int signed_arithmetic(enum expression_op op, bool narrow, int64_t a, int64_t b,
			     struct reference_value *out)
{
	int64_t r = 0;
	bool over = false;

	switch (op) {
	case EXPRESSION_ADD:
		over = __builtin_add_overflow(a, b, &r);
		break;
	case EXPRESSION_SUBTRACT:
		over = __builtin_sub_overflow(a, b, &r);
		break;
	case EXPRESSION_MULTIPLY:
		over = __builtin_mul_overflow(a, b, &r);
		break;
	default:
		out->null = b == 0;
		if (b == -1) {
			over = op == EXPRESSION_DIVIDE && __builtin_sub_overflow((int64_t)0, a, &r);
		} else if (b != 0) {
			r = op == EXPRESSION_DIVIDE ? a / b : a % b;
		}
	}
	out->integer = r;
	return over || (narrow && r != (int32_t)r) ? -ERANGE : 0;
}

static int unsigned_arithmetic(enum expression_op op, bool narrow, uint64_t a, uint64_t b,
			       struct reference_value *out)
{
	uint64_t r = 0;
	bool over = false;

	switch (op) {
	case EXPRESSION_ADD:
		over = __builtin_add_overflow(a, b, &r);
		break;
	case EXPRESSION_SUBTRACT:
		over = __builtin_sub_overflow(a, b, &r);
		break;
	case EXPRESSION_MULTIPLY:
		over = __builtin_mul_overflow(a, b, &r);
		break;
	default:
		out->null = b == 0;
		if (b != 0)
			r = op == EXPRESSION_DIVIDE ? a / b : a % b;
	}
	out->natural = r;
	return over || (narrow && r != (uint32_t)r) ? -ERANGE : 0;
}

static unsigned __int128 magnitude(__int128 value)
{
	return value < 0 ? 0 - (unsigned __int128)value : (unsigned __int128)value;
}

static int decimal_arithmetic(enum expression_op op, __int128 a, __int128 b, __int128 *out)
{
	unsigned __int128 x = magnitude(a), y = magnitude(b);
	bool over = false;

	switch (op) {
	case EXPRESSION_ADD:
		over = __builtin_add_overflow(a, b, out);
		break;
	case EXPRESSION_SUBTRACT:
		over = __builtin_sub_overflow(a, b, out);
		break;
	default:
		over =
		    y != 0 && x > (unsigned __int128)reference_power(REFERENCE_DECIMAL_DIGITS) / y;
		*out = over ? 0 : a * b;
	}
	return over || reference_decimal_large(*out, REFERENCE_DECIMAL_DIGITS) ? -ERANGE : 0;
}

int reference_arithmetic(enum expression_op op, const struct table_kind *kind,
			 const struct reference_value *a, const struct reference_value *b,
			 struct reference_value *out)
{
	switch (kind->type) {
	case TABLE_FLOAT32:
	case TABLE_FLOAT64:
		return real_arithmetic(op, kind->type == TABLE_FLOAT32, a->real, b->real,
				       &out->real);
	case TABLE_DECIMAL128:
		return decimal_arithmetic(op, a->decimal, b->decimal, &out->decimal);
	case TABLE_UINT32:
	case TABLE_UINT64:
		return unsigned_arithmetic(op, kind->type == TABLE_UINT32, a->natural, b->natural,
					   out);
	default:
		return signed_arithmetic(op, kind->type == TABLE_INT32, a->integer, b->integer,
					 out);
	}
}

int reference_negate(const struct table_kind *kind, const struct reference_value *in,
		     struct reference_value *out)
{
	static const struct reference_value zero = {.null = false};

	if (kind->type == TABLE_FLOAT32 || kind->type == TABLE_FLOAT64) {
		out->real = reference_real(-in->real); /* of zero: the other zero */
		return 0;
	}
	return reference_arithmetic(EXPRESSION_SUBTRACT, kind, &zero, in, out);
}
