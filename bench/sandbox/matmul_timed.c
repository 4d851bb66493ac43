/*
 * matmul, which puts out how many ticks of the processor's clock it took from its first instruction
 * to its last but those that put it out: the first touch of all its memory included.
 */
#include <millrace_function.h>

#ifdef MATMUL_COLUMNS
#include "multiply_columns.h"
#define MULTIPLY multiply_columns
#else
#include "multiply.h"
#define MULTIPLY multiply
#endif

/* A wasm module cannot read it: there it is 0. */
static uint64_t clock_ticks(void)
{
#ifdef __wasm__
	return 0;
#else
	return __builtin_ia32_rdtsc();
#endif
}

static int matmul_timed(struct mr_call *call)
{
	const uint64_t start = clock_ticks();
	const struct mr_item *a = mr_in_only(call, "a"), *b = mr_in_only(call, "b");
	struct mr_set *out = mr_out(call, "c");
	struct mr_bytes result = {NULL, 0};
	uint32_t side = 0, *c;
	uint64_t *ticks;

	if (a == NULL || b == NULL || out == NULL)
		return MR_FAILED;
	while ((side + 1) * (side + 1) * 4 <= a->bytes_len)
		side++;
	ticks = (uint64_t *)mr_alloc(call, sizeof(*ticks), 8);
	c = (uint32_t *)mr_alloc(call, a->bytes_len, MR_ALIGN);
	if (ticks == NULL || c == NULL)
		return MR_FAILED;
	MULTIPLY((const uint32_t *)(const void *)mr_item_bytes(call, a).data,
		 (const uint32_t *)(const void *)mr_item_bytes(call, b).data, c, side);
	result.data = (const uint8_t *)c;
	result.len = a->bytes_len;
	if (mr_out_add(call, out, mr_none(), mr_none(), result) != 0)
		return MR_FAILED;
	result.data = (const uint8_t *)ticks;
	result.len = sizeof(*ticks);
	if (mr_out_add(call, out, mr_none(), mr_none(), result) != 0)
		return MR_FAILED;
	*ticks = clock_ticks() - start;
	return 0;
}

MR_ENTRY(matmul_timed)
