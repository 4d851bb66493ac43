/*
 * One direction of a channel: a ring of slots in shared memory, one writer and one reader.
 *
 * A slot is published by its sequence number, which lies beside its bytes: a small message moves
 * with one cache line (FastForward, Giacomoni et al., PPoPP'08). Each side keeps its own position
 * private, and believes of the other's only what fits: who scribbles here harms its own messages.
 */
#ifndef SLOT_RING_H
#define SLOT_RING_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <millrace/limits.h>

#define SLOT_BYTES 256
#define SLOT_DATA_BYTES 224

enum slot_kind {
	SLOT_INLINE = 1, /* data: a message's head and body */
	SLOT_LOAN,       /* data: its head; the body is a region of the writer's pool */
	SLOT_RELEASE,    /* data: tokens of loans that come back */
	SLOT_RECALL,     /* the writer is short of memory: loans should come back */
};

struct slot {
	atomic_uint_least32_t sequence; // number of its message plus one; writer: wo, reader: ro
	uint8_t kind;
	uint8_t head_bytes;
	uint16_t body_bytes;
	uint32_t token;
	uint32_t reserved;
	uint64_t offset; // of a loan: in the pool; within one process: the loan's address
	uint64_t bytes;
	uint8_t data[SLOT_DATA_BYTES];
};
_Static_assert(sizeof(struct slot) == SLOT_BYTES, "attach version 1");
_Static_assert(offsetof(struct slot, data) == 32, "attach version 1");

struct slot_ring {
	alignas(64) atomic_uint_least64_t taken;  // messages read; reader: wo, writer: ro
	alignas(64) atomic_uint_least32_t asleep; // reader sets; who clears it owes a wake
	alignas(SLOT_BYTES) struct slot slots[MR_ATTACH_SLOTS];
};

struct slot_writer {
	struct slot_ring *ring;
	uint64_t next;
	uint64_t taken; /* as last seen */
};

struct slot_reader {
	struct slot_ring *ring;
	uint64_t next;
	uint64_t told; /* taken, as last published */
};

/* A slot to fill, or NULL while the ring is full; *broken when the reader's count is impossible. */
struct slot *slot_claim(struct slot_writer *writer, bool *broken);
/* The claimed slot is filled. */
void slot_publish(struct slot_writer *writer);
/* Is the reader to be woken? Asked after publishing. */
bool slot_reader_sleeps(struct slot_writer *writer);

/* Copies the next message out, or returns false. */
bool slot_take(struct slot_reader *reader, struct slot *slot);
/* Before the reader sleeps: true when a message waits after all. */
bool slot_arm(struct slot_reader *reader);

#endif
