/* Divides the smallest integer by -1. */
#include <millrace_function.h>

static int bad(struct mr_call *call)
{
	volatile int smallest = INT32_MIN, divisor = -1;

	return smallest / divisor;
}

MR_ENTRY(bad)
