/* The command line of `millrace run`. */
#ifndef RUN_OPTIONS_H
#define RUN_OPTIONS_H

#include "run.h"

struct run_options {
	struct run_request request; /* its arrays are the ones below */
	bool help;
	bool json;
	bool quiet;
	struct mr_binding inputs[MR_SETS_MAX];
	struct mr_binding outputs[MR_SETS_MAX];
	const char *ports[MR_NODES_MAX];
	const char *function_dirs[MR_VERTICES_MAX];
};

extern const char run_help[];

/* Cuts the SET=... of argv in place; options refers to argv. 0, or -EINVAL with error text; json
 * and help are told even then. */
int run_options_parse(struct run_options *options, int argc, char **argv, char *error,
		      size_t error_bytes);

#endif
