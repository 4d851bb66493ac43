/* `project NAME = EXPRESSION, COLUMN, *`: other columns, in that order. */
#ifndef OPERATOR_PROJECT_H
#define OPERATOR_PROJECT_H

#include "operator.h"

struct operator_project {
	struct expression **expressions; /* one for each field of the schema */
	uint32_t count;
};

extern const struct operator_kind operator_project_kind;

/* A projection of bound expressions, of which it takes ownership, for what takes columns. names are
 * copied. 0 or -errno. */
int operator_project_make(const struct operator_spec *spec, const struct table_schema *input,
			  struct expression **expressions, const char *const *names, uint32_t count,
			  struct operator_bound **bound);

#endif
