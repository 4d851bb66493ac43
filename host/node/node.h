/*
 * A node: one port, one transport, one pool of regions, one scheduler per job, and worker threads.
 *
 * One I/O thread owns all of it (loop.c); workers run sandboxes only. The node at which a job is
 * submitted leads it: it lists the sources on all nodes, deals the splits, sends every node the
 * same composition text, and owns the sinks. Driven by its own thread (node_start) or, in virtual
 * time, by whoever calls node_step().
 */
#ifndef NODE_H
#define NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet_link.h"
#include "port.h"
#include "region.h"
#include "sandbox.h"
#include "seal.h"
#include "transport.h"
#include "transport_stats.h"

struct node;

/* Faults injected on purpose: the simulator's, and --drop-rate. Probabilities in parts of a
 * million. */
struct node_faults {
	uint64_t seed;
	uint32_t drop_ppm;   /* received frames dropped */
	uint32_t fail_ppm;   /* attempts of invocations reported as crashed after they ran */
	uint32_t repeat_ppm; /* invocations run and shipped a second time after they succeeded */
};

struct node_peer {
	uint32_t node;
	uint32_t ip; /* host byte order */
	uint16_t udp_port;
	uint8_t public_key[SEAL_KEY_BYTES]; /* where this node has a key of its own */
};

/* Who may talk with us, and how frames are sealed. */
struct node_keys {
	const uint8_t *private_key; /* X25519, SEAL_KEY_BYTES; NULL: there is only psk */
	const uint8_t *psk;         /* shared by all nodes, SEAL_KEY_BYTES; NULL: none */
	enum seal_cipher cipher;
	struct aead_backend *aead; /* ownership passes with port and provider */
};

/* What an I/O core beyond the first has of its own. */
struct node_io_core {
	struct port *port;         /* a further queue of the node's port: see struct port_spread */
	struct aead_backend *aead; /* NULL where frames are clear */
	struct link_tap *tap;      /* shown every frame; NULL: none; outlives the node */
};

struct node_config {
	uint32_t node; /* our id */
	const struct node_peer
	    *peers; /* all other nodes; node ids of a network are 0..peer_count */
	uint32_t peer_count;
	uint32_t ip;
	uint8_t prefix_len;
	uint32_t gateway;
	uint16_t udp_port;
	uint64_t incarnation;     /* 0: taken from the clock */
	uint32_t peer_timeout_ms; /* 0: MR_PEER_TIMEOUT_MS_DEFAULT */
	struct port *port;        /* ownership passes, of this and of the provider, in every case */
	struct region_provider
	    provider;                 /* its bytes are the node's data memory; ownership passes */
	const struct node_keys *keys; /* NULL: frames are clear */
	/* Cores beyond the first, on UDP ports udp_port + 1 and on; ownership of what they have
	 * passes as well. Not in simulation. */
	const struct node_io_core *io_cores;
	uint32_t io_core_count;
	/* A controller decides how many of all I/O cores, the node's thread included, are active,
	 * at least so many, and of the workers; their sum is this and the workers. 0: all are. */
	uint32_t io_cores_least;
	const struct sandbox_ops *sandbox;
	uint32_t workers; /* 0: run invocations inside node_step() (simulation) */
	/* Tasks for each worker, at most, when long ones keep others waiting: spare workers join
	 * in, MR_SPARES_MAX at most, and the kernel slices the cores' time. 0 or 1: there are none.
	 */
	uint32_t slices;
	enum port_poll_mode poll; /* never hot where there are more threads than cores */
	const char *cache_dir;    /* prepared code; NULL: $XDG_CACHE_HOME/millrace or
				   * ~/.cache/millrace, else a folder of our own below /tmp */
	const char *spill_dir;    /* NULL: see spill.h */
	/* Checkpoints of jobs lie here, each in a folder of the name that the job gives; "": a job
	 * may have none. NULL: a job gives the folder's path. */
	const char *checkpoints_dir;
	struct link_tap *tap; /* shown every frame; NULL: none; outlives the node */
	/* Where nodes of this host meet to hand regions over (rendezvous.h); NULL: they do not. The
	 * provider needs a descriptor. */
	const char *attach_dir;
	struct node_faults faults;
};

/* 0 or -errno with error text. Copies what it needs of config. */
int node_create(struct node **node, const struct node_config *config, char *error,
		size_t error_bytes);
/* Nodes of this process, none of them started, hand regions over to each other from now on. 0 or
 * -errno. */
int node_attach(struct node *const *nodes, uint32_t count);
/* What is not as it was asked for, and why; empty when everything is. */
const char *node_note(const struct node *node);
/* Starts the I/O thread and the workers. 0 or -errno. */
int node_start(struct node *node);
/* One turn of the loop at virtual time now_ns; true when something happened. Only without
 * node_start. */
bool node_step(struct node *node, uint64_t now_ns);
/* When node_step() must next be called for a timer; UINT64_MAX: never. */
uint64_t node_deadline(const struct node *node);
/* Fails unfinished jobs, tells peers, stops threads, frees all. Nulls *node; *node may be NULL. */
void node_destroy(struct node **node);

/* --- Jobs: any thread
 * ------------------------------------------------------------------------------ */

struct job_binding {
	const char *set;
	const char *target; /* input: a URI; output: a path as sink_open() takes it */
};

struct job_code {
	const char *function;
	const void *bytes;
	size_t byte_count;
};

struct job_spec {
	const char *file; /* of the text, for error texts */
	const char *text;
	size_t text_bytes;
	const char *composition; /* NULL: the last */
	const struct job_binding *inputs;
	uint32_t input_count;
	const struct job_binding *outputs; /* an output set not named is counted and thrown away */
	uint32_t output_count;
	const struct job_code *codes; /* of every function of the plan */
	uint32_t code_count;
	/* Folder for the states of every checkpoint_every'th epoch (0: each); NULL: none are kept.
	 * When it holds a checkpoint of the same job, that is gone on from. */
	const char *checkpoint;
	uint32_t checkpoint_every;
};

enum job_state { JOB_STARTING, JOB_RUNNING, JOB_ENDING, JOB_DONE, JOB_FAILED };

const char *job_state_name(enum job_state state);

/* What a job did, on all nodes together. */
#define JOB_COUNTERS(X)                                                                \
	X(staged_bytes) /* read from sources */                                        \
	X(staged_items)                                                                \
	X(total_bytes)    /* of all sources, known once they are listed */             \
	X(shuffled_bytes) /* batches sent to other nodes */                            \
	X(handed_bytes)   /* of these, lent on the same host instead of sent */        \
	X(local_bytes)    /* batches handed over on the same node */                   \
	X(spilled_bytes)                                                               \
	X(invocations) /* attempts that ran */                                         \
	X(committed)   /* invocations whose outputs count */                           \
	X(retries)                                                                     \
	X(duplicates)   /* batches dropped because another attempt had brought them */ \
	X(run_ns)       /* inside functions */                                         \
	X(result_bytes) /* written by sinks */                                         \
	X(epochs)       /* committed; counted where the job is led */                  \
	X(links_followed)                                                              \
	X(links_repeated)                                                              \
	X(drops) /* frames dropped while the job ran, by transports and ports */       \
	X(retransmits)

struct job_counters {
#define JOB_COUNTER_FIELD(name) uint64_t name;
	JOB_COUNTERS(JOB_COUNTER_FIELD)
#undef JOB_COUNTER_FIELD
};

void job_counters_add(struct job_counters *sum, const struct job_counters *part);

struct job_status {
	uint64_t id;
	enum job_state state;
	uint32_t nodes;
	uint64_t started_ns; /* CLOCK_MONOTONIC, or virtual */
	uint64_t ended_ns;   /* 0 while it runs */
	struct job_counters counters;
	char name[MR_NAME_BYTES_MAX];       /* of the composition */
	char error[2 * MR_ERROR_BYTES_MAX]; /* JOB_FAILED: what, where, what to do */
};

/* Checks the composition and bindings at once; everything else fails the job later. Copies the
 * spec. 0; -EINVAL with error text (compose_error_print); -EBUSY over MR_JOBS_MAX; -ENOMEM. */
int node_job_submit(struct node *node, const struct job_spec *spec, uint64_t *id, char *error,
		    size_t error_bytes);
/* 0 or -ENOENT. Progress is at most a quarter of a second old. */
int node_job_status(struct node *node, uint64_t id, struct job_status *status);
/* The ids of jobs led here, newest first; returns their number (at most max are written). */
uint32_t node_jobs(struct node *node, uint64_t *ids, uint32_t max);
/* Asks a running job to end as failed ("cancelled"). 0 or -ENOENT. */
int node_job_cancel(struct node *node, uint64_t id);
/* Waits until the job has ended or timeout_ms passed (-ETIMEDOUT). Not in simulation. */
int node_job_wait(struct node *node, uint64_t id, uint32_t timeout_ms);

/* Filled by the I/O thread, whose turns are their resolution: what a worker did is measured there.
 */
#define NODE_HISTOGRAMS(X)                                                                        \
	X(frame_wait_ns) /* since the port was last looked at, when frames were found: at most so \
			  * long have they waited. Not on ports with a doorbell */                \
	X(stage_ns)      /* of an attempt, from its begin until all its input is in its region */ \
	X(run_ns)        /* of an invocation, inside its function */

struct node_histograms {
#define NODE_HISTOGRAM_FIELD(name) struct histogram name;
	NODE_HISTOGRAMS(NODE_HISTOGRAM_FIELD)
#undef NODE_HISTOGRAM_FIELD
};

/* Lengths of a node's queues. */
#define NODE_QUEUES(X)                                                               \
	X(messages_unsent)   /* behind MR_MESSAGES_OUT_MAX that the transport has */ \
	X(messages_sending)  /* with the transport */                                \
	X(offers_waiting)    /* messages of peers that no memory was found for */    \
	X(messages_arriving) /* accepted and not whole */                            \
	X(runs_waiting)      /* invocations that no memory was found for */          \
	X(runs_working)      /* with workers, or behind them */

struct node_queues {
#define NODE_QUEUE_FIELD(name) uint64_t name;
	NODE_QUEUES(NODE_QUEUE_FIELD)
#undef NODE_QUEUE_FIELD
};

/* Functions called by the node's own process (call.h). */
#define NODE_CALL_COUNTERS(X)                               \
	X(calls_done)                                       \
	X(calls_failed)  /* of these: not with status OK */ \
	X(calls_refused) /* MR_CALLS_MAX were unfinished */

struct node_call_counters {
#define NODE_CALL_FIELD(name) uint64_t name;
	NODE_CALL_COUNTERS(NODE_CALL_FIELD)
#undef NODE_CALL_FIELD
};

#define HANDOVER_COUNTERS(X)                                                   \
	X(attached)                                                            \
	X(detached)                                                            \
	X(batches_out)                                                         \
	X(batch_bytes_out)                                                     \
	X(batches_in)                                                          \
	X(controls_out)                                                        \
	X(controls_in)                                                         \
	X(recalls_out)                                                         \
	X(by_frames_each)  /* batches that went as frames: dealt one by one */ \
	X(by_frames_share) /* too much is lent already */                      \
	X(by_frames_full)  /* no slot, or no token */                          \
	X(drop_form)       /* heads not understood */                          \
	X(drop_job)        /* of jobs that are over here */

struct handover_counters {
#define HANDOVER_COUNTER_FIELD(name) uint64_t name;
	HANDOVER_COUNTERS(HANDOVER_COUNTER_FIELD)
#undef HANDOVER_COUNTER_FIELD
};

/* To and from one peer: batches and control messages, without their heads. */
#define HANDOVER_PEER_COUNTERS(X) \
	X(handed_bytes_in)        \
	X(handed_bytes_out)       \
	X(handed_messages_in)     \
	X(handed_messages_out)

struct handover_peer_counters {
#define HANDOVER_PEER_FIELD(name) uint64_t name;
	HANDOVER_PEER_COUNTERS(HANDOVER_PEER_FIELD)
#undef HANDOVER_PEER_FIELD
};

/* The share of one I/O core in what a node counts. */
struct node_core_metrics {
	struct transport_counters transport;
	struct port_counters port;
	struct link_counters link;
	struct seal_counters seal;
};

/* Counters and histograms are of all I/O cores together; a peer's round trip is the first core's.
 */
struct node_metrics {
	uint32_t node;
	uint64_t incarnation;
	uint32_t jobs_running;
	uint32_t workers;
	uint32_t workers_busy;
	uint64_t uptime_ns;
	struct region_pool_stats pool;
	struct transport_counters transport;
	struct port_counters port;
	struct handover_counters handover;
	struct sandbox_counters sandbox; /* of all nodes of this process */
	struct port_abilities port_abilities;
	struct link_counters link;
	struct seal_counters seal;
	bool sealed;             /* else frames are clear */
	char cipher_backend[32]; /* what seals; "" when clear */
	uint64_t jobs_done;
	uint64_t jobs_failed;
	struct job_counters jobs; /* this node's share, of all jobs */
	struct node_call_counters calls;
	struct node_queues queues;
	struct node_histograms histograms;
	struct transport_histograms messages;
	uint32_t peer_count;
	struct transport_peer_stats peers[MR_NODES_MAX];
	struct handover_peer_counters handed[MR_NODES_MAX]; /* with peers[] of the same index */
	uint32_t spare_workers;                             /* threads made for time slices, */
	uint32_t spare_workers_active;                      /* of them, that take tasks now */
	uint64_t slices_entered;                            /* times that slicing began */
	uint64_t spare_returns;  /* calls that a spare had no memory for, put back */
	uint64_t spare_failures; /* spares that could not be made: no thread, or no memory for it */
	uint32_t io_cores_active; /* of core_count; the others are parked */
	uint32_t workers_active;
	uint64_t cores_moved; /* between I/O and workers, by the controller */
	uint32_t core_count;
	struct node_core_metrics cores[MR_IO_CORES_MAX];
};

/* At most a quarter of a second old. */
void node_metrics(struct node *node, struct node_metrics *metrics);

#endif
