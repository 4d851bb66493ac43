/* The values of command-line arguments, checked. */
#include "arguments.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job_request.h"
#include "machine.h"

bool argument_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0' && *value >= min && *value <= max;
}

bool argument_range(const char *text, uint32_t max, uint32_t *low, uint32_t *high)
{
	const char *dash = strchr(text, '-');
	uint64_t first, last;
	char digits[16];

	if (strcmp(text, "auto") == 0) {
		*low = 1;
		*high = machine_cores() < max ? machine_cores() : max;
		return true;
	}
	if (dash == NULL) {
		if (!argument_number(text, 1, max, &first))
			return false;
		*low = *high = (uint32_t)first;
		return true;
	}
	if (dash - text >= (ptrdiff_t)sizeof(digits))
		return false;
	snprintf(digits, sizeof(digits), "%.*s", (int)(dash - text), text);
	if (!argument_number(digits, 1, max, &first) ||
	    !argument_number(dash + 1, first, max, &last))
		return false;
	*low = (uint32_t)first;
	*high = (uint32_t)last;
	return true;
}

bool argument_size(const char *text, uint64_t *bytes)
{
	static const struct {
		const char *suffix;
		uint32_t shift;
	} units[] = {{"", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}};
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*bytes = strtoull(text, &end, 10);
	if (errno != 0)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].suffix) != 0)
			continue;
		if (*bytes > UINT64_MAX >> units[i].shift)
			return false;
		*bytes <<= units[i].shift;
		return true;
	}
	return false;
}

bool argument_probability(const char *text, uint32_t *ppm)
{
	char *end;
	double value;

	if (strspn(text, "0123456789.") != strlen(text) || text[0] == '\0')
		return false;
	value = strtod(text, &end);
	if (*end != '\0' || value < 0 || value > 1)
		return false;
	*ppm = (uint32_t)lround(value * 1e6);
	return true;
}

bool argument_ip(const char *text, uint32_t *ip)
{
	struct in_addr address;

	if (inet_pton(AF_INET, text, &address) != 1)
		return false;
	*ip = ntohl(address.s_addr);
	return true;
}

bool argument_address(const char *text, uint32_t *ip, uint8_t *prefix_len, uint32_t *gateway)
{
	char copy[64];
	char *prefix, *comma;
	uint64_t length;

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	*gateway = 0;
	comma = strchr(copy, ',');
	if (comma != NULL) {
		*comma = '\0';
		if (!argument_ip(comma + 1, gateway))
			return false;
	}
	prefix = strchr(copy, '/');
	if (prefix == NULL)
		return false;
	*prefix = '\0';
	if (!argument_number(prefix + 1, 1, 32, &length) || !argument_ip(copy, ip))
		return false;
	*prefix_len = (uint8_t)length;
	return true;
}

bool argument_binding(char *text, const char **set, const char **target)
{
	char *equals = strchr(text, '=');

	if (equals == NULL || equals[1] == '\0')
		return false;
	*equals = '\0';
	if (!name_valid(text)) {
		*equals = '='; /* as it was, for the error */
		return false;
	}
	*set = text;
	*target = equals + 1;
	return true;
}
