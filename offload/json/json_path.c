/* Paths: $.name['any name'][3]. */
#include "json_path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What is left of a path; its characters are also where keys stay. */
struct cursor {
	char *at, *end;
};

static bool is_name(char c)
{
	return c == '_' || c == '-' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || (c & 0x80) != 0;
}

static bool name_take(struct cursor *cursor, struct json_step *step)
{
	step->key = cursor->at;
	while (cursor->at < cursor->end && is_name(*cursor->at))
		cursor->at++;
	step->bytes = (size_t)(cursor->at - step->key);
	return step->bytes > 0;
}

/* Behind the bracket: a quoted name, of one kind of quotes. */
static bool quoted_take(struct cursor *cursor, struct json_step *step)
{
	char quote = *cursor->at++;
	char *end = memchr(cursor->at, quote, (size_t)(cursor->end - cursor->at));

	if (end == NULL || end + 1 == cursor->end || end[1] != ']')
		return false;
	*step = (struct json_step){cursor->at, (size_t)(end - cursor->at)};
	cursor->at = end + 2;
	return true;
}

static bool index_take(struct cursor *cursor, struct json_step *step)
{
	char *first = cursor->at;
	uint64_t index = 0;

	for (; cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9'; cursor->at++)
		index = index > UINT32_MAX ? index : 10 * index + (uint64_t)(*cursor->at - '0');
	if (cursor->at == first || cursor->at == cursor->end || *cursor->at != ']' ||
	    index > UINT32_MAX)
		return false;
	cursor->at++;
	*step = (struct json_step){NULL, index};
	return true;
}

static bool step_take(struct cursor *cursor, struct json_step *step)
{
	char sign = *cursor->at++;

	if (cursor->at == cursor->end)
		return false;
	if (sign == '.')
		return name_take(cursor, step);
	if (sign != '[')
		return false;
	return *cursor->at == '\'' || *cursor->at == '"' ? quoted_take(cursor, step)
							 : index_take(cursor, step);
}

static int path_read(struct json_path *path, size_t bytes, struct table_error *error)
{
	struct cursor cursor = {path->text + bytes + 1, path->text + 2 * bytes + 1};

	if (bytes == 0 || *cursor.at++ != '$')
		return table_fail(error, -EINVAL, "path '%s': it begins with $, as in $.name[0]",
				  path->text);
	while (cursor.at < cursor.end) {
		char *from = cursor.at;

		if (path->count == MR_JSON_STEPS_MAX)
			return table_fail(error, -EINVAL, "path '%s' has more than %d steps",
					  path->text, MR_JSON_STEPS_MAX);
		if (!step_take(&cursor, &path->steps[path->count++]))
			return table_fail(error, -EINVAL,
					  "path '%s', character %zu: a step is .name, ['any name'] "
					  "or [index]",
					  path->text,
					  (size_t)(from - (path->text + bytes + 1)) + 1);
	}
	return 0;
}

int json_path_parse(const char *text, size_t bytes, struct json_path **path,
		    struct table_error *error)
{
	struct json_path *p = calloc(1, sizeof(*p));
	int rc;

	*path = p;
	if (p != NULL)
		p->text = malloc(2 * bytes + 2);
	if (p == NULL || p->text == NULL) {
		json_path_free(path);
		return table_fail(error, -ENOMEM, "no memory");
	}
	memcpy(p->text, text, bytes);
	memcpy(p->text + bytes + 1, text, bytes);
	p->text[bytes] = p->text[2 * bytes + 1] = '\0';
	rc = path_read(p, bytes, error);
	if (rc < 0)
		json_path_free(path);
	return rc;
}

void json_path_free(struct json_path **path)
{
	if (*path != NULL)
		free((*path)->text);
	free(*path);
	*path = NULL;
}
