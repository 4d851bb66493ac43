/*
 * The scheduler: which invocation of a job runs next on this node, and when a vertex is finished.
 *
 * A pure core, one object per job and node: what happened goes in, actions come out. No clock,
 * thread, system call or allocation; its memory is given to sched_init(). One thread owns an
 * object.
 *
 * Names are those of architecture decision 4: an invocation is (job, vertex, partition, epoch,
 * attempt). Partition is: for `all` 0; for `key` the first key group of its range; for `each` of a
 * source the item's number among all items of that source; for `each` of a function's output
 * (partition << MR_EACH_ITEM_BITS | index) of the item. Every producer ends with a mark that says
 * how much it made; an input is complete when all marks came and as many batches arrived.
 *
 * A plan with epochs runs again and again: when everything that this node makes and is to receive
 * in an epoch is there, SCHED_EPOCH_DONE says so; its owner calls sched_epoch() when all nodes are,
 * or sched_last() when that was the last one. What arrives is of the epoch under way: its owner
 * sees to that.
 */
#ifndef SCHEDULER_H
#define SCHEDULER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compose.h"

struct sched;

struct sched_config {
	const struct plan *plan; /* outlives the scheduler */
	uint32_t node;
	uint32_t nodes;
	uint32_t leader;
	uint32_t slots; /* invocations under way at once, at most MR_SLOTS_MAX */
};

size_t sched_bytes(const struct sched_config *config);
/* memory is zeroed and 64-byte aligned. -EINVAL when the plan asks for more than limits.h allows.
 */
int sched_init(struct sched **sched, void *memory, const struct sched_config *config, char *error,
	       size_t error_bytes);

/* --- Placement: pure functions of the plan, the same on every node
 * ----------------------------------- */

/* Does the vertex run on that node? `all` vertices and sinks run on the leader, others everywhere.
 */
bool sched_hosts(const struct sched *s, uint32_t vertex, uint32_t node);
/* Where a batch of this edge may go: to the nodes that host its consumer; an `each` edge stays on
 * the node of its producer, unless that producer runs on one node only: then its items are dealt.
 */
bool sched_edge_local(const struct sched *s, uint32_t edge);
/* The distribution that drives a function vertex: DIST_ALL, DIST_EACH or DIST_KEY. */
enum distribution sched_driver(const struct sched *s, uint32_t vertex);

/* How long what arrives on an edge is needed, in a plan with epochs. Without, all is SCHED_EPOCH.
 */
enum sched_life {
	SCHED_EPOCH, /* until its consumer is done, in the epoch that made it */
	SCHED_FIRST, /* the same, but it is made in the first epoch only */
	SCHED_KEPT,  /* made in the first epoch, presented in each */
	SCHED_STATE, /* presented in the next epoch */
};
enum sched_life sched_edge_life(const struct sched *s, uint32_t edge);

/* --- What happened
 * ------------------------------------------------------------------------------------- */

/* The items of a source this node is to read, once; partitions[count] outlives the scheduler. */
void sched_source(struct sched *s, uint32_t vertex, const uint64_t *partitions, uint32_t count);
/* A batch (not a duplicate) arrived for an edge whose distribution is not `each`. */
void sched_batch(struct sched *s, uint32_t edge, uint64_t items);
/* A batch arrived for an `each` edge from a function: item_count items, number i of which is
 * partition base + i * step. handle comes back in the actions. -ENOBUFS: more than the limits
 * allow. */
int sched_each_batch(struct sched *s, uint32_t edge, uint32_t handle, uint64_t base, uint32_t step,
		     uint32_t item_count);
/* A producing node has finished its vertex: so many batches came from it to this node. */
void sched_mark(struct sched *s, uint32_t edge, uint32_t node, uint64_t batches);
/* Answer to SCHED_PLAN: the first key groups of the partitions, ascending; each ends where the next
 * begins, the last at MR_KEY_GROUPS. */
void sched_partitions(struct sched *s, uint32_t vertex, const uint16_t *firsts, uint32_t count);
/* An attempt ended. ok: its outputs have been handed to shuffle and network. Otherwise it is tried
 * again as often as the function allows, then SCHED_FAIL. */
void sched_done(struct sched *s, uint32_t slot, bool ok);

/* Before the first epoch here: a state that another run has left holds so many items. */
void sched_state(struct sched *s, uint32_t edge, uint64_t items);
/* The epoch is committed, and the next one begins; only after SCHED_EPOCH_DONE. Sources present the
 * same items again. */
void sched_epoch(struct sched *s);
/* The epoch is committed, and was the last: sinks may write. Only after SCHED_EPOCH_DONE. */
void sched_last(struct sched *s);

/* --- What to do
 * ------------------------------------------------------------------------------------------ */

enum sched_action_kind {
	SCHED_NONE,
	SCHED_START, /* stage and run slot; a source vertex: read and ship; a sink: write */
	SCHED_PLAN,  /* the inputs of a `key` vertex are complete: answer sched_partitions() */
	SCHED_VERTEX_DONE, /* send marks to the consumers */
	SCHED_EPOCH_DONE,  /* this node has all of this epoch: tell the leader */
	SCHED_FAIL,        /* slot failed for the last time: the job is over, no action follows */
};

struct sched_action {
	enum sched_action_kind kind;
	uint32_t vertex;
	uint32_t slot;
	uint32_t attempt;
	uint64_t partition;
	uint32_t group_end; /* `key`: [partition, group_end) */
	uint32_t handle;    /* `each` of a function's output */
	uint32_t
	    index; /* `each`, or source vertex: item in the batch or in sched_source()'s array */
	bool last_item; /* `each` of a function's output: the handle is not used by later items */
};

/* The next action, or false when there is nothing to do. Every action is given once. */
bool sched_next(struct sched *s, struct sched_action *action);

bool sched_edge_complete(const struct sched *s, uint32_t edge);
bool sched_vertex_done(const struct sched *s, uint32_t vertex);
/* All vertices hosted here are done, sinks as well. */
bool sched_finished(const struct sched *s);
/* SCHED_EPOCH_DONE was given, and neither sched_epoch() nor sched_last() called since. */
bool sched_epoch_done(const struct sched *s);
uint32_t sched_in_flight(const struct sched *s);

#endif
