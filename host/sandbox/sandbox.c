/* What all sandboxes share: outcomes in words, and the check of what a function left. */
#include "sandbox.h"

#include <errno.h>
#include <stdio.h>

const char *sandbox_outcome_text(enum sandbox_outcome outcome)
{
	switch (outcome) {
	case SANDBOX_OK:
		return "ok";
	case SANDBOX_FAILED:
		return "failed";
	case SANDBOX_OUT_OF_BOUNDS:
		return "out of bounds";
	case SANDBOX_STACK_OVERFLOW:
		return "stack overflow";
	case SANDBOX_DIVISION:
		return "division error";
	case SANDBOX_CONVERSION:
		return "conversion error";
	case SANDBOX_UNREACHABLE:
		return "unreachable code";
	case SANDBOX_BAD_CALL:
		return "bad indirect call";
	case SANDBOX_TIME_LIMIT:
		return "time limit";
	case SANDBOX_BAD_OUTPUT:
		return "bad output";
	case SANDBOX_OUTPUT_LIMIT:
		return "output limit";
	case SANDBOX_ITEM_LIMIT:
		return "item limit";
	case SANDBOX_CRASHED:
		return "crashed";
	}
	return "unknown outcome";
}

static void fault_take(const struct sandbox_outputs *declared, const struct region_fault *fault,
		       struct sandbox_result *result)
{
	const char *raise = "";

	if (fault->kind == REGION_BYTES_MAX && declared->bytes_max != 0) {
		result->outcome = SANDBOX_OUTPUT_LIMIT;
		raise = ": raise `output`, or put out less";
	} else if (fault->kind == REGION_ITEMS_MAX) {
		result->outcome = SANDBOX_ITEM_LIMIT;
		if (declared->items_max < MR_SET_ITEMS_MAX)
			raise = ": raise `items`, or put out fewer";
	} else {
		result->outcome = SANDBOX_BAD_OUTPUT;
	}
	snprintf(result->text, sizeof(result->text), "%s: %s%s",
		 result->outcome == SANDBOX_OUTPUT_LIMIT ? "put out more bytes than it may"
		 : result->outcome == SANDBOX_ITEM_LIMIT ? "put out more items than it may"
							 : "left an invalid output",
		 fault->text, raise);
}

int sandbox_check_outputs(const struct region *region, uint32_t sets_off,
			  const struct sandbox_outputs *declared, struct mr_set *sets,
			  struct sandbox_result *result)
{
	const uint64_t bytes_max = declared->bytes_max;
	const struct region_check_limits limits = {
	    .items_max = declared->items_max,
	    .bytes_max = bytes_max != 0 && bytes_max < region->bytes ? bytes_max : region->bytes,
	    .keyed = declared->keyed};
	struct region_fault fault;

	if (region_check_outputs(region->base, region->bytes, sets_off, declared->in_count,
				 declared->out_count, declared->names, &limits, sets, &fault) == 0)
		return 0;
	fault_take(declared, &fault, result);
	return -EIO;
}

void sandbox_release(struct sandbox_code **code)
{
	if (*code != NULL)
		(*code)->ops->release(*code);
	*code = NULL;
}
