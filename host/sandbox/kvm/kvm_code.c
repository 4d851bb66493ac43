/* Preparing code for guests: checked, copied, its shared part placed in the store. */
#include "kvm_code.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <millrace/hash.h>

#include "backend.h"

uint64_t kvm_code_store_off(const struct kvm_code *code)
{
	return (uint64_t)(code->store->base - region_pool_provider(code->store->pool)->base);
}

/* Gives every segment its place; returns the bytes that go to the store. */
static uint64_t segments_place(struct kvm_code *code)
{
	uint64_t shared_bytes = 0;

	for (uint32_t i = 0; i < code->image.segment_count; i++) {
		const struct image_segment *segment = &code->image.segments[i];
		uint64_t *bytes =
		    kvm_segment_is_private(segment) ? &code->private_bytes : &shared_bytes;

		code->segment_off[i] = *bytes;
		*bytes += segment->bytes;
	}
	code->stack_off = code->private_bytes;
	code->private_bytes += code->image.stack_bytes;
	return shared_bytes;
}

static int segments_store(struct kvm_code *code, const struct kvm_device *device, char *error,
			  size_t error_bytes)
{
	/* An image has code: it is never empty. */
	int rc = region_alloc(device->store, segments_place(code), REGION_ANY, &code->store);

	if (rc < 0)
		return backend_error(error, error_bytes, rc,
				     "no room for a function's code: all codes that are prepared "
				     "share %llu bytes",
				     KVM_STORE_BYTES);
	for (uint32_t i = 0; i < code->image.segment_count; i++)
		if (!kvm_segment_is_private(&code->image.segments[i]))
			image_segment_fill(&code->image.segments[i], code->file,
					   code->store->base + code->segment_off[i]);
	return 0;
}

int kvm_code_prepare(const void *bytes, size_t len, struct kvm_code **prepared, char *error,
		     size_t error_bytes)
{
	static _Atomic uint64_t serials;
	const struct kvm_device *device;
	struct kvm_code *code;
	int rc = kvm_device_open(&device, error, error_bytes);

	if (rc < 0)
		return rc;
	code = calloc(1, sizeof(*code));
	if (code != NULL)
		code->file = malloc(len > 0 ? len : 1);
	if (code == NULL || code->file == NULL) {
		rc = backend_error(error, error_bytes, -ENOMEM, "no memory for a function's code");
		goto err_release;
	}
	memcpy(code->file, bytes, len);
	rc = image_check(code->file, len, &code->image, error, error_bytes);
	if (rc < 0)
		goto err_release;
	rc = segments_store(code, device, error, error_bytes);
	if (rc < 0)
		goto err_release;
	code->serial = atomic_fetch_add(&serials, 1) + 1;
	code->base.hash = mr_hash64(bytes, len);
	code->base.header_off = MR_ALIGN; /* offset 0 means "none" */
	*prepared = code;
	return 0;
err_release:
	kvm_code_release(code);
	return rc;
}

void kvm_code_release(struct kvm_code *code)
{
	if (code == NULL)
		return;
	region_unref(&code->store);
	free(code->file);
	free(code);
}
