/* How instructions run: by kernels where there are any, by words, or row by row. */
#include "instruction.h"

#include <errno.h>
#include <string.h>

void instruction_validity(struct instruction *instruction, uint32_t rows)
{
	struct vector *out = &instruction->out;

	out->validity = NULL;
	for (uint32_t i = 0; i < instruction->expression->count; i++) {
		const uint64_t *other = instruction->arguments[i]->out.validity;

		if (other == NULL || other == out->validity)
			continue;
		if (out->validity == NULL) {
			out->validity = other;
			continue;
		}
		for (uint32_t w = 0; w * 64 < rows; w++)
			out->words[w] = out->validity[w] & other[w];
		out->validity = out->words;
	}
}

static enum vector_shape shape_of(const struct vector *a, const struct vector *b)
{
	return a->scalar ? VECTOR_SV : b->scalar ? VECTOR_VS : VECTOR_VV;
}

static int arithmetic_run(struct instruction *instruction, uint32_t rows,
			  struct reference_scratch *scratch)
{
	const struct vector *a = &instruction->arguments[0]->out,
			    *b = &instruction->arguments[1]->out;
	struct vector *out = &instruction->out;

	instruction_validity(instruction, rows);
	return instruction->arithmetic(out->room, a->values, b->values, shape_of(a, b), rows,
				       out->validity)
		   ? -ERANGE
		   : 0;
}

static int comparison_run(struct instruction *instruction, uint32_t rows,
			  struct reference_scratch *scratch)
{
	const struct vector *a = &instruction->arguments[instruction->swapped]->out;
	const struct vector *b = &instruction->arguments[!instruction->swapped]->out;
	uint64_t *bits = instruction->out.room;

	instruction_validity(instruction, rows);
	instruction->comparison(bits, a->values, b->values, shape_of(a, b), rows);
	for (uint32_t w = 0; instruction->negated && w * 64 < rows; w++)
		bits[w] = ~bits[w];
	return 0;
}

/* Kleene's: what is known decides, whatever the other is. */
static int kleene_run(struct instruction *instruction, uint32_t rows,
		      struct reference_scratch *scratch)
{
	const struct vector *a = &instruction->arguments[0]->out,
			    *b = &instruction->arguments[1]->out;
	uint64_t any = instruction->expression->op == EXPRESSION_OR ? UINT64_MAX : 0;
	const uint64_t *x = a->values, *y = b->values;
	struct vector *out = &instruction->out;
	uint64_t *bits = out->room;

	for (uint32_t w = 0; w * 64 < rows; w++) {
		uint64_t known_x = a->validity != NULL ? a->validity[w] : UINT64_MAX;
		uint64_t known_y = b->validity != NULL ? b->validity[w] : UINT64_MAX;
		uint64_t decides_x = known_x & ~(x[w] ^ any), decides_y = known_y & ~(y[w] ^ any);

		bits[w] = (decides_x | decides_y) ^ ~any;
		out->words[w] =
		    ((known_x & known_y) | decides_x | decides_y) & vector_mask(rows, w);
	}
	out->validity = a->validity == NULL && b->validity == NULL ? NULL : out->words;
	return 0;
}

static int not_run(struct instruction *instruction, uint32_t rows,
		   struct reference_scratch *scratch)
{
	const uint64_t *x = instruction->arguments[0]->out.values;
	uint64_t *bits = instruction->out.room;

	instruction_validity(instruction, rows);
	for (uint32_t w = 0; w * 64 < rows; w++)
		bits[w] = ~x[w];
	return 0;
}

static int is_null_run(struct instruction *instruction, uint32_t rows,
		       struct reference_scratch *scratch)
{
	const uint64_t *validity = instruction->arguments[0]->out.validity;
	uint64_t *bits = instruction->out.room;

	for (uint32_t w = 0; w * 64 < rows; w++)
		bits[w] = validity != NULL ? ~validity[w] : 0;
	instruction->out.validity = NULL;
	return 0;
}

/* Anything else, as the reference does it. */
static int rows_run(struct instruction *instruction, uint32_t rows,
		    struct reference_scratch *scratch)
{
	const struct expression *e = instruction->expression;
	struct vector *out = &instruction->out;
	bool nulls = false;

	memset(out->words, 0, (rows + 63) / 64 * 8);
	if (out->lane == VECTOR_BOOL)
		memset(out->room, 0, (rows + 63) / 64 * 8);
	for (uint32_t i = 0; i < rows; i++) {
		struct reference_value in[EXPRESSION_ARGUMENTS_MAX], value;
		int rc;

		for (uint32_t k = 0; k < e->count; k++)
			vector_get(&instruction->arguments[k]->out, &e->arguments[k]->kind, i,
				   &in[k]);
		rc = reference_apply(e, in, scratch, &value);
		if (rc < 0)
			return rc;
		nulls |= value.null;
		if (value.null) /* so that texts of nulls are texts, and numbers do not overflow */
			value = (struct reference_value){.null = true, .bytes = out->room};
		else
			out->words[i / 64] |= (uint64_t)1 << i % 64;
		vector_put(out, &e->kind, i, &value);
	}
	out->validity = nulls ? out->words : NULL;
	return 0;
}

static void choose_arithmetic(struct instruction *instruction)
{
	const struct arithmetic_kernels *kernels = CPU_PICK(arithmetic_kernels);
	enum vector_lane lane = instruction->out.lane;

	switch (instruction->expression->op) {
	case EXPRESSION_ADD:
		instruction->arithmetic = kernels->add[lane];
		break;
	case EXPRESSION_SUBTRACT:
		instruction->arithmetic = kernels->subtract[lane];
		break;
	case EXPRESSION_MULTIPLY:
		instruction->arithmetic = kernels->multiply[lane];
		break;
	case EXPRESSION_DIVIDE:
		instruction->arithmetic = kernels->divide[lane];
		break;
	default:
		break;
	}
	if (instruction->arithmetic != NULL)
		instruction->run = arithmetic_run;
	else if (instruction_division(instruction->expression->op, lane) != NULL)
		instruction->run = instruction_division(instruction->expression->op, lane);
}

/* Less and less or equal do for all: of the operands in the other order, and negated. */
static void choose_comparison(struct instruction *instruction)
{
	const struct compare_kernels *kernels = CPU_PICK(compare_kernels);
	const struct vector *operand = &instruction->arguments[0]->out;
	enum expression_op op = instruction->expression->op;
	bool equality = op == EXPRESSION_EQUAL || op == EXPRESSION_NOT_EQUAL;

	if (operand->lane >= VECTOR_FIXED)
		return;
	instruction->comparison = equality ? kernels->equal[operand->lane]
				  : op == EXPRESSION_LESS || op == EXPRESSION_GREATER
				      ? kernels->less[operand->lane]
				      : kernels->less_equal[operand->lane];
	instruction->swapped = op == EXPRESSION_GREATER || op == EXPRESSION_GREATER_EQUAL;
	instruction->negated = op == EXPRESSION_NOT_EQUAL;
	instruction->run = comparison_run;
}

void instruction_choose(struct instruction *instruction)
{
	const struct expression *e = instruction->expression;
	instruction_run *cast, *scan = e->count > 0 ? instruction_scan(e) : NULL;

	instruction->run = scan != NULL ? scan : rows_run;
	switch (e->op) {
	case EXPRESSION_AND:
	case EXPRESSION_OR:
		instruction->run = kleene_run;
		break;
	case EXPRESSION_NOT:
		instruction->run = not_run;
		break;
	case EXPRESSION_IS_NULL:
		instruction->run = is_null_run;
		break;
	case EXPRESSION_CAST:
		cast = instruction_cast(&e->arguments[0]->kind, &e->kind);
		instruction->run = cast != NULL ? cast : rows_run;
		break;
	default:
		if (e->op <= EXPRESSION_MODULO)
			choose_arithmetic(instruction);
		else if (e->op >= EXPRESSION_EQUAL && e->op <= EXPRESSION_GREATER_EQUAL)
			choose_comparison(instruction);
	}
}
