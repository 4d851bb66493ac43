/* Both orders of the loop outside of any sandbox, as plain scalar code: -O2, without vectors. */
#include "scalar_matmul.h"

#include "multiply.h"
#include "multiply_columns.h"

uint64_t scalar_rows(const uint32_t *a, const uint32_t *b, uint32_t *c, uint32_t side)
{
	const uint64_t start = __builtin_ia32_rdtsc();

	multiply(a, b, c, side);
	__asm__ volatile("" : : "r"(c) : "memory");
	return __builtin_ia32_rdtsc() - start;
}

uint64_t scalar_columns(const uint32_t *a, const uint32_t *b, uint32_t *c, uint32_t side)
{
	const uint64_t start = __builtin_ia32_rdtsc();

	multiply_columns(a, b, c, side);
	__asm__ volatile("" : : "r"(c) : "memory");
	return __builtin_ia32_rdtsc() - start;
}
