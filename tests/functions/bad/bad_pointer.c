/* Calls through a pointer to a function of another type. */
#include <millrace_function.h>

static double half(double value)
{
	return value / 2;
}

static int bad(struct mr_call *call)
{
	double (*volatile function)(double) = half;
	int (*volatile wrong)(int, int) = (int (*)(int, int))(uintptr_t)function;

	return wrong(1, 2);
}

MR_ENTRY(bad)
