/*
 * libmillrace: run a composition inside this process, on one or more nodes joined by a port.
 *
 * Link with `pkg-config --libs millrace`. Thread-safe; a process may run several at once. The
 * layout of regions is <millrace/region.h>, hashing <millrace/hash.h>.
 */
#ifndef MILLRACE_MILLRACE_H
#define MILLRACE_MILLRACE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MR_PUBLIC __attribute__((visibility("default")))

/* "0.1.0". */
MR_PUBLIC const char *mr_version(void);

struct mr_binding {
	const char *set;
	const char
	    *target; /* input: a URI (docs/sources.md); output: a path, "-" is standard output */
};

struct mr_progress {
	double seconds;
	uint64_t staged_bytes;
	uint64_t total_bytes;
	uint64_t shuffled_bytes;
	uint64_t invocations;
	uint64_t result_bytes;
};

struct mr_options {
	const char *file;        /* the composition, a *.mr */
	const char *composition; /* NULL: the last one in the file */
	const struct mr_binding *inputs;
	size_t input_count;
	const struct mr_binding *outputs; /* an output set not named is computed and thrown away */
	size_t output_count;
	uint32_t nodes; /* 0: 1, or as many as ports */
	const char *const
	    *ports; /* one for each node, as `millrace run --port`; none: in process */
	size_t port_count;
	const char *sandbox; /* as --sandbox; NULL: "wasm" */
	uint32_t workers;    /* threads for each node; 0: cores / nodes, at least 1 */
	uint64_t
	    memory_bytes; /* data memory of all nodes together; 0: a quarter of the machine's */
	const char *const *function_dirs; /* searched first for NAME.wasm, .elf or .so */
	size_t function_dir_count;
	void (*progress)(const struct mr_progress *progress,
			 void *opaque); /* about 5 times a second */
	void *opaque;
};

/* Counters of a finished run, by the names of `millrace run --json` (docs/running.md). */
struct mr_summary {
	double seconds;
	uint32_t nodes;
	uint64_t staged_bytes;
	uint64_t shuffled_bytes; /* sent from node to node */
	uint64_t spilled_bytes;
	uint64_t result_bytes;
	uint64_t invocations;
	uint64_t retries;
	uint64_t duplicates;
	uint64_t drops;
	uint64_t retransmits;
	uint64_t run_ns;
	char
	    note[1024]; /* what was degraded and why (no huge pages, ...); empty when nothing was */
};

/* Runs to the end. 0, or -errno with error text of up to error_bytes saying what was wrong, where,
 * and what to do. Nothing it opened stays open. */
MR_PUBLIC int mr_run(const struct mr_options *options, struct mr_summary *summary, char *error,
		     size_t error_bytes);

#ifdef __cplusplus
}
#endif

#endif
