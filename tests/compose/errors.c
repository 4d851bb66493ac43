/* Bad texts: each is refused, at the right place, saying what is wrong and what to do. */
#include <errno.h>

#include "compose.h"

#include "test.h"

/* One line, so that what follows begins at line 2. */
#define F "function f { in a; out b }; function g { in a; in o optional; out b }\n"
#define FG(body) F "composition c {\n in x; out y\n" body "\n}\n"

struct bad {
	const char *text;
	uint32_t line;
	uint32_t column;
	const char *message; /* part of it */
	const char *hint;    /* part of it */
};

static const struct bad bad[] = {
    /* Words. */
    {"function f {\n in a@b }", 2, 6, "unexpected '@'", ""},
    {"function caf\xc3\xa9 { in a; out b }", 1, 13, "unexpected byte 0xc3", "only ASCII"},
    {"\xff\xfe"
     "f",
     1, 1, "unexpected byte 0xff", "not as UTF-16"},
    {"function f { in a\rout b }", 1, 18, "unexpected byte 0x0d", "LF or CR LF"},
    {"function f-g { in a; out b }", 1, 11, "'-' stands alone", "names are of letters"},
    {"function f { memory 1.x }", 1, 23, "a digit must follow", ""},
    {"function aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa { }", 1, 10,
     "has 64 bytes", "at most 63"},
    /* Definitions. */
    {"", 0, 0, "defines no composition", "composition NAME"},
    {F, 0, 0, "defines no composition", "composition NAME"},
    {"functon f { in a; out b }", 1, 1, "expected 'function', ", "did you mean 'function'?"},
    {"in a", 1, 1, "'operator' or 'composition', found 'in'", "{ ... }"},
    {"function each { in a; out b }", 1, 10, "expected the name of a function", "word of the"},
    {"function 2f { in a; out b }", 1, 10, "found '2'", "begins with a letter"},
    {"function f in a", 1, 12, "expected '{', found 'in'", ""},
    {"function f {\n in a\n", 1, 12, "'{' is not closed", "end 'f' with '}'"},
    {F "function f { in a; out b }", 2, 10, "'f' is already defined", "in line 1"},
    {F "composition g { in a; out b }", 2, 13, "'g' is already defined", "in line 1"},
    /* Operators. */
    {"opertor o { in a; out b }", 1, 1, "expected 'function', 'op", "did you mean 'operator'?"},
    {"operator o { in a; out b }", 1, 10, "'o' has no steps", "steps { select"},
    {"operator o { in a; out b; out c; steps { } }", 1, 10, "has 2 outputs", "one for each"},
    {"operator o { in a; out b; steps { }; steps { } }", 1, 38, "given twice", "in line 1"},
    {"operator o { in a; out b; steps select }", 1, 33, "'{' after 'steps'", ""},
    {"operator o { in a; out b; steps { '}' # }\n \"}\"", 1, 33, "'{' is not closed", "quotes"},
    {"operator o { in a as cvs; out b }", 1, 22, "a format after 'as'", "mean 'csv'?"},
    {"operator o { in a as csv (a:int8", 1, 26, "'(' is not closed", "end it with ')'"},
    {"operator o { in a; out b as csv (a:int8) }", 1, 33, "no columns", "of inputs"},
    {"operator o { in a as bytes (a:int8); out b }", 1, 28, "no columns", "of inputs"},
    {"function f { in a as csv; out b }", 1, 19, "expected the end", "of an operator"},
    {"function f { in a; out b; steps { } }", 1, 27, "a statement of a function", "items"},
    /* Functions. */
    {"function f { in a; out b; out b }", 1, 31, "'b' is already defined", "another name"},
    {"function f { out b }", 1, 10, "'f' has no input", "in NAME"},
    {"function f { in a }", 1, 10, "'f' has no output", "out NAME"},
    {"function f { in a out b }", 1, 19, "expected the end of the statement", "';'"},
    {"function f { in a split line }", 1, 19, "expected the end", "of a composition"},
    {"function f { in a; out b optional }", 1, 26, "expected the end", "follows the name"},
    {"function f { memroy 1MiB }", 1, 14, "expected a statement", "did you mean 'memory'?"},
    {"function f { colour 1MiB }", 1, 14, "expected a statement", "a function declares"},
    {"function f { memory 1MiB\n memory 2MiB }", 2, 2, "'memory' is given twice", "in line 1"},
    {"function f { memory 10M }", 1, 23, "'M' is no unit of memory", "KiB, MiB or GiB"},
    {"function f { memory 10 }", 1, 24, "expected a unit of memory, found '}'", "as in 4MiB"},
    {"function f { memory 1.5MiB }", 1, 21, "must be a whole number", "smaller unit"},
    {"function f { memory 4GiB }", 1, 21, "memory is more than 4294967040 B", ""},
    {"function f { memory 99999999999999999999999B }", 1, 21, "memory is more than", ""},
    {"function f { memory 0KiB }", 1, 21, "memory must not be 0", ""},
    {"function f { memory lots }", 1, 21, "expected memory, found 'lots'", ""},
    {"function f { memory 1MiB + 1.2345 x input }", 1, 28, "at most 3 decimals", ""},
    {"function f { memory 1MiB + 4294968 x input }", 1, 28, "more than 4294967", ""},
    {"function f { memory 1MiB + 2 input }", 1, 30, "expected 'x input'", ""},
    {"function f { memory 1MiB + 2 x inputs }", 1, 32, "expected 'input'", ""},
    {"function f { time 10 }", 1, 22, "expected a unit of time", "ms, s or min"},
    {"function f { time 10h }", 1, 21, "'h' is no unit of time", "ms, s or min"},
    {"function f { time 71583min }", 1, 19, "time is more than 4294967295 ms", ""},
    {"function f { retries 101 }", 1, 22, "from 0 to 100", ""},
    {"function f { retries 1.5 }", 1, 22, "from 0 to 100", ""},
    {"function f { output 0B }", 1, 21, "output must not be 0", ""},
    {"function f { output 5GiB }", 1, 21, "output is more than", ""},
    {"function f { items 0 }", 1, 20, "from 1 to 67108864", ""},
    {"function f { items 9; items 9 }", 1, 23, "'items' is given twice", ""},
    /* Declarations of compositions. */
    {F "composition c { in a; out a }", 2, 27, "'a' is already defined", "in line 2"},
    {F "composition c { in a split }", 2, 28, "expected 'line' or 'none'", ""},
    {F "composition c { in a split none 4MiB }", 2, 33, "takes no size", "'split line'"},
    {F "composition c { in a split line 4kB }", 2, 34, "'kB' is no unit", "KiB"},
    {F "composition c { out a merge }", 2, 29, "expected the number of a column", ""},
    {F "composition c { out a merge 0 }", 2, 29, "from 1 to", ""},
    {F "composition c { out a merge 1 up }", 2, 31, "expected the end", ""},
    {F "composition c { out a merge 1,2,3,4,5,6,7,8,9 }", 2, 45, "more than 8 keys", ""},
    {F "composition c { in a merge 1 }", 2, 22, "expected the end", "an 'out'"},
    /* Calls. */
    {FG(" f(a = all x) -> (b = y"), 4, 18, "'(' is not closed", "with ')'"},
    {FG(" memory 4MiB"), 4, 9, "expected '(', found '4'", "'epochs' and calls"},
    {FG(" f(a = all x)\n -> (b = y)"), 5, 2, "'->' begins no statement", "in the line"},
    {FG(" f(a all x) -> (b = y)"), 4, 6, "expected '=' after", ""},
    {FG(" f(a = eahc x) -> (b = y)"), 4, 8, "expected a distribution", "did you mean 'each'?"},
    {FG(" f(a = shuffled x) -> (b = y)"), 4, 8, "expected a distribution", "is one of: all"},
    {FG(" f(a = x) -> (b = y)"), 4, 8, "how is 'x' distributed", "before 'x'"},
    {FG(" f(a = all) -> (b = y)"), 4, 11, "expected the name of a set, found ')'", ""},
    {FG(" ff(a = all x) -> (b = y)"), 4, 2, "'ff' is not defined", "did you mean 'f'?"},
    {FG(" wordcount(a = all x) -> (b = y)"), 4, 2, "'wordcount' is not defined", "define it"},
    {FG(" f(aa = all x) -> (b = y)"), 4, 4, "'f' has no input 'aa'", "did you mean 'a'?"},
    {FG(" f(a = all x) -> (result = y)"), 4, 19, "'f' has no output 'result'", "with 'out'"},
    {FG(" f(a = all x, a = all x) -> (b = y)"), 4, 15, "named twice in this call", ""},
    {FG(" f(a = all x) -> (b = y, b = z)"), 4, 26, "named twice in this call", ""},
    {FG(" g(o = all x) -> (b = y)"), 4, 2, "without its input 'a'", "a = DISTRIBUTION SET"},
    {FG(" f(a = all x)"), 4, 2, "no output of 'f' is named", "remove the call"},
    {FG(" f(a = all x) -> ()"), 4, 2, "no output of 'f' is named", "-> (NAME)"},
    {"function h { in a optional; out b }\ncomposition c { in x; out y; h() -> (b = y) }", 2, 30,
     "without any input", "what starts it"},
    {FG(" f as h(a = all x) -> (b = y)\n g as h(a = all x) -> (b = z)"), 5, 7, "labelled 'h'",
     "in line 4"},
    {FG(" f(a = all x) -> (b = y)\n g as f(a = all x) -> (b = z)"), 5, 7, "labelled 'f'",
     "another label"},
    /* Sets. */
    {FG(" f(a = all xx) -> (b = y)"), 4, 12, "nothing produces the set 'xx'", "did you mean 'x'?"},
    {FG(" f(a = all elsewhere) -> (b = y)"), 4, 12, "nothing produces the set", "with 'in'"},
    {FG(" f(a = all x) -> (b = x)"), 4, 23, "'x' is an input of 'c'", "another name"},
    {FG(" f(a = all x) -> (b = y)\n f(a = all x) -> (b = y)"), 5, 23, "produced twice",
     "'f' in line 4"},
    {FG(" f(a = all x) -> (b = z)"), 3, 12, "nothing produces the output 'y'", "-> (y)"},
    {FG(" f(a = all x) -> (b = y)\n f(a = all y) -> (b = z)"), 5, 23, "nothing uses the set 'z'",
     "leave it out"},
    {FG(" in more; f(a = all x) -> (b = y)"), 4, 5, "nothing uses the set 'more'", "remove it"},
    {FG(" f as p(a = all z) -> (b = w)\n f as q(a = all w) -> (b = z)\n"
	" g(a = all x, o = all w) -> (b = y)"),
     5, 2, "in a circle: q -> p -> q", "no loops"},
    {FG(" g(a = all x, o = all y) -> (b = y)"), 4, 2, "in a circle: g -> g", "no loops"},
    /* Epochs and state. */
    {FG(" epochs"), 4, 8, "expected a number of epochs, found the end", ""},
    {FG(" epochs 0"), 4, 9, "whole number from 1 to 1000000", ""},
    {FG(" epochs 1.5"), 4, 9, "whole number from 1", ""},
    {FG(" epochs 1000001"), 4, 9, "whole number from 1", ""},
    {FG(" epoch 4"), 4, 8, "expected '(', found '4'", "did you mean 'epochs'?"},
    {FG(" epochs until y empty"), 4, 9, "expected a number of epochs", "epochs 1000 until SET"},
    {FG(" epochs 2 until y"), 4, 18, "expected 'empty'", ""},
    {FG(" epochs 2\n epochs 3"), 5, 2, "'epochs' is given twice", "in line 4"},
    {FG(" epochs 2; f(a = all x) -> (b = y)"), 4, 2, "carries nothing from epoch",
     "state NAME = SET"},
    {FG(" stat s = y; f(a = all x) -> (b = y)"), 4, 7, "expected '('", "did you mean 'state'?"},
    {FG(" state s = y; f(a = all x) -> (b = y)"), 4, 8, "a state, but no epochs", "epochs 10"},
    {FG(" state s"), 4, 9, "expected '=' after the name of a state", "state s = SET"},
    {FG(" state all = y"), 4, 8, "expected the name of a state", "word of the language"},
    {FG(" epochs 2; state x = y; f(a = all x) -> (b = y)"), 4, 18, "'x' is already defined",
     "line 3"},
    {FG(" epochs 2; state s = yy; f(a = all x) -> (b = y)"), 4, 22, "nothing produces the set 'yy'",
     "did you mean 'y'?"},
    {FG(" epochs 2; state s = x; g(a = all x, o = all s) -> (b = y)"), 4, 22,
     "'x' is an input of 'c'", "that a call produces"},
    {FG(" epochs 2; state s = s; g(a = all x, o = all s) -> (b = y)"), 4, 22,
     "'s' is a state of 'c'", "that a call produces"},
    {FG(" epochs 2; state s = y; f(a = all x) -> (b = y)"), 4, 18, "nothing uses the set 's'",
     "give it to a call"},
    {FG(" epochs 2; state s = y; g(a = all x, o = all s) -> (b = s)"), 4, 57,
     "'s' is a state of 'c'", "another name"},
    {FG(" epochs 2; state s = y; g(a = broadcast x, o = each s) -> (b = y)"), 4, 48,
     "the state 's' is taken by 'each'", "'key', 'all' or 'broadcast'"},
    {FG(" epochs 2; state s = y; g(a = all s, o = all x) -> (b = y)"), 4, 35,
     "the input 'a' of 'g' is not optional", "in a optional"},
    {FG(" epochs 2 until x empty; state s = y; g(a = all x, o = all s) -> (b = y)"), 4, 17,
     "'x' is an input of 'c', which no epoch changes", "that a call produces"},
    {FG(" epochs 2 until z empty; state s = y; g(a = all x, o = all s) -> (b = y)"), 4, 17,
     "nothing produces the set 'z'", ""},
    {FG(" d(x = x) -> (y)") "composition d { in x; out y; epochs 2; state s = y\n"
			    " g(a = all x, o = all s) -> (b = y) }",
     4, 2, "'d' repeats for epochs", "to the composition that is run"},
    /* Distributions. */
    {FG(" g(a = each x, o = each x) -> (b = y)"), 4, 20, "two 'each' inputs",
     "one of 'a' and 'o' broadcast"},
    {FG(" g(a = each x, o = key x) -> (b = y)"), 4, 20, "inputs of 'each' and of 'key'",
     "'broadcast'"},
    {FG(" g(a = all x, o = broadcast x) -> (b = y)"), 4, 19, "of 'all' and of 'broadcast'",
     "only 'all'"},
    {FG(" g(a = broadcast x, o = broadcast x) -> (b = y)"), 4, 8, "inputs of 'g' are 'broadcast'",
     "write 'all'"},
    /* Nested compositions. */
    {FG(" d(x = all x) -> (y)") "composition d { in x; out y; f(a = all x) -> (b = y) }", 4, 8,
     "a distribution at the call of the composition 'd'", "leave 'all' out"},
    {FG(" d() -> (y)") "composition d { in x; out y; f(a = all x) -> (b = y) }", 4, 2,
     "without its input 'x'", "add 'x = SET'"},
    {FG(" c(x = x) -> (y)"), 4, 2, "calls itself: c -> c", "cannot recurse"},
    {FG(" d(x = x) -> (y)") "composition d { in x; out y; e(x = x) -> (y) }\n"
			    "composition e { in x; out y; d(x = x) -> (y) }",
     7, 30, "calls itself: d -> e -> d", "cannot recurse"},
    {"function h { in a; in m; out b }\n"
     "composition d { in x; in m optional; out y; h(a = all x, m = all m) -> (b = y) }\n"
     "composition c { in x; out y; d(x = x) -> (y) }",
     2, 66, "'m' of 'h' is not optional, but 'd' is called without 'm'", "in line 3"},
    {F "composition d { in x; in o optional; out y; e(x = x, o = o) -> (y) }\n"
       "function k { in a optional; in o optional; out b }\n"
       "composition e { in x; in o optional; out y\n"
       " k(a = broadcast x, o = key o) -> (b = y) }\n"
       "composition c { in x; out y; d(x = x) -> (y) }",
     5, 2, "nothing starts 'k': 'd.e' is called without", "not 'broadcast'"},
    {F "composition d { in x split line; out y; f(a = all x) -> (b = y) }\n"
       "composition e { in x split line 1KiB; out y; f(a = all x) -> (b = y) }\n"
       "composition c { in x; out y; out z; d(x = x) -> (y); e(x = x) -> (y = z) }",
     4, 54, "'x' feeds nested inputs that split it in different ways, in lines 2 and 3",
     "in x split"},
};

static bool bad_check(const struct bad *test)
{
	/* A copy of just its bytes: reading past the end is seen by a sanitizer. */
	size_t bytes = strlen(test->text);
	char *copy = malloc(bytes + (bytes == 0));
	struct compose_error error;
	struct plan *plan;
	char text[COMPOSE_ERROR_TEXT_BYTES_MAX] = "";
	int rc;

	memcpy(copy, test->text, bytes);
	rc = compose_plan("bad.mr", copy, bytes, NULL, &plan, &error);
	free(copy);
	if (rc < 0)
		compose_error_print(&error, text, sizeof(text));
	if (rc == -EINVAL && plan == NULL && error.line == test->line &&
	    error.column == test->column && strstr(error.message, test->message) != NULL &&
	    strstr(error.hint, test->hint) != NULL)
		return true;
	fprintf(stderr, "expected %u:%u, '%s', '%s' for\n%s\ngot %d\n%s\n\n", test->line,
		test->column, test->message, test->hint, test->text, rc, text);
	plan_free(&plan);
	return false;
}

/* --- Texts made by a loop -------------------------------------------------------------------- */

struct made {
	char *text;
	size_t bytes;
	FILE *out;
};

static FILE *made_start(struct made *made)
{
	made->out = open_memstream(&made->text, &made->bytes);
	CHECK(made->out != NULL, "no memory");
	return made->out;
}

static void made_check(struct made *made, int expected, const char *message)
{
	struct compose_error error;
	struct plan *plan;
	char text[COMPOSE_ERROR_TEXT_BYTES_MAX] = "";
	int rc;

	fclose(made->out);
	rc = compose_plan("made.mr", made->text, made->bytes, NULL, &plan, &error);
	if (rc < 0)
		compose_error_print(&error, text, sizeof(text));
	CHECK(rc == expected, "rc %d, expected %d: %s", rc, expected, text);
	CHECK(rc == 0 || strstr(error.message, message) != NULL, "'%s' expected, got\n%s", message,
	      text);
	plan_free(&plan);
	free(made->text);
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"

/* A chain of calls of f. */
static void chain_write(FILE *out, const char *name, uint32_t calls, const char *callee)
{
	fprintf(out, "composition %s { in s0; out s%u\n", name, calls);
	for (uint32_t i = 0; i < calls; i++)
		fprintf(out, "%s s%u) -> (b = s%u)\n", callee, i, i + 1);
	fprintf(out, "}\n");
}

static void check_limits(void)
{
	struct made made;
	FILE *out;

	/* Vertices: a source, a sink, and what is left for functions. */
	for (uint32_t calls = MR_VERTICES_MAX - 3; calls <= MR_VERTICES_MAX + 1; calls++) {
		out = made_start(&made);
		fputs(F, out);
		chain_write(out, "c", calls, "f(a = each");
		if (calls <= MR_VERTICES_MAX - 2)
			made_check(&made, 0, "");
		else
			made_check(&made, -EINVAL,
				   calls <= MR_VERTICES_MAX ? "more than 256 vertices"
							    : "more than 256 calls");
	}
	/* Nesting, each level twice the one below: vertices are what runs out, not time. */
	out = made_start(&made);
	fputs(F "composition n0 { in a; out b; f(a = all a) -> (b) }\n", out);
	for (int i = 1; i < MR_NESTING_MAX; i++)
		fprintf(out,
			"composition n%d { in a; out b; n%d as l(a = a) -> (b = m)\n"
			"n%d as r(a = m) -> (b) }\n",
			i, i - 1, i - 1);
	made_check(&made, -EINVAL, "more than 256 vertices");
	for (int levels = MR_NESTING_MAX; levels <= MR_NESTING_MAX + 1; levels++) {
		out = made_start(&made);
		fputs(F, out);
		for (int i = levels - 1; i > 0; i--)
			fprintf(out, "composition n%d { in a; out b; n%d(a = a) -> (b) }\n", i,
				i - 1);
		fputs("composition n0 { in a; out b; f(a = all a) -> (b) }\n", out);
		fprintf(out, "composition last { in a; out b; f(a = all a) -> (b) }\n");
		made_check(&made, levels > MR_NESTING_MAX ? -EINVAL : 0, "more than 16 deep");
	}
	/* A path of labels, one byte too long. */
	for (int bytes = 31; bytes <= 32; bytes++) {
		out = made_start(&made);
		fprintf(out, F "composition d { in a; out b; f as %.*s(a = all a) -> (b) }\n",
			bytes, LETTERS);
		fprintf(out, "composition c { in a; out b; d as %.31s(a = a) -> (b) }\n", LETTERS);
		made_check(&made, bytes > 31 ? -EINVAL : 0, "has more than 63 bytes");
	}
	/* Sets of a function. */
	for (int sets = MR_SETS_MAX; sets <= MR_SETS_MAX + 1; sets++) {
		out = made_start(&made);
		fputs(F "function many { out b", out);
		for (int i = 1; i < sets; i++)
			fprintf(out, "; in i%d", i);
		fputs(" }\ncomposition c { in a; out b; f(a = all a) -> (b) }\n", out);
		made_check(&made, sets > MR_SETS_MAX ? -EINVAL : 0, "more than 64 sets");
	}
	/* Definitions. */
	out = made_start(&made);
	for (int i = 0; i <= MR_DEFINITIONS_MAX; i++)
		fprintf(out, "function f%d { in a; out b }\n", i);
	made_check(&made, -EINVAL, "more than 1024 functions");
	/* Wires of one composition. */
	out = made_start(&made);
	fputs("function w { out b", out);
	for (int i = 0; i < 60; i++)
		fprintf(out, "; in i%d", i);
	fputs(" }\ncomposition c { in x; out y\n", out);
	for (int i = 0; i < 20; i++) {
		fputs("w(i0 = all x", out);
		for (int j = 1; j < 60; j++)
			fprintf(out, ", i%d = all x", j);
		fprintf(out, ") -> (b = y%d)\n", i);
	}
	made_check(&made, -EINVAL, "wires more than 1024 sets");
}

static void check_bytes(void)
{
	struct made made;
	FILE *out;

	out = made_start(&made);
	fwrite("function f {\0}", 1, 14, out);
	made_check(&made, -EINVAL, "unexpected byte 0x00");
	out = made_start(&made);
	fwrite("# a comment\0 with NUL\n", 1, 22, out);
	made_check(&made, -EINVAL, "unexpected byte 0x00");
	out = made_start(&made);
	for (uint32_t i = 0; i <= MR_SOURCE_BYTES_MAX; i++)
		fputc('\n', out);
	made_check(&made, -EINVAL, "the text has 1048577 bytes");
	out = made_start(&made);
	for (uint32_t i = 0; i < MR_SOURCE_BYTES_MAX; i++)
		fputc('x', out);
	made_check(&made, -EINVAL, "the name 'xxxxxxxxxxxxxxxx...' has 1048576 bytes");
	out = made_start(&made);
	for (uint32_t i = 0; i < 100000; i++)
		fputc('(', out);
	made_check(&made, -EINVAL, "expected 'function', 'operator' or 'composition', found '('");
	/* A path of compositions that goes round once the whole text. */
	out = made_start(&made);
	for (int i = 0; i < MR_DEFINITIONS_MAX; i++)
		fprintf(out, "composition c%d { in a; out b; c%d(a = a) -> (b) }\n", i,
			(i + 1) % MR_DEFINITIONS_MAX);
	made_check(&made, -EINVAL, "calls itself: c0 -> c1 -> c2");
	/* Names of every length up to the longest, so that the path shown ends at every byte. */
	for (int bytes = 8; bytes < MR_NAME_BYTES_MAX; bytes++) {
		out = made_start(&made);
		for (int i = 0; i < 80; i++)
			fprintf(out, "composition c%0*d { in a; out b; c%0*d(a = a) -> (b) }\n",
				bytes - 1, i, bytes - 1, (i + 1) % 80);
		made_check(&made, -EINVAL, " -> ...");
	}
}

/* --- How an error looks ---------------------------------------------------------------------- */

static void check_print(void)
{
	static const char text[] =
	    F "composition c {\n\tin x; out y\n\tf(a = all xx) -> (b = y)\n}\n";
	struct compose_error error;
	struct plan *plan;
	char shown[COMPOSE_ERROR_TEXT_BYTES_MAX];
	char small[16];
	struct made made;
	FILE *out;

	CHECK(compose_plan("t.mr", text, strlen(text), NULL, &plan, &error) == -EINVAL, "planned");
	compose_error_print(&error, shown, sizeof(shown));
	CHECK(strcmp(shown, "t.mr:4:12: error: nothing produces the set 'xx'\n"
			    "\tf(a = all xx) -> (b = y)\n"
			    "\t          ^\n"
			    "hint: did you mean 'x'?") == 0,
	      "got\n%s", shown);
	compose_error_print(&error, small, sizeof(small));
	CHECK(strcmp(small, "t.mr:4:12: erro") == 0, "got %s", small);
	CHECK(compose_plan("t.mr", F, strlen(F), "counts", &plan, &error) == -EINVAL, "planned");
	compose_error_print(&error, shown, sizeof(shown));
	CHECK(strcmp(shown, "t.mr: error: no composition is named 'counts'\n"
			    "hint: name one that the text defines") == 0,
	      "got\n%s", shown);
	/* Far right in a long line, with bytes that a terminal would act upon. */
	out = made_start(&made);
	for (int i = 0; i < 3000; i++)
		fputc(';', out);
	fputs("\x1b[2J", out);
	fclose(out);
	CHECK(compose_plan("t.mr", made.text, made.bytes, NULL, &plan, &error) == -EINVAL,
	      "planned");
	CHECK(error.column == 3001 && error.caret <= strlen(error.excerpt) &&
		  error.excerpt[error.caret - 1] == '?' && error.excerpt[error.caret] == '[',
	      "column %u, caret %u in '%s'", error.column, error.caret, error.excerpt);
	compose_error_print(&error, shown, sizeof(shown));
	CHECK(strchr(shown, '\x1b') == NULL, "escape printed");
	free(made.text);
}

int main(void)
{
	size_t failed = 0;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		failed += !bad_check(&bad[i]);
	CHECK(failed == 0, "%zu texts", failed);
	check_limits();
	check_bytes();
	check_print();
	return 0;
}
