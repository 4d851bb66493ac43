/* Words, numbers, strings and signs, one at a time. */
#include "expression_lexer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "table_text.h"

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char peek(const struct expression_lexer *lexer, uint32_t ahead)
{
	uint64_t at = (uint64_t)lexer->at + ahead;

	return at < lexer->source.bytes ? lexer->source.text[at] : '\0';
}

static int text_add(struct expression_lexer *lexer, char c)
{
	if (lexer->bytes + 1u >= lexer->room) {
		size_t room = lexer->room > 0 ? 2 * lexer->room : 64;
		char *text = realloc(lexer->text, room);

		if (text == NULL)
			return -ENOMEM;
		lexer->text = text;
		lexer->room = room;
	}
	lexer->text[lexer->bytes++] = c;
	lexer->text[lexer->bytes] = '\0';
	return 0;
}

/* Whether a step cannot end behind the token: then a line's end is a blank. */
static bool goes_on(const struct expression_lexer *lexer)
{
	static const char *const words[] = {"and", "or", "not", "between", "in", "like", "by"};

	if (lexer->token == TOKEN_SIGN) /* a star may be all columns */
		return strchr(")*]", lexer->sign[0]) == NULL;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (lexer_is_word(lexer, words[i]))
			return true;
	return false;
}

/* Whether the line behind the end at the cursor begins with what no step begins with. */
static bool next_goes_on(const struct expression_lexer *lexer)
{
	static const char *const words[] = {"and", "or", "by"};
	uint32_t ahead = 0;

	while (peek(lexer, ahead) != '\0' && strchr(" \t\r\n", peek(lexer, ahead)) != NULL)
		ahead++;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		uint32_t bytes = (uint32_t)strlen(words[i]);
		char after = peek(lexer, ahead + bytes);

		if (lexer->source.bytes - lexer->at >= ahead + bytes &&
		    strncasecmp(lexer->source.text + lexer->at + ahead, words[i], bytes) == 0 &&
		    !is_letter(after) && !is_digit(after))
			return true;
	}
	return peek(lexer, ahead) == ',';
}

/* Blanks and comments; line ends are blanks within parentheses, and where a step goes on. */
static void blanks_skip(struct expression_lexer *lexer)
{
	bool line_ends = lexer->depth > 0 || goes_on(lexer);

	for (;; lexer->at++) {
		char c = peek(lexer, 0);

		if (c == '#')
			while (lexer->at < lexer->source.bytes && peek(lexer, 0) != '\n')
				lexer->at++;
		c = peek(lexer, 0);
		if (lexer->at >= lexer->source.bytes ||
		    (c != ' ' && c != '\t' && c != '\r' &&
		     !(c == '\n' && (line_ends || next_goes_on(lexer)))))
			return;
	}
}

static int fail_here(const struct expression_lexer *lexer, struct table_error *error,
		     const char *what)
{
	struct expression_place place = lexer->place;

	place.bytes = lexer->at - place.at;
	return expression_fail(&lexer->source, place, error, -EINVAL, "%s", what);
}

/* Up to the quote that ends it; doubled it stands for itself. */
static int quoted_read(struct expression_lexer *lexer, char quote, struct table_error *error)
{
	int rc = 0;

	lexer->at++;
	for (; lexer->at < lexer->source.bytes && rc == 0; lexer->at++) {
		char c = peek(lexer, 0);

		if (c == quote && peek(lexer, 1) != quote) {
			lexer->at++;
			return 0;
		}
		if (c == '\0')
			return fail_here(lexer, error, "a zero byte has no place here");
		lexer->at += c == quote;
		rc = text_add(lexer, c);
	}
	if (rc < 0)
		return table_fail(error, rc, "no memory");
	return fail_here(lexer, error,
			 quote == '"' ? "a name in quotes that nothing ends: add \""
				      : "a text in quotes that nothing ends: add '");
}

static int number_read(struct expression_lexer *lexer)
{
	bool point = false, exponent = false;
	int rc = 0;

	for (; rc == 0; lexer->at++) {
		char c = peek(lexer, 0), next = peek(lexer, 1);

		if (c == '.' && !point && !exponent)
			point = true;
		else if ((c == 'e' || c == 'E') && !exponent &&
			 (is_digit(next) ||
			  ((next == '+' || next == '-') && is_digit(peek(lexer, 2)))))
			exponent = true;
		else if (!(is_digit(c) || ((c == '+' || c == '-') &&
					   (lexer->text[lexer->bytes - 1] | 0x20) == 'e')))
			break;
		rc = text_add(lexer, c);
	}
	return rc;
}

static int word_read(struct expression_lexer *lexer)
{
	int rc = 0;

	for (; rc == 0 && (is_letter(peek(lexer, 0)) || is_digit(peek(lexer, 0))); lexer->at++)
		rc = text_add(lexer, peek(lexer, 0));
	return rc;
}

static int sign_read(struct expression_lexer *lexer, struct table_error *error)
{
	static const char *const pairs[] = {"<=", ">=", "!=", "<>", "=="};
	char c = peek(lexer, 0);

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (c == pairs[i][0] && peek(lexer, 1) == pairs[i][1]) {
			memcpy(lexer->sign, pairs[i], 3);
			lexer->at += 2;
			return 0;
		}
	}
	lexer->at++;
	if (c == '\0' || strchr("()+-*/%<>=,.:[]", c) == NULL)
		return fail_here(lexer, error, "a character that means nothing here");
	lexer->sign[0] = c;
	lexer->sign[1] = '\0';
	lexer->depth += c == '(';
	lexer->depth -= c == ')' && lexer->depth > 0;
	return 0;
}

static int token_read(struct expression_lexer *lexer, struct table_error *error)
{
	char c = peek(lexer, 0);
	int rc = 0;

	if (lexer->at >= lexer->source.bytes) {
		lexer->token = TOKEN_END;
	} else if (c == '\n' || c == ';') {
		lexer->token = TOKEN_BREAK;
		lexer->depth = 0;
		lexer->at++;
		while (peek(lexer, 0) != '\0' && strchr(" \t\r\n", peek(lexer, 0)) != NULL)
			lexer->at++; /* at once: each line's end looks at what comes next */
	} else if (c == '\'') {
		lexer->token = TOKEN_STRING;
		return quoted_read(lexer, c, error);
	} else if (c == '"') {
		lexer->token = TOKEN_NAME;
		lexer->quoted = true;
		return quoted_read(lexer, c, error);
	} else if (is_digit(c) || (c == '.' && is_digit(peek(lexer, 1)))) {
		lexer->token = TOKEN_NUMBER;
		rc = number_read(lexer);
	} else if (is_letter(c)) {
		lexer->token = TOKEN_NAME;
		rc = word_read(lexer);
	} else {
		lexer->token = TOKEN_SIGN;
		return sign_read(lexer, error);
	}
	return rc < 0 ? table_fail(error, rc, "no memory") : 0;
}

int lexer_next(struct expression_lexer *lexer, struct table_error *error)
{
	int rc;

	lexer->before_end = lexer->at;
	blanks_skip(lexer);
	lexer->quoted = false;
	lexer->bytes = 0;
	lexer->sign[0] = '\0';
	lexer->adjoining = lexer->at == lexer->before_end;
	lexer->place = (struct expression_place){lexer->at, 0};
	rc = text_add(lexer, '\0');
	if (rc < 0)
		return table_fail(error, rc, "no memory");
	lexer->bytes = 0;
	rc = token_read(lexer, error);
	lexer->place.bytes = lexer->at - lexer->place.at;
	return rc;
}

int lexer_open(struct expression_lexer *lexer, const struct expression_source *source,
	       struct table_error *error)
{
	*lexer = (struct expression_lexer){.source = *source};
	if (source->bytes > MR_OPERATOR_TEXT_BYTES_MAX)
		return table_fail(error, -EINVAL, "the text has %zu bytes: at most %u are taken",
				  source->bytes, MR_OPERATOR_TEXT_BYTES_MAX);
	if (!table_utf8_valid((const uint8_t *)source->text, source->bytes))
		return table_fail(error, -EINVAL, "the text is not UTF-8");
	return lexer_next(lexer, error);
}

void lexer_close(struct expression_lexer *lexer)
{
	free(lexer->text);
	lexer->text = NULL;
}

bool lexer_is_word(const struct expression_lexer *lexer, const char *word)
{
	return lexer->token == TOKEN_NAME && !lexer->quoted && strcasecmp(lexer->text, word) == 0;
}

bool lexer_is_sign(const struct expression_lexer *lexer, const char *sign)
{
	return lexer->token == TOKEN_SIGN && strcmp(lexer->sign, sign) == 0;
}

bool lexer_is_name_before(const struct expression_lexer *lexer, char c)
{
	uint32_t ahead = 0;

	while (peek(lexer, ahead) == ' ' || peek(lexer, ahead) == '\t')
		ahead++;
	return lexer->token == TOKEN_NAME && peek(lexer, ahead) == c &&
	       (c != '=' || peek(lexer, ahead + 1) != '=');
}

bool lexer_is_end(const struct expression_lexer *lexer)
{
	return lexer->token == TOKEN_END || lexer->token == TOKEN_BREAK;
}

static int accept(struct expression_lexer *lexer, bool is, struct table_error *error)
{
	int rc = is ? lexer_next(lexer, error) : 0;

	return rc < 0 ? rc : is;
}

int lexer_accept_word(struct expression_lexer *lexer, const char *word, struct table_error *error)
{
	return accept(lexer, lexer_is_word(lexer, word), error);
}

int lexer_accept_sign(struct expression_lexer *lexer, const char *sign, struct table_error *error)
{
	return accept(lexer, lexer_is_sign(lexer, sign), error);
}

int lexer_unexpected(const struct expression_lexer *lexer, const char *what,
		     struct table_error *error)
{
	const char *text = lexer->source.text + lexer->place.at;

	if (lexer_is_end(lexer))
		return expression_fail(&lexer->source, lexer->place, error, -EINVAL,
				       "%s is needed here, where the step ends", what);
	return expression_fail(&lexer->source, lexer->place, error, -EINVAL,
			       "%s is needed here, not %.*s", what,
			       lexer->place.bytes < 40 ? (int)lexer->place.bytes : 40, text);
}

int lexer_expect_word(struct expression_lexer *lexer, const char *word, struct table_error *error)
{
	return lexer_is_word(lexer, word) ? lexer_next(lexer, error)
					  : lexer_unexpected(lexer, word, error);
}

int lexer_expect_sign(struct expression_lexer *lexer, const char *sign, struct table_error *error)
{
	return lexer_is_sign(lexer, sign) ? lexer_next(lexer, error)
					  : lexer_unexpected(lexer, sign, error);
}

int lexer_expect_name(struct expression_lexer *lexer, const char *what, char **name,
		      struct expression_place *place, struct table_error *error)
{
	if (lexer->token != TOKEN_NAME)
		return lexer_unexpected(lexer, what, error);
	*place = lexer->place;
	*name = strdup(lexer->text);
	return *name == NULL ? table_fail(error, -ENOMEM, "no memory") : lexer_next(lexer, error);
}

int lexer_expect_number(struct expression_lexer *lexer, const char *what, uint64_t min,
			uint64_t max, uint64_t *number, struct table_error *error)
{
	char *end;

	errno = 0;
	if (lexer->token == TOKEN_NUMBER) {
		*number = strtoull(lexer->text, &end, 10);
		if (*end == '\0' && errno == 0 && *number >= min && *number <= max)
			return lexer_next(lexer, error);
		return expression_fail(&lexer->source, lexer->place, error, -EINVAL,
				       "%s: %s is needed, from %llu to %llu", lexer->text, what,
				       (unsigned long long)min, (unsigned long long)max);
	}
	return lexer_unexpected(lexer, what, error);
}
