/* Listing: which files of a job's sources this node has. A worker walks the folders. */
#include "node_internal.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct listing {
	struct task task;
	struct node *node;
	uint32_t leader;
	uint64_t job;
	char *request;
	uint64_t request_bytes;
	char *answer;
};

static cJSON *list_json(const struct source_list *list)
{
	cJSON *files = cJSON_CreateArray();

	for (uint32_t i = 0; i < list->count; i++) {
		char mtime[32];
		cJSON *file = cJSON_CreateArray();

		/* A double does not hold all nanoseconds since 1970. */
		snprintf(mtime, sizeof(mtime), "%lld", (long long)list->files[i].mtime_ns);
		cJSON_AddItemToArray(file, cJSON_CreateString(list->files[i].path));
		cJSON_AddItemToArray(file, cJSON_CreateNumber((double)list->files[i].bytes));
		cJSON_AddItemToArray(file, cJSON_CreateString(mtime));
		cJSON_AddItemToArray(files, file);
	}
	return files;
}

static int list_one(const struct listing *listing, const cJSON *source, cJSON *answer, char *error,
		    size_t error_bytes)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(source, "uri"));
	struct source_list list = {0};
	struct source_uri uri;
	cJSON *listed;
	int rc = source_uri_parse(text != NULL ? text : "", &uri, error, error_bytes);

	if (rc != 0)
		return rc;
	listed = cJSON_CreateObject();
	cJSON_AddItemToArray(answer, listed);
	cJSON_AddNumberToObject(listed, "vertex",
				cJSON_GetNumberValue(cJSON_GetObjectItem(source, "vertex")));
	if (uri.node >= 0 && (uint32_t)uri.node != listing->node->id)
		rc = 0; /* another node's */
	else
		rc = source_list_files(&uri, &list, error, error_bytes);
	if (rc == -ENOENT)
		cJSON_AddStringToObject(listed, "missing", error);
	cJSON_AddItemToObject(listed, "files", list_json(&list));
	cJSON_AddNumberToObject(listed, "followed", list.links_followed);
	cJSON_AddNumberToObject(listed, "repeated", list.links_repeated);
	source_list_free(&list);
	return rc == -ENOENT ? 0 : rc;
}

static void listing_work(struct task *task)
{
	struct listing *listing = (struct listing *)task;
	cJSON *request = cJSON_ParseWithLength(listing->request, listing->request_bytes);
	cJSON *answer = cJSON_CreateObject();
	cJSON *sources = cJSON_AddArrayToObject(answer, "sources");
	char error[MR_ERROR_BYTES_MAX];
	const cJSON *source;

	cJSON_ArrayForEach (source, cJSON_GetObjectItem(request, "sources")) {
		if (list_one(listing, source, sources, error, sizeof(error)) != 0) {
			cJSON_AddStringToObject(answer, "error", error);
			break;
		}
	}
	listing->answer = cJSON_PrintUnformatted(answer);
	cJSON_Delete(answer);
	cJSON_Delete(request);
}

static void listing_done(struct task *task)
{
	struct listing *listing = (struct listing *)task;
	struct node *node = listing->node;
	struct job *job = job_find(node, listing->job);
	uint64_t bytes = listing->answer != NULL ? strlen(listing->answer) : 0;

	if (listing->leader == node->id) {
		if (job != NULL && !job->over)
			lead_message(job, node->id, &(struct message_head){.type = MESSAGE_LISTED},
				     listing->answer, bytes);
		free(listing->answer);
	} else {
		message_send_heap(node, listing->leader, MESSAGE_LISTED, listing->job, 0, 0,
				  listing->answer, bytes);
	}
	free(listing->request);
	free(listing);
}

void listing_begin(struct node *node, uint32_t leader, uint64_t job, const char *request,
		   uint64_t bytes)
{
	struct listing *listing;

	if (node->stopping)
		return; /* its peers are told by other means */
	listing = calloc(1, sizeof(*listing));
	if (listing != NULL)
		listing->request = malloc(bytes > 0 ? bytes : 1);
	if (listing == NULL || listing->request == NULL) {
		free(listing);
		return; /* the leader's patience ends */
	}
	memcpy(listing->request, request, bytes);
	listing->request_bytes = bytes;
	listing->node = node;
	listing->leader = leader;
	listing->job = job;
	listing->task.work = listing_work;
	listing->task.done = listing_done;
	workers_push(&node->workers, &listing->task);
}
