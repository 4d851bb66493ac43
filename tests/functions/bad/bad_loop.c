/* Never ends. */
#include <millrace_function.h>

static int bad(struct mr_call *call)
{
	for (volatile uint32_t i = 0;; i++)
		;
	return 0;
}

MR_ENTRY(bad)
