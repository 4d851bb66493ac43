/* Allocates until there is no more. */
#include <millrace_function.h>

static int bad(struct mr_call *call)
{
	while (mr_alloc(call, 1000, 8) != NULL)
		;
	return MR_FAILED;
}

MR_ENTRY(bad)
