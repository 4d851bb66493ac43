/*
 * Looks for bytes in all memory that is its own: its region, to the end of its last page, its
 * variables and its stack. The first half of the input are they with every bit turned, so that only
 * another's are found. Puts out how often they were, and how often a variable had been counted up
 * before.
 */
#include <millrace_function.h>

#define PAGE_BYTES 4096u
#define STACK_BYTES 32768 /* looked through below the current frame */

static uint8_t variables[16384];
static uint32_t runs = 41; /* in data, not among zeroes */

static uint32_t occurrences(const volatile uint8_t *at, uint64_t bytes, struct mr_bytes turned)
{
	uint32_t found = 0;

	for (uint64_t i = 0; i + turned.len <= bytes; i++) {
		uint32_t n = 0;

		while (n < turned.len && at[i + n] == 0xffu - turned.data[n])
			n++;
		found += n == turned.len;
	}
	return found;
}

static int search(struct mr_call *call)
{
	const struct mr_item *item = mr_in_only(call, "in");
	struct mr_set *out = mr_out(call, "out");
	uint64_t bytes = call->header->heap_end;
	uint32_t *counts = (uint32_t *)mr_alloc(call, 2 * sizeof(*counts), 8);
	struct mr_bytes turned, result;

	if (item == NULL || out == NULL || counts == NULL)
		return MR_FAILED;
	turned = mr_item_bytes(call, item);
	turned.len /= 2;
#ifdef MR_IMAGE
	const volatile uint8_t *frame = (const volatile uint8_t *)__builtin_frame_address(0);

	bytes = (bytes + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
	counts[0] = occurrences(frame - STACK_BYTES, STACK_BYTES, turned);
#endif
	counts[0] += occurrences(MR_POINTER(call, 0), bytes, turned);
	counts[0] += occurrences(variables, sizeof(variables), turned);
	counts[1] = ++runs;
	result.data = (const uint8_t *)counts;
	result.len = 2 * sizeof(*counts);
	return mr_out_add(call, out, mr_none(), mr_text("found"), result);
}

MR_ENTRY(search)
