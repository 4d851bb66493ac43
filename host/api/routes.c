/* What each method and path of the HTTP interface does. */
#include "routes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "job_json.h"
#include "metrics_json.h"
#include "metrics_text.h"

static const char home_text[] =
    "millraced " MR_VERSION "\n"
    "GET /status, GET /metrics, GET or POST /jobs, GET or DELETE /jobs/ID,\n"
    "GET /jobs/ID/out/SET, HEAD or PUT /code/HASH\n";

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void reply_text(struct api_reply *reply, unsigned int status, const char *type, char *body,
		       size_t bytes)
{
	if (body == NULL) {
		api_reply_error(reply, 500, "out of memory");
		return;
	}
	reply->status = status;
	reply->type = type;
	reply->body = body;
	reply->body_bytes = bytes;
}

/* Takes ownership of json, which may be NULL. */
static void reply_json(struct api_reply *reply, unsigned int status, cJSON *json)
{
	char *text = json ? cJSON_PrintUnformatted(json) : NULL;

	cJSON_Delete(json);
	reply_text(reply, status, "application/json", text, text ? strlen(text) : 0);
}

void api_reply_error(struct api_reply *reply, unsigned int status, const char *text)
{
	cJSON *json = cJSON_CreateObject();
	char *body = NULL;

	if (json != NULL && cJSON_AddStringToObject(json, "error", text) != NULL)
		body = cJSON_PrintUnformatted(json);
	cJSON_Delete(json);
	reply->status = status;
	reply->type = "application/json";
	reply->body = body;
	reply->body_bytes = body ? strlen(body) : 0;
}

static void home_get(struct api *api, const struct api_request *request, struct api_reply *reply)
{
	reply_text(reply, 200, "text/plain", strdup(home_text), sizeof(home_text) - 1);
}

static void metrics_get(struct api *api, const struct api_request *request, struct api_reply *reply)
{
	struct node_metrics metrics;
	size_t bytes = 0;
	char *text;

	node_metrics(api->node, &metrics);
	text = metrics_text(&metrics, &bytes);
	reply_text(reply, 200, "text/plain; version=0.0.4", text, bytes);
}

static void peers_json_add(cJSON *json, const struct api *api)
{
	cJSON *peers = cJSON_AddArrayToObject(json, "peers");

	for (uint32_t i = 0; i < api->peer_count; i++) {
		const struct node_peer *peer = &api->peers[i];
		cJSON *object = cJSON_CreateObject();
		char address[32];

		snprintf(address, sizeof(address), "%u.%u.%u.%u:%u", peer->ip >> 24,
			 peer->ip >> 16 & 255, peer->ip >> 8 & 255, peer->ip & 255, peer->udp_port);
		cJSON_AddNumberToObject(object, "node", peer->node);
		cJSON_AddStringToObject(object, "address", address);
		cJSON_AddItemToArray(peers, object);
	}
}

static cJSON *job_json(struct api *api, uint64_t id)
{
	struct job_status status;
	uint32_t count = 0;
	const char(*outputs)[MR_NAME_BYTES_MAX] = job_table_outputs(api->jobs, id, &count);
	cJSON *json, *names;

	if (outputs == NULL || job_table_status(api->jobs, id, &status) < 0)
		return NULL;
	json = job_json_write(&status, clock_ns());
	names = cJSON_AddArrayToObject(json, "outputs");
	for (uint32_t i = 0; i < count; i++)
		cJSON_AddItemToArray(names, cJSON_CreateString(outputs[i]));
	return json;
}

static cJSON *jobs_json(struct api *api)
{
	uint64_t ids[JOB_TABLE_JOBS_MAX];
	uint32_t count = job_table_list(api->jobs, ids, JOB_TABLE_JOBS_MAX);
	cJSON *array = cJSON_CreateArray();

	for (uint32_t i = 0; i < count; i++) {
		cJSON *job = job_json(api, ids[i]);

		if (job != NULL)
			cJSON_AddItemToArray(array, job);
	}
	return array;
}

static void status_get(struct api *api, const struct api_request *request, struct api_reply *reply)
{
	struct node_metrics metrics;
	cJSON *json = cJSON_CreateObject();

	node_metrics(api->node, &metrics);
	cJSON_AddStringToObject(json, "version", MR_VERSION);
	cJSON_AddNumberToObject(json, "node", metrics.node);
	peers_json_add(json, api);
	cJSON_AddItemToObject(json, "jobs", jobs_json(api));
	cJSON_AddItemToObject(json, "metrics", metrics_json_write(&metrics));
	reply_json(reply, 200, json);
}

static void jobs_get(struct api *api, const struct api_request *request, struct api_reply *reply)
{
	reply_json(reply, 200, jobs_json(api));
}

static unsigned int submit_status(int rc)
{
	switch (rc) {
	case -EINVAL:
		return 400;
	case -ENOENT: /* code is missing: the client brings it and tries again */
		return 409;
	case -EBUSY:
		return 503;
	case -ENOSPC:
		return 507;
	default:
		return 500;
	}
}

static void jobs_post(struct api *api, const struct api_request *request, struct api_reply *reply)
{
	struct job_request *job = NULL;
	char error[4 * MR_ERROR_BYTES_MAX] = "out of memory";
	uint64_t id = 0;
	char text[24];
	cJSON *json;
	int rc = job_request_parse(request->body, request->body_bytes, &job, error, sizeof(error));

	if (rc == 0)
		rc = job_table_submit(api->jobs, job, &id, error, sizeof(error));
	job_request_free(&job);
	if (rc < 0) {
		api_reply_error(reply, submit_status(rc), error);
		return;
	}
	json = cJSON_CreateObject();
	snprintf(text, sizeof(text), "%" PRIu64, id);
	cJSON_AddStringToObject(json, "id", text);
	reply_json(reply, 201, json);
}

static void job_get(struct api *api, uint64_t id, struct api_reply *reply)
{
	cJSON *json = job_json(api, id);

	if (json == NULL)
		api_reply_error(reply, 404, "no such job here");
	else
		reply_json(reply, 200, json);
}

static void job_delete(struct api *api, uint64_t id, struct api_reply *reply)
{
	int rc = job_table_delete(api->jobs, id);

	if (rc == -ENOENT)
		api_reply_error(reply, 404, "no such job here");
	else
		reply->status = rc == -EINPROGRESS ? 202 : 204;
}

static void result_get(struct api *api, uint64_t id, const char *set, struct api_reply *reply)
{
	int fd = name_valid(set) ? job_table_result(api->jobs, id, set, &reply->fd_bytes) : -ENOENT;

	if (fd == -EAGAIN) {
		api_reply_error(reply, 409, "the job has no results: it is not done");
	} else if (fd == -ENOENT) {
		api_reply_error(reply, 404, "no such job or output set here");
	} else if (fd < 0) {
		api_reply_error(reply, 500, strerror(-fd));
	} else {
		reply->status = 200;
		reply->type = "application/octet-stream";
		reply->fd = fd;
	}
}

static void code_put(struct api *api, uint64_t hash, const struct api_request *request,
		     struct api_reply *reply)
{
	int rc = code_store_put(api->codes, hash, request->body ? request->body : "",
				request->body_bytes);

	if (rc == -EBADMSG)
		api_reply_error(reply, 400, "the bytes have another hash than the path says");
	else if (rc == -EFBIG)
		api_reply_error(reply, 413, "code has at most 64 MiB");
	else if (rc < 0)
		api_reply_error(reply, rc == -ENOSPC ? 507 : 500, strerror(-rc));
	else
		reply->status = 201;
}

static void code_handle(struct api *api, const struct api_request *request, const char *name,
			struct api_reply *reply)
{
	uint64_t hash;

	if (!hash_parse(name, &hash))
		api_reply_error(reply, 400, "a hash has 16 hexadecimal digits");
	else if (strcmp(request->method, "PUT") == 0)
		code_put(api, hash, request, reply);
	else if (strcmp(request->method, "HEAD") == 0)
		reply->status = code_store_has(api->codes, hash) ? 200 : 404;
	else
		api_reply_error(reply, 405, "HEAD and PUT are what code can be asked");
}

static void job_handle(struct api *api, const struct api_request *request, const char *rest,
		       struct api_reply *reply)
{
	static const char out[] = "/out/";
	char *end;
	uint64_t id = strtoull(rest, &end, 10);

	if (end == rest || rest[0] < '0' || rest[0] > '9')
		api_reply_error(reply, 404, "no such job here");
	else if (*end == '\0' && strcmp(request->method, "GET") == 0)
		job_get(api, id, reply);
	else if (*end == '\0' && strcmp(request->method, "DELETE") == 0)
		job_delete(api, id, reply);
	else if (*end == '\0')
		api_reply_error(reply, 405, "GET and DELETE are what a job can be asked");
	else if (strncmp(end, out, sizeof(out) - 1) != 0)
		api_reply_error(reply, 404, "no such path here: GET / lists them");
	else if (strcmp(request->method, "GET") != 0)
		api_reply_error(reply, 405, "GET is what a result can be asked");
	else
		result_get(api, id, end + sizeof(out) - 1, reply);
}

static const struct {
	const char *method;
	const char *path;
	void (*handle)(struct api *api, const struct api_request *request, struct api_reply *reply);
} routes[] = {
    {"GET", "/", home_get},     {"GET", "/status", status_get}, {"GET", "/metrics", metrics_get},
    {"GET", "/jobs", jobs_get}, {"POST", "/jobs", jobs_post},
};

size_t api_body_bytes_max(const char *method, const char *path)
{
	if (strcmp(method, "POST") == 0 && strcmp(path, "/jobs") == 0)
		return JOB_REQUEST_BYTES_MAX;
	if (strcmp(method, "PUT") == 0 && strncmp(path, "/code/", 6) == 0)
		return MR_CODE_BYTES_MAX;
	return 0;
}

void api_handle(struct api *api, const struct api_request *request, struct api_reply *reply)
{
	bool known = false;

	*reply = (struct api_reply){.fd = -1};
	if (strncmp(request->path, "/code/", 6) == 0) {
		code_handle(api, request, request->path + 6, reply);
		return;
	}
	if (strncmp(request->path, "/jobs/", 6) == 0) {
		job_handle(api, request, request->path + 6, reply);
		return;
	}
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (strcmp(request->path, routes[i].path) != 0)
			continue;
		known = true;
		if (strcmp(request->method, routes[i].method) == 0) {
			routes[i].handle(api, request, reply);
			return;
		}
	}
	if (known)
		api_reply_error(reply, 405, "this path does not take this method");
	else
		api_reply_error(reply, 404, "no such path here: GET / lists them");
}
