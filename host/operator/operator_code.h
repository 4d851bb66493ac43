/*
 * The code of an operator: what its block in a composition said, as host/compose wrote it down.
 *
 *   in orders csv id:int64, price:decimal128(9, 2)
 *   in customers arrow
 *   out totals arrow
 *   steps
 *   join customers on customer = id
 *   ...
 */
#ifndef OPERATOR_CODE_H
#define OPERATOR_CODE_H

#include "operator.h"
#include "sandbox.h"

enum operator_format {
	OPERATOR_ARROW,
	OPERATOR_CSV,
	OPERATOR_TSV,
	OPERATOR_JSONL,
	OPERATOR_BYTES, /* no table: a row for each item; written, the values of one column */
};

struct operator_set {
	char name[MR_NAME_BYTES_MAX];
	enum operator_format format;
	struct table_schema columns; /* inputs of text: none are given where there are none */
};

struct operator_code {
	struct sandbox_code base;
	struct operator_set in[MR_SETS_MAX]; /* the first is the stream */
	uint32_t in_count;
	struct operator_set out;
	struct operator_list steps;
};

/* 0; -EINVAL with what is wrong in error; -ENOMEM. */
int operator_code_parse(const char *text, size_t bytes, struct operator_code **code,
			struct table_error *error);
/* Nulls *code, which may be NULL. */
void operator_code_free(struct operator_code **code);

#endif
