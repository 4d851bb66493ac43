/* Fields by path against cJSON, which knows nothing of simdjson; and texts that are none. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <time.h>

#include "json.h"
#include "random_table.h"
#include "test.h"

#define ROUNDS_DEFAULT 3000
#define TEXT_BYTES_MAX 65536

static struct table_error error;
static char text[TEXT_BYTES_MAX];
static size_t count;

static void put(const char *what)
{
	size_t bytes = strlen(what);

	CHECK(count + bytes < sizeof(text), "too long");
	memcpy(text + count, what, bytes + 1);
	count += bytes;
}

static void value_make(struct random *random, int depth)
{
	static const char *const plain[] = {"null",
					    "true",
					    "false",
					    "0",
					    "-1",
					    "127",
					    "128",
					    "-129",
					    "65535",
					    "1e3",
					    "2.5",
					    "-0.0",
					    "\"\"",
					    "\"ab\"",
					    "12.75",
					    "1e-5",
					    "9007199254740991",
					    "\"\\u00e9\\n\\\"\"",
					    "\"caf\xc3\xa9\"",
					    "[]",
					    "{}",
					    "4294967296",
					    "-2147483648",
					    "\"2024-02-29\""};
	uint64_t drawn = random_below(random, depth < 4 ? 10 : 7);
	uint64_t members = random_below(random, 4);

	if (drawn < 7) {
		put(plain[random_below(random, sizeof(plain) / sizeof(plain[0]))]);
		return;
	}
	put(drawn < 9 ? "{" : "[");
	for (uint64_t i = 0; i < members; i++) {
		static const char *const keys[] = {
		    "\"a\":", "\"b\" : ", "\"x y\":", "\"\\u0063\":"};

		put(i > 0 ? ", " : "");
		put(drawn < 9 ? keys[(random_below(random, 4) + i) % 4] : "");
		value_make(random, depth + 1);
	}
	put(drawn < 9 ? "}" : "]");
}

/* A path, and what cJSON finds there. Equal keys: the first, for both. */
static const cJSON *path_make(struct random *random, const cJSON *at, char *path)
{
	strcpy(path, "$");
	for (uint64_t steps = random_below(random, 4); steps > 0; steps--) {
		static const char *const steps_of[] = {".a", ".b", "['x y']", ".c"};
		static const char *const keys[] = {"a", "b", "x y", "c"};
		uint64_t drawn = random_below(random, 5);
		char index[8];

		if (drawn == 4) {
			snprintf(index, sizeof(index), "[%d]", (int)(steps % 3));
			strcat(path, index);
			at = cJSON_IsArray(at) ? cJSON_GetArrayItem(at, (int)(steps % 3)) : NULL;
		} else {
			strcat(path, steps_of[drawn]);
			at = cJSON_IsObject(at) ? cJSON_GetObjectItemCaseSensitive(at, keys[drawn])
						: NULL;
		}
	}
	return at;
}

static bool fits(const cJSON *item, enum table_type type)
{
	double number = item->valuedouble;

	if (type == TABLE_BOOL)
		return cJSON_IsBool(item);
	if (type == TABLE_UTF8)
		return cJSON_IsString(item);
	if (!cJSON_IsNumber(item) || type == TABLE_FLOAT64)
		return cJSON_IsNumber(item);
	return type == TABLE_INT8     ? number >= -128 && number <= 127
	       : type == TABLE_UINT32 ? number >= 0 && number <= UINT32_MAX
				      : true;
}

static void check_same(const cJSON *item, enum table_type type, const struct json_result *result)
{
	int64_t integer = type == TABLE_INT8 ? (int8_t)result->fixed[0] : 0;
	double real;

	memcpy(&real, result->fixed, sizeof(real));
	if (type == TABLE_INT64)
		memcpy(&integer, result->fixed, 8);
	if (type == TABLE_UINT32)
		memcpy(&integer, result->fixed, 4);
	if (type == TABLE_BOOL)
		CHECK(result->fixed[0] == cJSON_IsTrue(item), "%s", text);
	else if (type == TABLE_UTF8)
		CHECK(result->count == strlen(item->valuestring) &&
			  memcmp(result->bytes, item->valuestring, result->count) == 0,
		      "%s", text);
	else if (type == TABLE_FLOAT64)
		CHECK(real == item->valuedouble, "%s", text);
	else
		CHECK((double)integer == item->valuedouble, "%s", text);
}

/* Whether the number at the path was written as an integer cannot be asked of cJSON. */
static void check_field(struct random *random, const cJSON *root, uint64_t seed)
{
	static const enum table_type types[] = {TABLE_BOOL,   TABLE_INT8, TABLE_INT64,
						TABLE_UINT32, TABLE_UTF8, TABLE_FLOAT64};
	enum table_type type = types[random_below(random, 6)];
	struct json_extractor *extractor;
	struct json_result result;
	struct json_field field = {.kind = {.type = type}};
	struct json_path *path;
	char steps[64];
	const cJSON *item = path_make(random, root, steps);
	bool null = item == NULL || cJSON_IsNull(item);
	uint8_t *exact = malloc(count);
	int rc;

	memcpy(exact, text, count);
	CHECK(json_path_parse(steps, strlen(steps), &path, &error) == 0, "%s", error.text);
	field.path = path;
	CHECK(json_extractor_create(&field, 1, &extractor) == 0, "create");
	rc = json_extract(extractor, exact, count, 0, &result, &error);
	CHECK(rc == 0 || strstr(error.text, steps) != NULL, "%s", error.text);
	CHECK(rc == 0 ? null || fits(item, type) : !null, "seed %llu: %s as type %d of %s: %d",
	      (unsigned long long)seed, steps, type, text, rc);
	CHECK(rc < 0 || result.null == null, "seed %llu: %s of %s", (unsigned long long)seed, steps,
	      text);
	CHECK(rc == 0 || !fits(item, type) || cJSON_IsNumber(item), "seed %llu: %s",
	      (unsigned long long)seed, error.text);
	if (rc == 0 && !null)
		check_same(item, type, &result);
	json_extractor_destroy(&extractor);
	json_path_free(&path);
	free(exact);
}

static void check_random(uint64_t seed)
{
	struct random random = {seed};
	cJSON *root;

	count = 0;
	value_make(&random, 0);
	root = cJSON_Parse(text);
	CHECK(root != NULL, "cJSON does not take %s", text);
	for (int i = 0; i < 4; i++)
		check_field(&random, root, seed);
	cJSON_Delete(root);
}

/* 0 and a null, or what is said. */
static int extracted(const char *steps, const char *of, enum table_type type,
		     struct json_result *result)
{
	struct json_extractor *extractor;
	struct json_path *path;
	struct json_field field = {.kind = {.type = type, .precision = 9, .scale = 2}};
	int rc = json_path_parse(steps, strlen(steps), &path, &error);

	if (rc < 0)
		return rc;
	field.path = path;
	CHECK(json_extractor_create(&field, 1, &extractor) == 0, "create");
	rc = json_extract(extractor, (const uint8_t *)of, strlen(of), 0, result, &error);
	if (rc == 0 && type == TABLE_BINARY) /* the extractor's, which ends here */
		CHECK(result->null || result->bytes[0] == 0x0f, "binary");
	json_extractor_destroy(&extractor);
	json_path_free(&path);
	return rc;
}

static void check_edges(void)
{
	static const char *const none[] = {
	    "",          "{",         "{\"a\":1}x", "{\"a\":01}", "[1,]",
	    "{\"a\" 1}", "\xff",      "\"\xc3\"",   "{'a':1}",    "\"\\ud800\"",
	    "nul",       "{\"b\":[}", "1 2",        "\"a\nb\"",   "123456789012345678901234"};
	static const char *const paths[] = {
	    "", "a", "$.", "$[", "$[1", "$['a]", "$.a.", "$x", "$[99999999999]", "$[-1]", "$['a'x"};
	struct json_result result;
	int32_t day;
	int64_t cents;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		CHECK(extracted("$.a", none[i], TABLE_INT64, &result) == -EINVAL, "'%s'", none[i]);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		CHECK(extracted(paths[i], "1", TABLE_INT64, &result) == -EINVAL, "'%s'", paths[i]);
	CHECK(extracted("$", "18446744073709551615", TABLE_UINT64, &result) == 0, "%s", error.text);
	CHECK(extracted("$", "18446744073709551615", TABLE_INT64, &result) == -EINVAL &&
		  strstr(error.text, "does not fit") != NULL,
	      "%s", error.text);
	CHECK(extracted("$", "-9223372036854775808", TABLE_INT64, &result) == 0, "least");
	CHECK(extracted("$", "-1", TABLE_UINT8, &result) == -EINVAL, "negative");
	CHECK(extracted("$[1].d", "[0,{\"d\":\"1970-01-11\"}]", TABLE_DATE32, &result) == 0, "%s",
	      error.text);
	memcpy(&day, result.fixed, sizeof(day));
	CHECK(day == 10, "day %d", day);
	CHECK(extracted("$", "\"-12.5\"", TABLE_DECIMAL128, &result) == 0, "%s", error.text);
	memcpy(&cents, result.fixed, sizeof(cents));
	CHECK(cents == -1250, "%lld", (long long)cents);
	CHECK(extracted("$", "12.5", TABLE_DECIMAL128, &result) == -EINVAL, "a float's digits");
	CHECK(extracted("$", "\"0f10\"", TABLE_BINARY, &result) == 0 && result.count == 2, "hex");
	CHECK(extracted("$", "\"0f1\"", TABLE_BINARY, &result) == -EINVAL, "odd");
}

int main(int argc, char **argv)
{
	uint64_t rounds = argc > 1 ? strtoull(argv[1], NULL, 0) : ROUNDS_DEFAULT;
	uint64_t seed = (uint64_t)time(NULL);

	check_edges();
	printf("seeds from %llu on\n", (unsigned long long)seed);
	for (uint64_t i = 0; i < rounds; i++)
		check_random(seed + i);
	return 0;
}
