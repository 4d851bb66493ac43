/* Quantities as people read them: two or three digits and a unit. */
#include "human.h"

#include <stddef.h>
#include <stdio.h>

static struct human scaled(double value, double step, const char *const *units, size_t count)
{
	struct human human;
	size_t unit = 0;

	while (value >= step && unit + 1 < count) {
		value /= step;
		unit++;
	}
	snprintf(human.text, sizeof(human.text), unit && value < 100 ? "%.1f%s%s" : "%.0f%s%s",
		 value, units[unit][0] != '\0' ? " " : "", units[unit]);
	return human;
}

struct human human_bytes(double bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

	return scaled(bytes, 1024, units, sizeof(units) / sizeof(units[0]));
}

struct human human_count(double count)
{
	static const char *const units[] = {"", "k", "M", "G", "T"};

	return scaled(count, 1000, units, sizeof(units) / sizeof(units[0]));
}

struct human human_seconds(double seconds)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	struct human human;

	if (seconds < 120)
		return scaled(seconds * 1e9, 1000, units, sizeof(units) / sizeof(units[0]));
	if (seconds < 2 * 3600)
		snprintf(human.text, sizeof(human.text), "%.0f min", seconds / 60);
	else if (seconds < 2 * 86400)
		snprintf(human.text, sizeof(human.text), "%.0f h", seconds / 3600);
	else
		snprintf(human.text, sizeof(human.text), "%.0f d", seconds / 86400);
	return human;
}
