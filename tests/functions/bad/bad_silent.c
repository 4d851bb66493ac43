/* Fails without a reason. */
#include <millrace_function.h>

static int bad(struct mr_call *call)
{
	return 42;
}

MR_ENTRY(bad)
