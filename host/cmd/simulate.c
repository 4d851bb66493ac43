/*
 * Runs a job on nodes in virtual time, over the simulated network, on this thread.
 *
 * Nothing here depends on the clock: the same seed gives the same frames at the same times, which
 * the trace hash shows.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "cluster.h"
#include "network.h"
#include "run.h"
#include "sim_port.h"
#include "simulate.h"

#define SIMULATED_NS_MAX (24ull * 3600 * 1000000000) /* a day: no job that moves takes so long */
#define SIMULATED_INCARNATION 1                      /* the clock's would not replay */
#define PROGRESS_EVERY 4096                          /* turns between progress reports */

struct sim_fabric {
	struct fabric fabric;
	struct sim_network *network;
};

/* One queue: a simulation has no threads to poll more. */
static int sim_fabric_port(struct fabric *fabric, uint32_t index, const struct port_spread *spread,
			   struct port **queues, char *error, size_t error_bytes)
{
	struct sim_fabric *sim = (struct sim_fabric *)fabric;
	int rc = spread->queues == 1 ? sim_port_open(sim->network, index, queues) : -ENOTSUP;

	if (rc < 0)
		snprintf(error, error_bytes, "simulated port %u: %s", index, strerror(-rc));
	return rc;
}

static void sim_fabric_close(struct fabric *fabric)
{
	struct sim_fabric *sim = (struct sim_fabric *)fabric;

	sim_network_destroy(&sim->network);
	free(sim);
}

static int sim_fabric_open(struct sim_fabric **sim_out, const struct sim_config *config,
			   uint32_t nodes, char *error, size_t error_bytes)
{
	struct sim_fabric *sim = calloc(1, sizeof(*sim));
	int rc = sim ? sim_network_create(&sim->network, config, nodes) : -ENOMEM;

	if (rc < 0) {
		snprintf(error, error_bytes, "simulated network: %s",
			 rc == -EINVAL ? "lossy= names a node that is not there" : strerror(-rc));
		free(sim);
		return rc;
	}
	sim->fabric.port_open = sim_fabric_port;
	sim->fabric.memory_open = fabric_memory_plain;
	sim->fabric.close = sim_fabric_close;
	*sim_out = sim;
	return 0;
}

/* fail= and repeat= concern invocations, the rest of the options the network. */
static bool fault_option(const char *option, struct node_faults *faults, bool *valid)
{
	uint32_t *ppm = NULL;
	const char *equals = strchr(option, '=');

	if (strncmp(option, "fail=", 5) == 0)
		ppm = &faults->fail_ppm;
	else if (strncmp(option, "repeat=", 7) == 0)
		ppm = &faults->repeat_ppm;
	if (ppm == NULL)
		return false;
	*valid = argument_probability(equals + 1, ppm);
	return true;
}

int simulate_parse(const char *text, struct sim_config *config, struct node_faults *faults,
		   char *error, size_t error_bytes)
{
	char copy[512], network[512] = "";
	char *rest = copy, *option;

	if (strlen(text) >= sizeof(copy)) {
		snprintf(error, error_bytes, "--sim: too long");
		return -EINVAL;
	}
	strcpy(copy, text);
	while ((option = strsep(&rest, ",")) != NULL) {
		bool valid = true;

		if (!fault_option(option, faults, &valid)) {
			strcat(network, network[0] ? "," : "");
			strcat(network, option);
		}
		if (!valid) {
			snprintf(error, error_bytes,
				 "--sim: %s: a probability from 0 to 1 is needed", option);
			return -EINVAL;
		}
	}
	if (sim_config_parse(network, config, error, error_bytes) < 0)
		return -EINVAL;
	faults->seed = config->seed;
	return 0;
}

/* One turn of a node, by its own clock, unless it stands still. */
static bool node_turn(struct node *node, const struct sim_network *network, uint32_t index)
{
	uint64_t now_ns = sim_network_now(network);

	if (sim_network_resume_time(network, index) > now_ns)
		return false;
	return node_step(node, sim_clock_read(sim_network_clock(network, index), now_ns));
}

static void nodes_settle(struct cluster *cluster, const struct sim_network *network)
{
	bool worked;

	do {
		worked = false;
		for (uint32_t i = 0; i < cluster->count; i++)
			worked |= node_turn(cluster->nodes[i], network, i);
	} while (worked);
}

/* When something happens next; UINT64_MAX: never. */
static uint64_t next_time(const struct cluster *cluster, const struct sim_network *network)
{
	uint64_t next = sim_network_next_time(network);

	for (uint32_t i = 0; i < cluster->count; i++) {
		uint64_t deadline =
		    sim_clock_when(sim_network_clock(network, i), node_deadline(cluster->nodes[i]));
		uint64_t resume = sim_network_resume_time(network, i);

		if (deadline < resume)
			deadline = resume;
		if (deadline < next)
			next = deadline;
	}
	return next;
}

static bool job_ended(const struct job_status *status)
{
	return status->state == JOB_DONE || status->state == JOB_FAILED;
}

/* 0 when the job has ended, -EDEADLK when nothing would ever happen again. */
static int job_simulate(const struct run_request *request, struct cluster *cluster,
			struct sim_network *network, uint64_t id, struct job_status *status)
{
	uint64_t now_ns = sim_network_now(network);
	bool cancelled = false;

	for (uint64_t turn = 0;; turn++) {
		uint64_t next;

		nodes_settle(cluster, network);
		if (node_job_status(cluster->nodes[0], id, status) < 0)
			return -ENOENT;
		if (job_ended(status))
			return 0;
		if (turn % PROGRESS_EVERY == 0)
			run_progress(request, status, now_ns);
		if (run_cancelled(request) && !cancelled) {
			node_job_cancel(cluster->nodes[0], id);
			cancelled = true;
			continue;
		}
		next = next_time(cluster, network);
		if (next > SIMULATED_NS_MAX)
			return -EDEADLK;
		/* A timer that is due and did nothing must not stop the time. */
		now_ns = next > now_ns ? next : now_ns + 1;
		sim_network_set_now(network, now_ns);
	}
}

static void job_run(const struct run_request *request, const struct bundle *bundle,
		    struct cluster *cluster, struct sim_network *network, struct run_result *result)
{
	struct sim_stats stats;
	struct job_spec spec;
	uint64_t id;
	int rc;

	run_spec_fill(&spec, request, bundle);
	rc = node_job_submit(cluster->nodes[0], &spec, &id, result->error, sizeof(result->error));
	if (rc < 0) {
		run_result_fail(result, rc == -EINVAL ? RUN_USAGE : RUN_JOB_FAILED, rc);
		return;
	}
	rc = job_simulate(request, cluster, network, id, &result->status);
	sim_network_stats(network, &stats);
	result->simulated = true;
	result->trace = stats.trace;
	if (rc < 0) {
		snprintf(result->error, sizeof(result->error),
			 "stuck at %.6f s of virtual time, with nothing left to happen: --sim %s "
			 "replays it",
			 (double)sim_network_now(network) / 1e9, request->sim);
		run_result_fail(result, RUN_JOB_FAILED, rc);
		return;
	}
	run_result_end(request, result);
}

void simulated_run(const struct run_request *request, const struct bundle *bundle,
		   struct run_result *result)
{
	const char *sandbox = request->options.sandbox;
	struct cluster_config config = {
	    .nodes = run_nodes(request),
	    .sandbox = sandbox_backend(sandbox ? sandbox : "wasm"),
	    .memory_bytes = run_memory_bytes(request),
	    .incarnation = SIMULATED_INCARNATION,
	    .spill_dir = request->spill_dir,
	    .faults = request->faults,
	};
	struct cluster *cluster = NULL;
	struct sim_network *network;
	struct sim_config sim_config;
	struct fabric *fabric;
	struct sim_fabric *sim;
	int rc = simulate_parse(request->sim, &sim_config, &config.faults, result->error,
				sizeof(result->error));

	if (rc < 0) {
		run_result_fail(result, RUN_USAGE, rc);
		return;
	}
	rc = sim_fabric_open(&sim, &sim_config, config.nodes, result->error, sizeof(result->error));
	if (rc < 0) {
		run_result_fail(result, RUN_CANNOT_START, rc);
		return;
	}
	network = sim->network;
	fabric = &sim->fabric;
	rc = capture_file_open(&config.capture, &request->pcap, true, result->error,
			       sizeof(result->error));
	if (rc == 0)
		rc = cluster_create(&cluster, &fabric, &config, result->error,
				    sizeof(result->error));
	if (rc < 0)
		run_result_fail(result, RUN_CANNOT_START, rc);
	else
		job_run(request, bundle, cluster, network, result);
	cluster_destroy(&cluster);
	fabric_close(&fabric);
	capture_file_close(&config.capture, &request->pcap, result->note, sizeof(result->note));
}
