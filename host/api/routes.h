/*
 * What each method and path of the HTTP interface does; docs/running.md is its reference. Free of
 * HTTP's own machinery, which is server.c. One thread calls.
 */
#ifndef ROUTES_H
#define ROUTES_H

#include <stddef.h>
#include <stdint.h>

#include "code_store.h"
#include "job_table.h"
#include "node.h"

struct api {
	struct node *node;
	uint32_t peer_count;
	const struct node_peer *peers;
	struct code_store *codes;
	struct job_table *jobs;
};

struct api_request {
	const char *method;
	const char *path; /* decoded, without the query */
	const char *body; /* not zero-terminated; NULL when empty */
	size_t body_bytes;
};

struct api_reply {
	unsigned int status; /* of HTTP */
	const char *type;    /* Content-Type */
	char *body;          /* allocated by malloc(); NULL: fd, or nothing */
	size_t body_bytes;
	int fd; /* -1, or a file to send */
	uint64_t fd_bytes;
};

/* Most bytes a request's body may have: depends on what it is for. 0: none. */
size_t api_body_bytes_max(const char *method, const char *path);
/* Always fills *reply; its body and fd go to the caller. */
void api_handle(struct api *api, const struct api_request *request, struct api_reply *reply);
/* A reply of {"error": text}. */
void api_reply_error(struct api_reply *reply, unsigned int status, const char *text);

#endif
