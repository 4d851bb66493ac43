/* Submitting a job, from any thread: everything the leader keeps is set up here, then handed over.
 */
#include "node_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <millrace/hash.h>

static int find_vertex(const struct plan *plan, enum vertex_kind kind, const char *name)
{
	for (uint32_t v = 0; v < plan->vertex_count; v++)
		if (plan->vertices[v].kind == kind && strcmp(plan->vertices[v].name, name) == 0)
			return (int)v;
	return -1;
}

static void list_names(const struct plan *plan, enum vertex_kind kind, char *text,
		       size_t text_bytes)
{
	size_t used = 0;

	text[0] = 0;
	for (uint32_t v = 0; v < plan->vertex_count && used < text_bytes; v++)
		if (plan->vertices[v].kind == kind)
			used += (size_t)snprintf(text + used, text_bytes - used, "%s%s",
						 used > 0 ? ", " : "", plan->vertices[v].name);
}

static int bind_inputs(struct job *job, const struct job_spec *spec, char *error,
		       size_t error_bytes)
{
	char names[512];

	list_names(job->plan, VERTEX_SOURCE, names, sizeof(names));
	for (uint32_t i = 0; i < spec->input_count; i++) {
		const struct job_binding *binding = &spec->inputs[i];
		int v = find_vertex(job->plan, VERTEX_SOURCE, binding->set);
		struct lead_source *source;

		if (v < 0) {
			snprintf(error, error_bytes,
				 "composition %s has no input set %s; it has: %s", job->plan->name,
				 binding->set, names);
			return -EINVAL;
		}
		source = &job->lead->sources[v];
		if (source->given) {
			snprintf(error, error_bytes, "input set %s is given twice", binding->set);
			return -EINVAL;
		}
		if (source_uri_parse(binding->target, &source->uri, error, error_bytes) != 0)
			return -EINVAL;
		if (source->uri.node >= 0 && (uint32_t)source->uri.node >= job->node->nodes) {
			snprintf(error, error_bytes,
				 "%s names node %d, but there are nodes 0 to %u only",
				 binding->target, source->uri.node, job->node->nodes - 1);
			return -EINVAL;
		}
		source->given = true;
		source->uri_text = strdup(binding->target);
		if (source->uri_text == NULL)
			return -ENOMEM;
	}
	for (uint32_t v = 0; v < job->plan->vertex_count; v++) {
		const struct plan_vertex *vertex = &job->plan->vertices[v];

		if (vertex->kind == VERTEX_SOURCE && !vertex->optional &&
		    !job->lead->sources[v].given) {
			snprintf(error, error_bytes,
				 "input set %s of composition %s is not given: add %s=file:PATH",
				 vertex->name, job->plan->name, vertex->name);
			return -EINVAL;
		}
	}
	return 0;
}

static const char *output_target(const struct job_spec *spec, const char *set)
{
	for (uint32_t i = 0; i < spec->output_count; i++)
		if (strcmp(spec->outputs[i].set, set) == 0)
			return spec->outputs[i].target;
	return "/dev/null";
}

static int bind_outputs(struct job *job, const struct job_spec *spec, char *error,
			size_t error_bytes)
{
	for (uint32_t i = 0; i < spec->output_count; i++) {
		if (find_vertex(job->plan, VERTEX_SINK, spec->outputs[i].set) < 0) {
			char names[512];

			list_names(job->plan, VERTEX_SINK, names, sizeof(names));
			snprintf(error, error_bytes,
				 "composition %s has no output set %s; it has: %s", job->plan->name,
				 spec->outputs[i].set, names);
			return -EINVAL;
		}
	}
	for (uint32_t v = 0; v < job->plan->vertex_count; v++) {
		const struct plan_vertex *vertex = &job->plan->vertices[v];
		int rc;

		if (vertex->kind != VERTEX_SINK)
			continue;
		rc = sink_open(&job->sinks[v].file, output_target(spec, vertex->name), error,
			       error_bytes);
		if (rc != 0)
			return -EINVAL;
		job->sinks[v].open = true;
	}
	return 0;
}

static int keep_code(struct job *job, uint32_t function, const struct job_code *code)
{
	struct lead *lead = job->lead;
	struct job_function *kept = &job->functions[function];
	int rc;

	lead->codes[function] = malloc(code->byte_count > 0 ? code->byte_count : 1);
	if (lead->codes[function] == NULL)
		return -ENOMEM;
	memcpy(lead->codes[function], code->bytes, code->byte_count);
	lead->code_bytes[function] = code->byte_count;
	kept->hash = mr_hash64(code->bytes, code->byte_count);
	rc = code_open(&kept->code, kept->hash, code_owner(job, function));
	return rc == 0 ? code_supply(kept->code, code->bytes, code->byte_count) : rc;
}

/* An operator's code is in the text, whatever came with the job. */
static int keep_operator(struct job *job, uint32_t function)
{
	const struct plan_function *declared = &job->plan->functions[function];
	const struct job_code code = {
	    .function = declared->name,
	    .bytes = declared->operator_text,
	    .byte_count = strlen(declared->operator_text),
	};

	return keep_code(job, function, &code);
}

static int bind_codes(struct job *job, const struct job_spec *spec, char *error, size_t error_bytes)
{
	for (uint32_t v = 0; v < job->plan->vertex_count; v++) {
		uint32_t f = job->plan->vertices[v].function;
		const char *name = job->plan->functions[f].name;
		bool found = false;
		int rc;

		if (job->plan->vertices[v].kind != VERTEX_FUNCTION || job->lead->codes[f] != NULL)
			continue;
		if (job->plan->functions[f].operator_text != NULL) {
			rc = keep_operator(job, f);
			if (rc != 0)
				return rc;
			continue;
		}
		for (uint32_t i = 0; !found && i < spec->code_count; i++) {
			if (strcmp(spec->codes[i].function, name) != 0)
				continue;
			if (spec->codes[i].byte_count > MR_CODE_BYTES_MAX) {
				snprintf(error, error_bytes,
					 "code of function %s is larger than %u bytes", name,
					 MR_CODE_BYTES_MAX);
				return -EINVAL;
			}
			rc = keep_code(job, f, &spec->codes[i]);
			if (rc == -EEXIST)
				snprintf(
				    error, error_bytes,
				    "code of function %s has the hash of other code in use here",
				    name);
			if (rc != 0)
				return rc == -EEXIST ? -EINVAL : rc;
			found = true;
		}
		if (!found) {
			snprintf(error, error_bytes, "function %s has no code", name);
			return -EINVAL;
		}
	}
	return 0;
}

/* Items of the same key are to meet: what a call takes by key has to be parted alike. */
static int check_groups(const struct job *job, char *error, size_t error_bytes)
{
	const struct plan *plan = job->plan;
	const struct plan_edge *first = NULL;
	uint32_t expected = 0;

	for (uint32_t e = 0; e < plan->edge_count; e++) {
		const struct plan_edge *edge = &plan->edges[e];
		const struct plan_vertex *from = &plan->vertices[edge->from];
		uint32_t groups;

		if (edge->distribution != DIST_KEY || from->kind != VERTEX_FUNCTION)
			continue;
		groups = operator_groups(&plan->functions[from->function]);
		if (groups == 0)
			continue; /* its items will say what they lack */
		if (first == NULL || first->to != edge->to) {
			first = edge;
			expected = groups;
		} else if (groups != expected) {
			snprintf(error, error_bytes,
				 "%s takes by key what %s parts into %u and %s into %u: give both "
				 "operators one number, `partition by ... into N` (functions part "
				 "into %u)",
				 plan->vertices[edge->to].name, plan->vertices[first->from].name,
				 expected, from->name, groups, MR_KEY_GROUPS);
			return -EINVAL;
		}
	}
	return 0;
}

static int lead_create(struct job *job, const struct job_spec *spec)
{
	struct lead *lead = job->lead = calloc(1, sizeof(*lead));

	if (lead == NULL)
		return -ENOMEM;
	lead->file = strdup(spec->file);
	lead->text = strndup(spec->text, spec->text_bytes);
	lead->text_bytes = spec->text_bytes;
	lead->composition = spec->composition != NULL ? strdup(spec->composition) : NULL;
	lead->sources = calloc(job->plan->vertex_count + 1, sizeof(*lead->sources));
	lead->codes = calloc(job->plan->function_count + 1, sizeof(*lead->codes));
	lead->code_bytes = calloc(job->plan->function_count + 1, sizeof(*lead->code_bytes));
	if (lead->file == NULL || lead->text == NULL || lead->sources == NULL ||
	    lead->codes == NULL || lead->code_bytes == NULL ||
	    (spec->composition != NULL && lead->composition == NULL))
		return -ENOMEM;
	return 0;
}

static int hand_over(struct node *node, struct job *job, uint64_t *id)
{
	struct status_entry *entry = calloc(1, sizeof(*entry));
	struct command *command = calloc(1, sizeof(*command));
	int rc = -ENOMEM;

	if (entry == NULL || command == NULL)
		goto fail;
	pthread_mutex_lock(&node->lock);
	rc = node->job_count >= MR_JOBS_MAX ? -EBUSY : 0;
	if (rc == 0) {
		node->job_count++;
		*id = job->id;
		entry->status.id = job->id;
		entry->status.nodes = node->nodes;
		snprintf(entry->status.name, sizeof(entry->status.name), "%s", job->plan->name);
		STAILQ_INSERT_HEAD(&node->statuses, entry, link);
		node->status_count++;
		command->kind = COMMAND_SUBMIT;
		command->job = job;
		STAILQ_INSERT_TAIL(&node->commands, command, link);
		node_wake(node);
	}
	pthread_mutex_unlock(&node->lock);
	if (rc == 0)
		return 0;
fail:
	free(entry);
	free(command);
	return rc;
}

int node_job_submit(struct node *node, const struct job_spec *spec, uint64_t *id, char *error,
		    size_t error_bytes)
{
	struct job *job;
	uint64_t job_id;
	int rc;

	pthread_mutex_lock(&node->lock);
	job_id = (uint64_t)node->id << 46 | (node->next_job++ & ((1ull << 46) - 1));
	pthread_mutex_unlock(&node->lock);
	job = job_create(node, job_id, node->id, spec->file, spec->text, spec->text_bytes,
			 spec->composition, error, error_bytes);
	if (job == NULL)
		return -EINVAL;
	rc = lead_create(job, spec);
	if (rc == 0)
		rc = bind_inputs(job, spec, error, error_bytes);
	if (rc == 0)
		rc = bind_codes(job, spec, error, error_bytes);
	if (rc == 0)
		rc = check_groups(job, error, error_bytes);
	if (rc == 0)
		rc = bind_outputs(job, spec, error, error_bytes);
	if (rc == 0 && spec->checkpoint != NULL)
		rc = checkpoint_open(job, spec->checkpoint, spec->checkpoint_every, error,
				     error_bytes);
	if (rc == 0)
		rc = hand_over(node, job, id);
	if (rc == -ENOMEM)
		snprintf(error, error_bytes, "no memory for another job");
	if (rc == -EBUSY)
		snprintf(error, error_bytes, "the node has %d jobs already: try again later",
			 MR_JOBS_MAX);
	if (rc != 0)
		job_free(&job);
	return rc;
}
