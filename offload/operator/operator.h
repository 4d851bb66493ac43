/*
 * Operators: steps of a pipeline, parsed from text, bound to the schema of what they take.
 *
 *   select a > 3
 *   project revenue = price * (1 - discount), *
 *   aggregate n = count(), s = sum(revenue) by city, year(day)
 *
 * docs/operators.md defines what they do. Text becomes specs, a spec with the schemas of its inputs
 * becomes a bound operator (the same for every device), and a device opens a step of it. A new one
 * is a row in operator_kinds (kinds.c), in reference_openers and in step_openers. Pure.
 */
#ifndef OPERATOR_H
#define OPERATOR_H

#include "expression.h"
#include "expression_lexer.h"
#include "row_budget.h"

enum operator_id {
	OPERATOR_SELECT,
	OPERATOR_PROJECT,
	OPERATOR_AGGREGATE,
	OPERATOR_HASH,
	OPERATOR_PARTITION,
	OPERATOR_JOIN,
	OPERATOR_SORT,
	OPERATOR_MERGE,
	OPERATOR_TOPK,
	OPERATOR_DEDUP,
	OPERATOR_DICTIONARY,
	OPERATOR_CRC32C,
	OPERATOR_COMPRESS,
	OPERATOR_DECOMPRESS,
	OPERATOR_ENCRYPT,
	OPERATOR_DECRYPT,
	OPERATOR_MATCH,
	OPERATOR_TOKENISE,
	OPERATOR_JSON,
	OPERATOR_IDS,
};

/* ---- As text ---- */

struct operator_spec;
struct operator_bound;
struct operator_table;

/* What is known of an operator before any device: one row of operator_kinds each. */
struct operator_kind {
	enum operator_id id;
	const char *name;    /* the word a step begins with */
	const char *example; /* shown when it is not understood */
	/* Reads what follows the name up to the end of the step into spec->detail, of detail_bytes
	 * bytes that are 0. 0 or -errno with error; free is called after either. */
	size_t detail_bytes;
	int (*parse)(struct expression_lexer *lexer, void *detail, struct table_error *error);
	void (*free)(void *detail);
	/* Types it: fills bound->schema and bound->detail, of bound_bytes bytes that are 0. */
	size_t bound_bytes;
	int (*bind)(const struct operator_spec *spec, const struct table_schema *input,
		    const struct operator_table *tables, struct operator_bound *bound,
		    struct table_error *error);
	void (*unbind)(void *detail);
};

struct operator_spec {
	const struct operator_kind *kind;
	const struct expression_source *source; /* for errors while binding */
	struct expression_place place;          /* of its name */
	uint32_t number;                        /* of the step, from 1: for errors */
	void *detail;
};

/* Steps of a text, which is copied, and of which nothing else has to stay. */
struct operator_list {
	struct expression_source source;
	struct operator_spec *specs;
	uint32_t count;
	char *text, *name;
};
/* Steps are separated by line ends or semicolons; # begins a comment. name is a file's, or NULL. 0
 * or -errno with error; the caller frees the list after either. */
int operator_parse(const char *text, const char *name, struct operator_list *list,
		   struct table_error *error);
void operator_list_free(struct operator_list *list);

/* ---- Bound ---- */

/* A table beside the stream, such as `join orders` names; the last one has no name. */
struct operator_table {
	const char *name;
	const struct table_schema *schema;
};

/* An operator with the schema of what it gives. Those that take expressions as arguments get them
 * as columns, by a projection before them. */
struct operator_bound {
	const struct operator_kind *kind;
	const struct operator_spec *spec;
	struct table_schema schema;
	struct operator_bound *before; /* a projection, or NULL */
	const char *side;              /* the table that is its second input, or NULL */
	void *detail;                  /* struct operator_select, ... of operator_NAME.h */
};
/* Refers to spec. 0 or -errno with error; the caller frees it. */
int operator_bind(const struct operator_spec *spec, const struct table_schema *input,
		  const struct operator_table *tables, struct operator_bound **bound,
		  struct table_error *error);
void operator_bound_free(struct operator_bound **bound);
/* Finds the table a spec names, or says which there are. 0 or -EINVAL. */
int operator_table_find(const struct operator_spec *spec, struct expression_place place,
			const char *name, const struct operator_table *tables,
			const struct table_schema **schema, struct table_error *error);

/* ---- Running ---- */

/* Rows on their way: of a batch of at most MR_OPERATOR_ROWS_MAX rows, those that are selected. Lent
 * for the call: who keeps a row copies it (struct operator_store). */
struct operator_rows {
	const struct table_batch *batch;
	const uint32_t *selection; /* rising row numbers of the batch; NULL: all of it */
	uint32_t count;            /* of the selection, or batch->rows */
};
static inline uint64_t operator_row(const struct operator_rows *rows, uint32_t i)
{
	return rows->selection != NULL ? rows->selection[i] : i;
}

/* Bytes that steps name, such as keys: the last one has no name. */
struct operator_parameter {
	const char *name;
	const uint8_t *bytes;
	size_t count;
};

struct operator_context {
	struct row_budget *memory; /* what the steps of a pipeline may keep, all together */
	const struct operator_parameter *parameters; /* outlive the step; or NULL */
	/* Asked whenever rows are passed on: 0, or -errno with error, which ends the work. NULL: it
	 * goes on. */
	int (*going)(void *opaque, struct table_error *error);
	void *going_opaque;
};

struct operator_step;
struct operator_step_ops {
	/* Takes rows of side 0, the stream, or 1, the table beside it, which comes first and whole.
	 * Passes on what it makes of them by operator_emit(). 0 or -errno with error, after which
	 * the step can only be closed. */
	int (*push)(struct operator_step *step, uint32_t side, const struct operator_rows *rows,
		    struct table_error *error);
	/* No more rows of that side. At the end of side 0 it emits what it kept. */
	int (*end)(struct operator_step *step, uint32_t side, struct table_error *error);
	void (*close)(struct operator_step *step);
};

/* An opened operator: first in the struct of each kind of step. Not shared by threads. */
struct operator_step {
	const struct operator_step_ops *ops;
	const struct operator_bound *bound; /* outlives it */
	struct operator_context context;
	uint64_t rows_in;  /* of side 0, counted by operator_push(): errors name rows by it */
	uint64_t rows_out; /* counted by operator_emit() */
	int (*next)(void *opaque, const struct operator_rows *rows, struct table_error *error);
	void *opaque;
};
typedef int operator_opener(const struct operator_bound *bound,
			    const struct operator_context *context, struct operator_step **step,
			    struct table_error *error);

static inline int operator_push(struct operator_step *step, uint32_t side,
				const struct operator_rows *rows, struct table_error *error)
{
	int rc = step->ops->push(step, side, rows, error);

	step->rows_in += side == 0 ? rows->count : 0;
	return rc;
}
static inline int operator_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	return step->ops->end(step, side, error);
}
/* Rows with the schema step->bound->schema, to whoever comes next; none are not passed on. */
static inline int operator_emit(struct operator_step *step, const struct operator_rows *rows,
				struct table_error *error)
{
	const struct operator_context *context = &step->context;
	int rc = 0;

	step->rows_out += rows->count;
	if (context->going != NULL)
		rc = context->going(context->going_opaque, error);
	return rc == 0 && rows->count > 0 ? step->next(step->opaque, rows, error) : rc;
}
/* Emits a batch of any length, in pieces of MR_OPERATOR_ROWS_MAX rows. */
int operator_emit_batch(struct operator_step *step, const struct table_batch *batch,
			struct table_error *error);
/* Nulls *step, which may be NULL. */
void operator_close(struct operator_step **step);

/* An error of a step: "step 2, select, row 17: what". row is of the step's input, from 0;
 * UINT64_MAX: none. */
int operator_fail(const struct operator_bound *bound, uint64_t row, struct table_error *error,
		  int rc, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Counts bytes that a step keeps. 0, or -ENOMEM with error: it says the limit. */
int operator_memory_take(const struct operator_bound *bound, struct row_budget *memory,
			 uint64_t bytes, struct table_error *error);
void operator_memory_give(struct row_budget *memory, uint64_t bytes);

/* Columns of a batch from row first on, which is a multiple of 64: views, with nulls counted. */
void operator_slice(const struct table_batch *batch, uint64_t first, uint64_t rows,
		    struct table_batch *slice, struct table_column *columns);

#endif
