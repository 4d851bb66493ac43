/*
 * A counter of words as a good C program has it: plain C17, without vectors or prefetches.
 *
 * Reads eight bytes at a time. The lower case of a word of up to so many, as an integer, is its
 * key; what a longer one has behind them is hashed into it, and the top bit, that no letter or
 * digit has, is set. Entries lie in a table of open addressing, which grows at half full.
 */
#include "wordcount_common.h"

#include <stdbool.h>
#include <string.h>

#define BITS_FIRST 16 /* log2 of the entries at first */
#define PACKED_BYTES 8
#define BATCH_WORDS 256
#define KEY_LONG (1ull << 63)
#define CASE_BIT 0x20
#define EACH(byte) (0x0101010101010101ull * (byte))
#define HASH_FACTOR 0x9e3779b97f4a7c15ull

struct entry {
	uint64_t key; /* 0: free */
	uint64_t count;
};

struct text {
	const uint8_t *at; /* in any case; where it was seen first */
	size_t len;
};

struct counter {
	struct entry *entries;
	struct text *texts; /* of the entries with long keys */
	size_t used;
	unsigned int bits;
};

/* A word in the text, which goes on to where no letter or digit is. */
struct word {
	struct text text;
	uint64_t key;
};

struct batch {
	struct word words[BATCH_WORDS];
	size_t count;
};

/* The top bits of a product depend on all bits of the key. */
static size_t key_index(uint64_t key, unsigned int bits)
{
	return (key * HASH_FACTOR) >> (64 - bits);
}

/* Of letters and digits, whatever their case: digits have the bit too. */
static bool text_same(const struct text *left, const struct text *right)
{
	if (left->len != right->len)
		return false;
	for (size_t i = 0; i < left->len; i++)
		if ((left->at[i] | CASE_BIT) != (right->at[i] | CASE_BIT))
			return false;
	return true;
}

/* The index of a word's entry, or of the free one where it belongs. */
static size_t entry_find(const struct counter *c, const struct word *word)
{
	const size_t mask = ((size_t)1 << c->bits) - 1;

	for (size_t i = key_index(word->key, c->bits);; i = (i + 1) & mask) {
		if (c->entries[i].key == 0)
			return i;
		if (c->entries[i].key == word->key &&
		    ((word->key & KEY_LONG) == 0 || text_same(&c->texts[i], &word->text)))
			return i;
	}
}

static void counter_alloc(struct counter *c, unsigned int bits)
{
	c->bits = bits;
	c->entries = memory_get(sizeof(*c->entries) << bits);
	c->texts = memory_get(sizeof(*c->texts) << bits);
}

static void counter_grow(struct counter *c)
{
	const struct counter old = *c;

	counter_alloc(c, old.bits + 1);
	for (size_t i = 0; i < (size_t)1 << old.bits; i++) {
		const struct word word = {old.texts[i], old.entries[i].key};
		size_t to;

		if (word.key == 0)
			continue;
		to = entry_find(c, &word);
		c->entries[to] = old.entries[i];
		if ((word.key & KEY_LONG) != 0)
			c->texts[to] = word.text;
	}
	memory_put(old.entries, sizeof(*old.entries) << old.bits);
	memory_put(old.texts, sizeof(*old.texts) << old.bits);
}

/* Sees to it that so many new words leave the table half free. */
static void counter_reserve(struct counter *c, size_t words)
{
	while (c->used + words > (size_t)1 << (c->bits - 1))
		counter_grow(c);
}

/* There must be room for the word. */
static void word_count(struct counter *c, const struct word *word, uint64_t count)
{
	const size_t i = entry_find(c, word);

	c->entries[i].count += count;
	if (c->entries[i].key != 0)
		return;
	c->entries[i].key = word->key;
	if ((word->key & KEY_LONG) != 0)
		c->texts[i] = word->text;
	c->used++;
}

/* The top bit of each byte that is no letter or digit. The sums stay in their bytes, as these have
 * no top bits. */
static uint64_t bytes_outside(uint64_t bytes)
{
	const uint64_t digits = bytes & EACH(0x7f);
	const uint64_t letters = digits | EACH(CASE_BIT);
	const uint64_t is_letter = (letters + EACH(0x80 - 'a')) & ~(letters + EACH(0x7f - 'z'));
	const uint64_t is_digit = (digits + EACH(0x80 - '0')) & ~(digits + EACH(0x7f - '9'));

	return (bytes | ~(is_letter | is_digit)) & EACH(0x80);
}

/* What a word has at text, up to 8 bytes, in lower case, and zeros behind. */
static uint64_t part_read(const uint8_t *text, size_t *len)
{
	uint64_t bytes, outside, inside;

	memcpy(&bytes, text, sizeof(bytes));
	outside = bytes_outside(bytes);
	bytes |= EACH(CASE_BIT);
	if (outside == 0) {
		*len = sizeof(bytes);
		return bytes;
	}
	inside = ((outside & -outside) >> 7) - 1; /* all bits below the first byte outside */
	*len = ((inside & EACH(1)) * EACH(1)) >> 56;
	return bytes & inside;
}

static void word_read_on(struct word *word)
{
	uint64_t part;
	size_t len;

	while ((part = part_read(word->text.at + word->text.len, &len)) != 0) {
		word->key = ((word->key ^ part) * HASH_FACTOR) | KEY_LONG;
		word->text.len += len;
	}
}

static struct word word_read(const uint8_t *text)
{
	struct word word = {.text.at = text};

	word.key = part_read(text, &word.text.len);
	if (word.text.len == PACKED_BYTES)
		word_read_on(&word);
	return word;
}

struct counter *counter_create(void)
{
	struct counter *c = memory_get(sizeof(*c));

	counter_alloc(c, BITS_FIRST);
	return c;
}

/* Reads words up to BATCH_WORDS or end. Returns where the next begins. */
static const uint8_t *batch_read(struct batch *batch, const uint8_t *at, const uint8_t *end)
{
	batch->count = 0;
	while (at < end && batch->count < BATCH_WORDS) {
		const struct word word = word_read(at);

		batch->words[batch->count] = word;
		batch->count += word.key != 0;
		at += word.text.len + 1;
	}
	return at;
}

/* Looks where all the words belong before it counts any: without a branch between them, these loads
 * wait for memory together. Most words are there, and need no search. */
static void batch_count(struct counter *c, const struct batch *batch)
{
	bool found[BATCH_WORDS];

	counter_reserve(c, batch->count);
	for (size_t i = 0; i < batch->count; i++) {
		const uint64_t key = batch->words[i].key;

		found[i] = c->entries[key_index(key, c->bits)].key == key;
	}
	for (size_t i = 0; i < batch->count; i++) {
		const uint64_t key = batch->words[i].key;

		if (found[i] && (key & KEY_LONG) == 0)
			c->entries[key_index(key, c->bits)].count++;
		else
			word_count(c, &batch->words[i], 1);
	}
}

void counter_text(struct counter *c, const uint8_t *at, const uint8_t *end)
{
	struct batch batch;

	while (at < end) {
		at = batch_read(&batch, at, end);
		batch_count(c, &batch);
	}
}

void counter_merge(struct counter *to, const struct counter *from)
{
	for (size_t i = 0; i < (size_t)1 << from->bits; i++) {
		const struct word word = {from->texts[i], from->entries[i].key};

		if (word.key == 0)
			continue;
		counter_reserve(to, 1);
		word_count(to, &word, from->entries[i].count);
	}
}

size_t counter_words(const struct counter *c)
{
	return c->used;
}

/* A packed word lies in its key, in the order of its bytes. */
static struct text entry_text(const struct counter *c, size_t i)
{
	struct text text = {(const uint8_t *)&c->entries[i].key, 0};

	if ((c->entries[i].key & KEY_LONG) != 0)
		return c->texts[i];
	while (text.len < PACKED_BYTES && text.at[text.len] != 0)
		text.len++;
	return text;
}

void counter_lines(const struct counter *c, struct line *lines)
{
	for (size_t i = 0; i < (size_t)1 << c->bits; i++) {
		const struct text text = entry_text(c, i);

		if (text.len > 0)
			*lines++ = (struct line){c->entries[i].count, text.at, text.len};
	}
}
