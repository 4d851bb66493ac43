/* A function that leaves an output, and then forges a field of its tables. */
#include <millrace_function.h>

#include "forge.h"

static int forge(struct mr_call *call)
{
	const struct mr_item *in = mr_in_only(call, "in");
	struct mr_set *out = mr_out(call, "out");
	struct mr_item *item;
	struct forge order;
	uint8_t *to;

	if (in == NULL || out == NULL || in->bytes_len != sizeof(order))
		return mr_fail(call, "no such forgery");
	__builtin_memcpy(&order, mr_item_bytes(call, in).data, sizeof(order));
	if (order.place == FORGE_FLOOD)
		while (mr_out_add(call, out, mr_none(), mr_none(), mr_none()) == 0)
			;
	if (mr_out_add(call, out, mr_text("name"), mr_text("key"), mr_text("bytes")) != 0)
		return MR_FAILED;
	item = (struct mr_item *)(void *)MR_POINTER(call, out->items_off);
	to = order.place == FORGE_HEADER ? (uint8_t *)call->header
	     : order.place == FORGE_SET  ? (uint8_t *)out
					 : (uint8_t *)item;
	__builtin_memcpy(to + order.offset, &order.value, order.bytes);
	return 0;
}

MR_ENTRY(forge)
