/*
 * Messages between nodes: the head that travels with each, and what its body is.
 *
 * Control messages go in order on flow MESSAGE_FLOW_CONTROL, their bodies are JSON or a struct
 * named below; batches go unordered. All of it is read with suspicion: heads and bodies are
 * checked.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <assert.h>
#include <stdint.h>

#define MESSAGE_VERSION 2
#define MESSAGE_FLOW_DATA 0
#define MESSAGE_FLOW_CONTROL 1

enum message_type {
	MESSAGE_LIST = 1, /* leader -> all: JSON, which sources to list */
	MESSAGE_LISTED,   /* -> leader: JSON, the files */
	MESSAGE_START,    /* leader -> all: JSON, the job: text, splits of that node, code hashes */
	MESSAGE_READY,    /* -> leader: code is prepared, batches may come */
	MESSAGE_GO,       /* leader -> all: every node is ready, sources may flow */
	MESSAGE_CODE_GET, /* -> leader: arg is the hash */
	MESSAGE_CODE,     /* leader ->: arg is the hash, the body the code */
	MESSAGE_BATCH,    /* producer -> consumer: a region image; arg is its XXH64 */
	MESSAGE_MARK, /* producer -> consumer: struct message_mark; arg batches of that edge came
		       * from this node */
	MESSAGE_PROGRESS,   /* -> leader: struct job_counters */
	MESSAGE_FAILED,     /* -> leader: text */
	MESSAGE_END,        /* leader -> all: the job is over; arg 1: it failed */
	MESSAGE_ENDED,      /* -> leader: struct job_counters, final */
	MESSAGE_REFUSED,    /* -> who sent a message without an offer: edge is its type, arg why */
	MESSAGE_CORES,      /* -> all, after first contact: arg I/O cores are here */
	MESSAGE_EPOCH,      /* leader -> all: the one before arg is committed, arg begins */
	MESSAGE_EPOCH_DONE, /* -> leader: of epoch edge all is here, and arg items of the `until`
			       set */
	MESSAGE_TYPES,
};

/* Why a receiver refused a message. */
enum message_refusal {
	MESSAGE_REFUSED_JOB = 1, /* no such job here (any more) */
	MESSAGE_REFUSED_SIZE,    /* larger than this node could ever take */
	MESSAGE_REFUSED_FORM,    /* head not understood */
	MESSAGE_REFUSED_MEMORY,  /* of the process, not of the pool */
};

struct message_head {
	uint8_t version;
	uint8_t type;
	uint16_t zero;
	uint32_t edge;
	uint64_t job;
	uint64_t arg;
};
static_assert(sizeof(struct message_head) == 24, "on the wire");

struct message_mark {
	uint32_t epoch; /* of the batches */
	uint32_t zero;
};
static_assert(sizeof(struct message_mark) == 8, "on the wire");

#endif
