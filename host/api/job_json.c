/* Jobs as JSON, and back from it. */
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
