/* The structures of a node, shared by the files of this folder; a job's are in job.h. */
#ifndef NODE_INTERNAL_H
#define NODE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "admission.h"
#include "core_control.h"
#include "io.h"
#include "job.h"
#include "message.h"
#include "node.h"
#include "operator_backend.h"
#include "packet_path.h"
#include "rendezvous.h"
#include "slice_control.h"
#include "spill.h"

/* --- Work for other threads (worker.c)
 * ------------------------------------------------------------- */

#define WORKER_THREADS_MAX (MR_WORKERS_MAX + MR_SPARES_MAX)

struct workers {
	struct node *node;
	pthread_mutex_t lock; /* of the two queues and stopping */
	pthread_cond_t wake;
	pthread_cond_t spare_wake;
	pthread_cond_t unpark;
	struct task_queue todo;
	struct task_queue finished;
	pthread_t threads[WORKER_THREADS_MAX]; /* spare ones from count on */
	uint32_t count;                        /* without spares; set before they start */
	uint32_t made;                         /* threads, with spares: I/O thread only */
	uint32_t spares_max;                   /* set before they start */
	atomic_uint todo_count;                // with the lock: wo; hot workers look at it without
	uint32_t sleeping;                     /* under the lock: threads that a push must wake */
	uint32_t entered;                      /* threads that have tried to enter the sandbox */
	int enter_error;
	uint32_t spares_sleeping; /* the same, of spares */
	bool alike;               /* under the lock: spares take any task */
	struct worker_at {
		bool busy;
		const void *kind; /* as its task says */
	} at[WORKER_THREADS_MAX]; /* under the lock */
	uint64_t taken;           /* under the lock: tasks, from the head of todo */
	uint64_t returned;        /* under the lock: by spares that found no memory for them */
	uint64_t spare_failures;  /* under the lock: threads of spares that could not begin */
	uint32_t ended;           /* under the lock: of those, that are still to be joined */
	atomic_uint busy;         // workers that have a task
	atomic_uint active;       // under the lock: wo; workers from this number on are parked
	atomic_uint spares;       // under the lock: wo; spares from this number on are parked
	atomic_bool crowded;      // under the lock: wo; something has waited while all were busy
	struct worker_time {
		atomic_uint_fast64_t since_ns; // worker: wo, I/O: ro; of its task, 0: it has none
		atomic_uint_fast64_t busy_ns;  // worker: wo, I/O: ro; with tasks that have ended
	} times[WORKER_THREADS_MAX];
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

struct node_slices {
	struct slice_control control;
	uint64_t next_ns; /* when it steps; 0: nothing waits */
};

struct node {
	/* Set at creation, then read by all. */
	uint32_t id;
	uint32_t nodes;
	const struct sandbox_ops *sandbox;
	char *cache_dir;
	char *spill_dir;
	char *checkpoints_dir;
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
	struct node_slices slices;
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

/* slices.c: spare workers, when tasks outnumber the workers for long. slices: tasks for each
 * worker, at most; 0 as 1: there are none. */
void slices_init(struct node *node, uint32_t slices, uint32_t workers);
/* In each turn. */
void slices_tick(struct node *node);
/* With node->lock. */
void slices_metrics(struct node *node, struct node_metrics *metrics);

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
uint32_t workers_active(const struct workers *workers);
/* Joins spares that could not begin, so that those which are counted are there. */
void workers_bury(struct workers *workers);
/* And how many spares, which are made when there are fewer; alike: those take any task, else only
 * of kinds that no thread is at. */
void workers_spare(struct workers *workers, uint32_t spares, bool alike);
/* worker_pick.c, with workers->lock: what a thread may take, or NULL; tasks of such kinds. */
struct task *worker_pick(const struct workers *workers, bool spare);
uint32_t worker_others(const struct workers *workers);
/* Time that all together have been busy, until now. */
uint64_t workers_busy_ns(const struct workers *workers, uint64_t now_ns);
/* Calls done() of finished tasks; returns their number. */
uint32_t workers_reap(struct workers *workers);
void node_wake(struct node *node);

/* code.c */
/* job: whose entry it is to be, where the sandbox is per_job; else 0. */
int code_open(struct code_entry **entry, uint64_t hash, uint64_t job);
/* What runs a function of the plan. */
const struct sandbox_ops *code_sandbox(const struct job *job, uint32_t function);
/* Which job to give. */
uint64_t code_owner(const struct job *job, uint32_t function);
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

/* call.c */
void calls_counters(const struct node *node, struct node_call_counters *counters);

/* memory.c */
bool memory_pump(struct node *node);

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
