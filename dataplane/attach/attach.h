/*
 * Hand-over: messages between nodes of one host and one trust domain, through shared memory.
 *
 * A channel joins two nodes. Small messages travel in the slots of a ring; larger ones are lent: a
 * frozen region of the sender's pool, which the receiver reads where it lies, and gives back by
 * dropping its last reference. Within a process a channel is a pair (attach_pair); between
 * processes the two find each other by Unix sockets in a directory that only their user can enter
 * (rendezvous.h). docs/attach.md is the protocol.
 *
 * A channel belongs to one thread. A received region may be released by any. Of what the other side
 * says everything is checked: one that scribbles, or dies at any instant, breaks its channel
 * (attach_broken) and nothing else.
 */
#ifndef ATTACH_H
#define ATTACH_H

#include <stdbool.h>
#include <stdint.h>

#include "region.h"

#define ATTACH_HEAD_BYTES_MAX 64
#define ATTACH_INLINE_BYTES_MAX 224 /* head and body of a message that travels in a slot */

struct attach_channel;

struct attach_message {
	uint32_t head_bytes;
	uint32_t body_bytes;   /* of an inline body */
	struct region *region; /* a lent body, the receiver's reference; NULL: it is inline */
	uint8_t bytes[ATTACH_INLINE_BYTES_MAX]; /* the head, then an inline body */
};

#define ATTACH_COUNTERS(X)                                                           \
	X(messages_in)                                                               \
	X(messages_out)                                                              \
	X(lent)          /* regions, ever */                                         \
	X(lent_bytes)    /* ever */                                                  \
	X(borrowed)      /* regions received, ever */                                \
	X(recalls)       /* times the other side was asked to give loans back */     \
	X(full)          /* sends refused: the ring or the table of loans is full */ \
	X(drop_bad_slot) /* a slot, or what was taken, that cannot be: it breaks the channel */

struct attach_counters {
#define ATTACH_COUNTER_FIELD(name) uint64_t name;
	ATTACH_COUNTERS(ATTACH_COUNTER_FIELD)
#undef ATTACH_COUNTER_FIELD
};

/* Two ends of a channel within this process. 0 or -errno. */
int attach_pair(struct attach_channel *ends[2]);
/* Takes back what is lent (the other side has it no more, or has died), and gives up what was not
 * received. Regions received stay good until they are released. Nulls *channel; it may be NULL. */
void attach_close(struct attach_channel **channel);

/* An inline message; head and body are copied. 0; -EMSGSIZE when they are longer than
 * ATTACH_INLINE_BYTES_MAX; -EAGAIN when there is no slot; -EPIPE when the channel is broken. */
int attach_send(struct attach_channel *channel, const void *head, uint32_t head_bytes,
		const void *body, uint32_t body_bytes);
/* Lends a frozen region of the pool that the channel was made for; takes a reference of its own
 * until it comes back. 0, -EAGAIN or -EPIPE. */
int attach_lend(struct attach_channel *channel, const void *head, uint32_t head_bytes,
		struct region *region);
/* Bytes of regions, by class_bytes, that are out now. */
uint64_t attach_lent_bytes(const struct attach_channel *channel);
/* Asks for what is lent; the other side may copy or spill it. */
void attach_recall(struct attach_channel *channel);

/* The next message, or false. */
bool attach_receive(struct attach_channel *channel, struct attach_message *message);
/* Was the other side short of memory since this was last asked? */
bool attach_recalled(struct attach_channel *channel);
/* After sends and receives of one turn: gives back what was released, and wakes the other side. */
void attach_flush(struct attach_channel *channel);
/* Before its thread sleeps: true when something waits; else attach_fd() becomes readable. */
bool attach_arm(struct attach_channel *channel);
int attach_fd(const struct attach_channel *channel);
/* The other side broke the protocol, or has closed its end. */
bool attach_broken(const struct attach_channel *channel);
const struct attach_counters *attach_counters(const struct attach_channel *channel);

#endif
