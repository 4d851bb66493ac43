/* The options that every benchmark takes. */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "port.h"

#define RUN_MS_DEFAULT 300 /* long beside any queue, short enough for five runs of many cases */
#define RUN_MS_MAX 60000
#define MIB_DEFAULT 1024 /* of text: beyond caches, and what the figures asked for are about */
#define MIB_MAX 65536

static bool number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	char *end;

	*value = strtoull(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && *value >= min && *value <= max;
}

static bool size_parse(const char *text, size_t len, uint64_t *bytes)
{
	char digits[32];
	uint32_t shift = 0;

	if (len > 3 && strncmp(text + len - 3, "KiB", 3) == 0)
		shift = 10;
	if (len > 3 && strncmp(text + len - 3, "MiB", 3) == 0)
		shift = 20;
	len -= shift > 0 ? 3 : 0;
	if (len == 0 || len >= sizeof(digits))
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (!number_parse(digits, 1, BENCH_MESSAGE_BYTES_MAX >> shift, bytes))
		return false;
	*bytes <<= shift;
	return true;
}

static bool sizes_parse(struct bench_options *options, const char *text)
{
	while (options->size_count < BENCH_SIZES_MAX) {
		size_t len = strcspn(text, ",");

		if (!size_parse(text, len, &options->sizes[options->size_count++]))
			return false;
		if (text[len] == '\0')
			return true;
		text += len + 1;
	}
	return false;
}

static enum options_outcome wrong(const char *name, const char *what, const char *value)
{
	fprintf(stderr, "millrace bench: %s: %s: \"%s\"\nTry 'millrace bench --help'.\n", name,
		what, value);
	return OPTIONS_WRONG;
}

static const struct option longs[] = {
    {"json", no_argument, NULL, 'j'},       {"check", no_argument, NULL, 'c'},
    {"quick", no_argument, NULL, 'q'},      {"runs", required_argument, NULL, 'r'},
    {"case", required_argument, NULL, 'p'}, {"port", required_argument, NULL, 'P'},
    {"poll", required_argument, NULL, 'o'}, {"sizes", required_argument, NULL, 's'},
    {"ms", required_argument, NULL, 'm'},   {"mib", required_argument, NULL, 'M'},
    {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0},
};

static enum options_outcome option_take(struct bench_options *options, const char *name, int option)
{
	enum port_poll_mode mode;
	uint64_t value;

	switch (option) {
	case 'j':
		options->json = true;
		return OPTIONS_RUN;
	case 'c':
		options->check = true;
		return OPTIONS_RUN;
	case 'q':
		options->quick = true;
		return OPTIONS_RUN;
	case 'p':
		options->pattern = optarg;
		return OPTIONS_RUN;
	case 'P':
		options->port = strcmp(optarg, "all") == 0 ? NULL : optarg;
		return OPTIONS_RUN;
	case 'o':
		if (!port_poll_parse(optarg, &mode))
			return wrong(name, "--poll takes " PORT_POLL_WORDS, optarg);
		options->poll = optarg;
		return OPTIONS_RUN;
	case 'r':
		if (!number_parse(optarg, 1, MR_BENCH_RUNS_MAX, &value))
			return wrong(name, "--runs takes 1 to 99", optarg);
		options->runs = (uint32_t)value;
		return OPTIONS_RUN;
	case 'm':
		if (!number_parse(optarg, 10, RUN_MS_MAX, &value))
			return wrong(name, "--ms takes 10 to 60000", optarg);
		options->run_ms = (uint32_t)value;
		return OPTIONS_RUN;
	case 'M':
		if (!number_parse(optarg, 1, MIB_MAX, &value))
			return wrong(name, "--mib takes 1 to 65536", optarg);
		options->mib = (uint32_t)value;
		return OPTIONS_RUN;
	case 's':
		if (!sizes_parse(options, optarg))
			return wrong(name,
				     "--sizes takes up to 16 sizes of up to 64MiB, like 32,4KiB",
				     optarg);
		return OPTIONS_RUN;
	case 'h':
		return OPTIONS_HELP;
	default:
		fprintf(stderr, "Try 'millrace bench --help'.\n");
		return OPTIONS_WRONG;
	}
}

enum options_outcome options_parse(struct bench_options *options, int argc, char **argv)
{
	const char *name = argv[0];
	int option;

	*options = (struct bench_options){
	    .runs = MR_BENCH_RUNS_DEFAULT, .run_ms = RUN_MS_DEFAULT, .mib = MIB_DEFAULT};
	optind = 1;
	while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		enum options_outcome outcome = option_take(options, name, option);

		if (outcome != OPTIONS_RUN)
			return outcome;
	}
	if (optind < argc)
		return wrong(name, "takes options only", argv[optind]);
	return OPTIONS_RUN;
}
