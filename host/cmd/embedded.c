/* Runs a job on nodes of this process, each with threads of its own. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cluster.h"
#include "run.h"

#define WAIT_MS 200 /* five progress reports a second */

static int fabric_open(const struct run_request *request, struct fabric **fabric, char *error,
		       size_t error_bytes)
{
	const struct mr_options *options = &request->options;
	uint32_t nodes = run_nodes(request);
	uint32_t queues = request->io_cores > 1 ? request->io_cores : 1;

	if (options->port_count == 0)
		return fabric_ring_open(fabric, nodes, queues, error, error_bytes);
	return fabric_dpdk_open(fabric, options->ports, nodes, queues, run_memory_bytes(request),
				error, error_bytes);
}

static int cluster_open(const struct run_request *request, struct capture *capture,
			struct cluster **cluster, char *error, size_t error_bytes)
{
	const struct mr_options *options = &request->options;
	uint32_t nodes = run_nodes(request);
	struct cluster_config config = {
	    .nodes = nodes,
	    .sandbox = sandbox_backend(options->sandbox ? options->sandbox : "wasm"),
	    .workers = options->workers ? options->workers : cluster_workers_default(nodes),
	    .memory_bytes = run_memory_bytes(request),
	    .slices = request->slices,
	    .io_cores_least = request->io_cores_least,
	    .poll = request->poll,
	    /* Who names ports, or wants frames lost, wants frames. */
	    .handover =
		!request->handover_off && options->port_count == 0 && request->faults.drop_ppm == 0,
	    .spill_dir = request->spill_dir,
	    .faults = request->faults,
	    .capture = capture,
	};
	struct fabric *fabric = NULL;
	int rc;

	for (uint32_t i = 0; i < nodes; i++)
		config.io_cores[i] = request->io_cores;
	/* Before EAL starts: it would take the memory, and say less. */
	rc = cluster_memory_check(config.memory_bytes, nodes, error, error_bytes);

	if (rc == 0)
		rc = fabric_open(request, &fabric, error, error_bytes);
	if (rc == 0)
		rc = cluster_create(cluster, &fabric, &config, error, error_bytes);
	if (rc == 0) {
		rc = cluster_start(*cluster, error, error_bytes);
		if (rc < 0)
			cluster_destroy(cluster);
	}
	fabric_close(&fabric);
	return rc;
}

/* Until the job has ended. Cancelled, it has when its functions have: those are not waited for. */
static int job_wait(const struct run_request *request, struct node *node, uint64_t id,
		    struct job_status *status)
{
	bool cancelled = false;
	int rc;

	do {
		rc = node_job_wait(node, id, WAIT_MS);
		if (rc < 0 && rc != -ETIMEDOUT)
			return rc;
		if (node_job_status(node, id, status) < 0)
			return -ENOENT;
		run_progress(request, status, run_clock_ns());
		if (cancelled)
			sandbox_interrupt();
		else if (run_cancelled(request))
			cancelled = node_job_cancel(node, id) == 0;
	} while (rc < 0);
	return 0;
}

static void job_run(const struct run_request *request, const struct bundle *bundle,
		    struct node *node, struct run_result *result)
{
	struct job_spec spec;
	uint64_t id;
	int rc;

	run_spec_fill(&spec, request, bundle);
	rc = node_job_submit(node, &spec, &id, result->error, sizeof(result->error));
	if (rc < 0) {
		/* The composition was planned before: what is wrong now is what it was given. */
		run_result_fail(result, rc == -EINVAL ? RUN_USAGE : RUN_JOB_FAILED, rc);
		return;
	}
	rc = job_wait(request, node, id, &result->status);
	if (rc < 0) {
		snprintf(result->error, sizeof(result->error), "lost sight of the job: %s",
			 strerror(-rc));
		run_result_fail(result, RUN_JOB_FAILED, rc);
		return;
	}
	run_result_end(request, result);
}

void embedded_run(const struct run_request *request, const struct bundle *bundle,
		  struct run_result *result)
{
	struct cluster *cluster = NULL;
	struct capture *capture = NULL;
	int rc = capture_file_open(&capture, &request->pcap, false, result->error,
				   sizeof(result->error));

	if (rc == 0)
		rc = cluster_open(request, capture, &cluster, result->error, sizeof(result->error));
	if (rc < 0) {
		run_result_fail(result, RUN_CANNOT_START, rc);
	} else {
		snprintf(result->note, sizeof(result->note), "%s", cluster->fabric->note);
		job_run(request, bundle, cluster->nodes[0], result);
		cluster_destroy(&cluster);
	}
	capture_file_close(&capture, &request->pcap, result->note, sizeof(result->note));
}
