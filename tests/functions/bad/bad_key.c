/* Forges an output item: a key with another key's hash, so that it would go elsewhere. */
#include <millrace_function.h>

static int bad(struct mr_call *call)
{
	struct mr_set *out = &call->sets[call->header->in_count];

	if (mr_out_add(call, out, mr_none(), mr_text("key"), mr_text("value")) != 0)
		return MR_FAILED;
	((struct mr_item *)(void *)MR_POINTER(call, out->items_off))->key_hash ^= 1;
	return 0;
}

MR_ENTRY(bad)
