/* Runs into code that must not be reached. */
#include <millrace_function.h>

static int bad(struct mr_call *call)
{
	__builtin_trap();
}

MR_ENTRY(bad)
