/* Reads at the far end of the address space. */
#include <millrace_function.h>

static int bad(struct mr_call *call)
{
	return *(const volatile uint8_t *)(uintptr_t)0xffffffffu;
}

MR_ENTRY(bad)
