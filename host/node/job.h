/* A job on a node, and what the files of this folder do with it: its sources, edges, invocations
 * and sinks; what only its leader keeps; its epochs. All of it is the I/O thread's. */
#ifndef JOB_H
#define JOB_H

#include <stdio.h>
#include <sys/queue.h>

#include "compose.h"
#include "io.h"
#include "message.h"
#include "node.h"
#include "scheduler.h"
#include "sink.h"
#include "source.h"
#include "stage.h"
#include "task.h"

struct node;

/* An item of a source, read in an epoch and kept for the others. */
struct kept_item {
	struct region *batch; /* it alone; NULL: not kept */
	uint64_t offset;      /* where it is in its file */
};

/* The items of one source this node reads. */
struct job_source {
	struct kept_item *kept; /* count, or NULL */
	struct source_split *splits;
	uint64_t *partitions;
	uint32_t count;
	char **paths;
	uint32_t path_count;
};

struct job_edge {
	struct store *store; /* what has arrived here; NULL for `each` */
	struct store *next;  /* of a state: the version that this epoch makes */
	struct store *old;   /* of an epoch that is over: goes as soon as it may */
	uint64_t *seen;      /* `each`: partitions that arrived, open addressing, 0 empty */
	uint32_t seen_count;
	uint32_t seen_slots;
	bool sealed;                    /* a sink reads it: no more spilling */
	bool drained;                   /* its consumer is done: the store goes as soon as it may */
	uint64_t spilled_bytes;         /* by a store that is gone */
	uint64_t shipped[MR_NODES_MAX]; /* batches that count, by node they went to */
};

/* An output waiting to be taken item by item. */
struct each_batch {
	struct region *region;
	struct mr_set set;
	uint32_t users; /* runs that took an item and have not ended */
	bool drained;   /* the last item was taken */
};

enum run_state {
	RUN_IDLE,
	RUN_FETCHING,  /* looking for its item's size, or reading it */
	RUN_WAITING,   /* for memory, to stage or to build batches */
	RUN_GATHERING, /* reading spilled batches */
	RUN_WORKING,   /* with a worker, or the sink's thread */
};

struct sink_work;

/* One invocation attempt under way: slot number index of the scheduler. */
struct run {
	struct task task;
	struct job *job;
	enum run_state state;
	struct sched_action action;
	const struct plan_vertex *vertex;
	struct sandbox_code *code;
	struct source_fetch fetch;
	bool fetch_open; /* sized, waits for memory to be read into */
	uint64_t item_bytes;
	uint64_t item_offset;
	uint64_t begun_ns;
	struct region *region;
	uint64_t region_bytes; /* its share of the invocation budget */
	uint32_t header_off;
	uint32_t image_end;
	uint32_t sets_off;
	uint32_t source_vertex; /* where its `each` item comes from */
	struct gather *gather;
	struct sink_work *sink;   /* a sink's own */
	struct store *item_store; /* an `each` item beside broadcast inputs, wrapped as a store */
	bool has_run;             /* outputs are checked; batches may still have to be built */
	bool repeated;            /* a fault: this is the second success */
	int ship_rc;
	struct sandbox_result result;
	char error[MR_ERROR_BYTES_MAX];
	struct mr_set out_sets[MR_SETS_MAX];
	struct run_output {
		uint32_t edge;
		struct region *batches[MR_NODES_MAX];
		bool built;
	} * outputs;
	uint32_t output_count;
	TAILQ_ENTRY(run) link; /* in node->waiting */
};
TAILQ_HEAD(run_queue, run);

struct job_function {
	uint64_t hash;
	struct code_entry *code;
	bool asked; /* the leader has been asked for its code */
};

struct job_sink {
	struct sink_file file;
	bool open;
	bool complete;
	atomic_uint_fast64_t written; // sink: wo, I/O: ro
};

struct lead;

struct job {
	TAILQ_ENTRY(job) link;
	struct node *node;
	uint64_t id;
	uint32_t leader;
	uint64_t incarnations[MR_NODES_MAX]; /* of the nodes that take part; 0: not told */
	struct plan *plan;
	struct sched *sched;
	void *sched_memory;
	struct job_source *sources; /* by vertex */
	struct job_edge *edges;
	struct job_function *functions; /* by function of the plan */
	struct job_sink *sinks;         /* by vertex; leader only */
	struct each_batch *each;
	uint32_t each_count;
	struct run *runs; /* by slot */
	uint32_t slots;
	uint32_t preparing; /* functions whose code is not ready */
	uint32_t busy;      /* things that point here: runs, tasks, fetches */
	bool running;       /* GO has come */
	bool over;          /* END has come, or it failed: drop everything */
	bool failed_sent;
	atomic_bool cancel;           // I/O: wo, sink: ro
	struct job_counters counters; /* this node's share */
	bool based;                   /* the two bases are taken */
	uint64_t base_drops;
	uint64_t base_retransmits;
	uint64_t progress_ns; /* when progress was last sent */
	uint32_t epoch;
	bool epoch_made;               /* all of it is here, and the leader not told */
	uint64_t until_items;          /* made here, in this epoch */
	struct checkpoint *checkpoint; /* NULL: none is asked for */
	struct lead *lead;             /* at the leader only */
};
TAILQ_HEAD(job_list, job);

enum lead_phase { LEAD_LISTING, LEAD_STARTING, LEAD_RUNNING, LEAD_ENDING, LEAD_ENDED };

/* One source as the leader sees it. */
struct lead_file {
	char *path;
	uint64_t bytes;
	int64_t mtime_ns;
	uint64_t nodes; /* bit per node that has it */
};

struct lead_source {
	struct source_uri uri;
	char *uri_text;
	bool given;
	struct lead_file *files;
	uint32_t file_count;
	uint32_t file_room;
	uint64_t missing; /* bit per node that has no such file */
};

/* What only the leader of a job keeps. */
struct lead {
	enum lead_phase phase;
	char *text;
	size_t text_bytes;
	char *file;
	char *composition;
	struct lead_source *sources; /* by vertex */
	void **codes;                /* by function: bytes, malloc'ed */
	size_t *code_bytes;
	uint64_t waiting; /* bit per node whose answer is awaited */
	struct job_counters node_counters[MR_NODES_MAX];
	uint64_t started_ns;
	uint64_t ended_ns;
	uint64_t answer_deadline_ns; /* when answers to LIST or START are no longer waited for */
	uint64_t end_deadline_ns;    /* when the last ENDED is no longer waited for */
	char *request;               /* what LIST asked for */
	uint64_t until_items;        /* made in this epoch, on nodes that have told */
	bool failed;
	char error[2 * MR_ERROR_BYTES_MAX];
};

/* job.c */
struct job *job_find(struct node *node, uint64_t id);
/* Plans the text and sets up all but sources and code. NULL with error text. */
struct job *job_create(struct node *node, uint64_t id, uint32_t leader, const char *file,
		       const char *text, size_t text_bytes, const char *composition, char *error,
		       size_t error_bytes);
void job_unbusy(struct job *job);
/* Ends it here: nothing new starts; freed when nothing points to it any more. */
void job_end(struct job *job);
/* Something on this node went wrong: the leader will end the job everywhere. */
void job_fail(struct job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Runs the scheduler's actions; true when there was one. */
bool job_advance(struct job *job);
void job_update_counters(struct job *job);
void job_go(struct job *job);

/* Frees jobs that are over and that nothing points to; true when one went. */
bool jobs_sweep(struct node *node);
void job_free(struct job **job);

/* The stores of an edge that there are; returns their number. */
#define EDGE_STORES_MAX 3
uint32_t job_edge_stores(const struct job_edge *edge, struct store *stores[EDGE_STORES_MAX]);
bool job_spilling(const struct job *job);

/* epochs.c: from one to the next. */
int epochs_open(struct job *job); /* 0 or -ENOMEM */
/* What runs in an epoch has put something out that counts. */
void epoch_note_outputs(struct run *run);
/* Tells the leader, once all is made and nothing of older epochs is still being written. */
bool epoch_report(struct job *job);
/* May what belongs to that epoch come in now? False: it is late, another attempt has brought it, or
 * the job has failed. The epoch after this one begins by it. */
bool epoch_meet(struct job *job, uint32_t epoch);
/* At the leader: a node has told. */
void epoch_told(struct job *job, uint32_t peer, uint32_t epoch, uint64_t until_items);

/* The leader begins the next one: the last is committed, and written if it was to be. */
void epoch_next(struct job *job);

/* checkpoint.c: the states of committed epochs in files (checkpoint.h). */
struct cJSON;
/* At the leader, for the job's life: the folder, which is made if there is none. -EINVAL with error
 * text, or -ENOMEM. */
int checkpoint_open(struct job *job, const char *folder, uint32_t every, char *error,
		    size_t error_bytes);
void checkpoint_free(struct checkpoint **checkpoint);
/* Once its inputs are listed: goes on from the one in the folder, if there is. 0 or -errno with
 * error text. */
int checkpoint_find(struct job *job, char *error, size_t error_bytes);
void checkpoint_describe(const struct job *job, struct cJSON *start);
/* What START says, on each node; json may be NULL. 0 or -errno. */
int checkpoint_apply(struct job *job, const struct cJSON *json);
/* Is the epoch under way to be written when it is made? */
bool checkpoint_due(const struct job *job);
/* Its states here are written before the leader is told; true when that has begun, and once it is
 * over checkpoint_saved(). Called again until then. */
bool checkpoint_save(struct job *job);
bool checkpoint_saved(const struct job *job);
void checkpoint_begin(struct job *job); /* an epoch, of which nothing is written yet; the last is
					 * committed */
/* All nodes have written theirs: from now on it is the one. Then epoch_next(). */
void checkpoint_commit(struct job *job);
/* The job has ended well: what this node has of it goes. */
void checkpoint_remove(const struct job *job);
/* Goes on loading when memory was short; true when it did. */
bool checkpoint_pump(struct job *job);

/* prepare.c: code of a job's functions. */
int prepare_start(struct job *job);
/* One of the things is ready that job->preparing counts. */
void prepare_counted(struct job *job);
void prepare_code_arrived(struct node *node, struct job *job, uint64_t hash, const void *bytes,
			  size_t byte_count);

/* run.c: an invocation from start to end. */
void run_start(struct job *job, const struct sched_action *action);
/* Runs that waited for memory; true when one went on. */
bool runs_retry(struct node *node);
/* run_stage.c */
void run_stage(struct run *run);
/* run_work.c: on a worker. */
void run_work(struct task *task);
void run_finished(struct task *task);
int run_build_batches(struct run *run);
/* run.c */
void run_begin(struct run *run);
void run_release(struct run *run);
/* The attempt is over: tells the scheduler. */
void run_end(struct run *run, bool ok);
void run_failed(struct run *run);
void run_wait(struct run *run);
void run_to_worker(struct run *run);
bool fault_strikes(struct node *node, uint32_t ppm);

/* kept.c: items of sources that later epochs want again, while there is memory. */
void kept_add(struct run *run, struct region *batch); /* which stays the caller's, too */
const struct kept_item *kept_find(const struct run *run);
/* At least so many bytes, if so many are kept; returns how many. */
uint64_t kept_release(struct node *node, uint64_t want_bytes);
void kept_free(struct job_source *source);

/* ship.c */
void ship_outputs(struct run *run, bool counts);
void ship_marks(struct job *job, uint32_t vertex);
/* A batch arrived (from here or there). Takes the reference. */
void ship_deliver(struct job *job, uint32_t edge, struct region *batch);
void each_release(struct job *job, uint32_t handle);

/* partitions.c */
void partitions_plan(struct job *job, uint32_t vertex);

/* sinks.c */
void sink_run_start(struct run *run);

/* lead.c */
void lead_begin(struct job *job);
void lead_message(struct job *job, uint32_t peer, const struct message_head *head, const void *body,
		  uint64_t bytes);
void lead_fail(struct job *job, const char *text);
void lead_tick(struct job *job);
void lead_node_lost(struct job *job, uint32_t peer, const char *why);
void lead_node_restarted(struct job *job, uint32_t peer);
void lead_finished(struct job *job);
bool lead_complete(const struct job *job);
/* All nodes but this one. body, which is copied, may be NULL. */
void lead_send_all(struct job *job, uint32_t type, uint64_t arg, const char *body);
uint64_t lead_all_nodes(const struct node *node);
void lead_free(struct lead **lead, uint32_t vertices, uint32_t functions);
/* lead_splits.c: 0 or -errno after lead_fail(). */
int lead_deal(struct job *job, char **starts);
/* Files of one node's answer; 0 or -errno with error text. */
int lead_listed(struct job *job, uint32_t peer, const char *body, uint64_t bytes, char *error,
		size_t error_bytes);

/* listing.c: the sources a leader asks this node for. */
void listing_begin(struct node *node, uint32_t leader, uint64_t job, const char *request,
		   uint64_t bytes);

/* start.c: a START as it arrives, or at the leader itself. 0 or -errno after job_fail(). */
int start_apply(struct job *job, const char *body, uint64_t bytes);
void start_begin(struct node *node, uint32_t leader, uint64_t id, const char *body, uint64_t bytes);

#endif
