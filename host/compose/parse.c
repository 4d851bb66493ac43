/* Parses definitions, declarations and calls; the grammar is in docs/composition.md. Nothing here
 * recurses: the language nests by name only. */
#include <errno.h>
#include <string.h>

#include "parse.h"
#include "suggest.h"

static const char *const keywords[] = {"function", "composition", "in",        "out", "as",
				       "all",      "each",        "broadcast", "key"};

int parser_advance(struct parser *parser)
{
	int rc;

	do
		rc = token_next(parser->script, &parser->at, &parser->token);
	while (rc == 0 && parser->in_parens && parser->token.kind == TOKEN_NEWLINE);
	return rc;
}

int parser_expected(const struct parser *parser, const char *what)
{
	char found[MR_NAME_BYTES_MAX + 16];

	return script_error(parser->script, parser->token.span.at, "expected %s, found %s", what,
			    token_describe(parser->script, &parser->token, found, sizeof(found)));
}

int parser_take(struct parser *parser, int kind, const char *what)
{
	if (parser->token.kind != kind)
		return parser_expected(parser, what);
	return parser_advance(parser);
}

bool parser_at_word(const struct parser *parser, const char *word)
{
	return parser->token.kind == TOKEN_NAME &&
	       span_is(parser->script, parser->token.span, word);
}

int parser_take_name(struct parser *parser, const char *what, struct span *name)
{
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (!parser_at_word(parser, keywords[i]))
			continue;
		parser_expected(parser, what);
		return script_hint(parser->script, "'%s' is a word of the language", keywords[i]);
	}
	*name = parser->token.span;
	if (parser->token.kind != TOKEN_NUMBER)
		return parser_take(parser, TOKEN_NAME, what);
	parser_expected(parser, what);
	return script_hint(parser->script, "a name begins with a letter or '_'");
}

/* A word that is none of those that may stand here. */
static int word_refuse(const struct parser *parser, const char *what, const char *const *words,
		       const char *otherwise)
{
	const struct script *script = parser->script;
	struct span word = parser->token.span;
	struct suggestion suggestion;

	parser_expected(parser, what);
	if (parser->token.kind != TOKEN_NAME)
		return script_hint(script, "%s", otherwise);
	suggestion_start(&suggestion, script->text + word.at, word.bytes);
	for (; *words != NULL; words++)
		suggestion_offer(&suggestion, *words, (uint32_t)strlen(*words));
	return suggestion_hint(&suggestion, script, otherwise);
}

static bool at_statement_end(const struct parser *parser)
{
	return parser->token.kind == TOKEN_NEWLINE || parser->token.kind == ';';
}

/* Where nothing of a block can follow: at its '}', or at the end of the text without one. */
static bool at_block_end(const struct parser *parser)
{
	return parser->token.kind == '}' || parser->token.kind == TOKEN_END;
}

/* After a statement. A '}' ends it too, and stays. */
static int statement_end(struct parser *parser)
{
	if (at_statement_end(parser))
		return parser_advance(parser);
	if (at_block_end(parser))
		return 0;
	parser_expected(parser, "the end of the statement");
	if (parser_at_word(parser, "as"))
		return script_hint(parser->script, "'as FORMAT' belongs to a set of an operator");
	if (parser_at_word(parser, "split"))
		return script_hint(parser->script, "'split' belongs to an 'in' of a composition");
	if (parser_at_word(parser, "merge"))
		return script_hint(parser->script, "'merge' belongs to an 'out' of a composition");
	if (parser_at_word(parser, "optional"))
		return script_hint(parser->script, "'optional' follows the name of an 'in'");
	return script_hint(parser->script, "a statement ends with its line or with ';'");
}

static int statement_ends_skip(struct parser *parser)
{
	int rc = 0;

	while (rc == 0 && at_statement_end(parser))
		rc = parser_advance(parser);
	return rc;
}

/* "in NAME" or "out NAME", counted in its definition. */
static int declaration_parse(struct parser *parser, struct ast_definition *definition,
			     struct ast_set **declared)
{
	struct ast *ast = parser->ast;
	struct ast_set *set;
	int rc;

	if (definition->set_count == MR_SETS_MAX)
		return script_error(parser->script, parser->token.span.at,
				    "'%.*s' has more than %u sets",
				    SPAN(parser->script, definition->name), MR_SETS_MAX);
	set = AST_ADD(ast->sets, ast->set_count);
	if (set == NULL)
		return -ENOMEM;
	set->output = parser_at_word(parser, "out");
	set->port = set->output ? definition->out_count : definition->in_count;
	set->split.bytes = MR_SPLIT_BYTES_DEFAULT;
	*declared = set;
	rc = parser_advance(parser) ?: parser_take_name(parser, "the name of a set", &set->name);
	if (rc < 0)
		return rc;
	definition->set_count++;
	definition->in_count += !set->output;
	definition->out_count += set->output;
	if (set->output || !parser_at_word(parser, "optional"))
		return 0;
	set->optional = true;
	return parser_advance(parser);
}

/* Takes the word of an attribute, which may be given once. */
static int take_once(struct parser *parser, struct span *given)
{
	const struct script *script = parser->script;
	struct span word = parser->token.span;

	if (given->bytes > 0) {
		script_error(script, word.at, "'%.*s' is given twice", SPAN(script, word));
		return script_hint(script, "it is given already in line %u",
				   script_line(script, given->at));
	}
	*given = word;
	return parser_advance(parser);
}

static int function_statement(struct parser *parser, struct ast_definition *function)
{
	struct ast_attributes *given = &function->given;
	static const char *const words[] = {"in",      "out",    "memory", "time",
					    "retries", "output", "items",  NULL};
	struct ast_set *set;

	if (parser_at_word(parser, "in") || parser_at_word(parser, "out"))
		return declaration_parse(parser, function, &set);
	if (parser_at_word(parser, "memory"))
		return take_once(parser, &given->memory) ?: attribute_memory(parser, function);
	if (parser_at_word(parser, "time"))
		return take_once(parser, &given->time) ?: attribute_time(parser, function);
	if (parser_at_word(parser, "retries"))
		return take_once(parser, &given->retries) ?: attribute_retries(parser, function);
	if (parser_at_word(parser, "output"))
		return take_once(parser, &given->output) ?: attribute_output(parser, function);
	if (parser_at_word(parser, "items"))
		return take_once(parser, &given->items) ?: attribute_items(parser, function);
	return word_refuse(parser, "a statement of a function", words,
			   "a function declares: in, out, memory, time, retries, output, items");
}

/* As of a function, and sets have formats. */
static int operator_statement(struct parser *parser, struct ast_definition *definition)
{
	struct ast_set *set;
	int rc;

	if (parser_at_word(parser, "steps"))
		return take_once(parser, &definition->steps_given)
			   ?: operator_steps(parser, definition);
	if (!parser_at_word(parser, "in") && !parser_at_word(parser, "out"))
		return function_statement(parser, definition);
	rc = declaration_parse(parser, definition, &set);
	if (rc < 0 || !parser_at_word(parser, "as"))
		return rc;
	return parser_advance(parser) ?: operator_format(parser, set);
}

static int link_add(struct parser *parser, struct ast_definition *composition,
		    struct ast_link **link)
{
	if (composition->link_count == MR_EDGES_MAX)
		return script_error(parser->script, parser->token.span.at,
				    "'%.*s' wires more than %u sets",
				    SPAN(parser->script, composition->name), MR_EDGES_MAX);
	*link = AST_ADD(parser->ast->links, parser->ast->link_count);
	if (*link == NULL)
		return -ENOMEM;
	composition->link_count++;
	return 0;
}

/* A distribution, if one stands here. A word before a name was meant as one. */
static int distribution_parse(struct parser *parser, struct ast_link *link)
{
	static const char *const words[] = {"all", "each", "key", "broadcast", NULL};
	struct parser ahead = *parser;
	int rc;

	for (int kind = DIST_ALL; kind <= DIST_BROADCAST; kind++) {
		if (!parser_at_word(parser, distribution_name(kind)))
			continue;
		link->distribution = parser->token.span;
		link->kind = kind;
		return parser_advance(parser);
	}
	if (parser->token.kind != TOKEN_NAME)
		return 0;
	rc = parser_advance(&ahead);
	if (rc < 0 || ahead.token.kind != TOKEN_NAME)
		return rc;
	return word_refuse(parser, "a distribution", words,
			   "a distribution is one of: all, each, key, broadcast");
}

/* "INPUT = [DIST] SET". */
static int argument_parse(struct parser *parser, struct ast_link *link)
{
	int rc;

	rc = parser_take_name(parser, "the name of an input", &link->name);
	rc = rc ?: parser_take(parser, '=', "'=' after the name of an input");
	rc = rc ?: distribution_parse(parser, link);
	return rc ?: parser_take_name(parser, "the name of a set", &link->set);
}

/* "OUTPUT = SET", or "NAME" for both. */
static int result_parse(struct parser *parser, struct ast_link *link)
{
	int rc;

	rc = parser_take_name(parser, "the name of an output", &link->name);
	if (rc < 0)
		return rc;
	link->set = link->name;
	if (parser->token.kind != '=')
		return 0;
	return parser_advance(parser) ?: parser_take_name(parser, "the name of a set", &link->set);
}

typedef int link_parse(struct parser *parser, struct ast_link *link);

/* "(LINK, ...)". The parenthesis may close at once; lines may end anywhere inside. */
static int links_parse(struct parser *parser, struct ast_definition *composition, link_parse *parse,
		       uint32_t *count)
{
	const struct script *script = parser->script;
	struct token open = parser->token;
	struct ast_link *link = NULL;
	int rc;

	if (open.kind != '(')
		return parser_expected(parser, "'('");
	parser->in_parens = true;
	rc = parser_advance(parser);
	while (rc == 0 && parser->token.kind != ')') {
		if (at_block_end(parser)) {
			script_error(script, open.span.at, "'(' is not closed");
			return script_hint(script, "end the list with ')'");
		}
		rc = link_add(parser, composition, &link) ?: parse(parser, link);
		(*count)++;
		if (rc == 0 && parser->token.kind == ',')
			rc = parser_advance(parser);
		else if (rc == 0 && parser->token.kind != ')' && !at_block_end(parser))
			rc = parser_expected(parser, "',' or ')'");
	}
	parser->in_parens = false;
	return rc ?: parser_advance(parser);
}

/* What begins like a call and goes on like none may be a word of the language, misspelt. */
static int statement_hint(const struct parser *parser, struct span word)
{
	static const char *const words[] = {"state", "epochs"};
	struct suggestion suggestion;

	suggestion_start(&suggestion, parser->script->text + word.at, word.bytes);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		suggestion_offer(&suggestion, words[i], (uint32_t)strlen(words[i]));
	return suggestion_hint(&suggestion, parser->script,
			       "a composition has 'in', 'out', 'state', 'epochs' and calls: "
			       "NAME(...) -> (...)");
}

/* Is the word in hand not the name of a function that is called? */
static bool at_statement_word(const struct parser *parser, const char *word)
{
	struct parser ahead = *parser;

	return parser_at_word(parser, word) &&
	       token_next(ahead.script, &ahead.at, &ahead.token) == 0 && ahead.token.kind != '(' &&
	       !parser_at_word(&ahead, "as");
}

/* "CALLEE [as LABEL] (...) [-> (...)]". */
static int call_parse(struct parser *parser, struct ast_definition *composition)
{
	struct ast *ast = parser->ast;
	struct ast_call *call;
	int rc;

	if (composition->call_count == MR_VERTICES_MAX)
		return script_error(parser->script, parser->token.span.at,
				    "'%.*s' has more than %u calls",
				    SPAN(parser->script, composition->name), MR_VERTICES_MAX);
	call = AST_ADD(ast->calls, ast->call_count);
	if (call == NULL)
		return -ENOMEM;
	composition->call_count++;
	rc = parser_take_name(parser, "a statement of a composition", &call->callee);
	if (rc < 0)
		return rc;
	call->label = call->callee;
	call->labelled = parser_at_word(parser, "as");
	if (call->labelled) {
		rc = parser_advance(parser) ?: parser_take_name(parser, "a label", &call->label);
		if (rc < 0)
			return rc;
	}
	if (parser->token.kind != '(') {
		parser_expected(parser, "'('");
		return statement_hint(parser, call->callee);
	}
	call->in_first = ast->link_count;
	rc = links_parse(parser, composition, argument_parse, &call->in_count);
	call->out_first = ast->link_count;
	if (rc < 0 || parser->token.kind != TOKEN_ARROW)
		return rc;
	rc = parser_advance(parser);
	return rc ?: links_parse(parser, composition, result_parse, &call->out_count);
}

static int composition_statement(struct parser *parser, struct ast_definition *composition)
{
	struct ast_set *set;
	int rc;

	if (parser->token.kind == TOKEN_ARROW) {
		script_error(parser->script, parser->token.span.at, "'->' begins no statement");
		return script_hint(parser->script, "it stands in the line of the ')' before it");
	}
	if (at_statement_word(parser, "state"))
		return parser_advance(parser) ?: repeat_state(parser, composition);
	if (at_statement_word(parser, "epochs"))
		return take_once(parser, &composition->epochs_given)
			   ?: repeat_epochs(parser, composition);
	if (!parser_at_word(parser, "in") && !parser_at_word(parser, "out"))
		return call_parse(parser, composition);
	rc = declaration_parse(parser, composition, &set);
	if (rc < 0)
		return rc;
	if (!set->output && parser_at_word(parser, "split"))
		return parser_advance(parser) ?: attribute_split(parser, set);
	if (set->output && parser_at_word(parser, "merge"))
		return parser_advance(parser) ?: attribute_merge(parser, set);
	return 0;
}

typedef int statement_parse(struct parser *parser, struct ast_definition *definition);

/* "{ STATEMENT ... }". */
static int body_parse(struct parser *parser, struct ast_definition *definition,
		      statement_parse *statement)
{
	const struct script *script = parser->script;
	struct token open = parser->token;
	int rc;

	rc = parser_take(parser, '{', "'{'") ?: statement_ends_skip(parser);
	while (rc == 0 && parser->token.kind != '}') {
		if (parser->token.kind == TOKEN_END) {
			script_error(script, open.span.at, "'{' is not closed");
			return script_hint(script, "end '%.*s' with '}'",
					   SPAN(script, definition->name));
		}
		rc = statement(parser, definition) ?: statement_end(parser);
		rc = rc ?: statement_ends_skip(parser);
	}
	return rc ?: parser_advance(parser);
}

static const struct {
	const char *word;
	const char *what;
	enum definition_kind kind;
	bool is_operator;
	statement_parse *statement;
} definition_words[] = {
    {"function", "the name of a function", DEFINITION_FUNCTION, false, function_statement},
    {"operator", "the name of an operator", DEFINITION_FUNCTION, true, operator_statement},
    {"composition", "the name of a composition", DEFINITION_COMPOSITION, false,
     composition_statement},
};
#define DEFINITION_WORDS (sizeof(definition_words) / sizeof(definition_words[0]))

static int definition_parse(struct parser *parser)
{
	static const char *const words[] = {"function", "operator", "composition", NULL};
	struct ast *ast = parser->ast;
	struct ast_definition *definition;
	size_t i = 0;
	int rc;

	while (i < DEFINITION_WORDS && !parser_at_word(parser, definition_words[i].word))
		i++;
	if (i == DEFINITION_WORDS)
		return word_refuse(
		    parser, "'function', 'operator' or 'composition'", words,
		    "a text is functions, operators and compositions, each with its { ... }");
	if (ast->definition_count == MR_DEFINITIONS_MAX)
		return script_error(parser->script, parser->token.span.at,
				    "more than %u functions, operators and compositions",
				    MR_DEFINITIONS_MAX);
	definition = AST_ADD(ast->definitions, ast->definition_count);
	if (definition == NULL)
		return -ENOMEM;
	*definition = (struct ast_definition){
	    .kind = definition_words[i].kind,
	    .is_operator = definition_words[i].is_operator,
	    .set_first = ast->set_count,
	    .call_first = ast->call_count,
	    .state_first = ast->state_count,
	    .memory_bytes = MR_FUNCTION_MEMORY_DEFAULT,
	    .memory_per_input = MR_FUNCTION_MEMORY_PER_INPUT_DEFAULT,
	    .time_limit_ms = MR_TIME_LIMIT_MS_DEFAULT,
	    .retries = MR_RETRIES_DEFAULT,
	    .output_items_max = MR_SET_ITEMS_MAX,
	};
	rc = parser_advance(parser)
		 ?: parser_take_name(parser, definition_words[i].what, &definition->name);
	return rc ?: body_parse(parser, definition, definition_words[i].statement);
}

int ast_parse(struct ast *ast, const struct script *script)
{
	struct parser parser = {.script = script, .ast = ast};
	int rc;

	rc = parser_advance(&parser) ?: statement_ends_skip(&parser);
	while (rc == 0 && parser.token.kind != TOKEN_END)
		rc = definition_parse(&parser) ?: statement_ends_skip(&parser);
	return rc;
}
