/*
 * Programs that a benchmark runs: on a core, in a network namespace, and never longer than it does
 * itself (they are killed with the thread that started them).
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process_place {
	int core;     /* the CPU to run on; -1: any */
	int netns_fd; /* the network namespace; -1: ours */
};

#define PROCESS_ANYWHERE ((struct process_place){-1, -1})

struct process {
	pid_t pid;
	int out_fd; /* its standard output and error */
};

/* The index-th CPU this process may run on; -1 when there is none. */
int process_core(uint32_t index);

/* Starts argv[0], looked for in PATH, with nothing to read. 0 or -errno: -ENOENT when there is no
 * such program. */
int process_start(struct process *process, const struct process_place *place,
		  const char *const argv[]);
/* Like process_start(), with descriptors fds[i] as 3 + i. */
int process_start_with(struct process *process, const struct process_place *place,
		       const char *const argv[], const int *fds, uint32_t fd_count);
/* Reads what it prints (a string, cut at bytes - 1) until it ends, at most timeout_s. Returns its
 * exit code, or -ETIMEDOUT or -ECHILD when it was ended. It is gone afterwards. */
int process_finish(struct process *process, char *text, size_t bytes, uint32_t timeout_s);
/* Reads what it prints until enough(text) says so, it ends or timeout_s are over; then kills it. */
void process_read(struct process *process, char *text, size_t bytes, uint32_t timeout_s,
		  bool (*enough)(const char *text, void *opaque), void *opaque);
/* Asks it to end, then makes it. What it printed is lost. */
void process_stop(struct process *process);
/* Makes it end at once: what has nothing to clear up. */
void process_kill(struct process *process);

/* process_start() and process_finish(). */
int process_run(const struct process_place *place, const char *const argv[], char *text,
		size_t bytes, uint32_t timeout_s);

uint64_t process_now_ns(void); /* CLOCK_MONOTONIC */

#endif
