/* START: a job as its leader describes it to each node: text, the node's splits, code hashes. */
#include "node_internal.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool get_u64(const cJSON *item, uint64_t max, uint64_t *value)
{
	double number = cJSON_IsNumber(item) ? item->valuedouble : -1;

	if (!(number >= 0 && number <= (double)max) || number != (double)(uint64_t)number)
		return false;
	*value = (uint64_t)number;
	return true;
}

/* [path, bytes, mtime, first, end] */
static int read_file(const cJSON *file, struct source_split *split, char **path)
{
	const char *name = cJSON_GetStringValue(cJSON_GetArrayItem(file, 0));
	const char *mtime = cJSON_GetStringValue(cJSON_GetArrayItem(file, 2));

	if (name == NULL || mtime == NULL || strlen(name) >= MR_URI_BYTES_MAX ||
	    !get_u64(cJSON_GetArrayItem(file, 1), 1ull << 53, &split->file_bytes) ||
	    !get_u64(cJSON_GetArrayItem(file, 3), split->file_bytes, &split->first) ||
	    !get_u64(cJSON_GetArrayItem(file, 4), split->file_bytes, &split->end) ||
	    split->first > split->end)
		return -EBADMSG;
	split->mtime_ns = strtoll(mtime, NULL, 10);
	*path = strdup(name);
	split->path = *path;
	return *path != NULL ? 0 : -ENOMEM;
}

/* Triples: file, index of the split in it, partition. */
static int read_splits(const cJSON *list, const struct source_split *files, uint64_t split_bytes,
		       struct job_source *source)
{
	const cJSON *item = list->child;

	for (uint32_t i = 0; i < source->count; i++) {
		uint64_t file, index, partition;

		if (source->path_count == 0 || !get_u64(item, source->path_count - 1, &file) ||
		    !get_u64(item = item->next, UINT32_MAX, &index) ||
		    !get_u64(item = item->next, 1ull << 53, &partition))
			return -EBADMSG;
		item = item->next;
		if (index >= source_split_count(files[file].end - files[file].first, split_bytes))
			return -EBADMSG;
		source->splits[i] = files[file];
		source->splits[i].bytes = split_bytes;
		source->splits[i].index = (uint32_t)index;
		source->partitions[i] = partition;
	}
	return 0;
}

static int read_source(struct job *job, const cJSON *json)
{
	const cJSON *files = cJSON_GetObjectItem(json, "files");
	const cJSON *splits = cJSON_GetObjectItem(json, "splits");
	struct source_split *described;
	struct job_source *source;
	uint64_t vertex, split_bytes;
	const cJSON *file;
	int rc = 0;

	if (!get_u64(cJSON_GetObjectItem(json, "vertex"), job->plan->vertex_count - 1, &vertex) ||
	    !get_u64(cJSON_GetObjectItem(json, "bytes"), 1ull << 53, &split_bytes) ||
	    !cJSON_IsArray(files) || !cJSON_IsArray(splits) ||
	    job->plan->vertices[vertex].kind != VERTEX_SOURCE ||
	    job->sources[vertex].splits != NULL)
		return -EBADMSG;
	source = &job->sources[vertex];
	source->count = (uint32_t)cJSON_GetArraySize(splits) / 3;
	source->splits = calloc(source->count + 1, sizeof(*source->splits));
	source->partitions = calloc(source->count + 1, sizeof(*source->partitions));
	source->paths = calloc((size_t)cJSON_GetArraySize(files) + 1, sizeof(*source->paths));
	described = calloc((size_t)cJSON_GetArraySize(files) + 1, sizeof(*described));
	if (source->splits == NULL || source->partitions == NULL || source->paths == NULL ||
	    described == NULL)
		rc = -ENOMEM;
	if (rc == 0) {
		cJSON_ArrayForEach (file, files) {
			uint32_t i = source->path_count;

			rc = read_file(file, &described[i], &source->paths[i]);
			if (rc != 0)
				break;
			source->path_count++;
		}
	}
	if (rc == 0)
		rc = read_splits(splits, described, split_bytes, source);
	free(described);
	return rc;
}

static int read_functions(struct job *job, const cJSON *json)
{
	const cJSON *hashes = cJSON_GetObjectItem(json, "functions");

	if ((uint32_t)cJSON_GetArraySize(hashes) != job->plan->function_count)
		return -EBADMSG;
	for (uint32_t f = 0; f < job->plan->function_count; f++) {
		const char *hash = cJSON_GetStringValue(cJSON_GetArrayItem(hashes, (int)f));

		if (hash == NULL)
			return -EBADMSG;
		job->functions[f].hash = strtoull(hash, NULL, 16);
	}
	return 0;
}

static void read_incarnations(struct job *job, const cJSON *json)
{
	const cJSON *list = cJSON_GetObjectItem(json, "incarnations");
	const cJSON *item;
	uint32_t node = 0;

	cJSON_ArrayForEach (item, list) {
		const char *text = cJSON_GetStringValue(item);

		if (node < MR_NODES_MAX && text != NULL)
			job->incarnations[node] = strtoull(text, NULL, 10);
		node++;
	}
}

static int apply(struct job *job, const cJSON *json)
{
	const cJSON *source;
	int rc = read_functions(job, json);

	if (rc != 0)
		return rc;
	read_incarnations(job, json);
	cJSON_ArrayForEach (source, cJSON_GetObjectItem(json, "sources")) {
		rc = read_source(job, source);
		if (rc != 0)
			return rc;
	}
	for (uint32_t v = 0; v < job->plan->vertex_count; v++)
		if (job->plan->vertices[v].kind == VERTEX_SOURCE && job->sources[v].splits == NULL)
			return -EBADMSG;
	job_update_counters(job);
	rc = checkpoint_apply(job, cJSON_GetObjectItem(json, "checkpoint"));
	return rc != 0 ? rc : prepare_start(job);
}

int start_apply(struct job *job, const char *body, uint64_t bytes)
{
	cJSON *json = cJSON_ParseWithLength(body, bytes);
	int rc = json != NULL ? apply(job, json) : -EBADMSG;

	cJSON_Delete(json);
	if (rc != 0)
		job_fail(job, "node %u cannot start the job: %s", job->node->id,
			 rc == -EBADMSG ? "its description is not valid" : strerror(-rc));
	return rc;
}

static struct job *create(struct node *node, uint32_t leader, uint64_t id, const cJSON *json,
			  char *error, size_t error_bytes)
{
	const char *file = cJSON_GetStringValue(cJSON_GetObjectItem(json, "file"));
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(json, "text"));
	const char *composition = cJSON_GetStringValue(cJSON_GetObjectItem(json, "composition"));
	uint64_t nodes;

	if (file == NULL || text == NULL ||
	    !get_u64(cJSON_GetObjectItem(json, "nodes"), MR_NODES_MAX, &nodes)) {
		snprintf(error, error_bytes, "the job's description is not valid");
		return NULL;
	}
	if (node->stopping) {
		snprintf(error, error_bytes, "node %u is being stopped", node->id);
		return NULL;
	}
	if (nodes != node->nodes) {
		snprintf(error, error_bytes,
			 "node %u knows %u nodes, its leader %llu: give all of them the same "
			 "--peer list",
			 node->id, node->nodes, (unsigned long long)nodes);
		return NULL;
	}
	return job_create(node, id, leader, file, text, strlen(text), composition, error,
			  error_bytes);
}

/* Threads that submit jobs count them too. */
static bool reserve_place(struct node *node, char *error, size_t error_bytes)
{
	bool room;

	pthread_mutex_lock(&node->lock);
	room = node->job_count < MR_JOBS_MAX;
	node->job_count += room;
	pthread_mutex_unlock(&node->lock);
	if (!room)
		snprintf(error, error_bytes, "node %u has %d jobs already: try again later",
			 node->id, MR_JOBS_MAX);
	return room;
}

static void release_place(struct node *node)
{
	pthread_mutex_lock(&node->lock);
	node->job_count--;
	pthread_mutex_unlock(&node->lock);
}

void start_begin(struct node *node, uint32_t leader, uint64_t id, const char *body, uint64_t bytes)
{
	cJSON *json = cJSON_ParseWithLength(body, bytes);
	char error[2 * MR_ERROR_BYTES_MAX];
	struct job *job = NULL;
	int rc;

	if (job_find(node, id) != NULL) {
		cJSON_Delete(json);
		return;
	}
	if (reserve_place(node, error, sizeof(error))) {
		job = create(node, leader, id, json, error, sizeof(error));
		if (job == NULL)
			release_place(node);
	}
	if (job == NULL) {
		message_send_heap(node, leader, MESSAGE_FAILED, id, 0, 0, strdup(error),
				  strlen(error));
		cJSON_Delete(json);
		return;
	}
	TAILQ_INSERT_TAIL(&node->jobs, job, link);
	rc = apply(job, json);
	if (rc != 0)
		job_fail(job, "node %u cannot start the job: %s", node->id,
			 rc == -EBADMSG ? "its description is not valid" : strerror(-rc));
	cJSON_Delete(json);
}
