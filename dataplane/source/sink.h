/*
 * Sinks: results written to a file by io_uring, as the concatenation of runs or as their merge.
 *
 * A run is a sequence of bytes, in memory or in a file; a sorted run is one of lines in the order
 * asked for. The merge streams: a loser tree over the heads of the runs, with a buffer for each run
 * that lies in a file. Blocking, on a thread of its own, with an io_engine of its own.
 */
#ifndef SINK_H
#define SINK_H

#include <stdatomic.h>

#include "io.h"

struct sink_run {
	const uint8_t *data; /* in memory, or NULL */
	int fd;              /* else: read from here */
	uint64_t offset;
	uint64_t bytes;
};

struct sink_key {
	/* From 1; columns are separated by one space. As text, the highest column named by any key
	 * has the rest of the line; a missing one is empty. */
	uint32_t column;
	bool number; /* unsigned decimal, 64 bits; a line without one is an error naming it */
	bool descending;
};

struct sink_job {
	const struct sink_run *runs;
	uint32_t run_count;
	const struct sink_key *keys; /* key_count 0: concatenation in the order of the runs */
	uint32_t key_count;
	uint8_t *buffer;               /* memory for run and output buffers */
	uint64_t buffer_bytes;         /* at least sink_buffer_min(job) */
	int out_fd;                    /* written from its position on; not closed */
	const char *out_name;          /* in messages; may be NULL */
	atomic_uint_fast64_t *written; // sink: wo, others: ro; bytes so far (progress), may be NULL
	const atomic_bool *cancel;     // sink: ro; may be NULL
};

uint64_t sink_buffer_min(const struct sink_job *job);
/* 0; -EINVAL, -ENOSPC, -ECANCELED, -EIO ... with error text. A run that is not in order is an error
 * saying which run and line. Lines of equal keys come in the order of their runs. In a merge a '\n'
 * missing at the end of a run is supplied; a concatenation is exact. */
int sink_write(const struct sink_job *job, char *error, size_t error_bytes);

/* Creates path for writing through a temporary name beside it: sink_commit() renames it into place,
 * sink_abandon() removes it. "-" is standard output. Both close. /dev/null and other existing
 * non-regular files are written directly. */
struct sink_file {
	int fd;
	char path[MR_URI_BYTES_MAX];
	char temporary[MR_URI_BYTES_MAX];
};
int sink_open(struct sink_file *file, const char *path, char *error, size_t error_bytes);
int sink_commit(struct sink_file *file, char *error, size_t error_bytes);
void sink_abandon(struct sink_file *file);

#endif
