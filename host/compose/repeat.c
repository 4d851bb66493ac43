/* Repetition: how often a composition runs, and what it carries from epoch to epoch. */
#include <errno.h>
#include <string.h>

#include "parse.h"

int repeat_state(struct parser *parser, struct ast_definition *composition)
{
	struct ast_state *state;
	int rc;

	if (composition->state_count == MR_SETS_MAX)
		return script_error(parser->script, parser->token.span.at,
				    "'%.*s' has more than %u states",
				    SPAN(parser->script, composition->name), MR_SETS_MAX);
	state = AST_ADD(parser->ast->states, parser->ast->state_count);
	if (state == NULL)
		return -ENOMEM;
	composition->state_count++;
	rc = parser_take_name(parser, "the name of a state", &state->name);
	if (rc < 0)
		return rc;
	if (parser->token.kind != '=') {
		parser_expected(parser, "'=' after the name of a state");
		return script_hint(parser->script,
				   "say what it was in the epoch before: state %.*s = SET",
				   SPAN(parser->script, state->name));
	}
	return parser_advance(parser) ?: parser_take_name(parser, "the name of a set", &state->set);
}

static int until_parse(struct parser *parser, struct ast_definition *composition)
{
	int rc;

	rc = parser_advance(parser)
		 ?: parser_take_name(parser, "the name of a set", &composition->until);
	if (rc < 0)
		return rc;
	if (!parser_at_word(parser, "empty"))
		return parser_expected(parser, "'empty' after the set of 'until'");
	return parser_advance(parser);
}

int repeat_epochs(struct parser *parser, struct ast_definition *composition)
{
	struct span number = parser->token.span;
	uint64_t epochs;
	int rc;

	if (parser_at_word(parser, "until")) {
		parser_expected(parser, "a number of epochs");
		return script_hint(parser->script,
				   "say how many at most, as in: epochs 1000 until SET empty");
	}
	rc = parser_take(parser, TOKEN_NUMBER, "a number of epochs");
	if (rc < 0)
		return rc;
	if (number_whole(parser->script, number, MR_EPOCHS_MAX, &epochs) < 0 || epochs == 0)
		return script_error(parser->script, number.at,
				    "epochs must be a whole number from 1 to %u", MR_EPOCHS_MAX);
	composition->epochs = (uint32_t)epochs;
	return parser_at_word(parser, "until") ? until_parse(parser, composition) : 0;
}

/* --- Checks ---------------------------------------------------------------------------------- */

int ast_declare_states(struct ast *ast, const struct script *script,
		       struct ast_definition *composition)
{
	for (uint32_t i = 0; i < composition->state_count; i++) {
		const struct ast_state *state = &ast->states[composition->state_first + i];
		uint32_t other = ast_find_wire(ast, script, composition, state->name);
		struct ast_wire *wire;

		if (other != AST_NONE)
			return ast_refuse_twice(script, state->name,
						ast->wires[composition->wire_first + other].name);
		wire = ast_add_wire(ast, composition, state->name);
		if (wire == NULL)
			return -ENOMEM;
		wire->input = true;
		wire->state = true;
	}
	return 0;
}

/* A set that an epoch makes: the output of a call. */
static int made_find(struct ast *ast, const struct script *script,
		     struct ast_definition *composition, struct span name, uint32_t *index)
{
	struct ast_wire *wire;

	*index = ast_find_wire(ast, script, composition, name);
	if (*index == AST_NONE)
		return ast_refuse_unproduced(ast, script, composition, name);
	wire = &ast->wires[composition->wire_first + *index];
	wire->used = true;
	if (!wire->input)
		return 0;
	script_error(script, name.at, "'%.*s' is %s of '%.*s', which no epoch changes",
		     SPAN(script, name), wire->state ? "a state" : "an input",
		     SPAN(script, composition->name));
	return script_hint(script, "name a set that a call produces");
}

/* Epochs without a state would all be the same, and a state without epochs would stay empty. */
static int repeat_refuse_half(const struct ast *ast, const struct script *script,
			      const struct ast_definition *composition)
{
	if (composition->state_count == 0) {
		script_error(script, composition->epochs_given.at,
			     "'%.*s' repeats, but carries nothing from epoch to epoch",
			     SPAN(script, composition->name));
		return script_hint(script, "declare what it carries: state NAME = SET");
	}
	script_error(script, ast->states[composition->state_first].name.at,
		     "'%.*s' has a state, but no epochs", SPAN(script, composition->name));
	return script_hint(script,
			   "say how often it runs: epochs 10, or: epochs 10 until SET empty");
}

int ast_check_repeat(struct ast *ast, const struct script *script,
		     struct ast_definition *composition)
{
	int rc = 0;

	if ((composition->state_count > 0) != (composition->epochs > 0))
		return repeat_refuse_half(ast, script, composition);
	for (uint32_t i = 0; rc == 0 && i < composition->state_count; i++) {
		struct ast_state *state = &ast->states[composition->state_first + i];

		rc = made_find(ast, script, composition, state->set, &state->wire);
	}
	if (rc == 0 && composition->until.bytes > 0)
		rc = made_find(ast, script, composition, composition->until,
			       &composition->until_wire);
	return rc;
}
