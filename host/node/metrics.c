/* A node's metrics: collected by the I/O thread ten times a second, copied for everybody else. */
#include "node_internal.h"

#include <stdio.h>

void job_counters_add(struct job_counters *sum, const struct job_counters *part)
{
#define ADD_COUNTER(name) sum->name += part->name;
	JOB_COUNTERS(ADD_COUNTER)
#undef ADD_COUNTER
}

static void queues_measure(const struct node *node, struct node_queues *queues)
{
	const struct incoming *in;
	const struct run *run;

	*queues = (struct node_queues){
	    .messages_unsent = node->unsent_count,
	    .messages_sending = node->sends_in_flight,
	    .runs_working = node->workers.outstanding,
	};
	TAILQ_FOREACH (in, &node->unaccepted, link)
		queues->offers_waiting++;
	TAILQ_FOREACH (in, &node->accepted, link)
		queues->messages_arriving++;
	TAILQ_FOREACH (run, &node->waiting, link)
		queues->runs_waiting++;
}

static void peers_collect(const struct node *node, struct node_metrics *metrics)
{
	metrics->peer_count = 0;
	for (uint32_t peer = 0; peer < node->nodes; peer++) {
		if (transport_peer_stats(node->path.transport, peer,
					 &metrics->peers[metrics->peer_count]) == 0)
			metrics->handed[metrics->peer_count++] = node->handover.peers[peer];
	}
}

static void jobs_collect(const struct node *node, struct node_metrics *metrics)
{
	const struct job *job;

	metrics->jobs_done = node->jobs_done;
	metrics->jobs_failed = node->jobs_failed;
	metrics->jobs = node->ended_counters;
	metrics->jobs_running = 0;
	TAILQ_FOREACH (job, &node->jobs, link) {
		metrics->jobs_running++;
		job_counters_add(&metrics->jobs, &job->counters);
	}
}

static void seal_collect(const struct node *node, struct node_metrics *metrics)
{
	if (node->path.seal == NULL)
		return;
	metrics->sealed = true;
	snprintf(metrics->cipher_backend, sizeof(metrics->cipher_backend), "%s",
		 node->path.aead->name);
}

/* Field by field: the whole is too large to be made anew each time. */
void metrics_publish(struct node *node)
{
	struct node_metrics *metrics = &node->metrics;

	metrics->node = node->id;
	metrics->incarnation = node->incarnation;
	metrics->workers = node->workers.count;
	metrics->uptime_ns = node->now_ns - node->started_ns;
	metrics->io_cores_active = node->io_cores_active;
	metrics->workers_active = workers_active(&node->workers);
	slices_metrics(node, metrics);
	metrics->cores_moved = node->control.core.moves;
	metrics->handover = node->handover.counters;
	metrics->port_abilities = node->path.port->abilities;
	sandbox_counters_read(&metrics->sandbox);
	seal_collect(node, metrics);
	metrics->histograms = node->histograms;
	metrics->messages = *transport_histograms(node->path.transport);
	queues_measure(node, &metrics->queues);
	jobs_collect(node, metrics);
	peers_collect(node, metrics);
	packet_path_metrics(&node->path, &metrics->cores[0]);
}

void node_metrics(struct node *node, struct node_metrics *metrics)
{
	pthread_mutex_lock(&node->lock);
	*metrics = node->metrics;
	pthread_mutex_unlock(&node->lock);
	/* What calls change while the I/O thread is asleep. */
	calls_counters(node, &metrics->calls);
	region_pool_stats(node->pool, &metrics->pool);
	metrics->workers_busy = atomic_load_explicit(&node->workers.busy, memory_order_relaxed);
	io_cores_metrics(node, metrics);
}
