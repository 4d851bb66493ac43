/* Recurses without end, with nothing on the stack in linear memory: the native one overflows. */
#include <millrace_function.h>

static volatile uint32_t zero;

__attribute__((noinline)) static uint32_t descend(uint32_t depth)
{
	return descend(depth + 1) * 3 + depth + zero;
}

static int bad(struct mr_call *call)
{
	return (int)descend(0);
}

MR_ENTRY(bad)
