/* Jobs and metrics as JSON, and jobs back from it. */
#include "job_json.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_MAX 9007199254740992.0 /* 2^53: what a JSON number holds exactly */

void job_json_counters(cJSON *object, const struct job_counters *counters)
{
#define ADD(name) cJSON_AddNumberToObject(object, #name, (double)counters->name);
	JOB_COUNTERS(ADD)
#undef ADD
}

cJSON *job_json_write(const struct job_status *status, uint64_t now_ns)
{
	cJSON *json = cJSON_CreateObject();
	uint64_t end_ns = status->ended_ns ? status->ended_ns : now_ns;
	uint64_t run_ns = end_ns > status->started_ns ? end_ns - status->started_ns : 0;
	char id[24];

	if (json == NULL)
		return NULL;
	snprintf(id, sizeof(id), "%" PRIu64, status->id);
	cJSON_AddStringToObject(json, "id", id);
	cJSON_AddStringToObject(json, "state", job_state_name(status->state));
	cJSON_AddStringToObject(json, "name", status->name);
	cJSON_AddNumberToObject(json, "nodes", status->nodes);
	cJSON_AddNumberToObject(json, "seconds", (double)run_ns / 1e9);
	job_json_counters(json, &status->counters);
	if (status->error[0] != '\0')
		cJSON_AddStringToObject(json, "error", status->error);
	return json;
}

static int number_read(const cJSON *object, const char *name, double *value)
{
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble) || item->valuedouble < 0 ||
	    item->valuedouble > NUMBER_MAX)
		return -EBADMSG;
	*value = item->valuedouble;
	return 0;
}

static int string_read(const cJSON *object, const char *name, char *text, size_t text_bytes)
{
	const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));

	if (value == NULL)
		return -EBADMSG;
	snprintf(text, text_bytes, "%s", value);
	return 0;
}

static int state_read(const cJSON *object, enum job_state *state)
{
	char name[32];

	if (string_read(object, "state", name, sizeof(name)) < 0)
		return -EBADMSG;
	for (int i = JOB_STARTING; i <= JOB_FAILED; i++) {
		if (strcmp(name, job_state_name((enum job_state)i)) == 0) {
			*state = (enum job_state)i;
			return 0;
		}
	}
	return -EBADMSG;
}

int job_json_read(const cJSON *json, struct job_status *status)
{
	char id[24];
	double number;

	memset(status, 0, sizeof(*status));
	if (string_read(json, "id", id, sizeof(id)) < 0 || state_read(json, &status->state) < 0 ||
	    string_read(json, "name", status->name, sizeof(status->name)) < 0)
		return -EBADMSG;
	status->id = strtoull(id, NULL, 10);
	if (number_read(json, "nodes", &number) < 0 || number > UINT32_MAX)
		return -EBADMSG;
	status->nodes = (uint32_t)number;
	if (number_read(json, "seconds", &number) < 0 || number > 1e9)
		return -EBADMSG;
	status->ended_ns = (uint64_t)(number * 1e9);
#define READ(name)                                 \
	if (number_read(json, #name, &number) < 0) \
		return -EBADMSG;                   \
	status->counters.name = (uint64_t)number;
	JOB_COUNTERS(READ)
#undef READ
	if (string_read(json, "error", status->error, sizeof(status->error)) < 0)
		status->error[0] = '\0';
	return 0;
}

static void pool_json_add(cJSON *json, const struct region_pool_stats *pool)
{
	cJSON *object = cJSON_AddObjectToObject(json, "pool");

	cJSON_AddNumberToObject(object, "bytes", (double)pool->bytes);
	cJSON_AddNumberToObject(object, "used_bytes", (double)pool->used_bytes);
	cJSON_AddNumberToObject(object, "peak_bytes", (double)pool->peak_bytes);
	cJSON_AddNumberToObject(object, "regions", (double)pool->regions);
	cJSON_AddNumberToObject(object, "failures", (double)pool->failures);
}

static void transport_json_add(cJSON *json, const struct transport_counters *counters)
{
	cJSON *object = cJSON_AddObjectToObject(json, "transport");

#define ADD(name) cJSON_AddNumberToObject(object, #name, (double)counters->name);
	TRANSPORT_COUNTERS(ADD)
#undef ADD
}

static void link_json_add(cJSON *json, const struct link_counters *counters)
{
	cJSON *object = cJSON_AddObjectToObject(json, "link");

#define ADD(name) cJSON_AddNumberToObject(object, #name, (double)counters->name);
	LINK_COUNTERS(ADD)
#undef ADD
}

static void port_json_add(cJSON *json, const struct node_metrics *metrics)
{
	const struct port_counters *counters = &metrics->port;
	const uint8_t *mac = metrics->port_abilities.mac;
	cJSON *object = cJSON_AddObjectToObject(json, "port");
	char text[24];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	cJSON_AddStringToObject(object, "driver", metrics->port_abilities.driver);
	cJSON_AddStringToObject(object, "mac", text);
	cJSON_AddNumberToObject(object, "mtu", metrics->port_abilities.mtu);
	cJSON_AddBoolToObject(object, "multi_segment", metrics->port_abilities.multi_segment);
#define ADD(name) cJSON_AddNumberToObject(object, #name, (double)counters->name);
	PORT_COUNTERS(ADD)
#undef ADD
}

cJSON *metrics_json_write(const struct node_metrics *metrics)
{
	cJSON *json = cJSON_CreateObject();

	if (json == NULL)
		return NULL;
	cJSON_AddNumberToObject(json, "node", metrics->node);
	cJSON_AddNumberToObject(json, "uptime_seconds", (double)metrics->uptime_ns / 1e9);
	cJSON_AddNumberToObject(json, "workers", metrics->workers);
	cJSON_AddNumberToObject(json, "workers_busy", metrics->workers_busy);
	cJSON_AddNumberToObject(json, "jobs_running", metrics->jobs_running);
	cJSON_AddNumberToObject(json, "jobs_done", (double)metrics->jobs_done);
	cJSON_AddNumberToObject(json, "jobs_failed", (double)metrics->jobs_failed);
	job_json_counters(cJSON_AddObjectToObject(json, "jobs"), &metrics->jobs);
	pool_json_add(json, &metrics->pool);
	transport_json_add(json, &metrics->transport);
	link_json_add(json, &metrics->link);
	port_json_add(json, metrics);
	return json;
}
