/* libmillrace: calls of functions, on a node of this process. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <millrace/call.h>

#include "bundle.h"
#include "call.h"
#include "cluster.h"

struct mr_platform {
	struct cluster *cluster;
	const struct sandbox_ops *sandbox;
};

struct mr_function {
	struct node_function *prepared;
	struct plan_function declared;
};

struct mr_result {
	struct node_call call;
	const struct mr_function *function;
	struct call_set inputs[MR_SETS_MAX];
	mr_call_done *done;
	void *opaque;
};

/* --- Platforms -------------------------------------------------------------------------------- */

static int platform_start(struct mr_platform *platform, const struct mr_platform_options *options,
			  char *error, size_t error_bytes)
{
	const struct cluster_config config = {
	    .nodes = 1,
	    .sandbox = platform->sandbox,
	    .workers = options->workers ? options->workers : cluster_workers_default(1),
	    .memory_bytes =
		options->memory_bytes ? options->memory_bytes : cluster_memory_default(1),
	    .poll = PORT_POLL_ADAPTIVE};
	struct fabric *fabric = NULL;
	int rc = cluster_memory_check(config.memory_bytes, 1, error, error_bytes);

	if (rc == 0)
		rc = fabric_ring_open(&fabric, 1, 1, error, error_bytes);
	if (rc == 0)
		rc = cluster_create(&platform->cluster, &fabric, &config, error, error_bytes);
	fabric_close(&fabric);
	return rc == 0 ? cluster_start(platform->cluster, error, error_bytes) : rc;
}

int mr_platform_open(struct mr_platform **opened, const struct mr_platform_options *options,
		     char *error, size_t error_bytes)
{
	static const struct mr_platform_options defaults;
	struct mr_platform *platform;
	int rc;

	if (options == NULL)
		options = &defaults;
	if (options->workers > MR_WORKERS_MAX) {
		snprintf(error, error_bytes, "more than %d workers", MR_WORKERS_MAX);
		return -EINVAL;
	}
	platform = calloc(1, sizeof(*platform));
	if (platform == NULL) {
		snprintf(error, error_bytes, "out of memory");
		return -ENOMEM;
	}
	platform->sandbox = sandbox_backend(options->sandbox ? options->sandbox : "wasm");
	if (platform->sandbox != NULL) {
		rc = platform_start(platform, options, error, error_bytes);
	} else {
		snprintf(error, error_bytes, "no sandbox \"%s\": " SANDBOX_NAMES, options->sandbox);
		rc = -EINVAL;
	}
	if (rc == 0)
		*opened = platform;
	else
		mr_platform_close(&platform);
	return rc;
}

void mr_platform_close(struct mr_platform **closed)
{
	struct mr_platform *platform = *closed;

	*closed = NULL;
	if (platform == NULL)
		return;
	cluster_destroy(&platform->cluster);
	free(platform);
}

/* --- Functions -------------------------------------------------------------------------------- */

static int function_prepare(struct mr_function *function, const struct mr_platform *platform,
			    const struct bundle *bundle, const char *name, char *error,
			    size_t error_bytes)
{
	const struct plan *plan = bundle->plan;

	for (uint32_t i = 0; i < plan->function_count; i++) {
		if (strcmp(plan->functions[i].name, name) != 0)
			continue;
		function->declared = plan->functions[i];
		function->declared.operator_text = NULL; /* the bundle's */
		return node_function_open(platform->cluster->nodes[0], &plan->functions[i],
					  &bundle->codes[i], platform->sandbox, &function->prepared,
					  error, error_bytes);
	}
	snprintf(error, error_bytes,
		 "no function \"%s\" is used by composition \"%s\", the file's last: name one that "
		 "it uses",
		 name, plan->name);
	return -ENOENT;
}

int mr_function_open(struct mr_function **opened, struct mr_platform *platform, const char *file,
		     const char *name, const char *const *dirs, size_t dir_count, char *error,
		     size_t error_bytes)
{
	const struct locate_places places = {file, dirs, dir_count};
	struct mr_function *function = calloc(1, sizeof(*function));
	struct bundle bundle;
	int rc;

	if (function == NULL) {
		snprintf(error, error_bytes, "out of memory");
		return -ENOMEM;
	}
	rc = bundle_load(&bundle, &places, NULL, platform->sandbox->name, error, error_bytes);
	if (rc == 0) {
		rc = function_prepare(function, platform, &bundle, name, error, error_bytes);
		bundle_free(&bundle);
	}
	if (rc == 0)
		*opened = function;
	else
		free(function);
	return rc;
}

void mr_function_close(struct mr_function **closed)
{
	struct mr_function *function = *closed;

	*closed = NULL;
	if (function == NULL)
		return;
	node_function_close(&function->prepared);
	free(function);
}

/* --- Calls ------------------------------------------------------------------------------------ */

/* Index of the set called so, or count. */
static uint32_t set_find(const struct plan_set *sets, uint32_t count, const char *name)
{
	uint32_t i = 0;

	while (i < count && strcmp(sets[i].name, name) != 0)
		i++;
	return i;
}

static int inputs_fill(struct mr_result *result, const struct mr_call_set *sets, size_t set_count)
{
	const struct plan_function *declared = &result->function->declared;
	uint64_t named = 0;

	for (size_t i = 0; i < set_count; i++) {
		uint32_t s = set_find(declared->in, declared->in_count, sets[i].set);

		if (s == declared->in_count || (named >> s & 1) != 0)
			return -EINVAL;
		named |= UINT64_C(1) << s;
		result->inputs[s] = (struct call_set){sets[i].items, sets[i].item_count};
	}
	return 0;
}

static int result_make(struct mr_result **made, struct mr_function *function,
		       const struct mr_call_set *sets, size_t set_count)
{
	struct mr_result *result = calloc(1, sizeof(*result));
	int rc;

	if (result == NULL)
		return -ENOMEM;
	result->function = function;
	result->call.inputs = result->inputs;
	rc = inputs_fill(result, sets, set_count);
	if (rc == 0)
		*made = result;
	else
		free(result);
	return rc;
}

static void call_over(struct node_call *call)
{
	struct mr_result *result = call->opaque;

	result->done(call->rc, result, result->opaque);
}

int mr_call_start(struct mr_function *function, const struct mr_call_set *sets, size_t set_count,
		  mr_call_done *done, void *opaque)
{
	struct mr_result *result;
	int rc = result_make(&result, function, sets, set_count);

	if (rc != 0)
		return rc;
	result->done = done;
	result->opaque = opaque;
	result->call.done = call_over;
	result->call.opaque = result;
	rc = node_call_start(function->prepared, &result->call);
	if (rc != 0)
		free(result);
	return rc;
}

int mr_call(struct mr_function *function, const struct mr_call_set *sets, size_t set_count,
	    struct mr_result **result)
{
	int rc;

	*result = NULL;
	rc = result_make(result, function, sets, set_count);
	if (rc != 0)
		return rc;
	rc = node_call_run(function->prepared, &(*result)->call);
	if (rc == -EAGAIN)
		mr_result_free(result);
	return rc;
}

/* --- Results ---------------------------------------------------------------------------------- */

static const struct mr_set *result_set(const struct mr_result *result, const char *name)
{
	const struct plan_function *declared = &result->function->declared;
	uint32_t s = set_find(declared->out, declared->out_count, name);

	return result->call.region != NULL && s < declared->out_count ? &result->call.outputs[s]
								      : NULL;
}

uint32_t mr_result_count(const struct mr_result *result, const char *set)
{
	const struct mr_set *found = result_set(result, set);

	return found != NULL ? found->item_count : 0;
}

int mr_result_item(const struct mr_result *result, const char *set, uint32_t index,
		   struct mr_call_item *item)
{
	const struct mr_set *found = result_set(result, set);
	const struct mr_item *at;
	const uint8_t *base;

	if (found == NULL || index >= found->item_count)
		return -ENOENT;
	base = result->call.region->base;
	at = &region_items(base, found)[index];
	*item = (struct mr_call_item){.name = base + at->name_off,
				      .key = base + at->key_off,
				      .bytes = base + at->bytes_off,
				      .name_len = at->name_len,
				      .key_len = at->key_len,
				      .bytes_len = at->bytes_len};
	return 0;
}

const char *mr_result_error(const struct mr_result *result)
{
	return result->call.result.text;
}

uint64_t mr_result_run_ns(const struct mr_result *result)
{
	return result->call.result.run_ns;
}

void mr_result_free(struct mr_result **freed)
{
	struct mr_result *result = *freed;

	*freed = NULL;
	if (result == NULL)
		return;
	region_unref(&result->call.region);
	free(result);
}
