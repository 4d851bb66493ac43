/* Forges an output item: its bytes end outside its memory. */
#include <millrace_function.h>

static int bad(struct mr_call *call)
{
	struct mr_item *item = mr_out_item(call, &call->sets[call->header->in_count]);

	item->bytes_off = call->header->heap_end - 8;
	item->bytes_len = 0xffffffffu;
	return 0;
}

MR_ENTRY(bad)
