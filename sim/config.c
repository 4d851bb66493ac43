/* Reading of "SEED,loss=0.05,...": the option text of a simulated network. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network.h"

#define DELAY_US_DEFAULT 50  /* a switch and two hosts in one room */
#define TIME_US_MAX 10000000 /* ten seconds: longer is a mistake */
#define TIME_MS_MAX 86400000 /* a day, as a run may take */
#define RATE_MBPS_MAX 1000000
#define BYTES_MAX (1u << 30)
#define SKEW_PPM_MAX 100000

struct option {
	const char *name;
	double *probability; /* one of both */
	uint32_t *number;
	uint32_t *number_too; /* set to the same, or NULL */
	uint32_t number_min;
	uint32_t number_max;
};

static int fail(char *error, size_t error_bytes, const char *text, const char *what, size_t length)
{
	snprintf(error, error_bytes, "simulated network: %s: \"%.*s\"", text, (int)length, what);
	return -EINVAL;
}

static int parse_probability(const char *value, const char *end, double *probability,
			     const char **why)
{
	char *stop;
	double number = strtod(value, &stop);

	*why = "wants a probability from 0 to 1";
	if (stop != end || stop == value || !(number >= 0 && number <= 1))
		return -EINVAL;
	*probability = number;
	return 0;
}

static int parse_number(const struct option *option, const char *value, const char *end,
			const char **why)
{
	unsigned long number;
	char *stop;

	*why = "wants a whole number in range";
	errno = 0;
	number = strtoul(value, &stop, 10);
	if (stop != end || stop == value || *value == '-' || errno != 0 ||
	    number < option->number_min || number > option->number_max)
		return -EINVAL;
	*option->number = (uint32_t)number;
	if (option->number_too != NULL)
		*option->number_too = (uint32_t)number;
	return 0;
}

/* FROM:TO:PROBABILITY. */
static int parse_lossy(struct sim_config *config, const char *value, const char *end,
		       const char **why)
{
	struct sim_lossy *lossy = &config->lossy[config->lossy_count];
	const char *first = memchr(value, ':', (size_t)(end - value));
	const char *second = first ? memchr(first + 1, ':', (size_t)(end - first - 1)) : NULL;
	const struct option from = {.number = &lossy->from, .number_max = SIM_ENDPOINTS_MAX - 1};
	const struct option to = {.number = &lossy->to, .number_max = SIM_ENDPOINTS_MAX - 1};

	*why = "so many pairs of their own loss are too many";
	if (config->lossy_count == SIM_LOSSY_MAX)
		return -EINVAL;
	*why = "wants lossy=FROM:TO:PROBABILITY";
	if (second == NULL)
		return -EINVAL;
	if (parse_number(&from, value, first, why) < 0 ||
	    parse_number(&to, first + 1, second, why) < 0 ||
	    parse_probability(second + 1, end, &lossy->loss, why) < 0)
		return -EINVAL;
	config->lossy_count++;
	return 0;
}

static int parse_option(const struct option *options, size_t count, struct sim_config *config,
			const char *text, size_t length, const char **why)
{
	const char *equals = memchr(text, '=', length);
	const char *end = text + length;
	size_t name;

	*why = "an option is NAME=VALUE";
	if (equals == NULL)
		return -EINVAL;
	name = (size_t)(equals - text);
	if (name == strlen("lossy") && memcmp(text, "lossy", name) == 0)
		return parse_lossy(config, equals + 1, end, why);
	*why = "no such option (docs/running.md has them)";
	for (size_t i = 0; i < count; i++) {
		if (name != strlen(options[i].name) || memcmp(options[i].name, text, name) != 0)
			continue;
		if (options[i].probability != NULL)
			return parse_probability(equals + 1, end, options[i].probability, why);
		return parse_number(&options[i], equals + 1, end, why);
	}
	return -EINVAL;
}

int sim_config_parse(const char *text, struct sim_config *config, char *error, size_t error_bytes)
{
#define TIME_US(name)                                                     \
	{                                                                 \
#name, .number = &config->name, .number_max = TIME_US_MAX \
	}
#define TIME_MS(name)                                                     \
	{                                                                 \
#name, .number = &config->name, .number_max = TIME_MS_MAX \
	}
#define RATE(name)                                                          \
	{                                                                   \
#name, .number = &config->name, .number_max = RATE_MBPS_MAX \
	}
#define BYTES(name)                                                     \
	{                                                               \
#name, .number = &config->name, .number_max = BYTES_MAX \
	}
	const struct option options[] = {
	    {"loss", .probability = &config->loss},
	    {"dup", .probability = &config->dup},
	    {"reorder", .probability = &config->reorder},
	    {"corrupt", .probability = &config->corrupt},
	    {"burst", .probability = &config->burst},
	    {"burst_frames", .number = &config->burst_frames, .number_min = 1,
	     .number_max = 1000000},
	    TIME_US(delay_us),
	    TIME_US(jitter_us),
	    {"rate_mbps", .number = &config->up_mbps, .number_too = &config->down_mbps,
	     .number_max = RATE_MBPS_MAX},
	    RATE(up_mbps),
	    RATE(down_mbps),
	    BYTES(queue_bytes),
	    BYTES(ecn_bytes),
	    {"mtu", .number = &config->mtu, .number_min = 576, .number_max = MR_MTU_MAX},
	    TIME_MS(cut_every_ms),
	    TIME_MS(cut_ms),
	    TIME_MS(pause_every_ms),
	    TIME_MS(pause_ms),
	    {"skew_ppm", .number = &config->skew_ppm, .number_max = SKEW_PPM_MAX},
	    TIME_MS(calm_ms),
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
		if (parse_option(options, sizeof(options) / sizeof(options[0]), config, text,
				 length, &why) < 0)
			return fail(error, error_bytes, why, text, length);
	}
	return 0;
}
