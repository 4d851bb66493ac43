/* Decimals as text: an integer of up to 38 digits with a point in it. */
#include "table_text.h"

#include <errno.h>
#include <string.h>

static unsigned __int128 power_of_ten(unsigned n)
{
	unsigned __int128 power = 1;

	for (; n > 0; n--)
		power *= 10;
	return power;
}

int table_text_parse_decimal(const struct table_kind *kind, const char *text, size_t bytes,
			     void *value)
{
	bool negative = bytes > 0 && text[0] == '-';
	size_t i = negative || (bytes > 0 && text[0] == '+');
	unsigned __int128 number = 0, most = power_of_ten(kind->precision) - 1;
	unsigned behind = 0;
	bool point = false, any = false, large = false;

	for (; i < bytes; i++) {
		if (text[i] == '.' && !point) {
			point = true;
			continue;
		}
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		any = true;
		if (point && behind == kind->scale) { /* only zeros may follow */
			large |= text[i] != '0';
			continue;
		}
		behind += point;
		large |=
		    number > most / 10; /* most is all nines: what is not passes it, times ten */
		number = large ? number : 10 * number + (unsigned)(text[i] - '0');
	}
	if (!any)
		return -EINVAL;
	for (; behind < kind->scale && !large; behind++) {
		large = number > most / 10;
		number = large ? number : 10 * number;
	}
	if (large)
		return -ERANGE;
	number = negative ? 0 - number : number;
	memcpy(value, &number, sizeof(number));
	return 0;
}

size_t table_text_format_decimal(uint8_t scale, const void *value, char *text)
{
	unsigned __int128 number;
	char digits[40];
	size_t count, zeros, at = 0;

	memcpy(&number, value, sizeof(number));
	if (number >> 127 != 0) {
		number = 0 - number;
		text[at++] = '-';
	}
	count = table_text_digits(number, digits);
	zeros = count <= scale ? scale + 1u - count : 0; /* 5 with two behind the point is 0.05 */
	for (size_t i = 0; i < zeros + count; i++) {
		if (scale > 0 && i == zeros + count - scale)
			text[at++] = '.';
		text[at++] = i < zeros ? '0' : digits[i - zeros];
	}
	return at;
}
