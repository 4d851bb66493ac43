/* Columns that steps go by: `city, day desc nulls first`. */
#ifndef OPERATOR_KEYS_H
#define OPERATOR_KEYS_H

#include "operator.h"
#include "row_key.h"

/* As they are written. */
struct operator_key_list {
	struct operator_key {
		char *name;
		struct expression_place place;
		bool descending, nulls_first;
	} * keys;
	uint32_t count;
};

/* Appends names separated by commas, each with its direction where they are ordered. 0 or -errno
 * with error; the list is freed by its owner after either. */
int operator_keys_parse(struct expression_lexer *lexer, bool ordered,
			struct operator_key_list *list, struct table_error *error);
int operator_key_parse(struct expression_lexer *lexer, struct operator_key_list *list,
		       struct table_error *error);
void operator_keys_free(struct operator_key_list *list);
/* Their columns, in an array of the caller's. 0 or -errno with error. */
int operator_keys_bind(const struct operator_spec *spec, const struct table_schema *schema,
		       const struct operator_key_list *list, struct row_order **order,
		       struct table_error *error);

/* bound->schema becomes that of the input, with columns that hold values where plain says so. 0 or
 * -ENOMEM with error. */
int operator_schema_take(struct operator_bound *bound, const struct table_schema *input, bool plain,
			 struct table_error *error);
/* Adds a column that the step makes, of whose name there is none. 0 or -errno with error. */
int operator_schema_add(struct operator_bound *bound, const char *name,
			struct expression_place place, const struct table_kind *kind,
			struct table_error *error);

#endif
