/* All who match agree: random patterns of what is matched, in random values. Others are refused. */
#include <errno.h>
#include <time.h>

#include "match_ways.h"
#include "random_table.h"
#include "test.h"

#define ROUNDS_DEFAULT 150
#define PATTERNS 3
#define VALUES 40
#define PATTERN_BYTES_MAX 600
#define VALUE_BYTES_MAX 40

static struct table_error error;

static void add(char *pattern, const char *what)
{
	strcat(pattern, what);
}

/* A pattern: pieces, some of them groups of such; short enough for PATTERN_BYTES_MAX. */
static void pattern_make(struct random *random, char *pattern, int depth)
{
	static const char *const pieces[] = {
	    "a",    "b",      "ab",          "\xc3\xa9", ".",   "[ab]",    "[^a]", "\\d", "\\w",
	    "\\W",  "\\s",    "\\b",         "\\B",      "^",   "$",       "\\n",  "\\.", "\\x41",
	    "[0-9", "[a-cx]", "[[:alpha:]]", "\\A",      "\\z", "[^\\sa]", "(?i)a"};
	static const char *const repeats[] = {"", "", "", "*", "+", "?", "{1,2}", "*?", "{2}"};
	uint64_t count = 1 + random_below(random, 3);

	for (uint64_t i = 0; i < count; i++) {
		const char *piece =
		    pieces[random_below(random, sizeof(pieces) / sizeof(pieces[0]))];
		bool repeats_well = strchr("^$\\(", piece[0]) == NULL || piece[1] == 'd';

		if (i > 0 && random_below(random, 6) == 0)
			add(pattern, "|");
		if (depth < 2 && random_below(random, 4) == 0) {
			add(pattern, random_below(random, 2) ? "(" : "(?:");
			pattern_make(random, pattern, depth + 1);
			add(pattern, ")");
			repeats_well = false;
		} else {
			add(pattern, piece);
			add(pattern, piece[0] == '[' && strchr(piece, ']') == NULL ? "]" : "");
		}
		if (repeats_well)
			add(pattern, repeats[random_below(random, 9)]);
	}
}

static size_t value_make(struct random *random, uint8_t *value, bool utf8)
{
	static const char *const pieces[] = {"a", "b",  "A", "\xc3\xa9", "\xc3\x89", "1",
					     " ", "\n", ".", "x",        "ab",       "_"};
	size_t bytes = 0, pieces_count = random_below(random, 12);

	for (size_t i = 0; i < pieces_count; i++) {
		const char *piece = pieces[random_below(random, 12)];

		memcpy(value + bytes, piece, strlen(piece));
		bytes += strlen(piece);
		if (!utf8 && random_below(random, 5) == 0)
			value[bytes++] = (uint8_t)random_next(random);
	}
	return bytes;
}

static void check_values(struct random *random, struct matcher *const matchers[], bool utf8,
			 char patterns[PATTERNS][PATTERN_BYTES_MAX], uint64_t seed)
{
	for (int v = 0; v < VALUES; v++) {
		uint8_t value[2 * VALUE_BYTES_MAX];
		size_t bytes = value_make(random, value, utf8);
		bool found[2][PATTERNS];

		for (int way = 0; way < 2; way++)
			CHECK(match_value(matchers[way], value, bytes, found[way], &error) == 0,
			      "seed %llu: %s", (unsigned long long)seed, error.text);
		for (int i = 0; i < PATTERNS; i++)
			CHECK(found[0][i] == found[1][i],
			      "seed %llu: '%s' in '%.*s' (utf8 %d): %s says %d",
			      (unsigned long long)seed, patterns[i], (int)bytes, value, utf8,
			      match_ways[0]->name, found[0][i]);
	}
}

static bool check_random(uint64_t seed)
{
	char texts[PATTERNS][PATTERN_BYTES_MAX] = {0};
	struct match_pattern patterns[PATTERNS];
	struct matcher *matchers[2] = {NULL, NULL};
	struct random random = {seed};
	bool utf8 = random_below(&random, 2);

	for (int i = 0; i < PATTERNS; i++) {
		pattern_make(&random, texts[i], 0);
		patterns[i] = (struct match_pattern){texts[i], strlen(texts[i])};
		CHECK(match_pattern_check(&patterns[i], &error) == 0, "%s", error.text);
	}
	if (match_ways[0]->create(patterns, PATTERNS, utf8, &matchers[0], &error) < 0)
		return false; /* as a pattern that can never match, which PCRE2 does not mind */
	CHECK(match_ways[1]->create(patterns, PATTERNS, utf8, &matchers[1], &error) == 0,
	      "seed %llu: %s", (unsigned long long)seed, error.text);
	check_values(&random, matchers, utf8, texts, seed);
	matcher_destroy(&matchers[0]);
	matcher_destroy(&matchers[1]);
	return true;
}

/* Who is asked to match them says which pattern it is, and why not. */
static void check_refused(void)
{
	static const char *const refused[] = {
	    "(a)\\1", "(?=a)b", "(?<!a)b", "a++", "(?>a)b", "\\p{L}",   "(*FAIL)", "a(b",   "[a",
	    "a{3,1}", "*a",     "\\Ka",    "a\\", "\\R",    "(?P<n>a)", "[[:a",    "[[:a:]"};

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct match_pattern patterns[] = {{"good", 4}, {refused[i], strlen(refused[i])}};
		struct matcher *matcher = NULL;

		CHECK(matcher_create(patterns, 2, true, &matcher, &error) == -EINVAL, "'%s'",
		      refused[i]);
		CHECK(strstr(error.text, refused[i]) != NULL, "'%s': %s", refused[i], error.text);
	}
}

static void check_known(void)
{
	static const struct match_pattern patterns[] = {{"^GET ", 5}, {" 5\\d\\d$", 7}, {"", 0}};
	static const char value[] = "GET /index.html 503";
	struct matcher *matcher;
	bool found[3];

	CHECK(matcher_create(patterns, 3, true, &matcher, &error) == 0, "%s", error.text);
	CHECK(match_value(matcher, (const uint8_t *)value, strlen(value), found, &error) == 0, "%s",
	      error.text);
	CHECK(found[0] && found[1] && found[2], "all are found");
	CHECK(match_value(matcher, NULL, 0, found, &error) == 0, "%s", error.text);
	CHECK(!found[0] && !found[1] && found[2], "the empty one is, in nothing");
	matcher_destroy(&matcher);
}

int main(int argc, char **argv)
{
	uint64_t rounds = argc > 1 ? strtoull(argv[1], NULL, 0) : ROUNDS_DEFAULT;
	uint64_t seed = (uint64_t)time(NULL), compared = 0;

	check_known();
	check_refused();
	if (match_ways[1] == NULL || !match_ways[0]->here())
		SKIP("only one way to match here");
	printf("seeds from %llu on\n", (unsigned long long)seed);
	for (uint64_t i = 0; i < rounds; i++)
		compared += check_random(seed + i);
	printf("%llu of %llu sets of patterns are compared\n", (unsigned long long)compared,
	       (unsigned long long)rounds);
	CHECK(compared > rounds / 4, "too few");
	return 0;
}
