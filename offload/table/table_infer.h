/*
 * Kinds of columns from what their first values look like, and from what the user says they are.
 *
 * A column is of the first of these kinds that all its values in the sample are: bool, int64,
 * uint64, float64, date32, timestamp[us], timestamp[ns], both again in UTC, utf8. A number that
 * begins with a zero or a plus is none (it is a code), and a column without values is utf8.
 */
#ifndef TABLE_INFER_H
#define TABLE_INFER_H

#include "table_stream.h"

/* What a value is by its syntax: CSV does not tell. */
enum table_token { TABLE_TOKEN_ANY, TABLE_TOKEN_BOOL, TABLE_TOKEN_NUMBER, TABLE_TOKEN_STRING };

/* The kinds a column may still be; starts as TABLE_GUESS_ALL. */
typedef uint32_t table_guess;
#define TABLE_GUESS_ALL UINT32_MAX

/* Takes off what a value, which is not null, is none of. */
void table_guess_value(table_guess *guess, enum table_token token, const char *text, size_t bytes);
void table_guess_kind(table_guess guess, struct table_kind *kind);

/* Columns and kinds as users give them: "id:int64,price:decimal128(9, 2)"; a name may hold no
 * colon, and blanks around it are none of it. The caller frees the schema, also after -EINVAL,
 * which error explains. */
int table_given_parse(const char *text, struct table_schema *given, struct table_error *error);

#endif
