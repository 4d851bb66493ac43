/* matmul: the product of two square matrices of 32-bit little-endian integers, modulo 2^32. */
#include <millrace_function.h>

#include "multiply.h"

/* The side of a matrix of so many bytes, or -1. */
static int64_t side_of(uint32_t bytes)
{
	int64_t side = 0;

	while ((uint64_t)(side + 1) * (uint64_t)(side + 1) * 4 <= bytes)
		side++;
	return (uint64_t)side * (uint64_t)side * 4 == bytes ? side : -1;
}

static int matmul(struct mr_call *call)
{
	const struct mr_item *a = mr_in_only(call, "a"), *b = mr_in_only(call, "b");
	struct mr_set *out = mr_out(call, "c");
	struct mr_bytes product;
	uint32_t *c;
	int64_t side;

	if (a == NULL || b == NULL || out == NULL)
		return MR_FAILED;
	side = side_of(a->bytes_len);
	if (side < 0 || a->bytes_len != b->bytes_len)
		return mr_fail(call,
			       "a and b must be square matrices of one size, of 32-bit integers");
	c = (uint32_t *)mr_alloc(call, a->bytes_len, MR_ALIGN);
	if (c == NULL)
		return MR_FAILED;
	multiply((const uint32_t *)(const void *)mr_item_bytes(call, a).data,
		 (const uint32_t *)(const void *)mr_item_bytes(call, b).data, c, (uint32_t)side);
	product.data = (const uint8_t *)c;
	product.len = a->bytes_len;
	return mr_out_add(call, out, mr_none(), mr_none(), product);
}

MR_ENTRY(matmul)
