/* One function run once: its inputs in a region, the sandbox, its outputs checked and copied out.
 */
#include "function_call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <millrace/hash.h>

#include "region.h"

struct staged {
	struct region_pool *pool;
	struct region *region;
	uint32_t header_off;
	uint32_t sets_off;
};

/* As nodes size it: what the function's block asks for, beside its inputs. */
static uint64_t region_bytes_of(const struct plan_function *function, uint32_t header_off,
				uint64_t image_bytes)
{
	return header_off + image_bytes + function->memory_bytes +
	       image_bytes * function->memory_per_input / 1000;
}

static int region_get(struct staged *staged, uint64_t bytes, char *error, size_t error_bytes)
{
	struct region_provider provider;
	int rc;

	if (bytes > MR_REGION_BYTES_MAX) {
		snprintf(error, error_bytes,
			 "inputs and memory together are %llu bytes; a region has at most %u",
			 (unsigned long long)bytes, MR_REGION_BYTES_MAX);
		return -E2BIG;
	}
	/* A size class more than asked for: regions are of four classes per doubling. */
	rc = region_provider_memfd(&provider, bytes + bytes / 4 + 2 * MR_PAGE_BYTES);
	if (rc == 0)
		rc = region_pool_create(&staged->pool, &provider, 0);
	if (rc == 0)
		rc = region_alloc(staged->pool, bytes, REGION_ANY, &staged->region);
	if (rc != 0)
		snprintf(error, error_bytes, "no memory for a region of %llu bytes: %s",
			 (unsigned long long)bytes, strerror(-rc));
	return rc;
}

static void staged_drop(struct staged *staged)
{
	region_unref(&staged->region);
	region_pool_destroy(&staged->pool);
}

static void set_fill(struct region *region, struct region_image *image, uint32_t set,
		     const struct folder_set *items)
{
	uint32_t cursor = image->data_off[set];

	for (uint32_t i = 0; i < items->count; i++) {
		const struct folder_item *item = &items->items[i];
		uint64_t hash = item->keyed ? mr_hash64(item->key, item->key_bytes) : 0;
		uint8_t *to = region_image_item(image, region, set, i, &cursor, item->name,
						(uint16_t)item->name_bytes, item->key,
						item->key_bytes, hash, 0, item->byte_count);

		if (item->byte_count > 0)
			memcpy(to, item->bytes, item->byte_count);
	}
}

/* The region as the function finds it: its inputs, and zeroes. */
static int call_stage(const struct function_call *call, struct staged *staged, char *error,
		      size_t error_bytes)
{
	const struct plan_function *function = call->function;
	struct region_set_spec specs[MR_SETS_MAX] = {0};
	const struct invocation_name name = {.job = 1};
	const char *out[MR_SETS_MAX];
	struct region_image image;
	uint64_t bytes;
	int rc;

	for (uint32_t s = 0; s < function->in_count; s++) {
		specs[s].name = function->in[s].name;
		specs[s].item_count = call->in[s].count;
		for (uint32_t i = 0; i < call->in[s].count; i++) {
			const struct folder_item *item = &call->in[s].items[i];

			specs[s].bytes +=
			    region_item_bytes(item->name_bytes, item->key_bytes, item->byte_count);
		}
	}
	for (uint32_t s = 0; s < function->out_count; s++)
		out[s] = function->out[s].name;
	staged->header_off = call->code->header_off;
	bytes = region_image_bytes(specs, function->in_count, out, function->out_count);
	if (bytes != UINT64_MAX)
		bytes = region_bytes_of(function, staged->header_off, bytes);
	rc = region_get(staged, bytes, error, error_bytes);
	if (rc != 0)
		return rc;
	rc = region_image_init(staged->region, staged->header_off, specs, function->in_count, out,
			       function->out_count, &name, &image);
	if (rc != 0) {
		snprintf(error, error_bytes, "its region is too small: %s", strerror(-rc));
		return rc;
	}
	for (uint32_t s = 0; s < function->in_count; s++)
		set_fill(staged->region, &image, s, &call->in[s]);
	staged->sets_off = image.header->sets_off;
	region_wipe_except(staged->region, staged->header_off,
			   image.header->heap_off - staged->header_off);
	return 0;
}

static int set_copy(const struct region *region, const struct mr_set *set, struct folder_set *out)
{
	const struct mr_item *items = region_items(region->base, set);
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < set->item_count; i++) {
		struct folder_item item = {.name = region->base + items[i].name_off,
					   .key = region->base + items[i].key_off,
					   .bytes = region->base + items[i].bytes_off,
					   .name_bytes = items[i].name_len,
					   .key_bytes = items[i].key_len,
					   .byte_count = items[i].bytes_len,
					   .keyed = items[i].key_len > 0};

		rc = folder_set_add(out, &item);
	}
	return rc;
}

static int outputs_take(const struct function_call *call, const struct staged *staged,
			struct function_answer *answer)
{
	const struct plan_function *function = call->function;
	const char *out[MR_SETS_MAX];
	const struct sandbox_outputs declared = {.in_count = function->in_count,
						 .out_count = function->out_count,
						 .names = out,
						 .bytes_max = function->output_bytes_max,
						 .items_max = function->output_items_max};
	struct mr_set sets[MR_SETS_MAX];
	int rc = 0;

	for (uint32_t s = 0; s < function->out_count; s++)
		out[s] = function->out[s].name;
	if (sandbox_check_outputs(staged->region, staged->sets_off, &declared, sets,
				  &answer->result) != 0)
		return 0; /* as the answer's result says */
	for (uint32_t s = 0; rc == 0 && s < function->out_count; s++)
		rc = set_copy(staged->region, &sets[s], &answer->out[s]);
	return rc;
}

int function_call(const struct function_call *call, struct function_answer *answer, char *error,
		  size_t error_bytes)
{
	struct staged staged = {0};
	int rc;

	*answer = (struct function_answer){0};
	rc = call_stage(call, &staged, error, error_bytes);
	if (rc == 0) {
		answer->region_bytes = staged.region->bytes;
		sandbox_run(call->code, staged.region, call->function->time_limit_ms,
			    &answer->result);
		if (answer->result.outcome == SANDBOX_OK) {
			rc = outputs_take(call, &staged, answer);
			if (rc != 0)
				snprintf(error, error_bytes, "no memory for its outputs");
		}
	}
	staged_drop(&staged);
	if (rc != 0)
		function_answer_free(answer);
	return rc;
}

void function_answer_free(struct function_answer *answer)
{
	for (uint32_t s = 0; s < MR_SETS_MAX; s++)
		folder_set_free(&answer->out[s]);
	*answer = (struct function_answer){0};
}
