/*
 * Values as text, as CSV and JSON lines have them: what is written is read back to the same value.
 *
 *   integers     -12                decimal128  -1.50, with as many digits behind the point as
 * scale floats       0.1, 1.0, 1e+300, nan, inf, -inf: few digits, never too few to be read back
 *   bool         true, false        date32      2024-02-29 (ISO 8601; years beyond 9999 have a
 * sign) timestamp    2024-02-29 12:30:00[.digits of its unit][Z where it has a zone: then it is
 * UTC] binary       68656c6c6f         utf8        as it is
 */
#ifndef TABLE_TEXT_H
#define TABLE_TEXT_H

#include <stddef.h>

#include "table.h"

#define TABLE_TEXT_BYTES_MAX 80 /* of a value that is no utf8 or binary */

/* A value of fixed width, or bool as a byte, from text; integers without fraction or exponent,
 * decimals with no more digits than they have room for; timestamps also with a T in the middle,
 * and, where they have a zone, an offset like +01:00 instead of Z. -EINVAL: not of that kind.
 * -ERANGE: too large. */
int table_text_parse(const struct table_kind *kind, const char *text, size_t bytes, void *value);
/* The other way; not zero-terminated. Returns its bytes, at most TABLE_TEXT_BYTES_MAX. */
size_t table_text_format(const struct table_kind *kind, const void *value, char *text);

/* Parts of these, for their own types. */
int table_text_parse_integer(enum table_type type, const char *text, size_t bytes, void *value);
int table_text_parse_float(enum table_type type, const char *text, size_t bytes, void *value);
size_t table_text_format_float(enum table_type type, const void *value, char *text);
int table_text_parse_decimal(const struct table_kind *kind, const char *text, size_t bytes,
			     void *value);
size_t table_text_format_decimal(uint8_t scale, const void *value, char *text);
int table_text_parse_date(const char *text, size_t bytes, void *value);
size_t table_text_format_date(const void *value, char *text);
int table_text_parse_timestamp(const struct table_kind *kind, const char *text, size_t bytes,
			       void *value);
size_t table_text_format_timestamp(const struct table_kind *kind, const void *value, char separator,
				   char *text);
/* Decimal digits of a number; returns how many. */
size_t table_text_digits(unsigned __int128 number, char *text);

/* Hexadecimal digits of binary values. -EINVAL when bytes is odd or a digit is none. */
int table_text_parse_hex(const char *text, size_t bytes, uint8_t *to);
void table_text_format_hex(const uint8_t *from, size_t bytes, char *to);

/* Kinds in words: int64, timestamp[us, Europe/Zurich], decimal128(9, 2), utf8, ... Of a field with
 * a dictionary, dictionary<int32, utf8>. text has room for TABLE_KIND_BYTES_MAX. */
#define TABLE_KIND_BYTES_MAX 128
void table_kind_format(const struct table_kind *kind, char *text);
void table_field_format(const struct table_field *field, char *text);
/* -EINVAL when it is no kind. */
int table_kind_parse(const char *text, size_t bytes, struct table_kind *kind);

/* UTF-8 as RFC 3629 says: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool table_utf8_valid(const uint8_t *text, size_t bytes);

#endif
