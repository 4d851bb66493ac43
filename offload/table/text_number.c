/*
 * Numbers as text. Floats of few digits are read and written by exact arithmetic (Clinger, "How to
 * Read Floating Point Numbers Accurately", 1990: an integer below 2^53 divided by a power of ten
 * that is exact is correctly rounded); the rest is strtod()'s and printf()'s.
 */
#include "table_text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define EXACT_POWER_MAX 22 /* 10^22 is the largest power of ten that a double holds */

static const double powers[EXACT_POWER_MAX + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits without a sign into *number. */
static int digits_parse(const char *text, size_t bytes, uint64_t *number)
{
	uint64_t n = 0;

	if (bytes == 0)
		return -EINVAL;
	for (size_t i = 0; i < bytes; i++) {
		if (!is_digit(text[i]))
			return -EINVAL;
		if (n > (UINT64_MAX - (uint64_t)(text[i] - '0')) / 10) {
			for (i++; i < bytes; i++)
				if (!is_digit(text[i]))
					return -EINVAL;
			return -ERANGE;
		}
		n = 10 * n + (uint64_t)(text[i] - '0');
	}
	*number = n;
	return 0;
}

int table_text_parse_integer(enum table_type type, const char *text, size_t bytes, void *value)
{
	bool negative = bytes > 0 && text[0] == '-';
	bool sign = negative || (bytes > 0 && text[0] == '+');
	unsigned bits = 8 * table_type_bytes(type);
	uint64_t number = 0, most;
	int rc = digits_parse(text + sign, bytes - sign, &number);

	if (rc < 0)
		return rc;
	if (type <= TABLE_INT64)
		most = (1ull << (bits - 1)) - !negative;
	else
		most = negative ? 0 : UINT64_MAX >> (64 - bits);
	if (number > most)
		return -ERANGE;
	number = negative ? 0 - number : number;
	memcpy(value, &number, bits / 8);
	return 0;
}

struct number {
	uint64_t digits; /* the first 19 that matter, as an integer, times 10^exponent */
	int exponent;
	bool negative;
	bool exact; /* no digit was left out */
};

/* [-+]digits[.digits][e[-+]digits], with a digit before or behind the point. */
static bool number_scan(const char *text, size_t bytes, struct number *number)
{
	size_t i = bytes > 0 && (text[0] == '-' || text[0] == '+');
	bool point = false, any = false;
	int exponent = 0;
	bool negative;

	*number = (struct number){.negative = bytes > 0 && text[0] == '-', .exact = true};
	for (; i < bytes && (is_digit(text[i]) || (text[i] == '.' && !point)); i++) {
		if (text[i] == '.') {
			point = true;
			continue;
		}
		any = true;
		if (number->digits < 1000000000000000000ull) {
			number->digits = 10 * number->digits + (uint64_t)(text[i] - '0');
			number->exponent -= point;
		} else {
			number->exact &= text[i] == '0';
			number->exponent += !point;
		}
	}
	if (!any || i == bytes)
		return any;
	if ((text[i] | 0x20) != 'e')
		return false;
	i++;
	negative = i < bytes && text[i] == '-';
	i += i < bytes && (text[i] == '-' || text[i] == '+');
	if (i == bytes)
		return false;
	for (; i < bytes && is_digit(text[i]); i++)
		exponent = exponent < 100000 ? 10 * exponent + (text[i] - '0') : exponent;
	number->exponent += negative ? -exponent : exponent;
	return i == bytes;
}

static bool word_parse(const char *text, size_t bytes, double *value)
{
	bool negative = bytes > 0 && text[0] == '-';

	text += negative;
	bytes -= negative;
	if (bytes == 3 && strncasecmp(text, "nan", 3) == 0)
		*value = negative ? -(double)NAN : (double)NAN;
	else if ((bytes == 3 && strncasecmp(text, "inf", 3) == 0) ||
		 (bytes == 8 && strncasecmp(text, "infinity", 8) == 0))
		*value = negative ? -(double)INFINITY : (double)INFINITY;
	else
		return false;
	return true;
}

/* Rounded once, to the type asked for. */
static int slow_parse(enum table_type type, const char *text, size_t bytes, void *value)
{
	char small[64], *copy = small;
	double wide;
	float narrow;

	if (bytes >= sizeof(small)) {
		copy = malloc(bytes + 1);
		if (copy == NULL)
			return -ENOMEM;
	}
	memcpy(copy, text, bytes);
	copy[bytes] = '\0';
	wide = strtod(copy, NULL);
	narrow = type == TABLE_FLOAT32 ? strtof(copy, NULL) : 0;
	if (copy != small)
		free(copy);
	if (isinf(wide) || isinf(narrow))
		return -ERANGE;
	if (type == TABLE_FLOAT32)
		memcpy(value, &narrow, sizeof(narrow));
	else
		memcpy(value, &wide, sizeof(wide));
	return 0;
}

int table_text_parse_float(enum table_type type, const char *text, size_t bytes, void *value)
{
	struct number number;
	double wide;

	if (word_parse(text, bytes, &wide)) {
		float narrow = (float)wide;

		memcpy(value, type == TABLE_FLOAT32 ? (void *)&narrow : (void *)&wide,
		       table_type_bytes(type));
		return 0;
	}
	if (!number_scan(text, bytes, &number))
		return -EINVAL;
	if (type == TABLE_FLOAT32 || !number.exact || number.digits >= 1ull << 53 ||
	    number.exponent < -EXACT_POWER_MAX || number.exponent > EXACT_POWER_MAX)
		return slow_parse(type, text, bytes, value);
	wide = (double)number.digits;
	wide =
	    number.exponent < 0 ? wide / powers[-number.exponent] : wide * powers[number.exponent];
	wide = number.negative ? -wide : wide;
	memcpy(value, &wide, sizeof(wide));
	return 0;
}

/* A value below 10^9 with at most six digits behind the point: 0 bytes when it is none. Of a float
 * the digits are those of the double that it is, which are few only where they are the float's,
 * too. */
static size_t short_format(double value, char *text)
{
	double size = fabs(value);
	uint64_t scaled, unit;
	unsigned power = 0;
	size_t count;

	if (!(size < 1e9))
		return 0;
	while (power <= 6 && rint(size * powers[power]) / powers[power] != size)
		power++;
	if (power > 6)
		return 0;
	unit = (uint64_t)powers[power];
	scaled = (uint64_t)rint(size * powers[power]);
	text[0] = '-';
	count = signbit(value) != 0;
	count += table_text_digits(scaled / unit, text + count);
	text[count++] = '.';
	if (power == 0)
		text[count++] = '0'; /* 1.0: not to be taken for an integer */
	for (uint64_t rest = scaled % unit; power > 0; power--) {
		unit /= 10;
		text[count++] = (char)('0' + rest / unit);
		rest %= unit;
	}
	return count;
}

static size_t float_format(float value, char *text)
{
	int count = 0;

	for (int digits = 6; digits <= 9; digits++) {
		count = snprintf(text, TABLE_TEXT_BYTES_MAX, "%.*g", digits, (double)value);
		if (strtof(text, NULL) == value)
			break;
	}
	return (size_t)count;
}

static size_t double_format(double value, char *text)
{
	int count = 0;

	for (int digits = 15; digits <= 17; digits++) {
		count = snprintf(text, TABLE_TEXT_BYTES_MAX, "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	return (size_t)count;
}

size_t table_text_format_float(enum table_type type, const void *value, char *text)
{
	double wide = 0;
	float narrow = 0;
	size_t count;

	memcpy(type == TABLE_FLOAT32 ? (void *)&narrow : (void *)&wide, value,
	       table_type_bytes(type));
	wide = type == TABLE_FLOAT32 ? (double)narrow : wide;
	if (isnan(wide)) {
		memcpy(text, "nan", 3);
		return 3;
	}
	if (isinf(wide)) {
		memcpy(text, "-inf", 4);
		if (wide > 0)
			memmove(text, text + 1, 3);
		return wide > 0 ? 3 : 4;
	}
	count = short_format(wide, text);
	if (count > 0)
		return count;
	count = type == TABLE_FLOAT32 ? float_format(narrow, text) : double_format(wide, text);
	if (memchr(text, '.', count) == NULL && memchr(text, 'e', count) == NULL) {
		memcpy(text + count, ".0", 2);
		count += 2;
	}
	return count;
}
