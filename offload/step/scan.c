/* Tests of texts, and parts of dates, a register at a time: none of these can fail. */
#include <string.h>

#include "instruction.h"
#include "reference_parts.h"

static const struct vector_text *text_at(const struct vector *v, uint32_t row)
{
	return (const struct vector_text *)v->values + (v->scalar ? 0 : row);
}

static struct reference_value value_of(const struct vector_text *text)
{
	return (struct reference_value){.bytes = text->bytes, .count = text->count};
}

static bool text_equal(const struct table_kind *kind, const struct vector_text *a,
		       const struct vector_text *b)
{
	return a->count == b->count && (a->count == 0 || memcmp(a->bytes, b->bytes, a->count) == 0);
}

static bool text_begins(const struct table_kind *kind, const struct vector_text *a,
			const struct vector_text *b)
{
	return a->count >= b->count && (b->count == 0 || memcmp(a->bytes, b->bytes, b->count) == 0);
}

static bool text_like(const struct table_kind *kind, const struct vector_text *a,
		      const struct vector_text *b)
{
	const struct reference_value text = value_of(a), pattern = value_of(b);

	return reference_like(kind->type, &text, &pattern);
}

/* A bit for each row that is not null. */
static inline void texts_test(struct instruction *instruction, uint32_t rows,
			      bool (*test)(const struct table_kind *, const struct vector_text *,
					   const struct vector_text *))
{
	const struct table_kind *kind = &instruction->expression->arguments[0]->kind;
	const struct vector *a = &instruction->arguments[0]->out,
			    *b = &instruction->arguments[1]->out;
	uint64_t *bits = instruction->out.room;

	instruction_validity(instruction, rows);
	memset(bits, 0, (rows + 63) / 64 * 8);
	for (uint32_t i = 0; i < rows; i++)
		if (!vector_is_null(&instruction->out, i))
			bits[i / 64] |= (uint64_t)test(kind, text_at(a, i), text_at(b, i))
					<< i % 64;
}

static int equal_run(struct instruction *instruction, uint32_t rows,
		     struct reference_scratch *scratch)
{
	uint64_t *bits = instruction->out.room;

	texts_test(instruction, rows, text_equal);
	if (instruction->expression->op == EXPRESSION_NOT_EQUAL)
		for (uint32_t w = 0; w * 64 < rows; w++)
			bits[w] = ~bits[w];
	return 0;
}

static int begins_run(struct instruction *instruction, uint32_t rows,
		      struct reference_scratch *scratch)
{
	texts_test(instruction, rows, text_begins);
	return 0;
}

static int like_run(struct instruction *instruction, uint32_t rows,
		    struct reference_scratch *scratch)
{
	texts_test(instruction, rows, text_like);
	return 0;
}

static int length_run(struct instruction *instruction, uint32_t rows,
		      struct reference_scratch *scratch)
{
	enum table_type type = instruction->expression->arguments[0]->kind.type;
	const struct vector *a = &instruction->arguments[0]->out;
	int32_t *to = instruction->out.room;

	instruction_validity(instruction, rows);
	for (uint32_t i = 0; i < rows; i++) {
		const struct reference_value text = value_of(text_at(a, i));

		to[i] = (int32_t)reference_length(type, &text);
	}
	return 0;
}

/* Of dates, and of times that are no seconds: their years fit. */
static int date_run(struct instruction *instruction, uint32_t rows,
		    struct reference_scratch *scratch)
{
	const struct expression *e = instruction->expression;
	const struct table_kind *kind = &e->arguments[0]->kind;
	const void *values = instruction->arguments[0]->out.values;
	int32_t *to = instruction->out.room;

	instruction_validity(instruction, rows);
	for (uint32_t i = 0; i < rows; i++) {
		int64_t value = kind->type == TABLE_DATE32 ? ((const int32_t *)values)[i]
							   : ((const int64_t *)values)[i];
		struct reference_date date = reference_date_of(reference_days(kind, value));

		to[i] = e->op == EXPRESSION_YEAR    ? (int32_t)date.year
			: e->op == EXPRESSION_MONTH ? date.month
						    : date.day;
	}
	return 0;
}

instruction_run *instruction_scan(const struct expression *e)
{
	const struct table_kind *kind = &e->arguments[0]->kind;

	switch (e->op) {
	case EXPRESSION_EQUAL:
	case EXPRESSION_NOT_EQUAL:
		return table_type_is_text(kind->type) ? equal_run : NULL;
	case EXPRESSION_STARTS_WITH:
		return begins_run;
	case EXPRESSION_LIKE:
		return like_run;
	case EXPRESSION_LENGTH:
		return length_run;
	case EXPRESSION_YEAR:
	case EXPRESSION_MONTH:
	case EXPRESSION_DAY:
		return kind->type == TABLE_TIMESTAMP && kind->unit == TABLE_SECOND ? NULL
										   : date_run;
	default:
		return NULL;
	}
}
