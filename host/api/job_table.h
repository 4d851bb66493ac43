/*
 * The jobs a daemon was given over HTTP, and the folder their results lie in until fetched.
 *
 * One thread owns a table. Results of the last JOB_TABLE_ENDED_MAX ended jobs are kept; older ones
 * are removed when another job comes.
 */
#ifndef JOB_TABLE_H
#define JOB_TABLE_H

#include "code_store.h"
#include "job_request.h"
#include "node.h"

#define JOB_TABLE_ENDED_MAX \
	16 /* jobs whose results wait to be fetched: bounds the disk they take */
#define JOB_TABLE_JOBS_MAX (MR_JOBS_MAX + JOB_TABLE_ENDED_MAX)

struct job_table;

/* dir is made when needed, and belongs to the table. 0 or -errno with error text. */
int job_table_open(struct job_table **table, struct node *node, struct code_store *codes,
		   const char *dir, char *error, size_t error_bytes);
/* Removes all results. Cancels nothing: destroy the node first. Nulls *table. */
void job_table_close(struct job_table **table);

/* 0 with the job's id. With error text: -ENOENT when code is missing (its hash is named); -EINVAL
 * when the composition or a binding is wrong; -EBUSY when too many jobs run; else -errno. */
int job_table_submit(struct job_table *table, const struct job_request *request, uint64_t *id,
		     char *error, size_t error_bytes);
/* 0, or -ENOENT when no such job was submitted here, or is long forgotten. */
int job_table_status(struct job_table *table, uint64_t id, struct job_status *status);
/* Ids, newest first; returns their number, at most max. */
uint32_t job_table_list(const struct job_table *table, uint64_t *ids, uint32_t max);
/* Names of the output sets a job writes: *count of them, valid until the next call. NULL when
 * there is no such job. */
const char (*job_table_outputs(const struct job_table *table, uint64_t id,
			       uint32_t *count))[MR_NAME_BYTES_MAX];
/* A descriptor of the result, which the caller closes, or -ENOENT (no such job or output set), or
 * -EAGAIN (not done yet), or -errno. */
int job_table_result(struct job_table *table, uint64_t id, const char *set, uint64_t *bytes);
/* Cancels a running job (-EINPROGRESS: it will end), or forgets an ended one with its results (0).
 * -ENOENT when there is no such job. */
int job_table_delete(struct job_table *table, uint64_t id);

#endif
