/* Which kinds operations take, and what they give. */
#include "expression_kinds.h"

#define DIGITS_MAX 38 /* of decimal128 */

static bool is_float(const struct table_kind *kind)
{
	return kind->type == TABLE_FLOAT32 || kind->type == TABLE_FLOAT64;
}

static bool is_decimal(const struct table_kind *kind)
{
	return kind->type == TABLE_DECIMAL128;
}

static bool is_number(const struct table_kind *kind)
{
	return table_type_is_integer(kind->type) || is_float(kind) || is_decimal(kind);
}

static bool is_unsigned(const struct table_kind *kind)
{
	return kind->type >= TABLE_UINT8 && kind->type <= TABLE_UINT64;
}

struct table_kind expression_kind_wide(const struct table_kind *kind)
{
	if (kind->type == TABLE_INT8 || kind->type == TABLE_INT16)
		return (struct table_kind){.type = TABLE_INT32};
	if (kind->type == TABLE_UINT8 || kind->type == TABLE_UINT16)
		return (struct table_kind){.type = TABLE_UINT32};
	return *kind;
}

/* Both integers. */
static struct table_kind integers_meet(const struct table_kind *a, const struct table_kind *b)
{
	struct table_kind x = expression_kind_wide(a), y = expression_kind_wide(b);

	if (is_unsigned(&x) != is_unsigned(&y))
		return (struct table_kind){.type = TABLE_INT64};
	return x.type > y.type ? x : y;
}

/* An integer as a decimal of scale 0, with the digits its type may have. */
static struct table_kind decimal_of(const struct table_kind *kind)
{
	static const uint8_t digits[] = {
	    [TABLE_INT8] = 3,  [TABLE_INT16] = 5,  [TABLE_INT32] = 10,  [TABLE_INT64] = 19,
	    [TABLE_UINT8] = 3, [TABLE_UINT16] = 5, [TABLE_UINT32] = 10, [TABLE_UINT64] = 20,
	};

	if (is_decimal(kind))
		return *kind;
	return (struct table_kind){.type = TABLE_DECIMAL128, .precision = digits[kind->type]};
}

static uint8_t at_most_38(unsigned digits)
{
	return (uint8_t)(digits < DIGITS_MAX ? digits : DIGITS_MAX);
}

/* The larger scale, and as many digits before the point as either has, and more. */
static struct table_kind decimals_meet(const struct table_kind *a, const struct table_kind *b,
				       unsigned more)
{
	struct table_kind x = decimal_of(a), y = decimal_of(b), kind = x;
	unsigned before = x.precision - x.scale > y.precision - y.scale
			      ? (unsigned)(x.precision - x.scale)
			      : (unsigned)(y.precision - y.scale);

	kind.scale = x.scale > y.scale ? x.scale : y.scale;
	kind.precision = at_most_38(before + kind.scale + more);
	return kind;
}

static bool product_of_decimals(const struct table_kind *a, const struct table_kind *b,
				struct table_kind operands[2], struct table_kind *result)
{
	operands[0] = decimal_of(a);
	operands[1] = decimal_of(b);
	if (operands[0].scale + operands[1].scale > DIGITS_MAX)
		return false;
	*result = operands[0];
	result->scale = (uint8_t)(operands[0].scale + operands[1].scale);
	result->precision = at_most_38((unsigned)operands[0].precision + operands[1].precision);
	return true;
}

bool expression_kind_arithmetic(enum expression_op op, const struct table_kind *left,
				const struct table_kind *right, struct table_kind operands[2],
				struct table_kind *result)
{
	bool decimal = is_decimal(left) || is_decimal(right);
	bool real = is_float(left) || is_float(right);

	if (!is_number(left) || !is_number(right))
		return false;
	if (op == EXPRESSION_MODULO && (decimal || real))
		return false;
	if (real || (decimal && op == EXPRESSION_DIVIDE)) {
		bool narrow = left->type == TABLE_FLOAT32 && right->type == TABLE_FLOAT32;

		*result = (struct table_kind){.type = narrow ? TABLE_FLOAT32 : TABLE_FLOAT64};
	} else if (!decimal) {
		*result = integers_meet(left, right);
	} else if (op == EXPRESSION_MULTIPLY) {
		return product_of_decimals(left, right, operands, result);
	} else {
		*result = decimals_meet(left, right, 1);
		operands[0] = operands[1] = decimals_meet(left, right, 0);
		return true;
	}
	operands[0] = operands[1] = *result;
	return true;
}

bool expression_kind_quotient(enum expression_op op, const struct table_kind *left,
			      const struct table_kind *right)
{
	return op == EXPRESSION_DIVIDE && (is_decimal(left) || is_decimal(right)) &&
	       !is_float(left) && !is_float(right);
}

/* Instants with instants, wall clocks with wall clocks, which dates begin: in the finer unit. */
static bool times_meet(const struct table_kind *a, const struct table_kind *b,
		       struct table_kind *kind)
{
	if (a->type == b->type && a->type == TABLE_DATE32) {
		*kind = *a;
		return true;
	}
	*kind = a->type == TABLE_TIMESTAMP ? *a : *b;
	if (a->type != b->type)
		return kind->zone[0] == '\0';
	kind->unit = a->unit > b->unit ? a->unit : b->unit;
	return (a->zone[0] == '\0') == (b->zone[0] == '\0');
}

bool expression_kind_comparison(const struct table_kind *a, const struct table_kind *b,
				struct table_kind *kind)
{
	if (is_number(a) && is_number(b)) {
		bool narrow = a->type == TABLE_FLOAT32 && b->type == TABLE_FLOAT32;

		if (is_float(a) || is_float(b))
			*kind = (struct table_kind){.type = narrow ? TABLE_FLOAT32 : TABLE_FLOAT64};
		else if (is_decimal(a) || is_decimal(b))
			*kind = decimals_meet(a, b, 0);
		else if (is_unsigned(a) != is_unsigned(b) &&
			 (a->type == TABLE_UINT64 || b->type == TABLE_UINT64))
			*kind = decimals_meet(a, b, 0); /* no integer holds both */
		else
			*kind = integers_meet(a, b);
		return true;
	}
	if ((a->type == TABLE_DATE32 || a->type == TABLE_TIMESTAMP) &&
	    (b->type == TABLE_DATE32 || b->type == TABLE_TIMESTAMP))
		return times_meet(a, b, kind);
	*kind = *a;
	if (table_type_is_text(a->type) && table_type_is_text(b->type)) {
		if (a->type != b->type)
			kind->type = TABLE_BINARY;
		return true;
	}
	return a->type == TABLE_BOOL && b->type == TABLE_BOOL;
}

bool expression_kind_signed(const struct table_kind *kind, struct table_kind *result)
{
	*result = is_unsigned(kind) ? (struct table_kind){.type = TABLE_INT64}
				    : expression_kind_wide(kind);
	return is_number(kind);
}

bool expression_kind_castable(const struct table_kind *from, const struct table_kind *to)
{
	bool from_time = from->type == TABLE_DATE32 || from->type == TABLE_TIMESTAMP;
	bool to_time = to->type == TABLE_DATE32 || to->type == TABLE_TIMESTAMP;

	if (from->type == to->type || from->type == TABLE_UTF8 || to->type == TABLE_UTF8)
		return true;
	if (from->type == TABLE_BOOL || to->type == TABLE_BOOL)
		return table_type_is_integer(from->type) || table_type_is_integer(to->type);
	return (is_number(from) && is_number(to)) || (from_time && to_time);
}
