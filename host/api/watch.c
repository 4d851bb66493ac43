/* Status of several nodes at once, by libcurl's multi interface. */
#include "watch.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <millrace/limits.h>

#define WATCH_REPLY_BYTES_MAX (4u << 20) /* a status of 64 peers and 128 jobs has a tenth of it */
#define WATCH_FDS_MAX 4

struct watched {
	struct watch_node node;
	struct watch *watch;
	CURL *curl;
	bool asked;
	char *text; /* of the answer that is coming */
	size_t text_bytes;
	cJSON *now;
	cJSON *before;
	char url[MR_URI_BYTES_MAX];
	char trouble[CURL_ERROR_SIZE];
};

struct watch {
	CURLM *multi;
	uint32_t count;
	uint32_t asked;
	struct watched nodes[MR_NODES_MAX];
};

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static size_t reply_receive(char *data, size_t size, size_t count, void *opaque)
{
	struct watched *watched = opaque;
	size_t bytes = size * count;
	char *text;

	if (bytes > WATCH_REPLY_BYTES_MAX - watched->text_bytes)
		return 0;
	text = realloc(watched->text, watched->text_bytes + bytes + 1);
	if (text == NULL)
		return 0;
	memcpy(text + watched->text_bytes, data, bytes);
	watched->text = text;
	watched->text_bytes += bytes;
	text[watched->text_bytes] = '\0';
	return bytes;
}

/* --- Opening ---------------------------------------------------------------------------------- */

static int url_set(struct watched *watched, const char *text, size_t bytes)
{
	static const char scheme[] = "http://";
	size_t prefix = sizeof(scheme) - 1;
	bool has_port;

	if (bytes >= prefix && strncmp(text, scheme, prefix) == 0) {
		text += prefix;
		bytes -= prefix;
	}
	while (bytes > 0 && text[bytes - 1] == '/')
		bytes--;
	if (bytes == 0 || bytes > MR_URI_BYTES_MAX - 32 || memchr(text, '/', bytes) != NULL)
		return -EINVAL;
	has_port = memchr(text, ':', bytes) != NULL;
	snprintf(watched->url, sizeof(watched->url), "%.*s", (int)bytes, text);
	if (!has_port)
		snprintf(watched->url + bytes, sizeof(watched->url) - bytes, ":%d",
			 MR_HTTP_PORT_DEFAULT);
	watched->node.url = watched->url;
	return 0;
}

static int curl_prepare(struct watched *watched, uint32_t timeout_ms)
{
	char address[MR_URI_BYTES_MAX + 32];

	watched->curl = curl_easy_init();
	if (watched->curl == NULL)
		return -ENOMEM;
	snprintf(address, sizeof(address), "http://%s/status", watched->url);
	curl_easy_setopt(watched->curl, CURLOPT_URL, address);
	curl_easy_setopt(watched->curl, CURLOPT_PROTOCOLS_STR, "http");
	curl_easy_setopt(watched->curl, CURLOPT_PROXY, ""); /* nodes are near */
	curl_easy_setopt(watched->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(watched->curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(watched->curl, CURLOPT_ERRORBUFFER, watched->trouble);
	curl_easy_setopt(watched->curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(watched->curl, CURLOPT_WRITEFUNCTION, reply_receive);
	curl_easy_setopt(watched->curl, CURLOPT_WRITEDATA, watched);
	curl_easy_setopt(watched->curl, CURLOPT_PRIVATE, watched);
	return 0;
}

static int node_add(struct watch *watch, const char *url, size_t bytes, uint32_t timeout_ms)
{
	struct watched *watched = &watch->nodes[watch->count];
	int rc;

	if (watch->count == MR_NODES_MAX)
		return -E2BIG;
	watched->watch = watch;
	rc = url_set(watched, url, bytes);
	if (rc == 0)
		rc = curl_prepare(watched, timeout_ms);
	if (rc == 0)
		watch->count++;
	return rc;
}

int watch_open(struct watch **opened, const char *urls, uint32_t timeout_ms, char *error,
	       size_t error_bytes)
{
	struct watch *watch = calloc(1, sizeof(*watch));
	int rc = watch != NULL ? 0 : -ENOMEM;

	curl_global_init(CURL_GLOBAL_DEFAULT);
	if (rc == 0) {
		watch->multi = curl_multi_init();
		rc = watch->multi != NULL ? 0 : -ENOMEM;
	}
	for (const char *at = urls; rc == 0; at++) {
		size_t bytes = strcspn(at, ",");

		rc = node_add(watch, at, bytes, timeout_ms);
		at += bytes;
		if (*at == '\0')
			break;
	}
	if (rc == 0) {
		*opened = watch;
		return 0;
	}
	if (rc == -ENOMEM)
		snprintf(error, error_bytes, "out of memory");
	else
		snprintf(error, error_bytes,
			 "\"%s\" is not allowed: HOST[:PORT] is needed for each node, at most %d, "
			 "separated by commas",
			 urls, MR_NODES_MAX);
	watch_close(&watch);
	return rc == -ENOMEM ? rc : -EINVAL;
}

void watch_close(struct watch **closed)
{
	struct watch *watch = *closed;

	*closed = NULL;
	if (watch == NULL)
		return;
	for (uint32_t i = 0; i < watch->count; i++) {
		struct watched *watched = &watch->nodes[i];

		if (watched->asked)
			curl_multi_remove_handle(watch->multi, watched->curl);
		curl_easy_cleanup(watched->curl);
		cJSON_Delete(watched->now);
		cJSON_Delete(watched->before);
		free(watched->text);
	}
	curl_multi_cleanup(watch->multi);
	curl_global_cleanup();
	free(watch);
}

uint32_t watch_count(const struct watch *watch)
{
	return watch->count;
}

const struct watch_node *watch_node(const struct watch *watch, uint32_t index)
{
	return &watch->nodes[index].node;
}

/* --- Questions and answers -------------------------------------------------------------------- */

void watch_ask(struct watch *watch)
{
	for (uint32_t i = 0; i < watch->count; i++) {
		struct watched *watched = &watch->nodes[i];

		if (watched->asked)
			continue;
		watched->text_bytes = 0;
		watched->trouble[0] = '\0';
		if (curl_multi_add_handle(watch->multi, watched->curl) != CURLM_OK)
			continue;
		watched->asked = true;
		watch->asked++;
	}
}

bool watch_busy(const struct watch *watch)
{
	return watch->asked > 0;
}

static const char *life_of(const cJSON *status)
{
	const cJSON *metrics = cJSON_GetObjectItemCaseSensitive(status, "metrics");
	const char *life =
	    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(metrics, "incarnation"));

	return life != NULL ? life : "";
}

static void answer_keep(struct watched *watched, cJSON *json)
{
	struct watch_node *node = &watched->node;

	cJSON_Delete(watched->before);
	watched->before = watched->now;
	node->before_ns = node->now_ns;
	watched->now = json;
	node->now_ns = clock_ns();
	/* Another life counts from zero again: nothing can be compared. */
	if (watched->before != NULL && strcmp(life_of(watched->before), life_of(json)) != 0) {
		cJSON_Delete(watched->before);
		watched->before = NULL;
	}
	node->now = watched->now;
	node->before = watched->before;
	node->error[0] = '\0';
}

static void answer_take(struct watched *watched, CURLcode code)
{
	cJSON *json;

	if (code != CURLE_OK) {
		snprintf(watched->node.error, WATCH_ERROR_BYTES, "%s",
			 watched->trouble[0] != '\0' ? watched->trouble : curl_easy_strerror(code));
		return;
	}
	json = watched->text_bytes > 0 ? cJSON_Parse(watched->text) : NULL;
	if (cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(json, "metrics"))) {
		answer_keep(watched, json);
		return;
	}
	cJSON_Delete(json);
	snprintf(watched->node.error, WATCH_ERROR_BYTES, "does not answer as a millraced");
}

static bool answers_collect(struct watch *watch)
{
	bool any = false;
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(watch->multi, &left)) != NULL) {
		struct watched *watched;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&watched);
		curl_multi_remove_handle(watch->multi, watched->curl);
		watched->asked = false;
		watch->asked--;
		answer_take(watched, code);
		any = true;
	}
	return any;
}

int watch_wait(struct watch *watch, struct pollfd *fds, uint32_t fd_count, uint32_t wait_ms)
{
	uint64_t end_ns = clock_ns() + wait_ms * 1000000ull;
	struct curl_waitfd extra[WATCH_FDS_MAX];

	if (fd_count > WATCH_FDS_MAX)
		return -EINVAL;
	for (uint32_t i = 0; i < fd_count; i++)
		extra[i] = (struct curl_waitfd){.fd = fds[i].fd, .events = CURL_WAIT_POLLIN};
	for (bool ready = false;;) {
		uint64_t now_ns = clock_ns();
		int running;

		if (curl_multi_perform(watch->multi, &running) != CURLM_OK)
			return -EIO;
		if (answers_collect(watch) || ready || now_ns >= end_ns)
			break;
		if (curl_multi_poll(watch->multi, extra, fd_count,
				    (int)((end_ns - now_ns + 999999) / 1000000), NULL) != CURLM_OK)
			return -EIO;
		for (uint32_t i = 0; i < fd_count; i++)
			ready |= extra[i].revents != 0;
	}
	for (uint32_t i = 0; i < fd_count; i++)
		fds[i].revents = extra[i].revents != 0 ? POLLIN : 0;
	return 0;
}
