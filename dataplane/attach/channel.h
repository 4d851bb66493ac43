/* A channel from inside: what its files share. */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <pthread.h>

#include "attach.h"
#include "slot_ring.h"

/* Loans that are out: a token names one until it comes back (loans.c). */
struct loans {
	struct region **regions; /* by token; NULL: free */
	uint32_t *unused;        /* tokens, a stack */
	uint32_t unused_count;
	uint64_t bytes; /* by class_bytes */
};

int loans_init(struct loans *loans);
void loans_fini(struct loans *loans); /* drops every reference */
/* Takes a reference. 0 or -EAGAIN when all tokens are out. */
int loans_add(struct loans *loans, struct region *region, uint32_t *token);
/* false: no such loan is out. */
bool loans_end(struct loans *loans, uint32_t token);

/*
 * The other process's pool, as mapped here, and its regions held here (borrow.c). Lives until the
 * channel is closed and the last of them released; any thread may release.
 */
struct import;

int import_create(struct import **import, const uint8_t *base, uint64_t bytes, int wake_fd);
/* The channel is closing: nobody is told of releases any more. */
void import_close(struct import **import);
/* 0; -EBADMSG for what lies outside the pool or a token that is out already; -ENOMEM. */
int import_region(struct import *import, uint32_t token, uint64_t offset, uint64_t bytes,
		  struct region **region);
/* Takes up to max tokens of regions released; returns their number. */
uint32_t import_released(struct import *import, uint32_t *tokens, uint32_t max);

/* Both ends of a channel within one process (pair.c); lives as long as either, or a loan. */
struct pair;

struct attach_channel {
	struct slot_writer writer;
	struct slot_reader reader;
	struct attach_counters counters;
	uint64_t flushed; /* messages the other side was woken for */
	bool broken;
	bool recalled;
	int wake_fd;      /* eventfd: ours */
	int peer_wake_fd; /* eventfd: the other side's */

	/* Within a process. */
	struct pair *pair;
	uint32_t side;

	/* Between processes. */
	struct loans loans;
	struct import *import;
	void *control; /* the mapping both rings are in */
	const uint8_t *pool_base;
	uint32_t release_tokens[SLOT_DATA_BYTES / sizeof(uint32_t)]; /* taken, not yet sent */
	uint32_t release_count;
};

/* pair.c */
int pair_lend(struct attach_channel *channel, struct region *region, struct slot *slot);
struct region *pair_borrow(const struct slot *slot);
uint64_t pair_lent_bytes(const struct attach_channel *channel);
void pair_leave(struct attach_channel *channel);
bool pair_is_left(const struct attach_channel *channel); /* by the other side */

/* Between processes: what the rendezvous agreed on. */
struct attach_join {
	void *control;         /* two struct slot_ring */
	uint32_t side;         /* of control: we write ring number side */
	const uint8_t *pool;   /* of ours */
	const uint8_t *mapped; /* the peer's pool */
	uint64_t mapped_bytes;
	int wake_fd;
	int peer_wake_fd;
};

/* Ownership of everything in join passes on success. 0 or -ENOMEM. */
int attach_join(struct attach_channel **channel, const struct attach_join *join);

#endif
