/* Forges its output table: far more items than there is memory. */
#include <millrace_function.h>

static int bad(struct mr_call *call)
{
	struct mr_set *out = &call->sets[call->header->in_count];

	out->items_off = call->header->heap_off & ~7u;
	out->item_count = out->item_limit = 0xffffffffu;
	return 0;
}

MR_ENTRY(bad)
