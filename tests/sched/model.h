/* The model of a job on several nodes around their schedulers; model.c says what it shows. */
#ifndef MODEL_H
#define MODEL_H

#include "random.h"
#include "sched_test.h"

#define MODEL_NODES_MAX 4
#define MODEL_VERTICES_MAX 16
#define MODEL_EDGES_MAX 24
#define MODEL_SETS_MAX 3
#define MODEL_ITEMS_MAX 1024 /* of one vertex */
#define MODEL_SOURCE_ITEMS_MAX 6

struct model_totals {
	uint64_t invocations;
	uint64_t retries;
	uint64_t duplicates;
	uint64_t failures;
};

/* An item some invocation put out, or a source holds. */
struct model_item {
	uint64_t partition; /* of its producer */
	uint32_t index;     /* within its producer's output */
	uint32_t group;     /* its key's */
};

/* What one producer put out for one edge and one node; in flight or arrived. */
struct model_batch {
	uint32_t edge;
	uint32_t from;
	uint32_t to;
	uint32_t epoch;
	bool mark;
	bool begin;         /* neither: the leader says that this epoch begins */
	uint64_t partition; /* of the producer; a mark: how many batches */
};

struct model_run {
	bool running;
	bool failed; /* its last attempt; the scheduler tries again */
	struct sched_action action;
};

struct model_node {
	struct sched *sched;
	struct model_run runs[MR_SLOTS_MAX];
	uint64_t partitions[MODEL_VERTICES_MAX][MODEL_SOURCE_ITEMS_MAX]; /* of sources */
	uint32_t epoch;
	bool epoch_done;
	uint32_t planned[MODEL_VERTICES_MAX]; /* the number of the last epoch when it was, plus 1 */
	uint32_t done[MODEL_VERTICES_MAX];
	uint64_t shipped[MODEL_EDGES_MAX][MODEL_NODES_MAX]; /* batches that count */
	uint32_t arrived[MODEL_EDGES_MAX];                  /* items */
	uint32_t carried[MODEL_EDGES_MAX];                  /* of a state: in the epoch before */
};

struct model_vertex {
	struct model_item items[MODEL_ITEMS_MAX]; /* in the order they were first shipped */
	uint32_t item_count;
	uint32_t invocations;                              /* that succeeded */
	uint8_t consumed[MODEL_SETS_MAX][MODEL_ITEMS_MAX]; /* times, by input set and item */
	struct model_item before[MODEL_ITEMS_MAX];         /* items of the epoch before */
	uint32_t before_count;
	bool steady; /* no state reaches it: it makes the same in each epoch */
};

struct model {
	uint64_t seed;
	struct sim_random random;
	struct plan *plan;
	uint32_t nodes;
	uint32_t leader;
	uint32_t slots;
	uint32_t fail_percent;
	bool dooms;
	uint64_t doomed; /* the invocation whose attempts all fail: hash of its name; 0: none */
	struct model_node *node;
	struct model_vertex *vertex;
	uint32_t running;
	struct model_batch *flight;
	uint32_t flight_count;
	uint32_t flight_room;
	struct model_batch *arrived; /* all batches delivered that are no duplicates */
	uint32_t arrived_count;
	uint32_t arrived_room;
	bool failed;
	uint32_t epochs; /* of this run */
	uint32_t epoch;  /* that is not committed yet */
	bool last;       /* all are */
	struct model_totals *totals;
};

/* One seed from start to end; ends the test when something does not hold. */
void model_run(const char *text, uint64_t seed, struct model_totals *totals);

/* model_flow.c: what an invocation puts out, and its way to the consumers. */
/* First key group of a node's range; model_group_first(m, m->nodes) is MR_KEY_GROUPS. */
uint32_t model_group_first(const struct model *m, uint32_t node);
uint64_t model_name_hash(const struct model *m, uint32_t vertex, uint64_t partition);
/* counts: its outputs are the ones that count; otherwise some of them go out too early. */
void model_ship(struct model *m, uint32_t node, const struct sched_action *action, bool counts);
void model_ship_marks(struct model *m, uint32_t node, uint32_t vertex);
/* Delivers one of the batches and marks in flight, at random; perhaps a second time later. */
void model_deliver(struct model *m);
/* Adds to what is in flight. */
void model_send(struct model *m, const struct model_batch *batch);
/* model_epoch.c: the next epoch begins on a node; and, all nodes have told that theirs is over. */
void model_epoch_begin(struct model *m, uint32_t node);
void model_epoch_commit(struct model *m);
/* What each edge was given in this epoch: those into sinks, or the others. */
void model_check_edges(const struct model *m, bool sinks);
/* Which vertices no state reaches. */
void model_find_steady(struct model *m);
/* Notes what a successful invocation consumed. */
void model_consume(struct model *m, uint32_t node, const struct sched_action *action);

#define MODEL_CHECK(m, cond, ...)                                                      \
	do {                                                                           \
		if (!(cond))                                                           \
			fprintf(stderr, "seed %llu: ", (unsigned long long)(m)->seed); \
		CHECK(cond, __VA_ARGS__);                                              \
	} while (0)

#endif
