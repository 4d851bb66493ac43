/*
 * Dates and timestamps as text: ISO 8601, proleptic Gregorian. Days and civil dates are turned into
 * each other as in Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms".
 */
#include "table_text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DAY_SECONDS 86400
#define YEAR_DIGITS_MAX 12 /* 2^63 seconds are 292,277,026,596 years */

static const int64_t units_per_second[] = {1, 1000, 1000000, 1000000000};
static const unsigned unit_digits[] = {0, 3, 6, 9};

static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
	int64_t y = year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (int64_t)(month + (month > 2 ? -3u : 9u)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void civil_of(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t of_era = z - era * 146097;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * of_year + 2) / 153;

	*day = (unsigned)(of_year - (153 * m + 2) / 5 + 1);
	*month = (unsigned)(m < 10 ? m + 3 : m - 9);
	*year = y + era * 400 + (*month <= 2);
}

static unsigned days_in(int64_t year, unsigned month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

/* What is left of a text. */
struct rest {
	const char *at;
	const char *end;
};

static bool take(struct rest *rest, char c)
{
	bool there = rest->at < rest->end && *rest->at == c;

	rest->at += there;
	return there;
}

/* Exactly count digits. */
static bool take_digits(struct rest *rest, unsigned count, unsigned *number)
{
	*number = 0;
	if (rest->end - rest->at < (ptrdiff_t)count)
		return false;
	for (; count > 0; count--, rest->at++) {
		if (*rest->at < '0' || *rest->at > '9')
			return false;
		*number = 10 * *number + (unsigned)(*rest->at - '0');
	}
	return true;
}

static bool take_year(struct rest *rest, int64_t *year)
{
	bool negative = take(rest, '-');
	bool sign = negative || take(rest, '+');
	unsigned count = 0;

	*year = 0;
	for (; rest->at < rest->end && *rest->at >= '0' && *rest->at <= '9'; rest->at++, count++) {
		if (count == YEAR_DIGITS_MAX)
			return false;
		*year = 10 * *year + (*rest->at - '0');
	}
	*year = negative ? -*year : *year;
	return sign ? count >= 4 : count == 4;
}

static bool take_date(struct rest *rest, int64_t *days)
{
	unsigned month, day;
	int64_t year;

	if (!take_year(rest, &year) || !take(rest, '-') || !take_digits(rest, 2, &month) ||
	    !take(rest, '-') || !take_digits(rest, 2, &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > days_in(year, month))
		return false;
	*days = days_of(year, month, day);
	return true;
}

int table_text_parse_date(const char *text, size_t bytes, void *value)
{
	struct rest rest = {text, text + bytes};
	int64_t days;
	int32_t date;

	if (!take_date(&rest, &days) || rest.at != rest.end)
		return -EINVAL;
	if (days < INT32_MIN || days > INT32_MAX)
		return -ERANGE;
	date = (int32_t)days;
	memcpy(value, &date, sizeof(date));
	return 0;
}

/* "12:30[:15[.digits]]" in seconds of the day and units of a second. */
static bool take_time(struct rest *rest, enum table_unit unit, int64_t *seconds, int64_t *fraction)
{
	unsigned hour, minute, second = 0, digits = 0;

	*fraction = 0;
	if (!take_digits(rest, 2, &hour) || !take(rest, ':') || !take_digits(rest, 2, &minute))
		return false;
	if (take(rest, ':')) {
		if (!take_digits(rest, 2, &second))
			return false;
		if (take(rest, '.')) {
			for (; rest->at < rest->end && *rest->at >= '0' && *rest->at <= '9';
			     rest->at++, digits++) {
				if (digits < unit_digits[unit])
					*fraction = 10 * *fraction + (*rest->at - '0');
				else if (*rest->at != '0')
					return false; /* finer than the unit */
			}
			if (digits == 0)
				return false;
		}
	}
	for (; digits < unit_digits[unit]; digits++)
		*fraction *= 10;
	*seconds = hour * 3600 + minute * 60 + second;
	return hour < 24 && minute < 60 && second < 60;
}

/* "Z" or "+01:30": what is to be taken off. */
static bool take_zone(struct rest *rest, int64_t *offset_seconds)
{
	unsigned hour, minute;
	bool east;

	*offset_seconds = 0;
	if (take(rest, 'Z'))
		return true;
	east = take(rest, '+');
	if (!east && !take(rest, '-'))
		return false;
	if (!take_digits(rest, 2, &hour) || (take(rest, ':'), !take_digits(rest, 2, &minute)) ||
	    hour > 23 || minute > 59)
		return false;
	*offset_seconds = (hour * 3600 + minute * 60) * (east ? 1 : -1);
	return true;
}

int table_text_parse_timestamp(const struct table_kind *kind, const char *text, size_t bytes,
			       void *value)
{
	struct rest rest = {text, text + bytes};
	int64_t days, seconds = 0, fraction = 0, offset = 0;
	__int128 whole;
	int64_t units;

	if (!take_date(&rest, &days))
		return -EINVAL;
	if (rest.at < rest.end) {
		if (!take(&rest, ' ') && !take(&rest, 'T'))
			return -EINVAL;
		if (!take_time(&rest, kind->unit, &seconds, &fraction))
			return -EINVAL;
		if (kind->zone[0] != '\0' && !take_zone(&rest, &offset))
			return -EINVAL;
	} else if (kind->zone[0] != '\0') {
		return -EINVAL;
	}
	if (rest.at != rest.end)
		return -EINVAL;
	whole = ((__int128)days * DAY_SECONDS + seconds - offset) * units_per_second[kind->unit] +
		fraction;
	if (whole < INT64_MIN || whole > INT64_MAX)
		return -ERANGE;
	units = (int64_t)whole;
	memcpy(value, &units, sizeof(units));
	return 0;
}

static size_t days_format(int64_t days, char *text)
{
	unsigned month, day;
	int64_t year;

	civil_of(days, &year, &month, &day);
	return (size_t)snprintf(text, TABLE_TEXT_BYTES_MAX, "%s%04lld-%02u-%02u",
				year < 0      ? "-"
				: year > 9999 ? "+"
					      : "",
				(long long)(year < 0 ? -year : year), month, day);
}

size_t table_text_format_date(const void *value, char *text)
{
	int32_t days;

	memcpy(&days, value, sizeof(days));
	return days_format(days, text);
}

/* value / by and what is left, which is never negative. */
static int64_t floor_divide(int64_t value, int64_t by, int64_t *rest)
{
	int64_t quotient = value / by;

	*rest = value % by;
	if (*rest < 0) {
		*rest += by;
		quotient--;
	}
	return quotient;
}

size_t table_text_format_timestamp(const struct table_kind *kind, const void *value, char separator,
				   char *text)
{
	int64_t units, seconds, fraction, of_day, days;
	size_t count;

	memcpy(&units, value, sizeof(units));
	seconds = floor_divide(units, units_per_second[kind->unit], &fraction);
	days = floor_divide(seconds, DAY_SECONDS, &of_day);
	count = days_format(days, text);
	count += (size_t)snprintf(text + count, TABLE_TEXT_BYTES_MAX - count, "%c%02d:%02d:%02d",
				  separator, (int)(of_day / 3600), (int)(of_day / 60 % 60),
				  (int)(of_day % 60));
	if (kind->unit != TABLE_SECOND)
		count += (size_t)snprintf(text + count, TABLE_TEXT_BYTES_MAX - count, ".%0*lld",
					  (int)unit_digits[kind->unit], (long long)fraction);
	if (kind->zone[0] != '\0')
		text[count++] = 'Z';
	return count;
}
