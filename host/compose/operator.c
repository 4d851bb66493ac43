/* Operators in the text: the formats of their sets, and their steps, which are taken as they stand:
 * whoever runs them knows what they mean. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse.h"
#include "suggest.h"

static const char *const formats[] = {"arrow", "csv", "tsv", "jsonl", "bytes"};
#define FORMATS (sizeof(formats) / sizeof(formats[0]))

/* Behind a quoted text that begins here; where the text ends when it is not closed. */
static uint32_t quoted_end(const struct script *script, uint32_t at)
{
	const char quote = script->text[at++];

	while (at < script->bytes && script->text[at] != quote)
		at++;
	return at < script->bytes ? at + 1 : at;
}

static uint32_t comment_end(const struct script *script, uint32_t at)
{
	while (at < script->bytes && script->text[at] != '\n')
		at++;
	return at;
}

/* What stands between the bracket in hand and the one that closes it, which is neither quoted nor
 * in a comment; goes on behind it. */
static int bracketed_take(struct parser *parser, char open, char close, struct span *inside)
{
	const struct script *script = parser->script;
	const uint32_t begin = parser->at;
	uint32_t depth = 1;
	uint32_t at = begin;

	while (at < script->bytes) {
		const char c = script->text[at];

		if (c == '\0')
			return script_error(script, at, "unexpected byte 0x00");
		depth += c == open;
		depth -= c == close;
		if (depth == 0)
			break;
		if (c == '\'' || c == '"')
			at = quoted_end(script, at);
		else if (c == '#')
			at = comment_end(script, at);
		else
			at++;
	}
	if (at == script->bytes) {
		script_error(script, parser->token.span.at, "'%c' is not closed", open);
		return script_hint(script, "end it with '%c', outside of quotes", close);
	}
	*inside = (struct span){.at = begin, .bytes = at - begin};
	parser->at = at + 1;
	return parser_advance(parser);
}

int operator_format(struct parser *parser, struct ast_set *set)
{
	const struct script *script = parser->script;
	const struct span word = parser->token.span;
	struct suggestion suggestion;
	int rc;

	suggestion_start(&suggestion, script->text + word.at, word.bytes);
	set->format = word;
	for (size_t i = 0; i < FORMATS; i++) {
		if (parser_at_word(parser, formats[i]))
			break;
		suggestion_offer(&suggestion, formats[i], (uint32_t)strlen(formats[i]));
		if (i + 1 < FORMATS)
			continue;
		parser_expected(parser, "a format after 'as'");
		return suggestion_hint(&suggestion, script,
				       "formats are arrow, csv, tsv, jsonl and bytes");
	}
	rc = parser_advance(parser);
	if (rc < 0 || parser->token.kind != '(')
		return rc;
	if (set->output || span_is(script, word, "arrow") || span_is(script, word, "bytes")) {
		script_error(script, parser->token.span.at, "no columns belong here");
		return script_hint(script, "they are given of inputs that are csv, tsv or jsonl");
	}
	return bracketed_take(parser, '(', ')', &set->columns);
}

int operator_steps(struct parser *parser, struct ast_definition *definition)
{
	if (parser->token.kind != '{')
		return parser_expected(parser, "'{' after 'steps'");
	return bracketed_take(parser, '{', '}', &definition->steps);
}

static void set_print(const struct ast_set *set, const struct script *script, FILE *out)
{
	fprintf(out, "%s %.*s ", set->output ? "out" : "in", SPAN(script, set->name));
	if (set->format.bytes > 0)
		fprintf(out, "%.*s ", SPAN(script, set->format));
	else
		fprintf(out, "arrow ");
	for (uint32_t i = 0; i < set->columns.bytes; i++) {
		const char c = script->text[set->columns.at + i];

		fputc(c == '\n' || c == '\r' ? ' ' : c, out);
	}
	fputc('\n', out);
}

char *operator_text_make(const struct ast *ast, const struct script *script,
			 const struct ast_definition *definition)
{
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	if (out == NULL)
		return NULL;
	for (uint32_t i = 0; i < definition->set_count; i++)
		set_print(&ast->sets[definition->set_first + i], script, out);
	fprintf(out, "steps\n%.*s", SPAN(script, definition->steps));
	if (ferror(out) | fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
