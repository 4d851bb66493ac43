/* Columns by name, and what was probably meant when there is none. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "expression.h"

#define SUGGEST_BYTES_MAX 32 /* of names compared: longer ones are not mistyped so */

/* Letters to add, leave out, change or swap with the next: restricted Damerau-Levenshtein. */
static uint32_t distance(const char *a, size_t m, const char *b, size_t n)
{
	uint32_t rows[3][SUGGEST_BYTES_MAX + 1];

	for (size_t j = 0; j <= n; j++)
		rows[0][j] = (uint32_t)j;
	for (size_t i = 1; i <= m; i++) {
		uint32_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *twice = rows[(i + 1) % 3];

		row[0] = (uint32_t)i;
		for (size_t j = 1; j <= n; j++) {
			uint32_t least = above[j - 1] + (a[i - 1] != b[j - 1]);

			if (above[j] + 1 < least)
				least = above[j] + 1;
			if (row[j - 1] + 1 < least)
				least = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    twice[j - 2] + 1 < least)
				least = twice[j - 2] + 1;
			row[j] = least;
		}
	}
	return rows[m % 3][n];
}

static const char *nearest(const struct table_schema *schema, const char *name, size_t bytes)
{
	const char *best = NULL;
	uint32_t least = bytes < 4 ? 2 : 3; /* what is as far is something else */

	if (bytes > SUGGEST_BYTES_MAX)
		return NULL;
	for (uint32_t i = 0; i < schema->count; i++) {
		const char *other = schema->fields[i].name;
		size_t n = strlen(other);
		uint32_t d;

		if (n > SUGGEST_BYTES_MAX)
			continue;
		d = distance(name, bytes, other, n);
		if (d < least) {
			least = d;
			best = other;
		}
	}
	return best;
}

/* "a, b, c and 12 more" */
static void columns_list(const struct table_schema *schema, char *text, size_t bytes)
{
	size_t used = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < schema->count; i++) {
		size_t need = strlen(schema->fields[i].name) + 24;

		if (used + need > bytes) {
			snprintf(text + used, bytes - used, " and %u more", schema->count - i);
			return;
		}
		used += (size_t)snprintf(text + used, bytes - used, "%s%s", i > 0 ? ", " : "",
					 schema->fields[i].name);
	}
}

int expression_column(const struct table_schema *schema, const struct expression_source *source,
		      struct expression_place place, const char *name, size_t bytes,
		      uint32_t *column, struct table_error *error)
{
	int64_t found = table_schema_find(schema, name, bytes);
	const char *meant;
	char list[240];

	if (found >= 0) {
		*column = (uint32_t)found;
		for (uint32_t i = *column + 1; i < schema->count; i++)
			if (strcmp(schema->fields[i].name, schema->fields[found].name) == 0)
				return expression_fail(source, place, error, -EINVAL,
						       "there are two columns \"%.*s\"",
						       bytes < 64 ? (int)bytes : 64, name);
		return 0;
	}
	meant = nearest(schema, name, bytes);
	if (meant != NULL)
		return expression_fail(source, place, error, -EINVAL,
				       "there is no column \"%.*s\": did you mean \"%s\"?",
				       (int)bytes, name, meant);
	columns_list(schema, list, sizeof(list));
	return expression_fail(source, place, error, -EINVAL,
			       "there is no column \"%.*s\": there are %s",
			       bytes < 64 ? (int)bytes : 64, name, list);
}
