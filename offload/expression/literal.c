/* Literals: what kinds hold their values. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "expression_tree.h"
#include "table_text.h"

unsigned __int128 expression_power(unsigned n)
{
	unsigned __int128 power = 1;

	for (; n > 0; n--)
		power *= 10;
	return power;
}

static void become(struct expression *literal, const struct table_kind *kind)
{
	literal->kind = *kind;
	literal->loose = false;
	if (table_type_is_text(kind->type))
		return;
	free(literal->text);
	literal->text = NULL;
	literal->bytes = 0;
}

/* Whether a float32 is the double that the text says. */
static bool narrow_is_exact(const char *text, size_t bytes)
{
	double wide;

	return table_text_parse_float(TABLE_FLOAT64, text, bytes, &wide) == 0 &&
	       (double)(float)wide == wide;
}

int expression_literal_take(struct expression *literal, const struct table_kind *kind)
{
	bool number = literal->kind.type == TABLE_DECIMAL128;
	bool numeric = table_type_is_integer(kind->type) || kind->type == TABLE_FLOAT32 ||
		       kind->type == TABLE_FLOAT64 || kind->type == TABLE_DECIMAL128;

	if (literal->null) {
		become(literal, kind);
		return 0;
	}
	if (!number && table_type_is_text(kind->type)) {
		become(literal, kind);
		return 0;
	}
	if (number ? !numeric : kind->type != TABLE_DATE32 && kind->type != TABLE_TIMESTAMP)
		return -EINVAL;
	if (kind->type == TABLE_FLOAT32 && !narrow_is_exact(literal->text, literal->bytes))
		return -EINVAL;
	memset(literal->fixed, 0, sizeof(literal->fixed));
	if (table_text_parse(kind, literal->text, literal->bytes, literal->fixed) < 0)
		return -EINVAL;
	become(literal, kind);
	return 0;
}

/* The least decimal that has all the digits; false when it is no decimal of at most 38. */
static bool decimal_kind(const struct expression *literal, struct table_kind *kind)
{
	uint32_t before = 0, behind = 0;
	bool point = false;

	for (uint32_t i = 0; i < literal->bytes; i++) {
		char c = literal->text[i];

		if (c == 'e' || c == 'E')
			return false;
		point |= c == '.';
		if (c < '0' || c > '9' || (c == '0' && before == 0 && !point))
			continue;
		before += !point;
		behind += point;
	}
	if (before + behind > 38)
		return false;
	*kind = (struct table_kind){.type = TABLE_DECIMAL128,
				    .precision = (uint8_t)(before + behind),
				    .scale = (uint8_t)behind};
	kind->precision += kind->precision == 0;
	return true;
}

bool expression_literal_kind(const struct expression *literal, struct table_kind *kind)
{
	static const enum table_type integers[] = {TABLE_INT64, TABLE_UINT64};
	uint64_t value;

	*kind = literal->kind;
	if (literal->null)
		return false;
	if (literal->kind.type != TABLE_DECIMAL128)
		return true;
	for (uint32_t i = 0; i < 2; i++) {
		*kind = (struct table_kind){.type = integers[i]};
		if (table_text_parse(kind, literal->text, literal->bytes, &value) == 0)
			return true;
	}
	if (!decimal_kind(literal, kind))
		*kind = (struct table_kind){.type = TABLE_FLOAT64};
	return true;
}
