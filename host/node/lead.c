/* Leading a job: list the sources, deal the splits, start all nodes, wait for the sinks, end all
 * nodes. */
#include "node_internal.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GAVE_UP "the node gave the job up, having lost sight of its leader"

uint64_t lead_all_nodes(const struct node *node)
{
	return node->nodes == 64 ? UINT64_MAX : (1ull << node->nodes) - 1;
}

void lead_send_all(struct job *job, uint32_t type, uint64_t arg, const char *body)
{
	for (uint32_t to = 0; to < job->node->nodes; to++) {
		char *copy = body != NULL ? strdup(body) : NULL;

		if (to == job->node->id) {
			free(copy);
			continue;
		}
		message_send_heap(job->node, to, type, job->id, 0, arg, copy,
				  copy != NULL ? strlen(copy) : 0);
	}
}

static void await_answers(struct job *job)
{
	job->lead->waiting = lead_all_nodes(job->node);
	job->lead->answer_deadline_ns = job->node->now_ns + 1000000ull * MR_PREPARE_MS_MAX;
}

void lead_begin(struct job *job)
{
	cJSON *request = cJSON_CreateObject();
	cJSON *sources = cJSON_AddArrayToObject(request, "sources");
	char *text;

	for (uint32_t v = 0; v < job->plan->vertex_count; v++) {
		cJSON *source;

		if (!job->lead->sources[v].given)
			continue;
		source = cJSON_CreateObject();
		cJSON_AddNumberToObject(source, "vertex", v);
		cJSON_AddStringToObject(source, "uri", job->lead->sources[v].uri_text);
		cJSON_AddItemToArray(sources, source);
	}
	text = cJSON_PrintUnformatted(request);
	cJSON_Delete(request);
	job->lead->phase = LEAD_LISTING;
	job->lead->started_ns = job->node->now_ns;
	job_update_counters(job);
	lead_send_all(job, MESSAGE_LIST, 0, text);
	listing_begin(job->node, job->node->id, job->id, text, strlen(text));
	job->lead->request = text;
	await_answers(job);
}

static void start_nodes(struct job *job)
{
	char *starts[MR_NODES_MAX] = {0};
	char *own;

	if (lead_deal(job, starts) != 0)
		return;
	job->lead->phase = LEAD_STARTING;
	await_answers(job);
	own = starts[job->node->id];
	for (uint32_t to = 0; to < job->node->nodes; to++)
		if (to != job->node->id)
			message_send_heap(job->node, to, MESSAGE_START, job->id, 0, 0, starts[to],
					  starts[to] != NULL ? strlen(starts[to]) : 0);
	start_apply(job, own != NULL ? own : "", own != NULL ? strlen(own) : 0);
	free(own);
}

static void listed(struct job *job, uint32_t peer, const void *body, uint64_t bytes)
{
	char error[MR_ERROR_BYTES_MAX + 64];

	if (job->lead->phase != LEAD_LISTING || !(job->lead->waiting & 1ull << peer))
		return;
	if (lead_listed(job, peer, body, bytes, error, sizeof(error)) != 0) {
		lead_fail(job, error);
		return;
	}
	job->lead->waiting &= ~(1ull << peer);
	if (job->lead->waiting == 0)
		start_nodes(job);
}

static void ready(struct job *job, uint32_t peer)
{
	if (job->lead->phase != LEAD_STARTING)
		return;
	job->lead->waiting &= ~(1ull << peer);
	if (job->lead->waiting != 0)
		return;
	job->lead->phase = LEAD_RUNNING;
	job->lead->waiting = lead_all_nodes(job->node); /* for the first epoch, if there are */
	lead_send_all(job, MESSAGE_GO, 0, NULL);
	job_go(job);
}

static void send_code(struct job *job, uint32_t peer, uint64_t hash)
{
	for (uint32_t f = 0; f < job->plan->function_count; f++) {
		void *copy;

		if (job->functions[f].hash != hash || job->lead->codes[f] == NULL)
			continue;
		copy = malloc(job->lead->code_bytes[f]);
		if (copy == NULL)
			return;
		memcpy(copy, job->lead->codes[f], job->lead->code_bytes[f]);
		message_send_heap(job->node, peer, MESSAGE_CODE, job->id, 0, hash, copy,
				  job->lead->code_bytes[f]);
		return;
	}
}

static void take_counters(struct job *job, uint32_t peer, const void *body, uint64_t bytes)
{
	if (bytes == sizeof(struct job_counters))
		memcpy(&job->lead->node_counters[peer], body, sizeof(struct job_counters));
}

static void node_failed(struct job *job, uint32_t peer, const char *body, uint64_t bytes)
{
	char text[2 * MR_ERROR_BYTES_MAX];
	int length = bytes < sizeof(text) - 32 ? (int)bytes : (int)sizeof(text) - 32;

	if (job->node->nodes > 1)
		snprintf(text, sizeof(text), "%.*s (node %u)", length, body, peer);
	else
		snprintf(text, sizeof(text), "%.*s", length, body);
	lead_fail(job, text);
}

void lead_message(struct job *job, uint32_t peer, const struct message_head *head, const void *body,
		  uint64_t bytes)
{
	switch (head->type) {
	case MESSAGE_LISTED:
		listed(job, peer, body, bytes);
		break;
	case MESSAGE_READY:
		ready(job, peer);
		break;
	case MESSAGE_CODE_GET:
		send_code(job, peer, head->arg);
		break;
	case MESSAGE_EPOCH_DONE:
		epoch_told(job, peer, head->edge, head->arg);
		break;
	case MESSAGE_PROGRESS:
		take_counters(job, peer, body, bytes);
		break;
	case MESSAGE_FAILED:
		node_failed(job, peer, body, bytes);
		break;
	case MESSAGE_ENDED:
		take_counters(job, peer, body, bytes);
		if (job->lead->phase < LEAD_ENDING)
			node_failed(job, peer, GAVE_UP, sizeof(GAVE_UP) - 1);
		job->lead->waiting &= ~(1ull << peer);
		break;
	default:
		break;
	}
}

static void end_nodes(struct job *job, bool failed)
{
	struct lead *lead = job->lead;

	lead->phase = LEAD_ENDING;
	lead->waiting = lead_all_nodes(job->node) & ~(1ull << job->node->id);
	lead->end_deadline_ns = job->node->now_ns + 1000000ull * job->node->peer_timeout_ms;
	lead_send_all(job, MESSAGE_END, failed, NULL);
	job_end(job);
}

void lead_fail(struct job *job, const char *text)
{
	struct lead *lead = job->lead;

	if (lead->phase >= LEAD_ENDING)
		return;
	lead->failed = true;
	snprintf(lead->error, sizeof(lead->error), "%s", text);
	end_nodes(job, true);
}

static void commit_sinks(struct job *job)
{
	struct lead *lead = job->lead;

	for (uint32_t v = 0; v < job->plan->vertex_count; v++) {
		struct job_sink *sink = &job->sinks[v];
		char error[MR_ERROR_BYTES_MAX];

		if (!sink->open)
			continue;
		sink->open = false;
		if (lead->failed || !sink->complete) {
			sink_abandon(&sink->file);
		} else if (sink_commit(&sink->file, error, sizeof(error)) != 0) {
			lead->failed = true;
			snprintf(lead->error, sizeof(lead->error), "%s", error);
		}
	}
}

void lead_finished(struct job *job)
{
	struct lead *lead = job->lead;

	if (lead->phase != LEAD_RUNNING)
		return;
	commit_sinks(job);
	if (job->checkpoint != NULL && !lead->failed) /* before any node's part of it goes */
		checkpoint_remove(job);
	end_nodes(job, lead->failed);
}

void lead_node_lost(struct job *job, uint32_t peer, const char *why)
{
	char text[MR_ERROR_BYTES_MAX];
	char name[WATCH_TEXT_BYTES];

	snprintf(text, sizeof(text),
		 "%s %s; see that its millraced runs and that its address can be reached from here",
		 watch_name(job->node, peer, name), why);
	lead_fail(job, text);
	job->lead->waiting &= ~(1ull << peer); /* nobody waits for its farewell */
}

void lead_node_restarted(struct job *job, uint32_t peer)
{
	struct lead *lead = job->lead;

	if (lead->phase != LEAD_LISTING) {
		lead_node_lost(job, peer, "was restarted while the job ran");
	} else if (lead->waiting & 1ull << peer) {
		char *copy = strdup(lead->request);

		message_send_heap(job->node, peer, MESSAGE_LIST, job->id, 0, 0, copy,
				  copy != NULL ? strlen(copy) : 0);
	}
}

/* A node that lives, but does not answer. */
static void check_answers(struct job *job)
{
	struct lead *lead = job->lead;
	char text[128];

	if (lead->phase > LEAD_STARTING || job->node->now_ns < lead->answer_deadline_ns)
		return;
	for (uint32_t node = 0; node < job->node->nodes; node++) {
		if (!(lead->waiting & 1ull << node))
			continue;
		snprintf(text, sizeof(text), "node %u has not %s within %d s", node,
			 lead->phase == LEAD_LISTING ? "listed its files"
						     : "prepared the functions",
			 MR_PREPARE_MS_MAX / 1000);
		lead_fail(job, text);
		return;
	}
}

void lead_tick(struct job *job)
{
	struct lead *lead = job->lead;

	if (lead->phase < LEAD_ENDING) {
		check_answers(job);
		return;
	}
	if (lead->phase != LEAD_ENDING || job->busy > 0 ||
	    (lead->waiting != 0 && job->node->now_ns < lead->end_deadline_ns))
		return;
	job_update_counters(job);
	commit_sinks(job); /* of a job that failed */
	lead->phase = LEAD_ENDED;
	lead->ended_ns = job->node->now_ns;
	status_publish(job->node, true);
}

bool lead_complete(const struct job *job)
{
	return job->lead->phase == LEAD_ENDED;
}

void lead_free(struct lead **freed, uint32_t vertices, uint32_t functions)
{
	struct lead *lead = *freed;

	*freed = NULL;
	if (lead == NULL)
		return;
	for (uint32_t v = 0; lead->sources != NULL && v < vertices; v++) {
		for (uint32_t i = 0; i < lead->sources[v].file_count; i++)
			free(lead->sources[v].files[i].path);
		free(lead->sources[v].files);
		free(lead->sources[v].uri_text);
	}
	for (uint32_t f = 0; lead->codes != NULL && f < functions; f++)
		free(lead->codes[f]);
	free(lead->codes);
	free(lead->code_bytes);
	free(lead->sources);
	free(lead->request);
	free(lead->composition);
	free(lead->file);
	free(lead->text);
	free(lead);
}
