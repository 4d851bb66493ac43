/* The scheduler's structures, shared by the files of this folder. */
#ifndef SCHED_INTERNAL_H
#define SCHED_INTERNAL_H

#include "scheduler.h"
#include <millrace/hash.h>

struct sched_each {
	uint64_t base;
	uint32_t handle;
	uint32_t step;
	uint32_t count;
	uint32_t next;
};

struct sched_vertex {
	const uint64_t *sources; /* partitions of the source items to take here */
	uint32_t source_count;
	uint32_t source_next;
	struct sched_each *each; /* ring of MR_EACH_BATCHES_MAX */
	uint32_t each_head;
	uint32_t each_tail;
	uint16_t *firsts; /* of partition_count key ranges */
	uint32_t partition_count;
	uint32_t partition_next;
	uint32_t inputs_open; /* edges into it that are not complete */
	uint32_t in_flight;
	bool hosted;
	bool once;       /* no state reaches it: it runs in the first epoch only */
	bool ships;      /* has an edge that is not `each` going out */
	bool feeds_each; /* has an `each` edge going out */
	bool plan_asked;
	bool planned;
	bool all_started;
	bool done;
};

struct sched_edge {
	uint64_t marked; /* bit per node */
	uint32_t marks;
	uint32_t marks_needed;
	uint64_t expected; /* batches, by the marks so far */
	uint64_t arrived;
	uint64_t items;
	uint64_t carried; /* items of a state, made in the epoch before */
	bool complete;    /* of a state: the version being made */
	bool knotted; /* `each`: its consumer's broadcast inputs need its producer to end first */
};

enum slot_state { SLOT_FREE, SLOT_UNDER_WAY, SLOT_RETRY, SLOT_FAILED };

struct sched_slot {
	enum slot_state state;
	struct sched_action action;
};

struct sched {
	struct sched_config config;
	struct sched_vertex *vertices;
	struct sched_edge *edges;
	struct sched_slot slots[MR_SLOTS_MAX];
	uint32_t in_flight;
	uint32_t retry_count;
	uint32_t failed_count;
	bool over;       /* SCHED_FAIL was given */
	bool epoch_done; /* SCHED_EPOCH_DONE was given for the epoch under way */
	bool last;       /* no epoch follows */
};

/* epochs.c: which vertices run in the first epoch only. */
void sched_find_once(struct sched *s);
/* Is all of this epoch there? */
bool sched_epoch_complete(const struct sched *s);
/* sched.c */
void sched_open_inputs(struct sched *s, uint32_t vertex);

/* How many nodes send this node a mark for that edge. */
uint32_t sched_producers(const struct sched *s, uint32_t edge);

#endif
