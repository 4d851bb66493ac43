/* A node of this process, and its functions. */
#include "platform.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"

#define MEMORY_BYTES (256ull << 20) /* thousands of regions of 128x128; touched when used */

static const char text[] = "function matmul_timed { in a; in b; out c; memory 8KiB + 1 x input }\n"
			   "composition product { in a; in b; out c\n"
			   "	matmul_timed(a = all a, b = all b) -> (c)\n"
			   "}\n";

static int function_open(struct platform *platform, const struct sandbox_ops *backend)
{
	struct job_code code = {.function = "matmul_timed"};
	char name[64];
	uint8_t *bytes;
	int rc;

	snprintf(name, sizeof(name), "matmul_timed%s", backend->code_suffix);
	bytes = place_read(name, &code.byte_count);
	if (bytes == NULL) {
		snprintf(platform->error, sizeof(platform->error), "%s is not beside this program",
			 name);
		return -ENOENT;
	}
	code.bytes = bytes;
	rc = node_function_open(platform->cluster->nodes[0], &platform->plan->functions[0], &code,
				backend, &platform->functions[platform->function_count],
				platform->error, sizeof(platform->error));
	free(bytes);
	platform->function_count += rc == 0;
	return rc;
}

/* Where regions are mapped by some backend, the pool is one that can be. */
static const struct sandbox_ops *pool_backend(const struct sandbox_ops *const *backends,
					      uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (backends[i]->maps_regions)
			return backends[i];
	return backends[0];
}

static int node_open(struct platform *platform, const struct sandbox_ops *backend, uint32_t workers)
{
	const struct cluster_config config = {.nodes = 1,
					      .sandbox = backend,
					      .workers = workers,
					      .memory_bytes = MEMORY_BYTES,
					      .poll = PORT_POLL_ADAPTIVE};
	struct fabric *fabric;
	int rc = fabric_ring_open(&fabric, 1, 1, platform->error, sizeof(platform->error));

	if (rc != 0)
		return rc;
	rc = cluster_create(&platform->cluster, &fabric, &config, platform->error,
			    sizeof(platform->error));
	if (rc != 0) {
		fabric_close(&fabric);
		return rc;
	}
	return cluster_start(platform->cluster, platform->error, sizeof(platform->error));
}

int platform_open(struct platform *platform, const struct sandbox_ops *const *backends,
		  uint32_t count, uint32_t workers)
{
	struct compose_error wrong;
	int rc;

	*platform = (struct platform){0};
	rc = compose_plan("bench", text, sizeof(text) - 1, NULL, &platform->plan, &wrong);
	if (rc == 0)
		rc = node_open(platform, pool_backend(backends, count), workers);
	for (uint32_t i = 0; rc == 0 && i < count; i++)
		rc = function_open(platform, backends[i]);
	if (rc != 0)
		platform_close(platform);
	return rc;
}

void platform_close(struct platform *platform)
{
	while (platform->function_count > 0)
		node_function_close(&platform->functions[--platform->function_count]);
	cluster_destroy(&platform->cluster);
	plan_free(&platform->plan);
}

void platform_call_init(struct platform_call *call, const struct subject *subject)
{
	const uint32_t bytes = subject->side * subject->side * 4;

	call->items[0] = (struct mr_call_item){.bytes = subject->a, .bytes_len = bytes};
	call->items[1] = (struct mr_call_item){.bytes = subject->b, .bytes_len = bytes};
	for (uint32_t s = 0; s < 2; s++)
		call->sets[s] = (struct call_set){&call->items[s], 1};
	call->call.inputs = call->sets;
}

bool platform_call_right(struct platform_call *call, struct subject *subject)
{
	bool right = false;

	if (call->call.rc != 0) {
		snprintf(subject->error, sizeof(subject->error), "%s", call->call.result.text);
		return false;
	}
	right =
	    subject_product_right(subject, call->call.region->base, &call->call.outputs[0], NULL);
	region_unref(&call->call.region);
	return right;
}
