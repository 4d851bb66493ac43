/* Random expressions and steps over a schema, as text: mostly such that types fit. */
#ifndef RANDOM_STEPS_H
#define RANDOM_STEPS_H

#include "random_table.h"

struct random_text {
	char text[8192];
	size_t bytes;
};

enum random_class { CLASS_NUMBER, CLASS_BOOL, CLASS_TEXT, CLASS_TIME, CLASS_ANY };

void random_expression(struct random *random, const struct table_schema *schema,
		       enum random_class class, uint32_t depth, struct random_text *out);
/* One to three steps of select, project and aggregate without keys. */
void random_steps(struct random *random, const struct table_schema *schema,
		  struct random_text *out);

#endif
