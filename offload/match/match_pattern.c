/* What patterns may hold, so that they mean the same whoever matches. */
#include <errno.h>
#include <string.h>

#include "match_ways.h"

struct pattern {
	const char *text;
	size_t bytes, at;
	struct table_error *error;
};

static int refuse(const struct pattern *p, const char *what)
{
	return table_fail(p->error, -EINVAL, "pattern '%.*s', character %zu: %s", (int)p->bytes,
			  p->text, p->at + 1, what);
}

static bool next_is(const struct pattern *p, size_t ahead, const char *any)
{
	char c = p->at + ahead < p->bytes ? p->text[p->at + ahead] : '\0';

	return c != '\0' && strchr(any, c) != NULL;
}

/* At the backslash; goes past what it stands before. */
static int escape_check(struct pattern *p)
{
	char c = p->at + 1 < p->bytes ? p->text[p->at + 1] : '\0';
	bool named = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

	if (c == '\0')
		return refuse(p, "nothing follows the backslash");
	if (c >= '0' && c <= '9')
		return refuse(p, "backreferences are not matched; write \\x00 for characters");
	if (named && strchr("dDwWsSbBAzZnrtfaex", c) == NULL)
		return refuse(p, "this escape is none of \\d \\w \\s \\b \\A \\z \\n \\r \\t \\f "
				 "\\a \\e \\xHH");
	p->at += 2;
	return 0;
}

/* At the bracket of [:alpha:], within a class; goes past the next that closes one. */
static int named_class_check(struct pattern *p)
{
	const char *from = p->text + p->at, *end = memchr(from, ']', p->bytes - p->at);

	if (end == NULL)
		return refuse(p, "the class does not end");
	p->at += (size_t)(end - from) + 1;
	return 0;
}

/* At the bracket; goes past the class. */
static int class_check(struct pattern *p)
{
	size_t begin = p->at;

	p->at += next_is(p, 1, "^") ? 2 : 1;
	p->at += next_is(p, 0, "]"); /* first, it is a character */
	while (p->at < p->bytes && p->text[p->at] != ']') {
		int rc = 0;

		if (p->text[p->at] == '\\')
			rc = escape_check(p);
		else if (next_is(p, 0, "[") && next_is(p, 1, ":.="))
			rc = named_class_check(p);
		else
			p->at++;
		if (rc < 0)
			return rc;
	}
	if (p->at < p->bytes) {
		p->at++;
		return 0;
	}
	p->at = begin;
	return refuse(p, "the class does not end");
}

/* At the parenthesis; goes past what it begins with. */
static int group_check(struct pattern *p)
{
	size_t begin = p->at++;

	if (next_is(p, 0, "*")) {
		p->at = begin;
		return refuse(p, "verbs like (*...) are not matched");
	}
	if (!next_is(p, 0, "?"))
		return 0;
	for (p->at++; next_is(p, 0, "ims-"); p->at++)
		;
	if (next_is(p, 0, ":)"))
		return 0;
	p->at = begin;
	return refuse(p, "of (?...), only (?:...), (?i), (?s) and (?m) are matched");
}

/* At a quantifier; goes past it. */
static int repeat_check(struct pattern *p)
{
	if (next_is(p, 0, "{") && !next_is(p, 1, "0123456789")) {
		p->at++; /* a character */
		return 0;
	}
	while (next_is(p, 0, "{0123456789,"))
		p->at++;
	p->at++;
	if (next_is(p, 0, "+"))
		return refuse(p, "possessive quantifiers are not matched");
	p->at += next_is(p, 0, "?");
	return 0;
}

int match_pattern_check(const struct match_pattern *pattern, struct table_error *error)
{
	struct pattern p = {pattern->text, pattern->bytes, 0, error};
	int rc = memchr(p.text, '\0', p.bytes) != NULL ? refuse(&p, "it holds a zero byte") : 0;

	while (rc == 0 && p.at < p.bytes) {
		switch (p.text[p.at]) {
		case '\\':
			rc = escape_check(&p);
			break;
		case '[':
			rc = class_check(&p);
			break;
		case '(':
			rc = group_check(&p);
			break;
		case '*':
		case '+':
		case '?':
		case '{':
			rc = repeat_check(&p);
			break;
		default:
			p.at++;
		}
	}
	return rc;
}
