/* The loop of matmul outside of any sandbox, compiled as images are. */
#include "bare_matmul.h"

#include "multiply.h"

uint64_t bare_matmul(const uint32_t *a, const uint32_t *b, uint32_t *c, uint32_t side)
{
	const uint64_t start = __builtin_ia32_rdtsc();

	multiply(a, b, c, side);
	__asm__ volatile("" : : "r"(c) : "memory");
	return __builtin_ia32_rdtsc() - start;
}
