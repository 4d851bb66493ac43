/* Random expressions and steps over a schema, as text: mostly such that types fit. */
#include "random_steps.h"

#include <stdarg.h>

#include "test.h"

struct writer {
	struct random *random;
	const struct table_schema *schema;
	struct random_text *out;
};

static void put(struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct writer *w, const char *format, ...)
{
	size_t room = sizeof(w->out->text) - w->out->bytes;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(w->out->text + w->out->bytes, room, format, arguments);
	va_end(arguments);
	w->out->bytes +=
	    (size_t)n < room ? (size_t)n : 0; /* what is cut is refused by the parser */
}

#define PICK(w, array) ((array)[random_below((w)->random, sizeof(array) / sizeof((array)[0]))])

static enum random_class class_of(enum table_type type)
{
	if (type == TABLE_BOOL)
		return CLASS_BOOL;
	if (type == TABLE_DATE32 || type == TABLE_TIMESTAMP)
		return CLASS_TIME;
	return table_type_is_text(type) ? CLASS_TEXT : CLASS_NUMBER;
}

/* A column of the class; false when there is none. */
static bool column(struct writer *w, enum random_class class)
{
	uint32_t count = w->schema->count, first = (uint32_t)random_below(w->random, count);

	for (uint32_t i = 0; i < count; i++) {
		const struct table_field *field = &w->schema->fields[(first + i) % count];

		if (class == CLASS_ANY || class_of(field->kind.type) == class) {
			put(w, "\"%s\"", field->name);
			return true;
		}
	}
	return false;
}

static void literal(struct writer *w, enum random_class class)
{
	static const char *const numbers[] = {"0",
					      "1",
					      "2",
					      "-1",
					      "7",
					      "100",
					      "-128",
					      "65536",
					      "0.5",
					      "1.5",
					      "0.05",
					      "-3.25",
					      "1e0",
					      "1e300",
					      "-2e-3",
					      "9223372036854775807",
					      "18446744073709551615",
					      "99999999999999999999.5",
					      "3000000000"};
	static const char *const bools[] = {"true", "false", "null"};
	static const char *const texts[] = {"''", "'a'", "'Z'", "'a0 '", "'\xc3\xa9'", "'it''s'"};
	static const char *const times[] = {"date '1994-01-01'", "date '1969-12-31'",
					    "timestamp '2024-02-29 12:30:00.5'",
					    "timestamp '1994-01-01 00:00:00Z'"};

	put(w, "%s",
	    class == CLASS_NUMBER ? PICK(w, numbers)
	    : class == CLASS_BOOL ? PICK(w, bools)
	    : class == CLASS_TEXT ? PICK(w, texts)
				  : PICK(w, times));
}

static void expression(struct writer *w, enum random_class class, uint32_t depth);

/* Up to three expressions between pieces of text. */
static void form(struct writer *w, uint32_t depth, const char *a, enum random_class x,
		 const char *b, enum random_class y, const char *c)
{
	put(w, "%s", a);
	expression(w, x, depth);
	put(w, "%s", b);
	if (c == NULL)
		return;
	expression(w, y, depth);
	put(w, "%s", c);
}

static void number(struct writer *w, uint32_t depth)
{
	static const char *const signs[] = {" + ", " - ", " * ", " / ", " % "};
	static const char *const kinds[] = {
	    " as float64)",          " as float32)", " as int8)",  " as int64)",
	    " as uint16)",           " as uint64)",  " as int32)", " as decimal128(38, 6))",
	    " as decimal128(9, 2))", " as uint32)",  " as int16)"};
	static const char *const parts[] = {"year(", "month(", "day("};

	switch (random_below(w->random, 8)) {
	case 0: /* floats do not overflow */
		put(w, "(cast(");
		expression(w, CLASS_NUMBER, depth);
		put(w, " as float64)%s",
		    PICK(w, ((const char *const[]){" + ", " - ", " * ", " / "})));
		expression(w, CLASS_NUMBER, depth);
		put(w, ")");
		break;
	case 1:
		form(w, depth, "length(", CLASS_TEXT, ")", CLASS_ANY, NULL);
		break;
	case 2:
		form(w, depth, PICK(w, parts), CLASS_TIME, ")", CLASS_ANY, NULL);
		break;
	case 3:
		form(w, depth, "cast(", random_below(w->random, 4) != 0 ? CLASS_NUMBER : CLASS_BOOL,
		     PICK(w, kinds), CLASS_ANY, NULL);
		break;
	case 4:
		form(w, depth, "(- ", CLASS_NUMBER, ")", CLASS_ANY, NULL);
		break;
	default:
		form(w, depth, "(", CLASS_NUMBER, PICK(w, signs), CLASS_NUMBER, ")");
	}
}

static void comparison(struct writer *w, uint32_t depth)
{
	static const char *const signs[] = {" = ", " != ", " < ", " <= ", " > ", " >= "};
	static const enum random_class classes[] = {CLASS_NUMBER, CLASS_NUMBER, CLASS_NUMBER,
						    CLASS_TEXT,   CLASS_TIME,   CLASS_BOOL};
	enum random_class class = PICK(w, classes);

	form(w, depth, "(", class, PICK(w, signs), class, ")");
}

static void boolean(struct writer *w, uint32_t depth)
{
	static const char *const likes[] = {" like '%a%')", " like 'a_%')", " not like '')",
					    " like '%')",   " like '_')",   " like '%\\%%0')"};

	switch (random_below(w->random, 10)) {
	case 0:
		form(w, depth, "(", CLASS_BOOL, " and ", CLASS_BOOL, ")");
		break;
	case 1:
		form(w, depth, "(", CLASS_BOOL, " or ", CLASS_BOOL, ")");
		break;
	case 2:
		form(w, depth, "(not ", CLASS_BOOL, ")", CLASS_ANY, NULL);
		break;
	case 3:
		form(w, depth, "(", CLASS_ANY,
		     random_below(w->random, 2) != 0 ? " is null)" : " is not null)", CLASS_ANY,
		     NULL);
		break;
	case 4:
		form(w, depth, "(", CLASS_TEXT, PICK(w, likes), CLASS_ANY, NULL);
		break;
	case 5:
		form(w, depth, "starts_with(", CLASS_TEXT, ", ", CLASS_TEXT, ")");
		break;
	case 6:
		form(w, depth, "(", CLASS_NUMBER, " between -5 and ", CLASS_NUMBER, ")");
		break;
	case 7:
		form(w, depth, "(", CLASS_NUMBER, " in (1, 7, ", CLASS_NUMBER, "))");
		break;
	default:
		comparison(w, depth);
	}
}

static void text(struct writer *w, uint32_t depth)
{
	static const char *const ranges[] = {", 1, 2)", ", 2)", ", 0, 3)", ", -1, 3)", ", 3, -1)"};

	if (random_below(w->random, 3) != 0)
		form(w, depth, "substr(", CLASS_TEXT, PICK(w, ranges), CLASS_ANY, NULL);
	else
		form(w, depth, "cast(", CLASS_ANY, " as utf8)", CLASS_ANY, NULL);
}

static void time_of(struct writer *w, uint32_t depth)
{
	static const char *const kinds[] = {" as date32)", " as timestamp[s])",
					    " as timestamp[us])", " as timestamp[ms, UTC])",
					    " as timestamp[ns])"};

	form(w, depth, "cast(", CLASS_TIME, PICK(w, kinds), CLASS_ANY, NULL);
}

static void expression(struct writer *w, enum random_class class, uint32_t depth)
{
	if (class == CLASS_ANY)
		class = (enum random_class)random_below(w->random, CLASS_ANY);
	if (depth == 0 || random_below(w->random, 4) == 0) {
		if (random_below(w->random, 4) == 0 || !column(w, class))
			literal(w, class);
		return;
	}
	switch (class) {
	case CLASS_NUMBER:
		number(w, depth - 1);
		break;
	case CLASS_BOOL:
		boolean(w, depth - 1);
		break;
	case CLASS_TEXT:
		text(w, depth - 1);
		break;
	default:
		time_of(w, depth - 1);
	}
}

void random_expression(struct random *random, const struct table_schema *schema,
		       enum random_class class, uint32_t depth, struct random_text *out)
{
	struct writer w = {random, schema, out};

	expression(&w, class, depth);
}

static void project(struct writer *w)
{
	put(w, "project ");
	for (uint64_t n = 1 + random_below(w->random, 3); n > 0; n--) {
		put(w, "x%u = ", (unsigned)n);
		expression(w, CLASS_ANY, 1 + (uint32_t)random_below(w->random, 3));
		put(w, ", ");
	}
	put(w, random_below(w->random, 2) != 0 ? "*" : "z = ");
	if (w->out->text[w->out->bytes - 1] != '*')
		column(w, CLASS_ANY);
}

static void aggregate(struct writer *w)
{
	static const char *const functions[] = {"sum", "avg", "min", "max", "count"};

	put(w, "aggregate n = count()");
	for (uint64_t n = 1 + random_below(w->random, 4); n > 0; n--) {
		const char *function = PICK(w, functions);
		bool number = function[0] == 's' || function[0] == 'a';

		put(w, ", a%u = %s(", (unsigned)n, function);
		expression(w, number ? CLASS_NUMBER : CLASS_ANY,
			   (uint32_t)random_below(w->random, 3));
		put(w, ")");
	}
}

void random_steps(struct random *random, const struct table_schema *schema, struct random_text *out)
{
	struct writer w = {random, schema, out};

	out->bytes = 0;
	out->text[0] = '\0';
	if (random_below(random, 2) != 0) {
		put(&w, "select ");
		expression(&w, CLASS_BOOL, 1 + (uint32_t)random_below(random, 4));
		put(&w, "; ");
	}
	if (random_below(random, 3) != 0)
		project(&w);
	else
		aggregate(&w);
}
