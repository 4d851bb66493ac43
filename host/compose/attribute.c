/* Parses attributes: amounts with units, how a source is split, how a result is merged. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "parse.h"

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit size_units[] = {
    {"B", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {NULL, 0},
};
static const struct unit time_units[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}, {NULL, 0}};

static int unit_refuse(const struct parser *parser, const struct unit *units, const char *what)
{
	const struct script *script = parser->script;
	char found[MR_NAME_BYTES_MAX + 16];

	if (parser->token.kind == TOKEN_NAME)
		script_error(script, parser->token.span.at, "'%.*s' is no unit of %s",
			     SPAN(script, parser->token.span), what);
	else
		script_error(script, parser->token.span.at, "expected a unit of %s, found %s", what,
			     token_describe(script, &parser->token, found, sizeof(found)));
	if (units == time_units)
		return script_hint(script, "write ms, s or min, as in 10s");
	return script_hint(script, "write B, KiB, MiB or GiB (powers of 1024), as in 4MiB");
}

/* A whole number and its unit, from 1 to max units of factor 1. */
static int amount_take(struct parser *parser, const struct unit *units, const char *what,
		       uint64_t max, uint64_t *amount)
{
	const struct script *script = parser->script;
	struct span number = parser->token.span;
	const struct unit *unit = units;
	int rc;

	rc = parser_take(parser, TOKEN_NUMBER, what);
	if (rc < 0)
		return rc;
	while (unit->name != NULL && !parser_at_word(parser, unit->name))
		unit++;
	if (unit->name == NULL)
		return unit_refuse(parser, units, what);
	rc = number_whole(script, number, max / unit->factor, amount);
	if (rc == -EINVAL) {
		script_error(script, number.at, "%s must be a whole number", what);
		return script_hint(script, "take a smaller unit");
	}
	if (rc == -ERANGE)
		return script_error(script, number.at, "%s is more than %" PRIu64 " %s", what, max,
				    units[0].name);
	if (*amount == 0)
		return script_error(script, number.at, "%s must not be 0", what);
	*amount *= unit->factor;
	return parser_advance(parser);
}

static int factor_take(struct parser *parser, uint32_t *thousandths)
{
	const struct script *script = parser->script;
	struct span number = parser->token.span;
	uint64_t value;
	int rc;

	rc = parser_take(parser, TOKEN_NUMBER, "a factor, as in 1.5 x input");
	if (rc < 0)
		return rc;
	rc = number_thousandths(script, number, UINT32_MAX, &value);
	if (rc == -EINVAL)
		return script_error(script, number.at, "a factor has at most 3 decimals");
	if (rc == -ERANGE)
		return script_error(script, number.at, "the factor is more than %u",
				    UINT32_MAX / 1000);
	*thousandths = (uint32_t)value;
	if (!parser_at_word(parser, "x"))
		return parser_expected(parser, "'x input' after the factor");
	rc = parser_advance(parser);
	if (rc < 0)
		return rc;
	if (!parser_at_word(parser, "input"))
		return parser_expected(parser, "'input'");
	return parser_advance(parser);
}

int attribute_memory(struct parser *parser, struct ast_definition *function)
{
	int rc;

	rc =
	    amount_take(parser, size_units, "memory", MR_REGION_BYTES_MAX, &function->memory_bytes);
	if (rc < 0)
		return rc;
	function->memory_per_input = 0;
	if (parser->token.kind != '+')
		return 0;
	return parser_advance(parser) ?: factor_take(parser, &function->memory_per_input);
}

int attribute_time(struct parser *parser, struct ast_definition *function)
{
	uint64_t ms;
	int rc;

	rc = amount_take(parser, time_units, "time", UINT32_MAX, &ms);
	if (rc == 0)
		function->time_limit_ms = (uint32_t)ms;
	return rc;
}

/* A whole number from min to max. */
static int count_take(struct parser *parser, const char *what, uint64_t min, uint32_t max,
		      uint32_t *count)
{
	struct span number = parser->token.span;
	uint64_t value;
	int rc;

	rc = parser_take(parser, TOKEN_NUMBER, "a whole number");
	if (rc < 0)
		return rc;
	if (number_whole(parser->script, number, max, &value) < 0 || value < min)
		return script_error(parser->script, number.at,
				    "%s must be a whole number from %" PRIu64 " to %u", what, min,
				    max);
	*count = (uint32_t)value;
	return 0;
}

int attribute_retries(struct parser *parser, struct ast_definition *function)
{
	return count_take(parser, "retries", 0, MR_RETRIES_MAX, &function->retries);
}

int attribute_output(struct parser *parser, struct ast_definition *function)
{
	return amount_take(parser, size_units, "output", MR_REGION_BYTES_MAX,
			   &function->output_bytes_max);
}

int attribute_items(struct parser *parser, struct ast_definition *function)
{
	return count_take(parser, "items", 1, MR_SET_ITEMS_MAX, &function->output_items_max);
}

int attribute_split(struct parser *parser, struct ast_set *set)
{
	int rc;

	set->split_given = true;
	if (parser_at_word(parser, "none")) {
		rc = parser_advance(parser);
		if (rc < 0 || parser->token.kind != TOKEN_NUMBER)
			return rc;
		script_error(parser->script, parser->token.span.at, "'split none' takes no size");
		return script_hint(parser->script, "a size belongs to 'split line'");
	}
	if (!parser_at_word(parser, "line"))
		return parser_expected(parser, "'line' or 'none' after 'split'");
	set->split.kind = SPLIT_LINE;
	rc = parser_advance(parser);
	if (rc < 0 || parser->token.kind != TOKEN_NUMBER)
		return rc;
	return amount_take(parser, size_units, "a split", MR_REGION_BYTES_MAX, &set->split.bytes);
}

/* "COLUMN [number|text] [asc|desc]". */
static int merge_key_take(struct parser *parser, struct plan_merge_key *key)
{
	struct span number = parser->token.span;
	uint64_t column;
	int rc;

	rc = parser_take(parser, TOKEN_NUMBER, "the number of a column");
	if (rc < 0)
		return rc;
	if (number_whole(parser->script, number, UINT32_MAX, &column) < 0 || column == 0)
		return script_error(parser->script, number.at,
				    "a column is a whole number from 1 to %u", UINT32_MAX);
	key->column = (uint32_t)column;
	key->number = parser_at_word(parser, "number");
	if (key->number || parser_at_word(parser, "text")) {
		rc = parser_advance(parser);
		if (rc < 0)
			return rc;
	}
	key->descending = parser_at_word(parser, "desc");
	if (key->descending || parser_at_word(parser, "asc"))
		return parser_advance(parser);
	return 0;
}

int attribute_merge(struct parser *parser, struct ast_set *set)
{
	struct ast *ast = parser->ast;
	bool more = true;

	set->key_first = ast->key_count;
	while (more) {
		struct plan_merge_key *key;
		int rc;

		if (set->key_count == MR_MERGE_KEYS_MAX)
			return script_error(parser->script, parser->token.span.at,
					    "more than %u keys of a merge", MR_MERGE_KEYS_MAX);
		key = AST_ADD(ast->keys, ast->key_count);
		if (key == NULL)
			return -ENOMEM;
		set->key_count++;
		rc = merge_key_take(parser, key);
		if (rc < 0)
			return rc;
		more = parser->token.kind == ',';
		if (more) {
			rc = parser_advance(parser);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}
