/* One process's half of a test: a pool, a rendezvous, a channel to the other half. */
#ifndef HOST_H
#define HOST_H

#include "rendezvous.h"

#define HOST_POOL_BYTES (16u << 20)

struct host {
	uint32_t node;
	struct region_pool *pool;
	struct rendezvous *rendezvous;
	struct attach_channel *channel; /* NULL while apart */
	uint64_t incarnation;           /* of the other half, as last met */
	uint32_t ups;
	uint32_t downs;
};

/* node is 0 or 1. */
void host_start(struct host *host, const char *directory, uint32_t node, uint64_t incarnation);
void host_stop(struct host *host);
/* Handles what the rendezvous has to tell; true when there was something. */
bool host_poll(struct host *host);
/* Until the channel is up, or is down; fails after ten seconds. */
void host_await(struct host *host, bool up);
uint64_t host_now(void);

/* The other half, in a process of its own, ends with status 0. */
typedef void (*host_main)(const char *directory, uint32_t round);
int host_fork(host_main main, const char *directory, uint32_t round);
int host_wait(int pid); /* its exit status; minus the signal that ended it */
/* A fresh directory, 0700. */
void host_directory(char *path, size_t path_bytes);

/* Sends message number `number` of the sequence both halves know: inline, or lent when large.
 * 0, -EAGAIN or -EPIPE. */
int host_send(struct host *host, uint64_t number);
/* Checks it, and releases its region. */
void host_check(const struct attach_message *message, uint64_t number);

#endif
