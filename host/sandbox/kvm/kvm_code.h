/* A function's code for guests: what all machines share, in the store, and what each run has anew.
 */
#ifndef KVM_CODE_H
#define KVM_CODE_H

#include <stdint.h>

#include "image.h"
#include "kvm_device.h"
#include "sandbox.h"

struct kvm_code {
	struct sandbox_code base;
	uint64_t serial; // of this preparation, never used again
	struct image image;
	uint8_t *file;        // what was checked
	struct region *store; // the segments that are only read or executed
	/* Of each segment, in the store or, when it is written, in a space's memory. */
	uint64_t segment_off[IMAGE_SEGMENTS_MAX];
	uint64_t stack_off;     // of the stack, in a space's memory
	uint64_t private_bytes; // of a space's memory
};

static inline int kvm_segment_is_private(const struct image_segment *segment)
{
	return (segment->rights & IMAGE_WRITE) != 0;
}

/* Where the guest has what begins at the code's part of the store. */
uint64_t kvm_code_store_off(const struct kvm_code *code);
/* 0, or -errno with error. */
int kvm_code_prepare(const void *bytes, size_t len, struct kvm_code **prepared, char *error,
		     size_t error_bytes);
void kvm_code_release(struct kvm_code *code);

#endif
