/*
 * Running a compiler's program on what a stranger wrote: a child process, confined
 * (tool_confine.h), bounded in time, memory, output and processes, its words kept.
 */
#ifndef TOOL_H
#define TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of one run. */
struct tool_limits {
	uint32_t seconds;      // of processor time of each process, and of waiting for all
	uint64_t memory_bytes; // address space of each process
	uint64_t file_bytes;   // of each file written
};

struct tool_result {
	int status;       // as of waitpid()
	bool timed_out;   // ended because it took too long
	size_t log_bytes; // what it wrote to standard output and error, as far as there was room
};

/*
 * Runs argv (found in PATH) in that folder, the only one it can write to, and waits for it and all
 * that it started. folder NULL: it writes nowhere. log, of log_room bytes, gets what it wrote, with
 * a zero. 0 when it ran to an end of any kind; -ENOENT when it is not installed; -errno.
 */
int tool_run(const char *const argv[], const char *folder, const struct tool_limits *limits,
	     char *log, size_t log_room, struct tool_result *result);

#endif
