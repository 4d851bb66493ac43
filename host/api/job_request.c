/* The body of POST /jobs, checked: nothing in it is trusted. */
#include "job_request.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool name_valid(const char *name)
{
	size_t length = strnlen(name, MR_NAME_BYTES_MAX);

	if (length == 0 || length == MR_NAME_BYTES_MAX || isdigit((unsigned char)name[0]))
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return false;
	}
	return true;
}

bool hash_parse(const char *text, uint64_t *hash)
{
	if (strspn(text, "0123456789abcdefABCDEF") != 16 || text[16] != '\0')
		return false;
	*hash = strtoull(text, NULL, 16);
	return true;
}

static int request_error(char *error, size_t error_bytes, const char *field, const char *expected)
{
	snprintf(error, error_bytes, "\"%s\" must be %s", field, expected);
	return -EINVAL;
}

static int text_read(struct job_request *request, char *error, size_t error_bytes)
{
	const cJSON *json = request->json;
	const cJSON *composition = cJSON_GetObjectItemCaseSensitive(json, "composition");

	request->file = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "file"));
	request->text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "text"));
	request->composition = cJSON_GetStringValue(composition);
	if (request->text == NULL || strlen(request->text) > MR_SOURCE_BYTES_MAX)
		return request_error(error, error_bytes, "text",
				     "the text of a composition, up to 1 MiB");
	if (request->file == NULL)
		request->file = "(posted)";
	if (composition != NULL && !cJSON_IsNull(composition) && request->composition == NULL)
		return request_error(error, error_bytes, "composition",
				     "the name of a composition");
	return 0;
}

static int inputs_read(struct job_request *request, char *error, size_t error_bytes)
{
	static const char expected[] =
	    "an object of up to 64 sets, each with the URI it is read from";
	const cJSON *inputs = cJSON_GetObjectItemCaseSensitive(request->json, "inputs");
	const cJSON *item;

	if (inputs == NULL)
		return 0;
	if (!cJSON_IsObject(inputs))
		return request_error(error, error_bytes, "inputs", expected);
	cJSON_ArrayForEach (item, inputs) {
		if (request->input_count == MR_SETS_MAX || !cJSON_IsString(item) ||
		    !name_valid(item->string) || strlen(item->valuestring) >= MR_URI_BYTES_MAX)
			return request_error(error, error_bytes, "inputs", expected);
		request->inputs[request->input_count++] =
		    (struct job_request_input){item->string, item->valuestring};
	}
	return 0;
}

static bool output_add(struct job_request *request, const char *set)
{
	if (set == NULL || !name_valid(set) || request->output_count == MR_SETS_MAX)
		return false;
	for (uint32_t i = 0; i < request->output_count; i++) {
		if (strcmp(request->outputs[i], set) == 0)
			return false;
	}
	request->outputs[request->output_count++] = set;
	return true;
}

static int outputs_read(struct job_request *request, char *error, size_t error_bytes)
{
	static const char expected[] = "an array of up to 64 names of sets, each once";
	const cJSON *outputs = cJSON_GetObjectItemCaseSensitive(request->json, "outputs");
	const cJSON *item;

	if (outputs == NULL)
		return 0;
	if (!cJSON_IsArray(outputs))
		return request_error(error, error_bytes, "outputs", expected);
	cJSON_ArrayForEach (item, outputs) {
		if (!output_add(request, cJSON_GetStringValue(item)))
			return request_error(error, error_bytes, "outputs", expected);
	}
	return 0;
}

static int codes_read(struct job_request *request, char *error, size_t error_bytes)
{
	static const char expected[] =
	    "an object of functions, each with its code's hash in 16 hexadecimal digits";
	const cJSON *functions = cJSON_GetObjectItemCaseSensitive(request->json, "functions");
	const cJSON *item;
	uint64_t hash;

	if (functions == NULL)
		return 0;
	if (!cJSON_IsObject(functions))
		return request_error(error, error_bytes, "functions", expected);
	cJSON_ArrayForEach (item, functions) {
		if (request->code_count == JOB_REQUEST_FUNCTIONS_MAX || !cJSON_IsString(item) ||
		    !name_valid(item->string) || !hash_parse(item->valuestring, &hash))
			return request_error(error, error_bytes, "functions", expected);
		request->codes[request->code_count++] =
		    (struct job_request_code){item->string, hash};
	}
	return 0;
}

static int checkpoint_read(struct job_request *request, char *error, size_t error_bytes)
{
	const cJSON *json = cJSON_GetObjectItemCaseSensitive(request->json, "checkpoint");
	const cJSON *every = cJSON_GetObjectItemCaseSensitive(json, "every");
	const double epochs = cJSON_IsNumber(every) ? every->valuedouble : every == NULL ? 1 : 0;

	if (json == NULL || cJSON_IsNull(json))
		return 0;
	request->checkpoint = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "name"));
	if (request->checkpoint == NULL || !(epochs >= 1 && epochs <= MR_EPOCHS_MAX))
		return request_error(error, error_bytes, "checkpoint",
				     "an object with a \"name\", and \"every\" how many epochs");
	request->checkpoint_every = (uint32_t)epochs;
	return 0;
}

int job_request_parse(const char *body, size_t body_bytes, struct job_request **request_out,
		      char *error, size_t error_bytes)
{
	struct job_request *request = calloc(1, sizeof(*request));
	int rc = -EINVAL;

	if (request == NULL)
		return -ENOMEM;
	request->json = cJSON_ParseWithLength(body, body_bytes);
	if (!cJSON_IsObject(request->json)) {
		snprintf(error, error_bytes, "the body is not a JSON object");
		goto fail;
	}
	rc = text_read(request, error, error_bytes);
	if (rc == 0)
		rc = inputs_read(request, error, error_bytes);
	if (rc == 0)
		rc = outputs_read(request, error, error_bytes);
	if (rc == 0)
		rc = codes_read(request, error, error_bytes);
	if (rc == 0)
		rc = checkpoint_read(request, error, error_bytes);
	if (rc < 0)
		goto fail;
	*request_out = request;
	return 0;

fail:
	job_request_free(&request);
	return rc;
}

void job_request_free(struct job_request **request)
{
	if (*request == NULL)
		return;
	cJSON_Delete((*request)->json);
	free(*request);
	*request = NULL;
}
