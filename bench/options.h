/* The command line of `millrace bench`. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "bench.h"

enum options_outcome { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_WRONG };

/* argv[0] is the benchmark's name. OPTIONS_WRONG with the error printed. */
enum options_outcome options_parse(struct bench_options *options, int argc, char **argv);

#endif
