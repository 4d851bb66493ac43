/* Values as text: which part is whose, and what needs no part of its own. */
#include "table_text.h"

#include <errno.h>
#include <string.h>

static int bool_parse(const char *text, size_t bytes, uint8_t *value)
{
	if (bytes == 4 && memcmp(text, "true", 4) == 0)
		*value = 1;
	else if (bytes == 5 && memcmp(text, "false", 5) == 0)
		*value = 0;
	else
		return -EINVAL;
	return 0;
}

int table_text_parse(const struct table_kind *kind, const char *text, size_t bytes, void *value)
{
	switch (kind->type) {
	case TABLE_BOOL:
		return bool_parse(text, bytes, value);
	case TABLE_FLOAT32:
	case TABLE_FLOAT64:
		return table_text_parse_float(kind->type, text, bytes, value);
	case TABLE_DATE32:
		return table_text_parse_date(text, bytes, value);
	case TABLE_TIMESTAMP:
		return table_text_parse_timestamp(kind, text, bytes, value);
	case TABLE_DECIMAL128:
		return table_text_parse_decimal(kind, text, bytes, value);
	default:
		return table_text_parse_integer(kind->type, text, bytes, value);
	}
}

size_t table_text_digits(unsigned __int128 number, char *text)
{
	char reversed[40];
	size_t count = 0;

	while (number > UINT64_MAX) {
		reversed[count++] = (char)('0' + (int)(number % 10));
		number /= 10;
	}
	for (uint64_t low = (uint64_t)number; count == 0 || low > 0; low /= 10)
		reversed[count++] = (char)('0' + low % 10);
	for (size_t i = 0; i < count; i++)
		text[i] = reversed[count - 1 - i];
	return count;
}

static size_t integer_format(enum table_type type, const void *value, char *text)
{
	uint32_t width = table_type_bytes(type);
	bool is_signed = type <= TABLE_INT64;
	uint64_t bits = 0;
	bool negative;

	memcpy(&bits, value, width);
	negative = is_signed && bits >> (8 * width - 1) != 0;
	if (negative && width < 8)
		bits |= UINT64_MAX << (8 * width);
	text[0] = '-';
	return negative + table_text_digits(negative ? 0 - bits : bits, text + negative);
}

size_t table_text_format(const struct table_kind *kind, const void *value, char *text)
{
	bool truth;

	switch (kind->type) {
	case TABLE_BOOL:
		truth = *(const uint8_t *)value != 0;
		memcpy(text, truth ? "true" : "false", 5);
		return truth ? 4 : 5;
	case TABLE_FLOAT32:
	case TABLE_FLOAT64:
		return table_text_format_float(kind->type, value, text);
	case TABLE_DATE32:
		return table_text_format_date(value, text);
	case TABLE_TIMESTAMP:
		return table_text_format_timestamp(kind, value, ' ', text);
	case TABLE_DECIMAL128:
		return table_text_format_decimal(kind->scale, value, text);
	default:
		return integer_format(kind->type, value, text);
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int table_text_parse_hex(const char *text, size_t bytes, uint8_t *to)
{
	if (bytes % 2 != 0)
		return -EINVAL;
	for (size_t i = 0; i < bytes; i += 2) {
		int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		to[i / 2] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

void table_text_format_hex(const uint8_t *from, size_t bytes, char *to)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < bytes; i++) {
		to[2 * i] = digits[from[i] >> 4];
		to[2 * i + 1] = digits[from[i] & 15];
	}
}
