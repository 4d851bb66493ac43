/* Copies 2 GiB over its end, as one instruction. */
#include <millrace_function.h>

static int bad(struct mr_call *call)
{
	__builtin_memset(MR_POINTER(call, call->header->heap_off), 1, 0x80000000u);
	return 0;
}

MR_ENTRY(bad)
