/* Forges its output table: the table ends beyond 4 GiB. */
#include <millrace_function.h>

static int bad(struct mr_call *call)
{
	struct mr_set *out = &call->sets[call->header->in_count];

	out->items_off = 0xffffffc0u;
	out->item_count = out->item_limit = 4;
	return 0;
}

MR_ENTRY(bad)
