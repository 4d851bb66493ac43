/* Texts to count the words of, and the answer. */
#include "words.h"

#include <ctype.h>

#include "random.h"
#include "test.h"

#define VOCABULARY 700

struct word {
	const char *start;
	int length;
	unsigned count;
};

char *words_text(uint64_t seed, size_t bytes)
{
	static const char between[][4] = {" ", " ", " ", ", ", "\n", ".\n", "-", "\t"};
	struct sim_random random = {seed};
	char *text = malloc(bytes + 32);
	size_t used = 0;

	CHECK(text != NULL);
	while (used < bytes) {
		/* The product of two: some words are much more frequent than others. */
		uint64_t word = sim_random_below(&random, VOCABULARY) *
				sim_random_below(&random, VOCABULARY) / VOCABULARY;
		uint64_t gap = sim_random_below(&random, sizeof(between) / sizeof(between[0]));

		used += (size_t)sprintf(text + used, "%s%llx%s",
					sim_random_chance(&random, 0.2) ? "W" : "w",
					(unsigned long long)(word * 2654435761u), between[gap]);
	}
	text[used] = 0;
	return text;
}

static int word_compare(const void *left, const void *right)
{
	const struct word *l = left, *r = right;
	int shorter = l->length < r->length ? l->length : r->length;
	int order = strncasecmp(l->start, r->start, (size_t)shorter);

	return order != 0 ? order : l->length - r->length;
}

static int count_compare(const void *left, const void *right)
{
	const struct word *l = left, *r = right;

	if (l->count != r->count)
		return l->count < r->count ? 1 : -1;
	return word_compare(left, right);
}

static size_t words_find(const char *text, struct word *words)
{
	size_t count = 0;

	for (const char *p = text; *p != 0;) {
		const char *start = p;

		while (isalnum((unsigned char)*p))
			p++;
		if (p > start)
			words[count++] = (struct word){start, (int)(p - start), 1};
		else
			p++;
	}
	return count;
}

char *words_count(char *const *texts, size_t text_count)
{
	size_t bytes = 0, count = 0, distinct = 0;
	struct word *words;
	char *answer, *at;

	for (size_t i = 0; i < text_count; i++)
		bytes += strlen(texts[i]) + 1;
	words = malloc((bytes + 1) * sizeof(*words));
	at = answer = malloc(12 * bytes + 1);
	CHECK(words != NULL && answer != NULL);
	for (size_t i = 0; i < text_count; i++)
		count += words_find(texts[i], words + count);
	qsort(words, count, sizeof(*words), word_compare);
	for (size_t i = 0; i < count; i++) {
		if (distinct > 0 && word_compare(&words[distinct - 1], &words[i]) == 0)
			words[distinct - 1].count++;
		else
			words[distinct++] = words[i];
	}
	qsort(words, distinct, sizeof(*words), count_compare);
	*at = 0;
	for (size_t i = 0; i < distinct; i++) {
		at += sprintf(at, "%u ", words[i].count);
		for (int c = 0; c < words[i].length; c++)
			*at++ = (char)tolower((unsigned char)words[i].start[c]);
		*at++ = '\n';
		*at = 0;
	}
	free(words);
	return answer;
}
