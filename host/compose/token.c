/* Words of the composition language, cut out of the text. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "token.h"

/* The C library's depend on the locale. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name(char c)
{
	return is_name_start(c) || is_digit(c);
}

/* The byte at a place; 0 past the end, which no word contains. */
static char byte_at(const struct script *script, uint32_t at)
{
	return at < script->bytes ? script->text[at] : '\0';
}

static bool is_line_end(const struct script *script, uint32_t at)
{
	char c = byte_at(script, at);

	return c == '\n' || (c == '\r' && byte_at(script, at + 1) == '\n');
}

static uint32_t blanks_skip(const struct script *script, uint32_t at)
{
	while (byte_at(script, at) == ' ' || byte_at(script, at) == '\t')
		at++;
	if (byte_at(script, at) == '#')
		while (at < script->bytes && script->text[at] != '\0' && !is_line_end(script, at))
			at++;
	return at;
}

static int name_cut(const struct script *script, struct token *token)
{
	struct span *span = &token->span;

	while (is_name(byte_at(script, span->at + span->bytes)))
		span->bytes++;
	token->kind = TOKEN_NAME;
	if (span->bytes < MR_NAME_BYTES_MAX)
		return 0;
	script_error(script, span->at, "the name '%.16s...' has %u bytes", script->text + span->at,
		     span->bytes);
	return script_hint(script, "a name has at most %u", MR_NAME_BYTES_MAX - 1);
}

static int number_cut(const struct script *script, struct token *token)
{
	struct span *span = &token->span;

	while (is_digit(byte_at(script, span->at + span->bytes)))
		span->bytes++;
	token->kind = TOKEN_NUMBER;
	if (byte_at(script, span->at + span->bytes) != '.')
		return 0;
	span->bytes++;
	if (!is_digit(byte_at(script, span->at + span->bytes)))
		return script_error(script, span->at + span->bytes,
				    "a digit must follow the '.' of a number");
	while (is_digit(byte_at(script, span->at + span->bytes)))
		span->bytes++;
	return 0;
}

/* What no word begins with. */
static int byte_refuse(const struct script *script, uint32_t at)
{
	unsigned char c = (unsigned char)script->text[at];

	if (c == '-') {
		script_error(script, at, "'-' stands alone");
		return script_hint(script,
				   "an arrow is '->'; names are of letters, digits and '_'");
	}
	if (c > ' ' && c <= '~')
		return script_error(script, at, "unexpected '%c'", c);
	script_error(script, at, "unexpected byte 0x%02x", c);
	if (c == '\r')
		return script_hint(script, "end lines with LF or CR LF");
	if (c < ' ')
		return script_hint(script, "a composition is plain text");
	if (c >= 0xfe)
		return script_hint(script, "save the text as UTF-8, not as UTF-16");
	return script_hint(script, "outside comments only ASCII is used");
}

int token_next(const struct script *script, uint32_t *at, struct token *token)
{
	uint32_t start = blanks_skip(script, *at);
	char c = byte_at(script, start);
	int rc = 0;

	*token = (struct token){.kind = TOKEN_END, .span = {.at = start}};
	if (start < script->bytes) {
		token->span.bytes = 1;
		if (is_line_end(script, start)) {
			token->kind = TOKEN_NEWLINE;
			token->span.bytes = c == '\r' ? 2 : 1;
		} else if (is_name_start(c)) {
			rc = name_cut(script, token);
		} else if (is_digit(c)) {
			rc = number_cut(script, token);
		} else if (c == '-' && byte_at(script, start + 1) == '>') {
			token->kind = TOKEN_ARROW;
			token->span.bytes = 2;
		} else if (c != '\0' && strchr("{}(),;=+", c) != NULL) {
			token->kind = c;
		} else {
			rc = byte_refuse(script, start);
		}
	}
	*at = start + token->span.bytes;
	return rc;
}

const char *token_describe(const struct script *script, const struct token *token, char *text,
			   size_t text_bytes)
{
	if (token->kind == TOKEN_END)
		snprintf(text, text_bytes, "the end of the text");
	else if (token->kind == TOKEN_NEWLINE)
		snprintf(text, text_bytes, "the end of the line");
	else
		snprintf(text, text_bytes, "'%.*s'", SPAN(script, token->span));
	return text;
}

/* Appends a decimal digit; -ERANGE when the value would exceed max. */
static int digit_append(uint64_t *value, uint64_t digit, uint64_t max)
{
	if (*value > (max - digit) / 10 || digit > max)
		return -ERANGE;
	*value = *value * 10 + digit;
	return 0;
}

int number_whole(const struct script *script, struct span number, uint64_t max, uint64_t *value)
{
	*value = 0;
	for (uint32_t i = 0; i < number.bytes; i++) {
		char c = script->text[number.at + i];

		if (c == '.')
			return -EINVAL;
		if (digit_append(value, (uint64_t)(c - '0'), max) < 0)
			return -ERANGE;
	}
	return 0;
}

int number_thousandths(const struct script *script, struct span number, uint64_t max,
		       uint64_t *value)
{
	uint32_t decimals = 0;
	bool fraction = false;

	*value = 0;
	for (uint32_t i = 0; i < number.bytes; i++) {
		char c = script->text[number.at + i];

		if (c == '.') {
			fraction = true;
			continue;
		}
		if (fraction && ++decimals > 3)
			return -EINVAL;
		if (digit_append(value, (uint64_t)(c - '0'), max) < 0)
			return -ERANGE;
	}
	for (; decimals < 3; decimals++)
		if (digit_append(value, 0, max) < 0)
			return -ERANGE;
	return 0;
}
