/*
 * Expressions as a list of instructions over registers: each part that is the same in several is
 * computed once, parts without columns when it opens. A register has MR_OPERATOR_ROWS_MAX values.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "vector.h"

struct program;

/* Of bound expressions, which outlive it. 0 or -ENOMEM. */
int program_open(const struct expression *const *expressions, uint32_t count,
		 struct program **program);
void program_close(struct program **program);
/* Bytes of its registers: for operator_memory_take(). */
uint64_t program_bytes(const struct program *program);
/* Computes all. 0, -ENOMEM, or another -errno when a row fails; which one, program_locate() says.
 */
int program_run(struct program *program, const struct operator_rows *rows);
/* The value of an expression in the rows it ran over, until it runs again. */
const struct vector *program_result(const struct program *program, uint32_t expression);
/* Writes the error of the first row that fails, row by row as the reference does. Returns rc. */
int program_locate(struct program *program, const struct operator_step *step,
		   const struct operator_rows *rows, int rc, struct table_error *error);

#endif
