/*
 * The composition language: a *.mr text is parsed, checked and expanded into a plan.
 *
 * docs/composition.md is the grammar. Pure: text in, plan or error out. The same text gives the
 * same plan on every node, so that a job travels as its text. Model: Dandelion's compositions.
 */
#ifndef COMPOSE_H
#define COMPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <millrace/limits.h>
#include <millrace/region.h>

struct compose_error {
	char file[256];
	uint32_t line;   /* from 1; 0 when the error is not at a place in the text */
	uint32_t column; /* from 1, bytes */
	char message[MR_ERROR_BYTES_MAX]; /* what was wrong */
	char hint[256];                   /* what to do; may be empty */
	/* The line of the text, tabs as they are; of a long line the part around the column. */
	char excerpt[256];
	uint32_t caret; /* from 1: where column is in excerpt */
};

/* "FILE:LINE:COLUMN: error: MESSAGE", the line, a caret under the column, "hint: HINT"; on lines of
 * their own, the last one without a newline. Any error fits COMPOSE_ERROR_TEXT_BYTES_MAX. */
#define COMPOSE_ERROR_TEXT_BYTES_MAX 2176
void compose_error_print(const struct compose_error *error, char *text, size_t text_bytes);

enum distribution {
	DIST_ALL,       /* one invocation with everything */
	DIST_EACH,      /* one per item */
	DIST_KEY,       /* one per partition, items grouped by key */
	DIST_BROADCAST, /* everything to each invocation of the others */
};

const char *distribution_name(enum distribution distribution);

struct plan_set {
	char name[MR_NAME_BYTES_MAX];
	bool optional; /* inputs: an invocation may run when it is empty */
};

struct plan_function {
	char name[MR_NAME_BYTES_MAX];
	struct plan_set in[MR_SETS_MAX];
	struct plan_set out[MR_SETS_MAX];
	uint32_t in_count;
	uint32_t out_count;
	uint64_t memory_bytes;     /* beside inputs */
	uint32_t memory_per_input; /* and this many thousandths of the inputs' bytes */
	uint32_t time_limit_ms;    /* of one invocation */
	uint32_t retries;          /* attempts after the first */
	uint64_t
	    output_bytes_max; /* of one invocation, all sets together; 0: what its memory holds */
	uint32_t output_items_max;
	/* Of an operator, in the form that host/operator takes as its code (docs/composition.md,
	 * Operators); NULL: the function has code of its own. */
	char *operator_text;
};

enum split_kind { SPLIT_NONE, SPLIT_LINE };

struct plan_split {
	enum split_kind kind;
	uint64_t bytes; /* aimed at; an item ends at the next line end. Never 0: a URI may say only
			 * that lines are split */
};

/* Order of a merged result: lines compared column by column (columns are separated by one space).
 */
struct plan_merge_key {
	uint32_t column; /* from 1 */
	bool number;     /* unsigned decimal; else bytes */
	bool descending;
};

enum vertex_kind { VERTEX_SOURCE, VERTEX_FUNCTION, VERTEX_SINK };

struct plan_vertex {
	enum vertex_kind kind;
	char name[MR_NAME_BYTES_MAX]; /* source, sink: the set of the composition; function: its
				       * path, "outer.inner" when nested, "count#2" the second time
				       */
	uint32_t function;            /* index into plan->functions */
	bool optional;                /* source: need not be given */
	struct plan_split split;      /* source: default, overridden by the URI */
	struct plan_merge_key merge[MR_MERGE_KEYS_MAX]; /* sink */
	uint32_t merge_count; /* sink: 0 means concatenation in the order of producers */
};

struct plan_edge {
	uint32_t from;     /* vertex */
	uint32_t from_set; /* output set of the function; 0 for a source */
	uint32_t to;
	uint32_t to_set; /* input set of the function; 0 for a sink */
	enum distribution
	    distribution; /* to a sink: always DIST_ALL; of a state: never DIST_EACH */
	bool state; /* what it brings was made in the epoch before; from may be any function */
};

/* Vertices are in topological order: sources first, sinks last, every edge but those of states goes
 * up. */
struct plan {
	char name[MR_NAME_BYTES_MAX];
	struct plan_function *functions;
	struct plan_vertex *vertices;
	struct plan_edge *edges; /* ordered by to, then to_set */
	uint32_t function_count;
	uint32_t vertex_count;
	uint32_t edge_count;
	uint32_t epochs; /* at most; 0: it runs once, and there is no state */
	bool until;      /* an epoch that leaves this output empty is the last: */
	uint32_t until_vertex;
	uint32_t until_set;
};

/*
 * Parses and checks text (bytes long, no terminating zero needed), and expands the composition
 * named composition, or with NULL the last one of the text. file is for error texts only. What
 * holds for a plan: every non-optional input is wired exactly once; names resolve; no cycle; a
 * function vertex has at most one `each` input and then only `broadcast` beside it; `key` inputs
 * only with `key` and `broadcast`; `all` only with `all`; not `broadcast` alone. 0 or -EINVAL with
 * *error; -ENOMEM.
 */
int compose_plan(const char *file, const char *text, size_t bytes, const char *composition,
		 struct plan **plan, struct compose_error *error);
/* Nulls *plan; *plan may be NULL. */
void plan_free(struct plan **plan);

/* A listing for people: each vertex with its attributes, and under it where its inputs come from.
 */
void plan_print(const struct plan *plan, FILE *out);

#endif
