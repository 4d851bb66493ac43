/* Values as text: what is taken, what is refused, and what is written. */
#include <errno.h>

#include "table_infer.h"
#include "table_text.h"
#include "test.h"

static struct table_kind kind_of(const char *name)
{
	struct table_kind kind;
	char again[TABLE_KIND_BYTES_MAX];

	CHECK(table_kind_parse(name, strlen(name), &kind) == 0, "%s", name);
	table_kind_format(&kind, again);
	CHECK(strcmp(name, again) == 0, "%s became %s", name, again);
	return kind;
}

/* text is read; written it is again, or text itself when that is NULL. */
static void good(const char *name, const char *text, const char *again)
{
	struct table_kind kind = kind_of(name);
	_Alignas(16) uint8_t value[16] = {0};
	char out[TABLE_TEXT_BYTES_MAX];
	size_t count;
	int rc = table_text_parse(&kind, text, strlen(text), value);

	CHECK(rc == 0, "%s \"%s\": %d", name, text, rc);
	count = table_text_format(&kind, value, out);
	again = again != NULL ? again : text;
	CHECK(count == strlen(again) && memcmp(out, again, count) == 0, "%s \"%s\": \"%.*s\"", name,
	      text, (int)count, out);
}

static void bad(const char *name, const char *text, int wanted)
{
	struct table_kind kind = kind_of(name);
	_Alignas(16) uint8_t value[16];
	int rc = table_text_parse(&kind, text, strlen(text), value);

	CHECK(rc == wanted, "%s \"%s\": %d, not %d", name, text, rc, wanted);
}

static void numbers(void)
{
	good("int8", "-128", NULL);
	good("int8", "+5", "5");
	bad("int8", "128", -ERANGE);
	bad("int8", "-129", -ERANGE);
	good("int64", "-9223372036854775808", NULL);
	bad("int64", "9223372036854775808", -ERANGE);
	bad("int64", "99999999999999999999x", -EINVAL);
	good("uint64", "18446744073709551615", NULL);
	bad("uint64", "18446744073709551616", -ERANGE);
	bad("uint8", "-1", -ERANGE);
	bad("int32", "", -EINVAL);
	bad("int32", "-", -EINVAL);
	bad("int32", "1.0", -EINVAL);
	bad("int32", " 1", -EINVAL);
	good("bool", "true", NULL);
	good("bool", "false", NULL);
	bad("bool", "True", -EINVAL);
	good("float64", "0.1", NULL);
	good("float64", "-0", "-0.0");
	good("float64", ".5", "0.5");
	good("float64", "5.", "5.0");
	good("float64", "1e23", "1e+23");
	good("float64", "9007199254740993", "9007199254740992.0");
	good("float64", "0.30000000000000004", NULL);
	good("float64", "5e-324", "4.94065645841247e-324");
	good("float64", "1.7976931348623157e308", "1.7976931348623157e+308");
	good("float64", "0.000000000000000000000000000000000000000001", "1e-42");
	good("float64", "-inf", NULL);
	good("float64", "NaN", "nan");
	bad("float64", "1e309", -ERANGE);
	bad("float64", "0x1", -EINVAL);
	bad("float64", "1e", -EINVAL);
	bad("float64", "1.2.3", -EINVAL);
	bad("float64", ".", -EINVAL);
	good("float32", "0.1", NULL);
	good("float32", "16777217", "16777216.0");
	bad("float32", "1e39", -ERANGE);
}

static void decimals(void)
{
	good("decimal128(5, 2)", "123.45", NULL);
	good("decimal128(5, 2)", "-0.5", "-0.50");
	good("decimal128(5, 2)", "1.500", "1.50");
	good("decimal128(5, 2)", "7", "7.00");
	bad("decimal128(5, 2)", "1.234", -ERANGE);
	bad("decimal128(5, 2)", "1234.5", -ERANGE);
	bad("decimal128(5, 2)", "1e2", -EINVAL);
	bad("decimal128(5, 2)", "", -EINVAL);
	good("decimal128(38, 0)", "99999999999999999999999999999999999999", NULL);
	bad("decimal128(38, 0)", "100000000000000000000000000000000000000", -ERANGE);
	bad("decimal128(38, 0)", "999999999999999999999999999999999999999999", -ERANGE);
	good("decimal128(38, 38)", "-0.99999999999999999999999999999999999999", NULL);
}

static void times(void)
{
	good("date32", "1970-01-01", NULL);
	good("date32", "2000-02-29", NULL);
	good("date32", "0000-03-01", NULL);
	good("date32", "-0001-12-31", NULL);
	good("date32", "+12345-06-07", NULL);
	bad("date32", "1900-02-29", -EINVAL);
	bad("date32", "2024-13-01", -EINVAL);
	bad("date32", "2024-1-1", -EINVAL);
	bad("date32", "+9999999-01-01", -ERANGE);
	good("timestamp[s]", "2024-02-29 12:30:59", NULL);
	good("timestamp[ms]", "1969-12-31 23:59:59.999", NULL);
	good("timestamp[us]", "2024-02-29T12:30", "2024-02-29 12:30:00.000000");
	good("timestamp[us]", "2024-02-29", "2024-02-29 00:00:00.000000");
	good("timestamp[ns]", "1677-09-21 00:12:43.145224192", NULL);
	bad("timestamp[ns]", "1677-09-21 00:12:43.145224191", -ERANGE);
	good("timestamp[us, UTC]", "2024-02-29 01:30:00.5+02:00", "2024-02-28 23:30:00.500000Z");
	good("timestamp[us, Europe/Zurich]", "2024-02-29 01:30:00Z", "2024-02-29 01:30:00.000000Z");
	bad("timestamp[us, UTC]", "2024-02-29 01:30:00", -EINVAL);
	bad("timestamp[us]", "2024-02-29 01:30:00Z", -EINVAL);
	bad("timestamp[ms]", "2024-02-29 01:30:00.1234", -EINVAL);
	bad("timestamp[s]", "2024-02-29 24:00:00", -EINVAL);
}

static void kinds(void)
{
	static const char *const none[] = {"",
					   "int",
					   "int65",
					   "timestamp",
					   "timestamp[m]",
					   "timestamp[us,UTC]x",
					   "timestamp[us, ]",
					   "timestamp[us",
					   "timestamp[us, a]b]",
					   "decimal128",
					   "decimal128(39, 2)",
					   "decimal128(0, 0)",
					   "decimal128(9, 39)",
					   "decimal128(9, 2",
					   "utf-8"};
	struct table_kind kind;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		CHECK(table_kind_parse(none[i], strlen(none[i]), &kind) == -EINVAL, "\"%s\"",
		      none[i]);
	kind_of("binary");
	kind_of("timestamp[ns, +02:00]");
}

static void guesses(const char *wanted, const char *const *texts, uint32_t count)
{
	table_guess guess = TABLE_GUESS_ALL;
	char text[TABLE_KIND_BYTES_MAX];
	struct table_kind kind;

	for (uint32_t i = 0; i < count; i++)
		table_guess_value(&guess, TABLE_TOKEN_ANY, texts[i], strlen(texts[i]));
	table_guess_kind(guess, &kind);
	table_kind_format(&kind, text);
	CHECK(strcmp(text, wanted) == 0, "%s... is %s, not %s", count > 0 ? texts[0] : "nothing",
	      text, wanted);
}
#define GUESSES(wanted, ...)                                \
	guesses(wanted, (const char *const[]){__VA_ARGS__}, \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

static void inference(void)
{
	guesses("utf8", NULL, 0);
	GUESSES("bool", "true", "false");
	GUESSES("int64", "1", "-2");
	GUESSES("uint64", "1", "18446744073709551615");
	GUESSES("float64", "1", "2.5");
	GUESSES("float64", "1", "99999999999999999999");
	GUESSES("utf8", "1", "007");
	GUESSES("utf8", "+41");
	GUESSES("utf8", "1", "true");
	GUESSES("date32", "2024-02-29");
	GUESSES("timestamp[us]", "2024-02-29", "2024-02-29 12:00:00.5");
	GUESSES("timestamp[ns]", "2024-02-29 12:00:00.1234567");
	GUESSES("timestamp[us, UTC]", "2024-02-29T12:00:00Z");
	GUESSES("utf8", "2024-02-29T12:00:00Z", "2024-02-29");
}

static void given(void)
{
	struct table_schema schema = {0};
	struct table_error error;

	CHECK(table_given_parse("a:int8,b c:decimal128(9, 2),d:timestamp[us, UTC]", &schema,
				&error) == 0,
	      "%s", error.text);
	CHECK(schema.count == 3 && strcmp(schema.fields[1].name, "b c") == 0 &&
		  schema.fields[1].kind.scale == 2 &&
		  strcmp(schema.fields[2].kind.zone, "UTC") == 0,
	      "what was given");
	table_schema_free(&schema);
	CHECK(table_given_parse("a:int8,b", &schema, &error) == -EINVAL &&
		  strstr(error.text, "\"b\" is not allowed: NAME:TYPE") != NULL,
	      "%s", error.text);
	table_schema_free(&schema);
	CHECK(table_given_parse("a:int8,a:int8", &schema, &error) == -EINVAL, "twice");
	table_schema_free(&schema);
}

static void utf8(void)
{
	static const char *const none[] = {"\x80",
					   "\xc3",
					   "\xc0\x80",
					   "\xe0\x80\x80",
					   "\xed\xa0\x80",
					   "\xf4\x90\x80\x80",
					   "\xf0\x80\x80\x80",
					   "\xff",
					   "12345678\xe2\x82"};

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		CHECK(!table_utf8_valid((const uint8_t *)none[i], strlen(none[i])), "text %zu", i);
	CHECK(
	    table_utf8_valid((const uint8_t *)"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 12345678", 19),
	    "every length");
}

int main(void)
{
	numbers();
	decimals();
	times();
	kinds();
	inference();
	given();
	utf8();
	return 0;
}
