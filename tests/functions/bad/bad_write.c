/* Writes just behind its memory. */
#include <millrace_function.h>

static int bad(struct mr_call *call)
{
	volatile uint8_t *end = MR_POINTER(call, call->header->heap_end);

	for (uint32_t i = 0; i < 4096; i++)
		end[i] = 0xff;
	return 0;
}

MR_ENTRY(bad)
