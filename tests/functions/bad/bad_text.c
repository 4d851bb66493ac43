/* Fails with words of its own. */
#include <millrace_function.h>

static int bad(struct mr_call *call)
{
	return mr_fail_number(call, "line ", 17, " is not to my taste");
}

MR_ENTRY(bad)
