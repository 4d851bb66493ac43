/* A job on one node: set up from its text, driven through its scheduler, taken down. */
#include "node_internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct job *job_find(struct node *node, uint64_t id)
{
	struct job *job;

	TAILQ_FOREACH (job, &node->jobs, link)
		if (job->id == id)
			return job;
	return NULL;
}

uint32_t job_edge_stores(const struct job_edge *edge, struct store *stores[EDGE_STORES_MAX])
{
	struct store *const all[EDGE_STORES_MAX] = {edge->store, edge->next, edge->old};
	uint32_t count = 0;

	for (uint32_t i = 0; i < EDGE_STORES_MAX; i++)
		if (all[i] != NULL)
			stores[count++] = all[i];
	return count;
}

bool job_spilling(const struct job *job)
{
	struct store *stores[EDGE_STORES_MAX];

	for (uint32_t e = 0; e < job->plan->edge_count; e++)
		for (uint32_t i = job_edge_stores(&job->edges[e], stores); i-- > 0;)
			if (store_spilling(stores[i]))
				return true;
	return false;
}

static int create_stores(struct job *job)
{
	for (uint32_t e = 0; e < job->plan->edge_count; e++) {
		const struct plan_edge *edge = &job->plan->edges[e];
		int rc;

		if (edge->distribution == DIST_EACH)
			continue;
		rc = store_create(&job->edges[e].store, edge->distribution == DIST_KEY);
		if (rc != 0)
			return rc;
	}
	return epochs_open(job);
}

static int create_sched(struct job *job, char *error, size_t error_bytes)
{
	struct sched_config config = {.plan = job->plan,
				      .node = job->node->id,
				      .nodes = job->node->nodes,
				      .leader = job->leader,
				      .slots = job->slots};
	size_t bytes = (sched_bytes(&config) + 63) & ~(size_t)63;

	job->sched_memory = aligned_alloc(64, bytes);
	if (job->sched_memory == NULL)
		return -ENOMEM;
	memset(job->sched_memory, 0, bytes);
	return sched_init(&job->sched, job->sched_memory, &config, error, error_bytes);
}

/* Keys come from functions: a source's items have none. */
static int check_keys(const struct plan *plan, char *error, size_t error_bytes)
{
	for (uint32_t e = 0; e < plan->edge_count; e++) {
		const struct plan_edge *edge = &plan->edges[e];

		if (edge->distribution == DIST_KEY &&
		    plan->vertices[edge->from].kind == VERTEX_SOURCE) {
			snprintf(error, error_bytes,
				 "%s takes input %s by `key`, but files have no keys: let a "
				 "function give "
				 "its items keys first, or take it by `each` or `all`",
				 plan->vertices[edge->to].name, plan->vertices[edge->from].name);
			return -EINVAL;
		}
	}
	return 0;
}

struct job *job_create(struct node *node, uint64_t id, uint32_t leader, const char *file,
		       const char *text, size_t text_bytes, const char *composition, char *error,
		       size_t error_bytes)
{
	struct job *job = calloc(1, sizeof(*job));
	struct compose_error wrong;
	int rc;

	if (job == NULL)
		goto no_memory;
	job->node = node;
	job->id = id;
	job->leader = leader;
	job->slots = node->simulated ? 4 : 2 * node->workers.count + 2;
	rc = compose_plan(file, text, text_bytes, composition, &job->plan, &wrong);
	if (rc == -EINVAL) {
		compose_error_print(&wrong, error, error_bytes);
		goto fail;
	}
	if (rc != 0)
		goto no_memory;
	if (check_keys(job->plan, error, error_bytes) != 0)
		goto fail;
	job->sources = calloc(job->plan->vertex_count, sizeof(*job->sources));
	job->sinks = calloc(job->plan->vertex_count, sizeof(*job->sinks));
	job->edges = calloc(job->plan->edge_count + 1, sizeof(*job->edges));
	job->functions = calloc(job->plan->function_count + 1, sizeof(*job->functions));
	job->runs = calloc(job->slots, sizeof(*job->runs));
	if (job->sources == NULL || job->sinks == NULL || job->edges == NULL ||
	    job->functions == NULL || job->runs == NULL)
		goto no_memory;
	rc = create_sched(job, error, error_bytes);
	if (rc == -EINVAL)
		goto fail;
	if (rc != 0 || create_stores(job) != 0)
		goto no_memory;
	return job;
no_memory:
	snprintf(error, error_bytes, "no memory for another job");
fail:
	job_free(&job);
	return NULL;
}

static void sources_free(struct job *job)
{
	for (uint32_t v = 0; job->sources != NULL && v < job->plan->vertex_count; v++) {
		struct job_source *source = &job->sources[v];

		for (uint32_t i = 0; i < source->path_count; i++)
			free(source->paths[i]);
		free(source->paths);
		kept_free(source);
		free(source->splits);
		free(source->partitions);
	}
	free(job->sources);
}

void job_free(struct job **freed)
{
	struct job *job = *freed;

	*freed = NULL;
	if (job == NULL)
		return;
	if (job->plan != NULL) {
		sources_free(job);
		lead_free(&job->lead, job->plan->vertex_count, job->plan->function_count);
		for (uint32_t e = 0; job->edges != NULL && e < job->plan->edge_count; e++) {
			store_destroy(&job->edges[e].store, job->node->spill);
			store_destroy(&job->edges[e].next, job->node->spill);
			store_destroy(&job->edges[e].old, job->node->spill);
			free(job->edges[e].seen);
		}
		for (uint32_t v = 0; job->sinks != NULL && v < job->plan->vertex_count; v++)
			if (job->sinks[v].open)
				sink_abandon(&job->sinks[v].file);
		for (uint32_t f = 0; job->functions != NULL && f < job->plan->function_count; f++)
			code_close(&job->functions[f].code);
	}
	for (uint32_t i = 0; i < job->each_count; i++)
		region_unref(&job->each[i].region);
	free(job->each);
	free(job->runs);
	free(job->functions);
	free(job->edges);
	free(job->sinks);
	free(job->sched_memory);
	plan_free(&job->plan);
	checkpoint_free(&job->checkpoint);
	free(job);
}

void job_unbusy(struct job *job)
{
	job->busy--;
}

void job_go(struct job *job)
{
	if (job->running || job->over)
		return;
	job->running = true;
	for (uint32_t v = 0; v < job->plan->vertex_count; v++)
		if (job->plan->vertices[v].kind == VERTEX_SOURCE)
			sched_source(job->sched, v, job->sources[v].partitions,
				     job->sources[v].count);
}

void job_end(struct job *job)
{
	if (job->over)
		return;
	job->over = true;
	atomic_store_explicit(&job->cancel, true, memory_order_relaxed);
	if (job->lead == NULL) {
		struct job_counters *counters = malloc(sizeof(*counters));

		job_update_counters(job);
		if (counters != NULL)
			*counters = job->counters;
		message_send_heap(job->node, job->leader, MESSAGE_ENDED, job->id, 0, 0, counters,
				  counters != NULL ? sizeof(*counters) : 0);
	}
}

void job_fail(struct job *job, const char *format, ...)
{
	char *text;
	va_list arguments;
	int length;

	if (job->over || job->failed_sent)
		return;
	job->failed_sent = true;
	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		text = strdup("no memory to say what failed");
	if (job->lead != NULL) {
		lead_fail(job, text != NULL ? text : "no memory");
		free(text);
	} else {
		message_send_heap(job->node, job->leader, MESSAGE_FAILED, job->id, 0, 0, text,
				  text != NULL ? strlen(text) : 0);
	}
}

/* What a finished vertex was given is needed no more, not even for another attempt; what other
 * epochs are given too, and a state until its epoch is committed, stays. */
static void inputs_done(struct job *job, uint32_t vertex)
{
	for (uint32_t e = 0; e < job->plan->edge_count; e++) {
		enum sched_life life = sched_edge_life(job->sched, e);

		if (job->plan->edges[e].to == vertex && life != SCHED_KEPT && life != SCHED_STATE)
			job->edges[e].drained = true;
	}
}

static void store_drop(struct job *job, struct job_edge *edge, struct store **store)
{
	if (*store == NULL || store_spilling(*store))
		return;
	edge->spilled_bytes += store_stats(*store)->spilled_bytes;
	store_destroy(store, job->node->spill);
}

/* Stores that were being written to disk when their vertex ended go when that is over. */
static void stores_drop(struct job *job)
{
	for (uint32_t e = 0; e < job->plan->edge_count; e++) {
		struct job_edge *edge = &job->edges[e];

		store_drop(job, edge, &edge->old);
		if (edge->drained)
			store_drop(job, edge, &edge->store);
	}
}

bool job_advance(struct job *job)
{
	struct sched_action action;
	bool worked = false;

	while (job->running && !job->over && !job->failed_sent && sched_next(job->sched, &action)) {
		worked = true;
		switch (action.kind) {
		case SCHED_START:
			run_start(job, &action);
			break;
		case SCHED_PLAN:
			partitions_plan(job, action.vertex);
			break;
		case SCHED_VERTEX_DONE:
			ship_marks(job, action.vertex);
			inputs_done(job, action.vertex);
			break;
		case SCHED_EPOCH_DONE:
			job->epoch_made = true;
			break;
		case SCHED_FAIL:
			job_fail(job, "%s (attempt %u of %u)", job->runs[action.slot].error,
				 action.attempt + 1, action.attempt + 1);
			break;
		case SCHED_NONE:
			break;
		}
	}
	stores_drop(job);
	worked |= checkpoint_pump(job) || epoch_report(job);
	if (worked && job->lead != NULL && !job->over && !job->failed_sent &&
	    sched_finished(job->sched))
		lead_finished(job);
	return worked;
}

static uint64_t seal_drops(const struct seal_counters *s)
{
	return s->drop_clear + s->drop_malformed + s->drop_unknown_index + s->drop_auth +
	       s->drop_replay + s->drop_expired + s->drop_identity + s->drop_mac +
	       s->drop_handshake + s->drop_unknown_peer + s->drop_stale + s->drop_rate +
	       s->drop_no_session + s->drop_failed;
}

static uint64_t drops_sum(const struct node_core_metrics *counters)
{
	const struct transport_counters *t = &counters->transport;
	const struct port_counters *p = &counters->port;

	return t->drop_short + t->drop_malformed + t->drop_checksum + t->drop_version +
	       t->drop_unknown_peer + t->drop_incarnation + t->drop_window + t->drop_no_room +
	       p->drop_tx_oversize + p->drop_tx_no_buffer + p->drop_rx_oversize +
	       p->drop_rx_no_buffer + p->drop_rx_spread + p->drop_rx_error +
	       counters->link.drop_fault + seal_drops(&counters->seal);
}

/* What other objects count is read off them. */
void job_update_counters(struct job *job)
{
	struct node_core_metrics now;
	uint64_t retransmits, drops;

	io_cores_counters(job->node, &now);
	retransmits = now.transport.retransmits;
	drops = drops_sum(&now);
	if (!job->based) {
		job->based = true;
		job->base_drops = drops;
		job->base_retransmits = retransmits;
	}
	job->counters.drops = drops - job->base_drops;
	job->counters.retransmits = retransmits - job->base_retransmits;
	job->counters.spilled_bytes = 0;
	for (uint32_t e = 0; e < job->plan->edge_count; e++) {
		struct store *stores[EDGE_STORES_MAX];

		job->counters.spilled_bytes += job->edges[e].spilled_bytes;
		for (uint32_t i = job_edge_stores(&job->edges[e], stores); i-- > 0;)
			job->counters.spilled_bytes += store_stats(stores[i])->spilled_bytes;
	}
}

bool jobs_sweep(struct node *node)
{
	struct job *job, *next;
	bool worked = false;

	for (job = TAILQ_FIRST(&node->jobs); job != NULL; job = next) {
		next = TAILQ_NEXT(job, link);
		if (!job->over || job->busy > 0 || job_spilling(job) ||
		    (job->lead != NULL && !lead_complete(job)))
			continue;
		pthread_mutex_lock(&node->lock);
#define ADD_COUNTER(name) node->ended_counters.name += job->counters.name;
		JOB_COUNTERS(ADD_COUNTER)
#undef ADD_COUNTER
		node->job_count--;
		pthread_mutex_unlock(&node->lock);
		TAILQ_REMOVE(&node->jobs, job, link);
		job_free(&job);
		worked = true;
	}
	return worked;
}
