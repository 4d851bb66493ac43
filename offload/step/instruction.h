/* What a program is made of. */
#ifndef INSTRUCTION_H
#define INSTRUCTION_H

#include "program.h"

struct instruction;

/* Computes out of a register's rows. 0, -ENOMEM, or another -errno when a row fails. */
typedef int instruction_run(struct instruction *instruction, uint32_t rows,
			    struct reference_scratch *scratch);

struct instruction {
	const struct expression *expression;
	instruction_run *run; /* NULL: a constant, or a column, which is loaded */
	const struct instruction *arguments[EXPRESSION_ARGUMENTS_MAX];
	vector_arithmetic *arithmetic;
	vector_comparison *comparison;
	bool swapped; /* comparison: of the second and the first */
	bool negated; /* comparison: and the contrary */
	struct vector out;
};

/* Sets how it is run, by its operation and lanes. Arguments are set. */
void instruction_choose(struct instruction *instruction);

/* What runs an operation of its own kind; NULL: none here. Of integers: / and %; of texts and
 * dates: tests and parts. */
instruction_run *instruction_division(enum expression_op op, enum vector_lane lane);
instruction_run *instruction_scan(const struct expression *expression);
/* Casts between common kinds; NULL: row by row. */
instruction_run *instruction_cast(const struct table_kind *from, const struct table_kind *to);
/* Rows that are null in an argument are in out; words of its own are used when there are several.
 */
void instruction_validity(struct instruction *instruction, uint32_t rows);

#endif
