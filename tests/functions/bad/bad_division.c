/* Divides by zero. */
#include <millrace_function.h>

static int bad(struct mr_call *call)
{
	volatile int zero = 0;

	return 7 / zero;
}

MR_ENTRY(bad)
