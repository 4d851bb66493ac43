/* / and % of integers, a register at a time: null where the divisor is 0. */
#include <errno.h>
#include <string.h>

#include "instruction.h"

/* The rows that are null in an operand, as words that rows are taken out of. */
static void validity_copy(struct instruction *instruction, uint32_t rows)
{
	struct vector *out = &instruction->out;

	instruction_validity(instruction, rows);
	for (uint32_t w = 0; w * 64 < rows; w++)
		out->words[w] = out->validity != NULL ? out->validity[w] : vector_mask(rows, w);
	out->validity = out->words;
}

/* By -1 it is a minus, which overflows for the least of all; lowest is 0 for unsigned types. */
#define DIVISION(name, type, lowest, quotient)                                               \
	static int name(struct instruction *instruction, uint32_t rows,                      \
			struct reference_scratch *scratch)                                   \
	{                                                                                    \
		const struct vector *a = &instruction->arguments[0]->out;                    \
		const struct vector *b = &instruction->arguments[1]->out;                    \
		struct vector *out = &instruction->out;                                      \
		type *to = out->room;                                                        \
                                                                                             \
		validity_copy(instruction, rows);                                            \
		for (uint32_t i = 0; i < rows; i++) {                                        \
			type x = ((const type *)a->values)[a->scalar ? 0 : i];               \
			type y = ((const type *)b->values)[b->scalar ? 0 : i];               \
			bool minus = (lowest) != 0 && y == (type)-1;                         \
                                                                                             \
			if (y == 0)                                                          \
				out->words[i / 64] &= ~((uint64_t)1 << i % 64);              \
			if ((quotient) && minus && x == (lowest) && !vector_is_null(out, i)) \
				return -ERANGE;                                              \
			y = y == 0 || minus ? 1 : y;                                         \
			to[i] = (quotient) ? x / y : x % y;                                  \
			if ((quotient) && minus && x != (lowest))                            \
				to[i] = (type)(0 - x);                                       \
		}                                                                            \
		return 0;                                                                    \
	}

DIVISION(divide_i32, int32_t, INT32_MIN, true)
DIVISION(divide_i64, int64_t, INT64_MIN, true)
DIVISION(divide_u32, uint32_t, 0, true)
DIVISION(divide_u64, uint64_t, 0, true)
DIVISION(modulo_i32, int32_t, INT32_MIN, false)
DIVISION(modulo_i64, int64_t, INT64_MIN, false)
DIVISION(modulo_u32, uint32_t, 0, false)
DIVISION(modulo_u64, uint64_t, 0, false)

instruction_run *instruction_division(enum expression_op op, enum vector_lane lane)
{
	static instruction_run *const divides[] = {divide_i32, divide_u32, divide_i64, divide_u64};
	static instruction_run *const modulos[] = {modulo_i32, modulo_u32, modulo_i64, modulo_u64};

	if (lane > VECTOR_U64 || (op != EXPRESSION_DIVIDE && op != EXPRESSION_MODULO))
		return NULL;
	return op == EXPRESSION_DIVIDE ? divides[lane] : modulos[lane];
}
