/* What a benchmark gets: the options of `millrace bench NAME`, and the report to fill. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "report.h"

#define BENCH_SIZES_MAX 16
#define BENCH_MESSAGE_BYTES_MAX (64u << 20) /* what a receiver has room for */

struct bench_options {
	uint32_t runs;
	uint32_t run_ms;
	const char *pattern;             /* of case names, as the shell's; NULL: all */
	const char *port;                /* NULL: all */
	uint64_t sizes[BENCH_SIZES_MAX]; /* bytes of messages; size_count 0: the usual ones */
	uint32_t size_count;
	bool json;
	bool check;
};

struct bench {
	const struct bench_options *options;
	struct report *report;
};

/* Is that case asked for by --case? */
bool bench_wants(const struct bench *bench, const char *name);
/* What is being done, on a terminal only; NULL wipes the line. */
void bench_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Fills the report; 0 or -errno with the error printed. */
int bench_transport(struct bench *bench);
int bench_polling(struct bench *bench);
int bench_sandbox(struct bench *bench);

#endif
