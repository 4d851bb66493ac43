/*
 * The parsed text: flat arrays, in the order of the text. What belongs to one definition or call is
 * a range in the array of its kind (first, count). The parser writes the upper part of each struct,
 * the checker the part below "checked".
 */
#ifndef COMPOSE_AST_H
#define COMPOSE_AST_H

#include "script.h"

#define AST_NONE UINT32_MAX

enum definition_kind { DEFINITION_FUNCTION, DEFINITION_COMPOSITION };

/* Where an attribute was given; 0 bytes: not given. */
struct ast_attributes {
	struct span memory;
	struct span time;
	struct span retries;
	struct span output;
	struct span items;
};

struct ast_definition {
	enum definition_kind kind;
	struct span name;
	uint32_t set_first;
	uint32_t set_count;
	uint32_t in_count;
	uint32_t out_count;
	/* Functions. */
	struct ast_attributes given;
	uint64_t memory_bytes;
	uint32_t memory_per_input; /* thousandths */
	uint32_t time_limit_ms;
	uint32_t retries;
	uint64_t output_bytes_max; /* 0: what its memory holds */
	uint32_t output_items_max;
	/* Operators: functions whose steps are in the text. */
	bool is_operator;
	struct span steps_given;
	struct span steps; /* between its braces */
	/* Compositions. */
	uint32_t call_first;
	uint32_t call_count;
	uint32_t link_count; /* of all its calls */
	uint32_t state_first;
	uint32_t state_count;
	struct span epochs_given; /* 0 bytes: it runs once */
	uint32_t epochs;
	struct span until; /* 0 bytes: as often as that */
	/* Checked. */
	uint32_t wire_first; /* the declared sets, in their order, then the others */
	uint32_t wire_count;
	uint32_t height; /* compositions: 1, or more when it calls others; 0 while unknown */
	bool visiting;   /* on the path that is being searched for a recursion */
	uint32_t until_wire;
};

/* A declared set. */
struct ast_set {
	struct span name;
	bool output;
	uint32_t port; /* index among the inputs, or the outputs, of its definition */
	bool optional;
	bool split_given;
	struct plan_split split;
	uint32_t key_first; /* of merge */
	uint32_t key_count;
	struct span format;  /* operators: what follows `as`; 0 bytes: arrow */
	struct span columns; /* operators: between its parentheses */
};

/* "state NAME = SET". */
struct ast_state {
	struct span name;
	struct span set;
	/* Checked. */
	uint32_t wire; /* that set's, index among the composition's wires */
};

struct ast_call {
	struct span callee;
	struct span label; /* the callee's name when there is none */
	bool labelled;
	uint32_t in_first; /* links */
	uint32_t in_count;
	uint32_t out_first; /* links */
	uint32_t out_count;
	/* Checked. */
	uint32_t definition;
	uint32_t ordinal; /* of the unlabelled calls of the same callee, from 1 */
	bool ordered;
};

/* "input = DIST set" or "output = set" of a call. */
struct ast_link {
	struct span name;         /* of the callee's set */
	struct span set;          /* of the composition's */
	struct span distribution; /* 0 bytes: not given */
	enum distribution kind;
	/* Checked. */
	uint32_t port; /* index among the callee's inputs, or outputs */
	uint32_t wire; /* index among the composition's wires */
};

/* A set inside a composition. */
struct ast_wire {
	struct span name;
	uint32_t producer; /* index into calls; AST_NONE for an input, or while unknown */
	bool input;        /* nothing here produces it: declared with 'in', or a state */
	bool state;
	bool used;
};

struct ast {
	struct ast_definition *definitions;
	struct ast_set *sets;
	struct ast_call *calls;
	struct ast_link *links;
	struct ast_state *states;
	struct plan_merge_key *keys;
	struct ast_wire *wires;
	uint32_t *order; /* calls in the order of the data, one range per composition as in calls */
	uint32_t definition_count;
	uint32_t set_count;
	uint32_t call_count;
	uint32_t link_count;
	uint32_t state_count;
	uint32_t key_count;
	uint32_t wire_count;
};

/* Room for one more element: the array, perhaps moved; NULL without memory (array stays). */
void *ast_grow(void *array, uint32_t count, size_t element_bytes);
/* Room for one more, zeroed, which is counted; NULL without memory. */
#define AST_ADD(array, count)                                                             \
	({                                                                                \
		void *grown_ = ast_grow((array), (count), sizeof(*(array)));              \
		if (grown_ != NULL)                                                       \
			(array) = grown_;                                                 \
		grown_ != NULL ? memset(&(array)[(count)++], 0, sizeof(*(array))) : NULL; \
	})

/* 0, -EINVAL with the script's error, or -ENOMEM. What was parsed is freed by ast_free() anyway. */
int ast_parse(struct ast *ast, const struct script *script);
void ast_free(struct ast *ast);

/* Resolves names and checks each definition; 0, -EINVAL or -ENOMEM. */
int ast_check(struct ast *ast, const struct script *script);
/* Parts of it (repeat.c): states are wires; then, what they and `until` name is made by calls. */
int ast_declare_states(struct ast *ast, const struct script *script,
		       struct ast_definition *composition);
int ast_check_repeat(struct ast *ast, const struct script *script,
		     struct ast_definition *composition);
/* No other name of the composition's sets; and a set that nothing produces. Both -EINVAL. */
int ast_refuse_twice(const struct script *script, struct span name, struct span first);
int ast_refuse_unproduced(const struct ast *ast, const struct script *script,
			  const struct ast_definition *composition, struct span name);
/* A new wire of the composition; NULL without memory. */
struct ast_wire *ast_add_wire(struct ast *ast, struct ast_definition *composition,
			      struct span name);
/* Parts of it (order.c): sorts the calls of a composition by the data, or shows the circle. */
int ast_order_calls(struct ast *ast, const struct script *script,
		    struct ast_definition *definition);
/* No composition calls itself, even by way of others, nor nests too deep. */
int ast_check_nesting(struct ast *ast, const struct script *script);

/* AST_NONE when there is none. */
uint32_t ast_find_definition(const struct ast *ast, const struct script *script, struct span name);
/* The wire of that name among the composition's; AST_NONE when there is none. */
uint32_t ast_find_wire(const struct ast *ast, const struct script *script,
		       const struct ast_definition *composition, struct span name);
/* The declared set at port among the inputs or the outputs. */
const struct ast_set *ast_set_at(const struct ast *ast, const struct ast_definition *definition,
				 bool output, uint32_t port);

/* The code of an operator (operator.c), which the caller frees; NULL without memory. */
char *operator_text_make(const struct ast *ast, const struct script *script,
			 const struct ast_definition *definition);

/* Expands a checked composition into a plan (plan.c); 0, -EINVAL or -ENOMEM. */
int plan_expand(const struct ast *ast, const struct script *script, uint32_t composition,
		struct plan **plan);

#endif
