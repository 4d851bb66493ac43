/* Kinds of columns, guessed or given. */
#include "table_infer.h"

#include <errno.h>
#include <string.h>

#include "table_text.h"

static const struct {
	struct table_kind kind;
	uint8_t tokens; /* bit of each enum table_token it may be */
} candidates[] = {
#define ANY (1 << TABLE_TOKEN_ANY)
    {{.type = TABLE_BOOL}, ANY | 1 << TABLE_TOKEN_BOOL},
    {{.type = TABLE_INT64}, ANY | 1 << TABLE_TOKEN_NUMBER},
    {{.type = TABLE_UINT64}, ANY | 1 << TABLE_TOKEN_NUMBER},
    {{.type = TABLE_FLOAT64}, ANY | 1 << TABLE_TOKEN_NUMBER},
    {{.type = TABLE_DATE32}, ANY | 1 << TABLE_TOKEN_STRING},
    {{.type = TABLE_TIMESTAMP, .unit = TABLE_MICROSECOND}, ANY | 1 << TABLE_TOKEN_STRING},
    {{.type = TABLE_TIMESTAMP, .unit = TABLE_NANOSECOND}, ANY | 1 << TABLE_TOKEN_STRING},
    {{.type = TABLE_TIMESTAMP, .unit = TABLE_MICROSECOND, .zone = "UTC"},
     ANY | 1 << TABLE_TOKEN_STRING},
    {{.type = TABLE_TIMESTAMP, .unit = TABLE_NANOSECOND, .zone = "UTC"},
     ANY | 1 << TABLE_TOKEN_STRING},
#undef ANY
};
#define CANDIDATES (sizeof(candidates) / sizeof(candidates[0]))

/* "007" and "+41": codes and telephone numbers, which would not be what they were. */
static bool is_code(const char *text, size_t bytes)
{
	size_t sign = bytes > 0 && text[0] == '-';

	return bytes > 0 && (text[0] == '+' || (bytes > sign + 1 && text[sign] == '0' &&
						text[sign + 1] >= '0' && text[sign + 1] <= '9'));
}

static bool is_candidate(size_t i, enum table_token token, const char *text, size_t bytes)
{
	const struct table_kind *kind = &candidates[i].kind;
	uint64_t value;

	if ((candidates[i].tokens >> token & 1) == 0)
		return false;
	if (kind->type <= TABLE_FLOAT64 && kind->type != TABLE_BOOL && is_code(text, bytes))
		return false;
	return table_text_parse(kind, text, bytes, &value) == 0;
}

void table_guess_value(table_guess *guess, enum table_token token, const char *text, size_t bytes)
{
	if (*guess == TABLE_GUESS_ALL)
		*guess = (1u << CANDIDATES) - 1;
	for (size_t i = 0; i < CANDIDATES; i++)
		if (*guess >> i & 1 && !is_candidate(i, token, text, bytes))
			*guess &= ~(1u << i);
}

void table_guess_kind(table_guess guess, struct table_kind *kind)
{
	*kind = (struct table_kind){.type = TABLE_UTF8};
	if (guess != TABLE_GUESS_ALL && guess != 0)
		*kind = candidates[__builtin_ctz(guess)].kind;
}

/* Up to a comma that is in no brackets. */
static size_t item_bytes(const char *text)
{
	size_t i;
	int depth = 0;

	for (i = 0; text[i] != '\0' && (depth > 0 || text[i] != ','); i++)
		depth += (text[i] == '[' || text[i] == '(') - (text[i] == ']' || text[i] == ')');
	return i;
}

int table_given_parse(const char *text, struct table_schema *given, struct table_error *error)
{
	for (;;) {
		struct table_kind kind;
		size_t bytes, whole;
		const char *colon;
		int rc;

		text += strspn(text, " \t");
		bytes = whole = item_bytes(text);
		while (bytes > 0 && (text[bytes - 1] == ' ' || text[bytes - 1] == '\t'))
			bytes--;
		colon = memchr(text, ':', bytes);
		if (colon == NULL || colon == text ||
		    table_kind_parse(colon + 1, (size_t)(text + bytes - colon - 1), &kind) < 0)
			return table_fail(
			    error, -EINVAL,
			    "\"%.*s\" is not allowed: NAME:TYPE is needed, of bool, int8 to int64, "
			    "uint8 to uint64, float32, float64, date32, timestamp[UNIT] or "
			    "timestamp[UNIT, ZONE] (UNIT is s, ms, us or ns), "
			    "decimal128(PRECISION, SCALE), utf8 and binary",
			    (int)bytes, text);
		if (table_schema_find(given, text, (size_t)(colon - text)) >= 0)
			return table_fail(error, -EINVAL, "\"%.*s\": this column was given already",
					  (int)(colon - text), text);
		rc = table_schema_add(given, text, (size_t)(colon - text), &kind);
		if (rc < 0)
			return table_fail(error, rc, "%s", strerror(-rc));
		if (text[whole] == '\0')
			return 0;
		text += whole + 1;
	}
}
