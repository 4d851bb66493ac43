/*
 * The client's side of the HTTP interface, by libcurl: what `millrace run --connect` needs.
 *
 * One thread owns a client. Every call returns 0, or -errno with error text: -EHOSTUNREACH when the
 * daemon cannot be reached or falls silent, -EINVAL when it refused what it was asked (400),
 * -EBUSY when it is full (503), -EPROTO when it does not speak our protocol.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include "node.h"

struct client;

/* url: http://HOST[:PORT]; nothing is connected yet. */
int client_open(struct client **client, const char *url, char *error, size_t error_bytes);
/* Nulls *client; *client may be NULL. */
void client_close(struct client **client);

/* Sends the code unless the daemon has it. */
int client_code_bring(struct client *client, const void *bytes, size_t byte_count, char *error,
		      size_t error_bytes);
/* spec->outputs: only the sets matter, their targets are the caller's own. */
int client_job_submit(struct client *client, const struct job_spec *spec, uint64_t *id, char *error,
		      size_t error_bytes);
int client_job_status(struct client *client, uint64_t id, struct job_status *status, char *error,
		      size_t error_bytes);
/* Writes a done job's result to fd, from its present offset on. */
int client_result_fetch(struct client *client, uint64_t id, const char *set, int fd, char *error,
			size_t error_bytes);
/* Cancels a running job, or removes an ended one with its results. */
int client_job_delete(struct client *client, uint64_t id, char *error, size_t error_bytes);

#endif
