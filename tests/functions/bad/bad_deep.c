/* Recurses without end with large local variables: the stack in linear memory overflows. */
#include <millrace_function.h>

__attribute__((noinline)) static uint32_t descend(uint32_t depth)
{
	volatile uint8_t bytes[2000];

	bytes[depth % sizeof(bytes)] = (uint8_t)depth;
	return descend(depth + 1) + bytes[depth % sizeof(bytes)];
}

static int bad(struct mr_call *call)
{
	return (int)descend(0);
}

MR_ENTRY(bad)
