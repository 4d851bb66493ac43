/* The leader's view of sources: what all nodes listed becomes one list of files, whose splits are
 * dealt to the nodes that have them. */
#include "node_internal.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SOURCE_ITEMS_MAX \
	(1u << 24) /* of one source: partition numbers of `each` chains fit 64 bits */

static int add_file(struct lead_source *source, const cJSON *file, uint32_t peer)
{
	const char *path = cJSON_GetStringValue(cJSON_GetArrayItem(file, 0));
	const cJSON *bytes = cJSON_GetArrayItem(file, 1);
	const char *mtime = cJSON_GetStringValue(cJSON_GetArrayItem(file, 2));
	struct lead_file *added;

	if (path == NULL || mtime == NULL || !cJSON_IsNumber(bytes) || bytes->valuedouble < 0 ||
	    bytes->valuedouble > (double)(1ull << 53))
		return -EBADMSG;
	if (source->file_count == source->file_room) {
		uint32_t room = source->file_room > 0 ? 2 * source->file_room : 256;
		struct lead_file *grown = realloc(source->files, room * sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		source->files = grown;
		source->file_room = room;
	}
	added = &source->files[source->file_count];
	*added = (struct lead_file){.path = strdup(path),
				    .bytes = (uint64_t)bytes->valuedouble,
				    .mtime_ns = strtoll(mtime, NULL, 10),
				    .nodes = 1ull << peer};
	if (added->path == NULL)
		return -ENOMEM;
	source->file_count++;
	return 0;
}

static int add_source(struct job *job, uint32_t peer, const cJSON *json)
{
	const cJSON *vertex = cJSON_GetObjectItem(json, "vertex");
	struct lead_source *source;
	const cJSON *file;

	if (!cJSON_IsNumber(vertex) || vertex->valuedouble < 0 ||
	    vertex->valuedouble >= job->plan->vertex_count)
		return -EBADMSG;
	source = &job->lead->sources[(uint32_t)vertex->valuedouble];
	if (cJSON_GetObjectItem(json, "missing") != NULL)
		source->missing |= 1ull << peer;
	cJSON_ArrayForEach (file, cJSON_GetObjectItem(json, "files")) {
		int rc = add_file(source, file, peer);

		if (rc != 0)
			return rc;
	}
	if (peer == job->node->id) {
		const cJSON *followed = cJSON_GetObjectItem(json, "followed");
		const cJSON *repeated = cJSON_GetObjectItem(json, "repeated");

		job->counters.links_followed += cJSON_IsNumber(followed) ? followed->valueint : 0;
		job->counters.links_repeated += cJSON_IsNumber(repeated) ? repeated->valueint : 0;
	}
	return 0;
}

int lead_listed(struct job *job, uint32_t peer, const char *body, uint64_t bytes, char *error,
		size_t error_bytes)
{
	cJSON *json = cJSON_ParseWithLength(body, bytes);
	const char *said = cJSON_GetStringValue(cJSON_GetObjectItem(json, "error"));
	const cJSON *source;
	int rc = json != NULL ? 0 : -EBADMSG;

	if (said != NULL) {
		snprintf(error, error_bytes, "%s (node %u)", said, peer);
		cJSON_Delete(json);
		return -EIO;
	}
	cJSON_ArrayForEach (source, cJSON_GetObjectItem(json, "sources")) {
		rc = add_source(job, peer, source);
		if (rc != 0)
			break;
	}
	if (rc != 0)
		snprintf(error, error_bytes, "node %u: its list of files is not valid: %s", peer,
			 strerror(-rc));
	cJSON_Delete(json);
	return rc;
}

/* Stack and data of a function whose code is not prepared yet. */
#define CODE_DATA_BYTES (1u << 20)

/* --- Joining the lists
 * ------------------------------------------------------------------------------ */

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct lead_file *)a)->path, ((const struct lead_file *)b)->path);
}

/* The same path on several nodes is the same file, if it looks the same there. */
static int join_files(struct job *job, struct lead_source *source)
{
	uint32_t kept = 0;

	if (source->file_count > 0)
		qsort(source->files, source->file_count, sizeof(*source->files), by_path);
	for (uint32_t i = 0; i < source->file_count; i++) {
		struct lead_file *file = &source->files[i];
		struct lead_file *last = kept > 0 ? &source->files[kept - 1] : NULL;

		if (last == NULL || strcmp(last->path, file->path) != 0) {
			source->files[kept++] = *file;
			if (&source->files[kept - 1] != file)
				file->path = NULL; /* moved */
			continue;
		}
		if (last->bytes != file->bytes || last->mtime_ns != file->mtime_ns) {
			char text[MR_ERROR_BYTES_MAX];

			snprintf(text, sizeof(text),
				 "%.700s differs between nodes: name the node whose file is meant, "
				 "as in "
				 "file://NODE/path",
				 file->path);
			lead_fail(job, text);
			return -EINVAL;
		}
		last->nodes |= file->nodes;
		free(file->path);
		file->path = NULL;
	}
	source->file_count = kept;
	if (kept == 0 && source->missing != 0) {
		char text[MR_ERROR_BYTES_MAX];

		snprintf(text, sizeof(text), "%.600s: no such file%s", source->uri_text,
			 job->node->nodes > 1 ? " on any node" : "");
		lead_fail(job, text);
		return -ENOENT;
	}
	return 0;
}

/* --- Dealing
 * ------------------------------------------------------------------------------------------- */

/* One node's part of a source while it is dealt. */
struct hand {
	cJSON *files;
	cJSON *splits;
	int64_t file_index; /* of the file last added, in its own list */
	uint32_t file_added;
	uint64_t bytes;
};

static void hand_add(struct hand *hand, const struct lead_file *file, uint32_t file_number,
		     uint64_t first, uint64_t end, uint32_t split, uint64_t partition)
{
	if (hand->file_index < 0 || hand->file_added != file_number) {
		cJSON *json = cJSON_CreateArray();
		char mtime[32];

		snprintf(mtime, sizeof(mtime), "%" PRId64, file->mtime_ns);
		cJSON_AddItemToArray(json, cJSON_CreateString(file->path));
		cJSON_AddItemToArray(json, cJSON_CreateNumber((double)file->bytes));
		cJSON_AddItemToArray(json, cJSON_CreateString(mtime));
		cJSON_AddItemToArray(json, cJSON_CreateNumber((double)first));
		cJSON_AddItemToArray(json, cJSON_CreateNumber((double)end));
		cJSON_AddItemToArray(hand->files, json);
		hand->file_index++;
		hand->file_added = file_number;
	}
	cJSON_AddItemToArray(hand->splits, cJSON_CreateNumber((double)hand->file_index));
	cJSON_AddItemToArray(hand->splits, cJSON_CreateNumber(split));
	cJSON_AddItemToArray(hand->splits, cJSON_CreateNumber((double)partition));
}

/* Who has the file and has got the least to read so far. */
static uint32_t choose(const struct hand *hands, uint32_t nodes, uint64_t holders)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t node = 0; node < nodes; node++)
		if (holders & 1ull << node &&
		    (best == UINT32_MAX || hands[node].bytes < hands[best].bytes))
			best = node;
	return best;
}

/* Items of that many bytes surely fit the functions that take them one by one, here and on nodes
 * with as much memory; 0: not known. Lines make items longer than aimed at: an eighth is left for
 * them. */
static uint64_t fitting_bytes(const struct job *job, uint32_t vertex)
{
	uint64_t fitting = UINT64_MAX;

	for (uint32_t e = 0; e < job->plan->edge_count; e++) {
		const struct plan_edge *edge = &job->plan->edges[e];
		const struct plan_function *function;
		uint64_t room = job->node->run_bytes_max;
		uint64_t taken;

		if (edge->from != vertex || job->plan->vertices[edge->to].kind != VERTEX_FUNCTION)
			continue;
		function = &job->plan->functions[job->plan->vertices[edge->to].function];
		taken = function->memory_bytes + CODE_DATA_BYTES;
		if (taken >= room)
			return 0; /* the invocation will say so */
		room = (room - taken) * 1000 / (1000 + function->memory_per_input) / 8 * 7;
		fitting = room < fitting ? room : fitting;
	}
	return fitting;
}

/* What the URI says is meant; what the composition says gives way to the memory there is. */
static uint64_t split_bytes(const struct job *job, uint32_t v)
{
	const struct lead_source *source = &job->lead->sources[v];
	const struct plan_vertex *vertex = &job->plan->vertices[v];
	uint64_t fitting;

	if (source->uri.has_split)
		return source->uri.split_line ? source->uri.split_bytes : 0;
	if (vertex->split.kind != SPLIT_LINE)
		return 0;
	fitting = fitting_bytes(job, v);
	return fitting > 0 && fitting < vertex->split.bytes ? fitting : vertex->split.bytes;
}

static int deal_source(struct job *job, uint32_t vertex, struct hand *hands)
{
	struct lead_source *source = &job->lead->sources[vertex];
	uint64_t aimed = split_bytes(job, vertex);
	uint64_t partition = 0;

	for (uint32_t i = 0; i < source->file_count; i++) {
		const struct lead_file *file = &source->files[i];
		uint64_t first =
		    source->uri.range_first < file->bytes ? source->uri.range_first : file->bytes;
		uint64_t end =
		    source->uri.range_last < file->bytes ? source->uri.range_last + 1 : file->bytes;
		uint32_t splits = source_split_count(end - first, aimed);

		if (partition + splits > SOURCE_ITEMS_MAX) {
			lead_fail(job, "a source has more than 16 million items: use larger splits "
				       "(?split=line&bytes=N) or several jobs");
			return -E2BIG;
		}
		for (uint32_t k = 0; k < splits; k++) {
			uint32_t node = choose(hands, job->node->nodes, file->nodes);

			hand_add(&hands[node], file, i, first, end, k, partition++);
			/* What opening a file costs counts as some bytes. */
			hands[node].bytes +=
			    4096 + (aimed > 0 && end - first > aimed ? aimed : end - first);
		}
		job->counters.total_bytes += end - first;
	}
	return 0;
}

static cJSON *start_json(const struct job *job)
{
	const struct lead *lead = job->lead;
	cJSON *json = cJSON_CreateObject();
	cJSON *hashes, *incarnations;

	cJSON_AddStringToObject(json, "file", lead->file);
	cJSON_AddStringToObject(json, "text", lead->text);
	if (lead->composition != NULL)
		cJSON_AddStringToObject(json, "composition", lead->composition);
	cJSON_AddNumberToObject(json, "nodes", job->node->nodes);
	hashes = cJSON_AddArrayToObject(json, "functions");
	for (uint32_t f = 0; f < job->plan->function_count; f++) {
		char hash[20];

		snprintf(hash, sizeof(hash), "%016" PRIx64, job->functions[f].hash);
		cJSON_AddItemToArray(hashes, cJSON_CreateString(hash));
	}
	incarnations = cJSON_AddArrayToObject(json, "incarnations");
	for (uint32_t n = 0; n < job->node->nodes; n++) {
		char text[24];

		snprintf(text, sizeof(text), "%" PRIu64,
			 n == job->node->id ? job->node->incarnation
					    : job->node->peer_incarnations[n]);
		cJSON_AddItemToArray(incarnations, cJSON_CreateString(text));
	}
	cJSON_AddArrayToObject(json, "sources");
	return json;
}

static int find_checkpoint(struct job *job, cJSON **starts)
{
	char error[MR_ERROR_BYTES_MAX];
	int rc = checkpoint_find(job, error, sizeof(error));

	if (rc != 0)
		lead_fail(job, error);
	for (uint32_t node = 0; rc == 0 && node < job->node->nodes; node++)
		checkpoint_describe(job, starts[node]);
	return rc;
}

int lead_deal(struct job *job, char **starts)
{
	cJSON *jsons[MR_NODES_MAX];
	uint64_t dealt[MR_NODES_MAX] = {0};
	int rc = 0;

	for (uint32_t node = 0; node < job->node->nodes; node++)
		jsons[node] = start_json(job);
	for (uint32_t v = 0; rc == 0 && v < job->plan->vertex_count; v++) {
		struct hand hands[MR_NODES_MAX];

		if (job->plan->vertices[v].kind != VERTEX_SOURCE)
			continue;
		for (uint32_t node = 0; node < job->node->nodes; node++) {
			cJSON *source = cJSON_CreateObject();

			cJSON_AddItemToArray(cJSON_GetObjectItem(jsons[node], "sources"), source);
			cJSON_AddNumberToObject(source, "vertex", v);
			cJSON_AddNumberToObject(source, "bytes", (double)split_bytes(job, v));
			hands[node] =
			    (struct hand){.files = cJSON_AddArrayToObject(source, "files"),
					  .splits = cJSON_AddArrayToObject(source, "splits"),
					  .file_index = -1,
					  .bytes = dealt[node]};
		}
		rc = join_files(job, &job->lead->sources[v]);
		if (rc == 0)
			rc = deal_source(job, v, hands);
		for (uint32_t node = 0; node < job->node->nodes; node++)
			dealt[node] = hands[node].bytes;
	}
	if (rc == 0 && job->checkpoint != NULL)
		rc = find_checkpoint(job, jsons);
	for (uint32_t node = 0; node < job->node->nodes; node++) {
		starts[node] = rc == 0 ? cJSON_PrintUnformatted(jsons[node]) : NULL;
		cJSON_Delete(jsons[node]);
	}
	return rc;
}
