/* Fails with a text that lies nowhere. */
#include <millrace_function.h>

static int bad(struct mr_call *call)
{
	call->header->error_off = 0xfffffff0u;
	call->header->error_len = 0xffffffffu;
	return 1;
}

MR_ENTRY(bad)
