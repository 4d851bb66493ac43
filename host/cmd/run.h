/*
 * Running one job to its end, in three ways: on nodes of this process (embedded.c), on simulated
 * ones in virtual time (simulate.c), or on a daemon (remote.c). `millrace run` and mr_run() choose.
 */
#ifndef RUN_H
#define RUN_H

#include <stdatomic.h>

#include <millrace/millrace.h>

#include "bundle.h"
#include "capture_file.h"
#include "fabric.h"
#include "node.h"

/* How a run ended; also the exit code of the programs (docs/running.md). */
enum run_outcome {
	RUN_OK = 0,
	RUN_JOB_FAILED = 1,
	RUN_USAGE = 2,
	RUN_COMPOSITION = 3,  /* the composition, or the code of its functions */
	RUN_CANNOT_START = 4, /* ports, memory, permissions */
	RUN_UNREACHABLE = 5,  /* the daemon */
	RUN_INTERRUPTED = 130,
};

struct run_request {
	struct mr_options options;
	enum port_poll_mode poll;
	bool handover_off;
	uint32_t io_cores;          /* of each node; 0 is 1 */
	uint32_t io_cores_least;    /* of them active; less: a controller says how many are */
	uint32_t slices;            /* tasks for each worker; 0: the default */
	const char *spill_dir;      /* NULL: the node's choice */
	const char *checkpoint_dir; /* NULL: none */
	uint32_t checkpoint_every;  /* epochs; 0 is 1 */
	struct node_faults faults;
	struct capture_options pcap;
	const char *sim;           /* the argument of --sim, or NULL */
	const char *connect;       /* URL of a daemon, or NULL */
	const atomic_bool *cancel; // run: ro, signal handler: wo; NULL: never
};

struct run_result {
	enum run_outcome outcome;
	int rc; /* 0 or -errno */
	struct job_status status;
	bool simulated;
	uint64_t trace; /* simulated: hash of every frame and its time */
	char note[FABRIC_NOTE_BYTES];
	char error[4 * MR_ERROR_BYTES_MAX]; /* when outcome is not RUN_OK */
};

/* Each fills *result, which starts zeroed. */
void embedded_run(const struct run_request *request, const struct bundle *bundle,
		  struct run_result *result);
void simulated_run(const struct run_request *request, const struct bundle *bundle,
		   struct run_result *result);
void remote_run(const struct run_request *request, const struct bundle *bundle,
		struct run_result *result);

/* Nodes asked for, memory and workers, defaults filled in. */
uint32_t run_nodes(const struct run_request *request);
uint64_t run_memory_bytes(const struct run_request *request);
/* The job of request; spec refers to both. Bindings are as in the options. */
void run_spec_fill(struct job_spec *spec, const struct run_request *request,
		   const struct bundle *bundle);
/* Takes over how the job in result->status ended. */
void run_result_end(const struct run_request *request, struct run_result *result);
/* Ends a run early: outcome and rc; error text is in result->error already. */
void run_result_fail(struct run_result *result, enum run_outcome outcome, int rc);
bool run_cancelled(const struct run_request *request);
/* Calls the progress function, if there is one, at CLOCK_MONOTONIC (or virtual) now_ns. */
void run_progress(const struct run_request *request, const struct job_status *status,
		  uint64_t now_ns);
uint64_t run_clock_ns(void); /* CLOCK_MONOTONIC */

#endif
