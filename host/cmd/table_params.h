/* Parameters of steps, such as keys: each is what a file holds. */
#ifndef TABLE_PARAMS_H
#define TABLE_PARAMS_H

#include "operator.h"

struct table_params {
	struct operator_parameter *list; /* ends without a name; NULL when there are none */
	char *text;                      /* names */
};

/* Reads "NAME=FILE,...", which may be NULL. 0 or -errno with error; free it after either. */
int table_params_read(const char *given, struct table_params *params, struct table_error *error);
/* Wipes them. */
void table_params_free(struct table_params *params);

#endif
