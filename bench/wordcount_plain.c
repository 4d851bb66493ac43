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
#define KEY_LONG (1ull << 63)
#define CASE_BIT 0x20
#define EACH(byte) (0x0101010101010101ull * (byte))
#define HASH_FACTOR 0x9e3779b97f4a7c15ull

struct entry {
	uint64_t key;
	uint64_t count; /* 0: free */
	size_t len;
	union {
		uint8_t packed[PACKED_BYTES]; /* a word of so many, in any case */
		const uint8_t *text;          /* a longer one, where it was seen first */
	};
};

struct counter {
	struct entry *entries;
	size_t used;
	unsigned int bits;
};

/* A word in the text, which goes on to where no letter or digit is. */
struct word {
	const uint8_t *text;
	size_t len;
	uint64_t key;
};

/* The top bits of a product depend on all bits of the key. */
static size_t key_index(uint64_t key, unsigned int bits)
{
	return (key * HASH_FACTOR) >> (64 - bits);
}

/* Of letters and digits, whatever their case: digits have the bit too. */
static bool texts_same(const uint8_t *left, const uint8_t *right, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((left[i] | CASE_BIT) != (right[i] | CASE_BIT))
			return false;
	return true;
}

static bool entry_holds(const struct entry *entry, const struct word *word)
{
	if (entry->key != word->key)
		return false;
	return word->len <= PACKED_BYTES ||
	       (entry->len == word->len && texts_same(entry->text, word->text, word->len));
}

static struct word entry_word(const struct entry *entry)
{
	return (struct word){
	    .text = entry->len <= PACKED_BYTES ? entry->packed : entry->text,
	    .len = entry->len,
	    .key = entry->key,
	};
}

/* The entry of a word, or the free one where it belongs. */
static struct entry *entry_find(const struct counter *c, const struct word *word)
{
	const size_t mask = ((size_t)1 << c->bits) - 1;
	size_t i = key_index(word->key, c->bits);

	while (c->entries[i].count != 0 && !entry_holds(&c->entries[i], word))
		i = (i + 1) & mask;
	return &c->entries[i];
}

static void counter_grow(struct counter *c)
{
	const size_t count = (size_t)1 << c->bits;
	struct entry *old = c->entries;

	c->entries = memory_get(2 * count * sizeof(*old));
	c->bits++;
	for (size_t i = 0; i < count; i++) {
		const struct word word = entry_word(&old[i]);

		if (old[i].count != 0)
			*entry_find(c, &word) = old[i];
	}
	memory_put(old, count * sizeof(*old));
}

static void entry_fill(struct counter *c, struct entry *entry, const struct word *word)
{
	entry->key = word->key;
	entry->len = word->len;
	if (word->len <= PACKED_BYTES)
		memcpy(entry->packed, word->text, word->len);
	else
		entry->text = word->text;
	if (++c->used > (size_t)1 << (c->bits - 1))
		counter_grow(c);
}

static void word_count(struct counter *c, const struct word *word, uint64_t count)
{
	struct entry *entry = entry_find(c, word);
	const bool is_new = entry->count == 0;

	entry->count += count;
	if (is_new)
		entry_fill(c, entry, word);
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

	while ((part = part_read(word->text + word->len, &len)) != 0) {
		word->key = ((word->key ^ part) * HASH_FACTOR) | KEY_LONG;
		word->len += len;
	}
}

static struct word word_read(const uint8_t *text)
{
	struct word word = {.text = text};

	word.key = part_read(text, &word.len);
	if (word.len == PACKED_BYTES)
		word_read_on(&word);
	return word;
}

struct counter *counter_create(void)
{
	struct counter *c = memory_get(sizeof(*c));

	c->bits = BITS_FIRST;
	c->entries = memory_get(sizeof(*c->entries) << BITS_FIRST);
	return c;
}

void counter_text(struct counter *c, const uint8_t *at, const uint8_t *end)
{
	while (at < end) {
		const struct word word = word_read(at);

		if (word.len > 0)
			word_count(c, &word, 1);
		at += word.len + 1;
	}
}

void counter_merge(struct counter *to, const struct counter *from)
{
	for (size_t i = 0; i < (size_t)1 << from->bits; i++) {
		const struct word word = entry_word(&from->entries[i]);

		if (from->entries[i].count != 0)
			word_count(to, &word, from->entries[i].count);
	}
}

size_t counter_words(const struct counter *c)
{
	return c->used;
}

void counter_lines(const struct counter *c, struct line *lines)
{
	for (size_t i = 0; i < (size_t)1 << c->bits; i++) {
		const struct entry *entry = &c->entries[i];

		if (entry->count != 0)
			*lines++ = (struct line){
			    entry->count,
			    entry->len <= PACKED_BYTES ? entry->packed : entry->text,
			    entry->len,
			};
	}
}
