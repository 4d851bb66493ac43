/* A backend that is measured: one matmul through the sandbox's interface. */
#include "subject.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"

#define HEAP_BYTES 4096 /* for tables, beside the product */

static const char *const out_name = "c";

static int subject_fail(struct subject *subject, int rc, const char *text)
{
	snprintf(subject->error, sizeof(subject->error), "%s", text);
	return rc;
}

static int pool_open(struct subject *subject, uint64_t bytes, bool pages)
{
	struct region_provider provider;
	int rc = pages ? region_provider_pages(&provider, bytes)
		       : region_provider_memory(&provider, bytes);

	if (rc == 0) {
		rc = region_pool_create(&subject->pool, &provider, 0);
		if (rc != 0)
			provider.release(&provider);
	}
	return rc == 0 ? 0 : subject_fail(subject, rc, "no memory for regions");
}

int subject_open(struct subject *subject, const char *backend, const char *function,
		 uint64_t pool_bytes, const char *cache_dir)
{
	char name[64];
	uint8_t *code;
	size_t bytes;
	int rc;

	*subject = (struct subject){.ops = sandbox_backend(backend), .side = 1};
	if (subject->ops == NULL)
		return subject_fail(subject, -ENOENT, "this build has no such backend");
	snprintf(name, sizeof(name), "%s%s", function, subject->ops->code_suffix);
	code = place_read(name, &bytes);
	if (code == NULL)
		return subject_fail(subject, -ENOENT, "its function is not beside this program");
	rc = subject->ops->prepare(code, bytes, cache_dir, &subject->code, subject->error,
				   sizeof(subject->error));
	free(code);
	if (rc != 0)
		return rc;
	subject->a = malloc(SUBJECT_SIDE_MAX * SUBJECT_SIDE_MAX * 4);
	subject->b = malloc(SUBJECT_SIDE_MAX * SUBJECT_SIDE_MAX * 4);
	rc = subject->a != NULL && subject->b != NULL
		 ? pool_open(subject, pool_bytes,
			     subject->ops->maps_regions || strcmp(function, "spin") == 0)
		 : subject_fail(subject, -ENOMEM, "no memory for matrices");
	for (uint32_t i = 0; rc == 0 && i < SUBJECT_SIDE_MAX * SUBJECT_SIDE_MAX; i++) {
		subject->a[i] = i * 2654435761u + 3;
		subject->b[i] = i * 40503u + 5;
	}
	if (rc != 0)
		subject_close(subject);
	return rc;
}

void subject_close(struct subject *subject)
{
	sandbox_release(&subject->code);
	region_pool_destroy(&subject->pool);
	free(subject->a);
	free(subject->b);
}

static uint32_t matrix_bytes(const struct subject *subject)
{
	return subject->side * subject->side * 4;
}

static void specs_make(const struct subject *subject, struct region_set_spec specs[2])
{
	const uint64_t bytes = region_item_bytes(0, 0, matrix_bytes(subject));

	specs[0] = (struct region_set_spec){.name = "a", .item_count = 1, .bytes = bytes};
	specs[1] = (struct region_set_spec){.name = "b", .item_count = 1, .bytes = bytes};
}

uint64_t subject_region_bytes(const struct subject *subject)
{
	struct region_set_spec specs[2];

	specs_make(subject, specs);
	return subject->code->header_off + region_image_bytes(specs, 2, &out_name, 1) + HEAP_BYTES +
	       matrix_bytes(subject);
}

/* Both matrices, and zeroes elsewhere. */
static int region_fill(struct subject *subject, struct region *region)
{
	const struct invocation_name name = {.job = 1};
	const uint32_t header_off = subject->code->header_off;
	const uint32_t *const inputs[] = {subject->a, subject->b};
	struct region_set_spec specs[2];
	struct region_image image;
	int rc;

	specs_make(subject, specs);
	rc = region_image_init(region, header_off, specs, 2, &out_name, 1, &name, &image);
	if (rc != 0)
		return subject_fail(subject, rc, "the image does not fit");
	region_wipe_except(region, header_off, image.header->heap_off - header_off);
	for (uint32_t set = 0; set < 2; set++) {
		uint32_t cursor = image.data_off[set];

		memcpy(region_image_item(&image, region, set, 0, &cursor, "", 0, NULL, 0, 0, 0,
					 matrix_bytes(subject)),
		       inputs[set], matrix_bytes(subject));
	}
	subject->sets_off = image.header->sets_off;
	return 0;
}

static int region_stage(struct subject *subject, struct region **staged)
{
	int rc = region_alloc(subject->pool, subject_region_bytes(subject), REGION_ANY, staged);

	if (rc != 0)
		return subject_fail(subject, rc, "no region");
	rc = region_fill(subject, *staged);
	if (rc != 0)
		region_unref(staged);
	return rc;
}

/* The first element is enough to tell that it was computed, and from these inputs. */
static bool product_right(const struct subject *subject, const uint32_t *product)
{
	uint32_t sum = 0;

	for (uint32_t k = 0; k < subject->side; k++)
		sum += subject->a[k] * subject->b[k * subject->side];
	return product[0] == sum;
}

bool subject_product_right(struct subject *subject, const uint8_t *base, const struct mr_set *set,
			   uint64_t *ticks)
{
	const struct mr_item *items = region_items(base, set);

	if (set->item_count != 2 || items[0].bytes_len != matrix_bytes(subject) ||
	    items[1].bytes_len != sizeof(*ticks) ||
	    !product_right(subject, (const uint32_t *)(const void *)(base + items[0].bytes_off))) {
		subject_fail(subject, -EBADMSG, "a wrong product");
		return false;
	}
	if (ticks != NULL)
		memcpy(ticks, base + items[1].bytes_off, sizeof(*ticks));
	return true;
}

static int region_collect(struct subject *subject, struct region *region, uint64_t *ticks)
{
	const struct region_check_limits limits = {.items_max = 2, .bytes_max = region->bytes};
	struct region_fault fault;
	struct mr_set set;

	if (region_check_outputs(region->base, region->bytes, subject->sets_off, 2, 1, &out_name,
				 &limits, &set, &fault) != 0)
		return subject_fail(subject, -EBADMSG, fault.text);
	return subject_product_right(subject, region->base, &set, ticks) ? 0 : -EBADMSG;
}

static int region_run(struct subject *subject, struct region *region)
{
	struct sandbox_result result;

	sandbox_run(subject->code, region, 0, &result);
	subject->run_ns = result.run_ns;
	return result.outcome == SANDBOX_OK ? 0 : subject_fail(subject, -EIO, result.text);
}

int subject_create(struct subject *subject, struct region **region)
{
	return region_stage(subject, region);
}

int subject_again(struct subject *subject, struct region *region)
{
	int rc = region_fill(subject, region);

	if (rc == 0)
		rc = region_run(subject, region);
	return rc == 0 ? region_collect(subject, region, NULL) : rc;
}

int subject_cold(struct subject *subject, uint64_t *ticks)
{
	struct region *region;
	int rc = region_stage(subject, &region);

	if (rc != 0)
		return rc;
	rc = region_run(subject, region);
	if (rc == 0)
		rc = region_collect(subject, region, ticks);
	region_unref(&region);
	return rc;
}

int subject_spin(struct subject *subject, uint32_t ms)
{
	const enum sandbox_outcome wanted = ms > 0 ? SANDBOX_TIME_LIMIT : SANDBOX_OK;
	struct sandbox_result result;
	struct region *region;
	int rc;

	subject->a[0] = ms > 0;
	rc = region_stage(subject, &region);
	if (rc != 0)
		return rc;
	sandbox_run(subject->code, region, ms, &result);
	region_unref(&region);
	return result.outcome == wanted ? 0 : subject_fail(subject, -EIO, result.text);
}

int subject_warm_begin(struct subject *subject)
{
	const uint32_t header_off = subject->code->header_off;
	int rc = region_stage(subject, &subject->region);

	if (rc != 0)
		return rc;
	/* What a run writes of it: the header, and the output set's entry behind the inputs'. */
	subject->saved_bytes = subject->sets_off + 3 * (uint32_t)sizeof(struct mr_set) - header_off;
	subject->saved = malloc(subject->saved_bytes);
	if (subject->saved == NULL) {
		region_unref(&subject->region);
		return subject_fail(subject, -ENOMEM, "no memory");
	}
	memcpy(subject->saved, subject->region->base + header_off, subject->saved_bytes);
	return 0;
}

int subject_warm(struct subject *subject)
{
	memcpy(subject->region->base + subject->code->header_off, subject->saved,
	       subject->saved_bytes);
	return region_run(subject, subject->region);
}

void subject_warm_end(struct subject *subject)
{
	region_unref(&subject->region);
	free(subject->saved);
}
