/* The client's side of the HTTP interface, by libcurl. */
#include "client.h"

#include <curl/curl.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <millrace/hash.h>

#include "job_json.h"

#define CLIENT_REPLY_BYTES_MAX (1u << 20) /* of JSON; a job's status has about 1 KiB */
#define CLIENT_CONNECT_S_MAX 5L
#define CLIENT_SILENCE_S_MAX 30L /* without a byte: the daemon is taken for gone */

struct client {
	CURL *curl;
	struct curl_slist *headers; /* no "Expect: 100-continue": it costs a round trip */
	char url[MR_URI_BYTES_MAX];
	char trouble[CURL_ERROR_SIZE];
};

/* One request, and where its reply goes: to fd when done well, else to text. */
struct call {
	struct client *client;
	const char *method;
	char path[128];
	const void *body;
	size_t body_bytes;
	int fd; /* -1: to text */
	int write_errno;
	long status;
	size_t text_bytes;
	char *text; /* zero-terminated */
};

static size_t text_append(struct call *call, const char *data, size_t bytes)
{
	char *text;

	if (bytes > CLIENT_REPLY_BYTES_MAX - call->text_bytes)
		return 0;
	text = realloc(call->text, call->text_bytes + bytes + 1);
	if (text == NULL)
		return 0;
	memcpy(text + call->text_bytes, data, bytes);
	call->text = text;
	call->text_bytes += bytes;
	text[call->text_bytes] = '\0';
	return bytes;
}

static size_t file_append(struct call *call, const char *data, size_t bytes)
{
	size_t done = 0;

	while (done < bytes) {
		ssize_t n = write(call->fd, data + done, bytes - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			call->write_errno = errno;
			return 0;
		}
		done += (size_t)n;
	}
	return bytes;
}

static size_t reply_receive(char *data, size_t size, size_t count, void *opaque)
{
	struct call *call = opaque;
	long status = 0;

	curl_easy_getinfo(call->client->curl, CURLINFO_RESPONSE_CODE, &status);
	if (call->fd >= 0 && status == 200)
		return file_append(call, data, size * count);
	return text_append(call, data, size * count);
}

static void call_prepare(struct call *call)
{
	CURL *curl = call->client->curl;
	char url[MR_URI_BYTES_MAX + sizeof(call->path)];

	snprintf(url, sizeof(url), "%s%s", call->client->url, call->path);
	curl_easy_reset(curl); /* keeps the connection */
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* a node is on this machine or next to it */
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, call->client->trouble);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, call->client->headers);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CLIENT_CONNECT_S_MAX);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, CLIENT_SILENCE_S_MAX);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, reply_receive);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, call);
	if (strcmp(call->method, "HEAD") == 0)
		curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
	if (call->body != NULL) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_bytes);
	}
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
}

static int transfer_failed(const struct call *call, CURLcode code, char *error, size_t error_bytes)
{
	const char *trouble = call->client->trouble;

	if (call->write_errno) {
		snprintf(error, error_bytes, "cannot write the result: %s",
			 strerror(call->write_errno));
		return -call->write_errno;
	}
	snprintf(error, error_bytes, "%s: no answer from a millraced there: %s", call->client->url,
		 trouble[0] ? trouble : curl_easy_strerror(code));
	if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT)
		return -EINVAL;
	return code == CURLE_WRITE_ERROR ? -EPROTO : -EHOSTUNREACH;
}

static int status_refused(const struct call *call, char *error, size_t error_bytes)
{
	cJSON *json = call->text ? cJSON_Parse(call->text) : NULL;
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "error"));

	if (text != NULL)
		snprintf(error, error_bytes, "%s", text);
	else
		snprintf(error, error_bytes, "%s%s: answered with HTTP status %ld",
			 call->client->url, call->path, call->status);
	cJSON_Delete(json);
	switch (call->status) {
	case 400:
		return -EINVAL;
	case 404:
	case 409:
		return -ENOENT;
	case 413:
		return -EFBIG;
	case 500:
		return -EIO;
	case 503:
		return -EBUSY;
	case 507:
		return -ENOSPC;
	default:
		return -EPROTO;
	}
}

/* 0 when the daemon answered with a 2xx. call->text is the caller's to free either way. */
static int call_run(struct call *call, char *error, size_t error_bytes)
{
	CURLcode code;

	call_prepare(call);
	call->client->trouble[0] = '\0';
	code = curl_easy_perform(call->client->curl);
	if (code != CURLE_OK)
		return transfer_failed(call, code, error, error_bytes);
	curl_easy_getinfo(call->client->curl, CURLINFO_RESPONSE_CODE, &call->status);
	if (call->status < 200 || call->status > 299)
		return status_refused(call, error, error_bytes);
	return 0;
}

int client_open(struct client **client_out, const char *url, char *error, size_t error_bytes)
{
	size_t length = strlen(url);
	struct client *client;

	if (strncmp(url, "http://", 7) != 0 || length < 8 || length >= MR_URI_BYTES_MAX) {
		snprintf(error, error_bytes, "%s: a millraced is reached at http://HOST[:PORT]",
			 url);
		return -EINVAL;
	}
	client = calloc(1, sizeof(*client));
	if (client == NULL)
		return -ENOMEM;
	while (url[length - 1] == '/')
		length--;
	snprintf(client->url, sizeof(client->url), "%.*s", (int)length, url);
	if (strchr(client->url + 7, ':') == NULL)
		snprintf(client->url + length, sizeof(client->url) - length, ":%d",
			 MR_HTTP_PORT_DEFAULT);
	curl_global_init(CURL_GLOBAL_DEFAULT);
	client->headers = curl_slist_append(NULL, "Expect:");
	client->curl = curl_easy_init();
	if (client->curl == NULL || client->headers == NULL) {
		client_close(&client);
		snprintf(error, error_bytes, "out of memory");
		return -ENOMEM;
	}
	*client_out = client;
	return 0;
}

void client_close(struct client **client)
{
	if (*client == NULL)
		return;
	curl_easy_cleanup((*client)->curl);
	curl_slist_free_all((*client)->headers);
	curl_global_cleanup();
	free(*client);
	*client = NULL;
}

int client_code_bring(struct client *client, const void *bytes, size_t byte_count, char *error,
		      size_t error_bytes)
{
	struct call call = {.client = client, .method = "HEAD", .fd = -1};
	int rc;

	snprintf(call.path, sizeof(call.path), "/code/%016" PRIx64, mr_hash64(bytes, byte_count));
	rc = call_run(&call, error, error_bytes);
	if (rc != -ENOENT)
		return rc;
	call.method = "PUT";
	call.body = bytes;
	call.body_bytes = byte_count;
	rc = call_run(&call, error, error_bytes);
	free(call.text);
	return rc;
}

static char *job_request_print(const struct job_spec *spec)
{
	cJSON *json = cJSON_CreateObject();
	cJSON *inputs, *outputs, *functions;
	char *text;

	cJSON_AddStringToObject(json, "file", spec->file);
	cJSON_AddStringToObject(json, "text", spec->text);
	if (spec->composition != NULL)
		cJSON_AddStringToObject(json, "composition", spec->composition);
	inputs = cJSON_AddObjectToObject(json, "inputs");
	for (uint32_t i = 0; i < spec->input_count; i++)
		cJSON_AddStringToObject(inputs, spec->inputs[i].set, spec->inputs[i].target);
	outputs = cJSON_AddArrayToObject(json, "outputs");
	for (uint32_t i = 0; i < spec->output_count; i++)
		cJSON_AddItemToArray(outputs, cJSON_CreateString(spec->outputs[i].set));
	functions = cJSON_AddObjectToObject(json, "functions");
	for (uint32_t i = 0; i < spec->code_count; i++) {
		const struct job_code *code = &spec->codes[i];
		char hash[24];

		snprintf(hash, sizeof(hash), "%016" PRIx64,
			 mr_hash64(code->bytes, code->byte_count));
		cJSON_AddStringToObject(functions, code->function, hash);
	}
	if (spec->checkpoint != NULL) {
		cJSON *checkpoint = cJSON_AddObjectToObject(json, "checkpoint");

		cJSON_AddStringToObject(checkpoint, "name", spec->checkpoint);
		if (spec->checkpoint_every > 0)
			cJSON_AddNumberToObject(checkpoint, "every", spec->checkpoint_every);
	}
	text = cJSON_PrintUnformatted(json);
	cJSON_Delete(json);
	return text;
}

int client_job_submit(struct client *client, const struct job_spec *spec, uint64_t *id, char *error,
		      size_t error_bytes)
{
	struct call call = {.client = client, .method = "POST", .path = "/jobs", .fd = -1};
	char *body = job_request_print(spec);
	const char *text;
	cJSON *json;
	int rc;

	if (body == NULL)
		return -ENOMEM;
	call.body = body;
	call.body_bytes = strlen(body);
	rc = call_run(&call, error, error_bytes);
	free(body);
	if (rc < 0)
		goto out;
	json = call.text ? cJSON_Parse(call.text) : NULL;
	text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "id"));
	if (text != NULL) {
		*id = strtoull(text, NULL, 10);
	} else {
		snprintf(error, error_bytes, "%s: does not answer as a millraced", client->url);
		rc = -EPROTO;
	}
	cJSON_Delete(json);
out:
	free(call.text);
	return rc;
}

int client_job_status(struct client *client, uint64_t id, struct job_status *status, char *error,
		      size_t error_bytes)
{
	struct call call = {.client = client, .method = "GET", .fd = -1};
	int rc;

	snprintf(call.path, sizeof(call.path), "/jobs/%" PRIu64, id);
	rc = call_run(&call, error, error_bytes);
	if (rc == 0) {
		cJSON *json = call.text ? cJSON_Parse(call.text) : NULL;

		rc = job_json_read(json, status);
		cJSON_Delete(json);
		if (rc < 0) {
			snprintf(error, error_bytes, "%s: does not answer as a millraced",
				 client->url);
			rc = -EPROTO;
		}
	}
	free(call.text);
	return rc;
}

int client_result_fetch(struct client *client, uint64_t id, const char *set, int fd, char *error,
			size_t error_bytes)
{
	struct call call = {.client = client, .method = "GET", .fd = fd};
	int rc;

	snprintf(call.path, sizeof(call.path), "/jobs/%" PRIu64 "/out/%s", id, set);
	rc = call_run(&call, error, error_bytes);
	free(call.text);
	return rc;
}

int client_job_delete(struct client *client, uint64_t id, char *error, size_t error_bytes)
{
	struct call call = {.client = client, .method = "DELETE", .fd = -1};
	int rc;

	snprintf(call.path, sizeof(call.path), "/jobs/%" PRIu64, id);
	rc = call_run(&call, error, error_bytes);
	free(call.text);
	return rc;
}
