/* The structures of a node, shared by the files of this folder. */
#ifndef NODE_INTERNAL_H
#define NODE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/queue.h>

#include "admission.h"
#include "compose.h"
#include "core_control.h"
#include "io.h"
#include "message.h"
#include "node.h"
#include "packet_path.h"
#include "rendezvous.h"
#include "scheduler.h"
#include "sink.h"
#include "source.h"
#include "spill.h"
#include "stage.h"
#include "task.h"

/* --- Work for other threads (worker.c)
 * ------------------------------------------------------------- */

struct workers {
	struct node *node;
	pthread_mutex_t lock; /* of the two queues and stopping */
	pthread_cond_t wake;
	pthread_cond_t unpark;
	struct task_queue todo;
	struct task_queue finished;
	pthread_t threads[MR_WORKERS_MAX];
	uint32_t count;
	atomic_uint todo_count; // with the lock: wo; hot workers look at it without
	uint32_t sleeping;      /* under the lock: threads that a push must wake */
	uint32_t entered;       /* threads that have tried to enter the sandbox */
	int enter_error;
	atomic_uint busy;
	atomic_uint active; // under the lock: wo; workers from this number on are parked
	struct worker_time {
		atomic_uint_fast64_t since_ns; // worker: wo, I/O: ro; of its task, 0: it has none
		atomic_uint_fast64_t busy_ns;  // worker: wo, I/O: ro; with tasks that have ended
	} times[MR_WORKERS_MAX];
	atomic_bool stopping; // set under the lock; hot workers look at it without
	uint32_t outstanding; /* I/O thread only: queued and not yet done() */
};

/* --- Code (code.c)
 * ---------------------------------------------------------------------------------- */

struct code_entry; /* one function's code, shared by the jobs and nodes of a process */

/* --- Messages (messages.c)
 * ----------------------------------------------------------------------------- */

/* A message on its way out; owns what it carries. */
struct outgoing {
	TAILQ_ENTRY(outgoing) link;
	struct message_head head;
	uint32_t peer;
	uint32_t core; /* that has it, once sent */
	uint32_t tries;
	uint64_t serial;       /* in the order of the sends */
	struct region *region; /* a batch, or NULL: heap */
	void *heap;
	uint64_t bytes;
};
TAILQ_HEAD(outgoing_queue, outgoing);

/* A message on its way in. */
struct incoming {
	TAILQ_ENTRY(incoming) link; /* while it waits for memory */
	struct message_head head;
	uint32_t peer;
	uint32_t core; /* that it comes through */
	uint64_t offer;
	uint64_t bytes;
	struct region *region;
	void *heap;
};
TAILQ_HEAD(incoming_queue, incoming);

/* --- Jobs
 * --------------------------------------------------------------------------------------------- */

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

/* --- The node
 * ---------------------------------------------------------------------------------------- */

enum command_kind { COMMAND_SUBMIT, COMMAND_CANCEL, COMMAND_STOP };

struct command {
	STAILQ_ENTRY(command) link;
	enum command_kind kind;
	struct job *job;
	uint64_t id;
};
STAILQ_HEAD(command_queue, command);

/* A job's published status, kept after the job is gone. */
struct status_entry {
	struct job_status status;
	STAILQ_ENTRY(status_entry) link;
};
STAILQ_HEAD(status_list, status_entry);

#define NODE_STATUS_KEPT 128 /* finished jobs whose status can still be asked for */

/* Peers on this host (handover.c). */
struct handover {
	struct rendezvous *rendezvous;                 /* NULL within one process */
	struct attach_channel *channels[MR_NODES_MAX]; /* NULL: only frames reach it */
	uint32_t control_framed[MR_NODES_MAX];         /* control messages under way as frames */
	uint64_t recalled_ns;
	struct handover_counters counters;
	struct handover_peer_counters peers[MR_NODES_MAX];
	char note[MR_ERROR_BYTES_MAX]; /* why there is none, though it was wanted */
};

/* What one I/O core has under way, as the node's thread sees it. */
struct core_load {
	uint64_t bytes[MR_NODES_MAX];        /* of batches to each peer */
	uint64_t incarnations[MR_NODES_MAX]; /* that the core last met of each */
	bool full[MR_NODES_MAX];             /* no room in it to that peer until something ends */
};

struct io_core;

/* The controller of cores, on the I/O thread (control.c). */
struct node_control {
	bool on;
	struct core_control core;
	uint64_t next_ns;             /* when it steps */
	uint64_t busy_ns[CORE_SIDES]; /* as of its last step */
	uint64_t own_busy_ns;         /* of the I/O thread itself */
};

struct node {
	/* Set at creation, then read by all. */
	uint32_t id;
	uint32_t nodes;
	const struct sandbox_ops *sandbox;
	char *cache_dir;
	char *spill_dir;
	bool simulated;
	uint64_t incarnation;
	struct node_faults faults;
	uint32_t peer_timeout_ms;

	/* The I/O thread's. */
	struct handover handover;
	struct packet_path path;                   /* of core 0 */
	struct io_core *io_cores[MR_IO_CORES_MAX]; /* those beyond: 1 to io_core_count - 1 */
	uint32_t io_core_count;
	uint32_t io_cores_active; /* of these: the others are given no batches */
	struct node_control control;
	struct core_load core_loads[MR_IO_CORES_MAX];
	struct admission admission;            /* the further cores read it */
	uint32_t core_turn;                    /* which core is first among equals */
	uint32_t peer_cores[MR_NODES_MAX];     /* that a peer and we both have; at least 1 */
	uint16_t peer_udp_ports[MR_NODES_MAX]; /* of its first */
	struct region_pool *pool;
	struct io_engine *io;
	struct spill_file *spill;
	struct job_list jobs;
	uint32_t job_count;
	uint64_t next_job;
	struct outgoing_queue unsent[MR_NODES_MAX];
	uint32_t unsent_count;
	uint64_t outgoing_serial; /* of the last one */
	uint64_t stalled_ns; /* since when nothing but a lack of memory stands in the way; 0: not */
	struct incoming_queue unaccepted; /* wait for memory */
	struct run_queue waiting;         /* wait for memory */
	uint64_t invoke_bytes;            /* in regions of invocations under way */
	uint64_t invoke_budget;
	uint64_t run_bytes_max;          /* of one invocation's region */
	struct outgoing_queue in_flight; /* with the transport */
	struct incoming_queue accepted;  /* being received */
	uint64_t sends_in_flight;
	uint64_t batches_in_flight; /* of these, the ones that hold regions */
	uint64_t now_ns;
	uint64_t published_ns;
	bool unpublished;   /* something was done since */
	uint64_t looked_ns; /* at the port, last */
	struct node_histograms histograms;
	uint64_t fault_random;
	struct port_poll poll;
	int epoll_fd;
	bool stopping;
	uint64_t peer_incarnations[MR_NODES_MAX]; /* last seen; 0: never */
	uint32_t peer_ips[MR_NODES_MAX];
	bool watching; /* the peers: there are jobs */
	uint64_t stop_deadline_ns;
	uint32_t workers_wanted;
	bool thread_entered; /* in simulation: for the thread that steps us */

	struct workers workers;

	/* Shared with other threads. */
	atomic_uint calls_unfinished;
	struct {
#define NODE_CALL_FIELD(name) atomic_uint_fast64_t name;
		NODE_CALL_COUNTERS(NODE_CALL_FIELD)
#undef NODE_CALL_FIELD
	} calls;
	int wake_fd;          // eventfd: commands, finished tasks, cores' events; anyone rings
	atomic_bool asleep;   // set by the I/O thread; a core that clears it rings
	pthread_mutex_t lock; /* of everything below */
	pthread_cond_t changed;
	struct command_queue commands;
	struct status_list statuses;
	uint32_t status_count;
	struct node_metrics metrics;
	pthread_t thread;
	bool thread_running;
	uint64_t started_ns;
	uint64_t jobs_done;
	uint64_t jobs_failed;
	struct job_counters ended_counters; /* this node's share of jobs that are gone */
};

/* keys.c: 0 or -errno. */
int keys_apply(struct packet_path *path, const struct node *node, const struct node_config *config,
	       uint32_t core);

/* io_cores.c: the cores beyond the first, and which one takes a batch. 0 or -errno. */
int io_cores_create(struct node *node, const struct node_config *config, uint64_t now_ns);
/* Gives back what of the config's cores, numbered from 0, no core has taken. */
void io_cores_release(const struct node_config *config, uint32_t from);
int io_cores_start(struct node *node);
void io_cores_stop(struct node *node);
void io_cores_destroy(struct node *node);
/* A peer has told how many it has. */
void io_cores_told(struct node *node, uint32_t peer, uint64_t count);
void io_cores_tell(struct node *node, uint32_t peer);
/* As transport_send() and so on, on the core named; a further one has them later: -EAGAIN when it
 * has no room for a request now, and what else goes wrong is an event. */
int io_cores_send(struct node *node, struct outgoing *out);
int io_cores_accept(struct node *node, struct incoming *in, void *body);
int io_cores_reject(struct node *node, uint32_t core, uint64_t offer, uint16_t code);
/* Events of the further cores; true when there was one. */
bool io_cores_pump(struct node *node);
/* The other end of a send, on whichever core. */
void io_cores_ended(struct node *node, const struct outgoing *out);
/* Before the I/O thread sleeps: true when an event waits; and after. */
bool io_cores_arm(struct node *node);
void io_cores_disarm(struct node *node);
/* A core has published an event: its thread. */
void io_cores_ring_node(struct node *node);

/* control.c: io_least 0: all cores are active, always. */
void control_init(struct node *node, uint32_t io_least, uint32_t workers);
/* When its time has come. */
void control_tick(struct node *node);

/* io_cores_metrics.c: counters of all cores together. */
void io_cores_counters(struct node *node, struct node_core_metrics *sum);
/* Any thread: adds what further cores have published to metrics that have the first one's. */
void io_cores_metrics(struct node *node, struct node_metrics *metrics);

/* worker.c */
void workers_init(struct workers *workers, struct node *node);
int workers_start(struct workers *workers, uint32_t count);
void workers_stop(struct workers *workers);
void workers_push(struct workers *workers, struct task *task);
/* A task without done(), from any thread. */
void workers_call(struct workers *workers, struct task *task);
/* Between two looks of a thread that polls; look counts them. */
void worker_breathe(unsigned look);
/* How many of them take tasks. */
void workers_activate(struct workers *workers, uint32_t active);
/* Time that all together have been busy, until now. */
uint64_t workers_busy_ns(const struct workers *workers, uint64_t now_ns);
/* Calls done() of finished tasks; returns their number. */
uint32_t workers_reap(struct workers *workers);
void node_wake(struct node *node);

/* code.c */
/* job: whose entry it is to be, where the sandbox is per_job; else 0. */
int code_open(struct code_entry **entry, uint64_t hash, uint64_t job);
/* Which job to give. */
uint64_t code_owner(const struct job *job);
bool code_known(const struct code_entry *entry);
/* Copies the bytes; a hash that does not match them is -EBADMSG. */
int code_supply(struct code_entry *entry, const void *bytes, size_t byte_count);
/* Compiles if nobody has yet; blocks. 0 or -errno with error text. */
int code_prepare(struct code_entry *entry, const struct sandbox_ops *sandbox, const char *cache_dir,
		 struct sandbox_code **code, char *error, size_t error_bytes);
void code_close(struct code_entry **entry);

/* messages.c: bodies pass to the message, whatever happens. */
void message_send_region(struct node *node, uint32_t peer, const struct message_head *head,
			 struct region *region);
void message_send_heap(struct node *node, uint32_t peer, uint32_t type, uint64_t job, uint32_t edge,
		       uint64_t arg, void *heap, uint64_t bytes);
/* Handles events of the transport; true when there was one. */
bool messages_pump(struct node *node);
/* A message that was handed over: takes the region, or copies the body. */
void messages_handed(struct node *node, uint32_t peer, const struct message_head *head,
		     struct region *region, const void *body, uint32_t body_bytes);
/* A peer is gone: so are the jobs it takes part in. */
void messages_peer_lost(struct node *node, uint32_t peer, const char *why);
/* Frees all messages on their way, when the node ends. */
void messages_drop(struct node *node);
/* Offers that waited for memory. */
bool messages_retry_offers(struct node *node);

/* handover.c: to peers on this host. */
void handover_open(struct node *node, const struct node_config *config);
void handover_close(struct node *node);
/* false: it has to go as frames. The batch is lent, and stays the caller's too. */
bool handover_batch(struct node *node, uint32_t peer, const struct message_head *head,
		    struct region *batch);
bool handover_control(struct node *node, uint32_t peer, const struct message_head *head,
		      const void *body, uint64_t bytes);
/* Takes what waits from one peer; true when there was something. */
bool handover_drain(struct node *node, uint32_t peer);
/* All that waited when it was called. */
void handover_drain_all(struct node *node, uint32_t peer);
bool handover_pump(struct node *node);
void handover_flush(struct node *node); /* at the end of a turn */
bool handover_arm(struct node *node);   /* before sleeping: true when something waits */
uint64_t handover_lent_bytes(const struct node *node);
void handover_recall(struct node *node);   /* this node is short of memory */
bool handover_recalled(struct node *node); /* a peer was, since this was last asked */

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

/* call.c */
void calls_counters(const struct node *node, struct node_call_counters *counters);

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
void checkpoint_begin(struct job *job); /* an epoch, of which nothing is written yet */
/* All nodes have written theirs: from now on it is the one. Then epoch_next(). */
void checkpoint_commit(struct job *job);
/* The job has ended well. */
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

/* memory.c */
bool memory_pump(struct node *node);

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

/* loop.c */
uint64_t node_clock_ns(void); /* CLOCK_MONOTONIC */
void *node_main(void *argument);
/* Ends jobs without a thread: at the end of a simulation. */
void node_wind_down(struct node *node);

/* status.c */
void status_publish(struct node *node, bool force);
/* metrics.c; with node->lock held */
void metrics_publish(struct node *node);

/* watch.c */
#define WATCH_TEXT_BYTES 96
void watch_update(struct node *node); /* after jobs came or went */
/* "node 2 (10.0.0.3)", and what became of it; both return text or a constant. */
const char *watch_name(const struct node *node, uint32_t peer, char text[WATCH_TEXT_BYTES]);
const char *watch_reason(const struct node *node, enum transport_reason reason,
			 char text[WATCH_TEXT_BYTES]);

#endif
