/* What is in a table: `millrace table show`. */
#ifndef TABLE_SHOW_H
#define TABLE_SHOW_H

#include "table_file.h"

/* Reads all of it and prints its columns, for people or as JSON. 0 or -errno with error. */
int table_show(struct table_input *input, bool json, struct table_error *error);

#endif
