/* What evaluation is made of. */
#ifndef REFERENCE_PARTS_H
#define REFERENCE_PARTS_H

#include "reference.h"

#define REFERENCE_DECIMAL_DIGITS 38

/* A value of another kind. 0, -ERANGE (does not fit), -EINVAL (is none such) or -ENOMEM. */
int reference_cast(const struct table_kind *from, const struct table_kind *to,
		   const struct reference_value *in, struct reference_scratch *scratch,
		   struct reference_value *out);
/* Both of the kind of operands; result is of kind. 0 or -ERANGE; may be null: n / 0. */
int reference_arithmetic(enum expression_op op, const struct table_kind *kind,
			 const struct reference_value *a, const struct reference_value *b,
			 struct reference_value *out);
int reference_negate(const struct table_kind *kind, const struct reference_value *in,
		     struct reference_value *out);
/* A NaN that is computed is always the same. */
double reference_real(double value);
/* 10 to the power n. */
__int128 reference_power(unsigned n);
/* Whether it has more digits than that. */
bool reference_decimal_large(__int128 value, unsigned digits);
/* A decimal as the nearest float64 of its digits, divided by the power of its scale. */
double reference_decimal_real(__int128 value, unsigned scale);

int64_t reference_length(enum table_type type, const struct reference_value *text);
void reference_substr(enum table_type type, const struct reference_value *text, int64_t first,
		      int64_t count, struct reference_value *out);
bool reference_like(enum table_type type, const struct reference_value *text,
		    const struct reference_value *pattern);

/* Days of a date or time, and of them year, month and day. */
int64_t reference_days(const struct table_kind *kind, int64_t value);
struct reference_date {
	int64_t year;
	int32_t month, day;
};
struct reference_date reference_date_of(int64_t days);
/* Units of a timestamp in a second. */
int64_t reference_units(enum table_unit unit);
int64_t reference_floor(int64_t a, int64_t b);

/* The value as a column has it: of fixed width, or bool as a byte. */
void reference_value_pack(const struct table_kind *kind, const struct reference_value *value,
			  void *to);

#endif
