/* Running a compiler's program as a child: bounded in time, memory and output, its words kept. */
#ifndef TOOL_H
#define TOOL_H

#include <stddef.h>

struct tool_result {
	int status;       /* as of waitpid() */
	int timed_out;    /* ended because it took too long */
	size_t log_bytes; /* what it wrote to standard output and error, as far as there was room */
};

/*
 * Runs argv (found in PATH) in that folder and waits for it. log, of log_room bytes, gets what it
 * wrote, with a zero. 0 when it ran to an end of any kind; -ENOENT when it is not installed;
 * -errno.
 */
int tool_run(const char *const argv[], const char *folder, char *log, size_t log_room,
	     struct tool_result *result);

#endif
