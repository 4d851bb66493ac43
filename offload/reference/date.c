/* Days as year, month and day of the proleptic Gregorian calendar. */
#include "reference_parts.h"

#define DAY_SECONDS 86400
#define ERA_DAYS 146097 /* 400 years */

int64_t reference_days(const struct table_kind *kind, int64_t value)
{
	if (kind->type == TABLE_DATE32)
		return value;
	return reference_floor(value, DAY_SECONDS * reference_units(kind->unit));
}

/* Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days: years begin in
 * March, so that the leap day is the last. */
struct reference_date reference_date_of(int64_t days)
{
	int64_t shifted = days + 719468, era = reference_floor(shifted, ERA_DAYS);
	int64_t day = shifted - era * ERA_DAYS;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t rest = day - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * rest + 2) / 153;

	return (struct reference_date){
	    .year = year + era * 400 + (month >= 10),
	    .month = (int32_t)(month < 10 ? month + 3 : month - 9),
	    .day = (int32_t)(rest - (153 * month + 2) / 5 + 1),
	};
}
