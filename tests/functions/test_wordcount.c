/*
 * The word count's two functions, together, against a simple count; and total on malformed records.
 *
 *	test_wordcount BACKEND DIR [RUNS]
 */
#include <ctype.h>

#include <millrace/hash.h>

#include "harness.h"
#include "test.h"

#define WORDS_MAX 1100000

struct word {
	const uint8_t *at;
	uint32_t len;
	uint64_t count;
};

static struct harness_function count, total;
static uint64_t seed = 88172645463325252ull;

static uint64_t random_next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dull;
}

static int word_order(const void *left, const void *right)
{
	const struct word *l = left, *r = right;
	const int order = memcmp(l->at, r->at, l->len < r->len ? l->len : r->len);

	return order != 0 ? order : (l->len > r->len) - (l->len < r->len);
}

static int count_order(const void *left, const void *right)
{
	const struct word *l = left, *r = right;

	return l->count != r->count ? (l->count < r->count ? 1 : -1) : word_order(left, right);
}

/* The right answer, the plain way: all words sorted, then counted. Lower-cases the text. */
static char *reference_make(uint8_t *text, size_t len, size_t *answer_len)
{
	struct word *words = malloc(WORDS_MAX * sizeof(*words));
	char *answer = malloc(2 * len + 64 + 24 * (size_t)WORDS_MAX);
	size_t n = 0, kept = 0, at = 0;

	CHECK(words != NULL && answer != NULL);
	for (size_t i = 0; i < len;) {
		size_t start;

		while (i < len && (text[i] >= 0x80 || !isalnum(text[i])))
			i++;
		for (start = i; i < len && text[i] < 0x80 && isalnum(text[i]); i++)
			text[i] = (uint8_t)tolower(text[i]);
		if (i > start) {
			CHECK(n < WORDS_MAX);
			words[n++] = (struct word){text + start, (uint32_t)(i - start), 1};
		}
	}
	qsort(words, n, sizeof(*words), word_order);
	for (size_t i = 0; i < n; i++) {
		if (kept > 0 && word_order(&words[kept - 1], &words[i]) == 0)
			words[kept - 1].count++;
		else
			words[kept++] = words[i];
	}
	qsort(words, kept, sizeof(*words), count_order);
	for (size_t i = 0; i < kept; i++) {
		char number[32];
		const int digits =
		    snprintf(number, sizeof(number), "%llu ", (unsigned long long)words[i].count);

		memcpy(answer + at, number, (size_t)digits);
		memcpy(answer + at + digits, words[i].at, words[i].len);
		at += (size_t)digits + words[i].len;
		answer[at++] = '\n';
	}
	free(words);
	*answer_len = at;
	return answer;
}

/* Every record of an item belongs to the item's key group. */
static void item_verify(const struct harness_run *run, const struct mr_item *item)
{
	const uint8_t *at = harness_bytes(run, item), *end = at + item->bytes_len;

	CHECK(item->flags == MR_ITEM_GROUP && item->key_len == 0 && item->bytes_len > 0);
	CHECK(item->key_hash == mr_key_group_hash(mr_key_group(item->key_hash)));
	while (at < end) {
		uint64_t numbers[2] = {0, 0};

		for (int i = 0; i < 2; i++) {
			int shift = 0;

			do {
				CHECK(at < end);
				numbers[i] |= (uint64_t)(*at & 0x7f) << shift;
				shift += 7;
			} while ((*at++ & 0x80) != 0);
		}
		CHECK(numbers[1] > 0 && numbers[1] <= (uint64_t)(end - at));
		CHECK(mr_key_group(mr_hash64(at, numbers[1])) == mr_key_group(item->key_hash));
		at += numbers[1];
	}
}

static void counts_add(const struct harness_run *run, struct harness_item **items, uint32_t *n)
{
	*items = realloc(*items, (*n + run->out.item_count + 1) * sizeof(**items));
	for (uint32_t i = 0; i < run->out.item_count; i++) {
		const struct mr_item *item = &harness_items(run)[i];

		item_verify(run, item);
		(*items)[(*n)++] = (struct harness_item){.bytes = harness_bytes(run, item),
							 .len = item->bytes_len,
							 .key_hash = item->key_hash,
							 .flags = item->flags};
	}
}

/* Counts the text in two pieces, cut at that byte, totals them, and compares. */
static void text_verify(const char *what, const uint8_t *text, size_t len, size_t cut)
{
	struct harness_item *items = NULL;
	struct harness_run runs[2], last;
	uint8_t *copy = malloc(len + 2);
	size_t answer_len;
	uint32_t n = 0;
	char *answer;

	memcpy(copy, text, cut);
	copy[cut] = ' ';
	memcpy(copy + cut + 1, text + cut, len - cut);
	for (int i = 0; i < 2; i++) {
		const struct harness_item piece = {.bytes = i == 0 ? text : text + cut,
						   .len = (uint32_t)(i == 0 ? cut : len - cut)};
		const struct harness_set in = {"text", &piece, 1};

		harness_invoke(&count, &in, 1, &runs[i]);
		CHECK(runs[i].result.outcome == SANDBOX_OK, "%s, %zu bytes: %s", what, len,
		      runs[i].result.text);
		counts_add(&runs[i], &items, &n);
	}
	const struct harness_set in = {"words", items, n};

	harness_invoke(&total, &in, 1, &last);
	CHECK(last.result.outcome == SANDBOX_OK, "%s: %s", what, last.result.text);
	CHECK(last.out.item_count == 1);
	answer = reference_make(copy, len + 1, &answer_len);
	CHECK(harness_items(&last)->bytes_len == answer_len, "%s", what);
	CHECK(memcmp(harness_bytes(&last, harness_items(&last)), answer, answer_len) == 0, "%s",
	      what);
	free(answer);
	free(copy);
	free(items);
	harness_release(&runs[0]);
	harness_release(&runs[1]);
	harness_release(&last);
}

static void string_verify(const char *text)
{
	text_verify(text, (const uint8_t *)text, strlen(text), strlen(text) / 2);
}

/* Text of words whose lengths and variety are drawn, and of all bytes now and then. */
static size_t text_make(uint8_t *text, size_t len, unsigned int variety, unsigned int word_max)
{
	size_t n = 0;

	while (n < len) {
		size_t word = 1 + random_next() % word_max;
		const uint64_t which = random_next() % variety;

		for (size_t i = 0; i < word && n < len; i++)
			text[n++] = (uint8_t) "aBcdeFgh012jkLmnopqrstuvwXyz3456"[(which * 31 +
										  i * (which + 7)) %
										 32];
		if (n < len)
			text[n++] = random_next() % 16 == 0 ? (uint8_t)random_next() : ' ';
	}
	return n;
}

static void edges_verify(void)
{
	uint8_t *text = malloc(1 << 20);

	string_verify("");
	string_verify("a");
	string_verify("one two two\nthree Three THREE 3 33");
	string_verify(" \t\n.,;:-_/\\()[]{}@`^~");
	string_verify("12345678 123456789 1234567890123456 12345678901234567 ABCDEFGH");
	string_verify("zz zzzzzzzz zzzzzzzzz zzzzzzzzzzzzzzzz zzzzzzzzzzzzzzzzz");
	for (int i = 0; i < 65536; i++)
		text[i] = (uint8_t)(i * 7 + i / 256);
	text_verify("all bytes", text, 65536, 300);
	memset(text, 'Q', 1 << 20);
	text_verify("one huge word", text, 1 << 20, 17);
	memset(text, '-', 1 << 20);
	text_verify("separators", text, 1 << 20, 1);
	free(text);
}

/* Words of that length, all distinct: the most that memory must hold. */
static void distinct_verify(size_t len, uint32_t word_len)
{
	uint8_t *text = malloc(len);
	uint64_t next = 0;

	for (size_t n = 0; n < len; next++) {
		uint64_t value = next * 0x9e3779b1u;

		for (uint32_t i = 0; i < word_len && n < len; i++, value /= 36)
			text[n++] = (uint8_t) "abcdefghijklmnopqrstuvwxyz0123456789"[value % 36];
		if (n < len)
			text[n++] = '\n';
	}
	text_verify("distinct words", text, len, 0);
	free(text);
}

static void total_refuses(const void *bytes, uint32_t len)
{
	const struct harness_item items[] = {{.bytes = "\x02\x01"
						       "a",
					      .len = 3,
					      .flags = MR_ITEM_GROUP},
					     {.bytes = bytes, .len = len, .flags = MR_ITEM_GROUP}};
	const struct harness_set in = {"words", items, 2};
	struct harness_run run;

	harness_invoke(&total, &in, 1, &run);
	CHECK(run.result.outcome == SANDBOX_FAILED, "%u bytes", len);
	CHECK(strstr(run.result.text, "item 1 of set words") != NULL, "%s", run.result.text);
	harness_release(&run);
}

static void large_counts_verify(void)
{
	/* 2^35 and 2^31 - 1 of a word, and one more of it. */
	const struct harness_item items[] = {{.bytes = "\x80\x80\x80\x80\x80\x01\x03"
						       "big",
					      .len = 10,
					      .flags = MR_ITEM_GROUP},
					     {.bytes = "\xff\xff\xff\xff\x07\x02"
						       "up\x01\x02"
						       "up",
					      .len = 12,
					      .flags = MR_ITEM_GROUP},
					     {.bytes = "\x01\x03"
						       "big\x01\x01"
						       "x",
					      .len = 8,
					      .flags = MR_ITEM_GROUP}};
	static const char answer[] = "34359738369 big\n2147483648 up\n1 x\n";
	const struct harness_set in = {"words", items, 3};
	struct harness_run run;

	harness_invoke(&total, &in, 1, &run);
	CHECK(run.result.outcome == SANDBOX_OK, "%s", run.result.text);
	CHECK(harness_items(&run)->bytes_len == sizeof(answer) - 1);
	CHECK(memcmp(harness_bytes(&run, harness_items(&run)), answer, sizeof(answer) - 1) == 0);
	harness_release(&run);
}

int main(int argc, char **argv)
{
	const int runs = argc > 3 ? atoi(argv[3]) : 20;
	static uint8_t text[1 << 18];

	harness_start();
	/* As wordcount.mr declares them. */
	count = (struct harness_function){.code = harness_prepare(argv[1], argv[2], "count"),
					  .out = "words",
					  .keyed = true,
					  .memory_base = 640 << 10,
					  .memory_factor = 2.5};
	total = (struct harness_function){.code = harness_prepare(argv[1], argv[2], "total"),
					  .out = "counts",
					  .memory_base = 1 << 20,
					  .memory_factor = 4};
	edges_verify();
	for (int i = 0; i < runs; i++) {
		const size_t len = 1 + random_next() % sizeof(text);

		text_make(text, len, 1 + (unsigned int)(random_next() % 20000),
			  1 + (unsigned int)(random_next() % 40));
		text_verify("random text", text, len, random_next() % len);
	}
	for (size_t len = 4096; len <= 1 << 20; len = len * 5 / 2)
		for (uint32_t word_len = 3; word_len < 20; word_len += 5)
			distinct_verify(len, word_len);
	distinct_verify(2 << 20, 4);
	/* Just too short for tables twice as large: the most flushes. */
	for (uint32_t word_len = 3; word_len < 6; word_len++)
		distinct_verify((256 << 10) - 1, word_len);
	distinct_verify((2 << 20) - 1, 3);
	for (uint32_t word_len = 4; word_len < 20; word_len += 13)
		distinct_verify(4 << 20, word_len);
	total_refuses("\x01", 1);
	total_refuses("\x01\x00", 2);
	total_refuses("\x01\x05"
		      "abcd",
		      6);
	total_refuses("\x01\x04"
		      "ab-d",
		      6);
	total_refuses("\x01\x84\x00"
		      "abcd",
		      7);
	total_refuses("\x01\x0a"
		      "abcdefgh\0j",
		      12);
	total_refuses("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01"
		      "a",
		      14);
	total_refuses("\x01\xff\xff\xff\xff\x0f"
		      "a",
		      7);
	large_counts_verify();
	sandbox_release(&count.code);
	sandbox_release(&total.code);
	harness_stop();
	return 0;
}
