/* Reading of "SEED,loss=0.05,...": the option text of a simulated network. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network.h"

#define DELAY_US_DEFAULT 50  /* a switch and two hosts in one room */
#define TIME_US_MAX 10000000 /* ten seconds: longer is a mistake */
#define RATE_MBPS_MAX 1000000

struct option {
	const char *name;
	double *probability; /* one of both */
	uint32_t *number;
	uint32_t number_min;
	uint32_t number_max;
};

static int fail(char *error, size_t error_bytes, const char *text, const char *what, size_t length)
{
	snprintf(error, error_bytes, "simulated network: %s: \"%.*s\"", text, (int)length, what);
	return -EINVAL;
}

static int parse_value(const struct option *option, const char *value, const char *end,
		       const char **why)
{
	char *stop;

	errno = 0;
	if (option->probability != NULL) {
		double number = strtod(value, &stop);

		*why = "wants a probability from 0 to 1";
		if (stop != end || stop == value || !(number >= 0 && number <= 1))
			return -EINVAL;
		*option->probability = number;
	} else {
		unsigned long number = strtoul(value, &stop, 10);

		*why = "wants a whole number in range";
		if (stop != end || stop == value || *value == '-' || errno != 0 ||
		    number < option->number_min || number > option->number_max)
			return -EINVAL;
		*option->number = (uint32_t)number;
	}
	return 0;
}

static int parse_option(const struct option *options, size_t count, const char *text, size_t length,
			const char **why)
{
	const char *equals = memchr(text, '=', length);

	*why = "an option is NAME=VALUE";
	if (equals == NULL)
		return -EINVAL;
	*why = "no such option (loss, dup, reorder, corrupt, delay_us, jitter_us, mtu, rate_mbps)";
	for (size_t i = 0; i < count; i++) {
		size_t name = strlen(options[i].name);

		if (name == (size_t)(equals - text) && memcmp(options[i].name, text, name) == 0)
			return parse_value(&options[i], equals + 1, text + length, why);
	}
	return -EINVAL;
}

int sim_config_parse(const char *text, struct sim_config *config, char *error, size_t error_bytes)
{
	const struct option options[] = {
	    {"loss", .probability = &config->loss},
	    {"dup", .probability = &config->dup},
	    {"reorder", .probability = &config->reorder},
	    {"corrupt", .probability = &config->corrupt},
	    {"delay_us", .number = &config->delay_us, .number_max = TIME_US_MAX},
	    {"jitter_us", .number = &config->jitter_us, .number_max = TIME_US_MAX},
	    {"mtu", .number = &config->mtu, .number_min = 576, .number_max = MR_MTU_MAX},
	    {"rate_mbps", .number = &config->rate_mbps, .number_max = RATE_MBPS_MAX},
	};
	size_t length = strcspn(text, ",");
	const char *why;
	char *stop;

	*config = (struct sim_config){.delay_us = DELAY_US_DEFAULT, .mtu = MR_MTU_DEFAULT};
	errno = 0;
	config->seed = strtoull(text, &stop, 0);
	if (stop != text + length || length == 0 || errno != 0 || *text < '0' || *text > '9')
		return fail(error, error_bytes, "the seed comes first and is a number", text,
			    length);
	for (text += length; *text == ','; text += length) {
		text++;
		length = strcspn(text, ",");
		if (parse_option(options, sizeof(options) / sizeof(options[0]), text, length,
				 &why) < 0)
			return fail(error, error_bytes, why, text, length);
	}
	return 0;
}
