/*
 * count: text to partial counts of its words, one item of records (records.h) for each key group.
 *
 * Words are runs of ASCII letters and digits, in lower case. One pass over the text, eight bytes at
 * a time, into tables that about fit the L2 cache; full tables are flushed, so that a
 * word may come in several records.
 */
#include <millrace_function.h>

#include "flush.h"

/* Loads reach this far past a word's first byte while nothing is known of its length. */
#define LOAD_AHEAD 16

struct counter {
	struct tables tables;
	struct flusher *flusher;
};

static int counter_flush(struct counter *c)
{
	if (tables_flush(&c->tables, c->flusher) != 0)
		return MR_FAILED;
	tables_clear(&c->tables);
	return 0;
}

/* A word whose end is known, with nothing known of what may be read behind it. */
static void word_count(struct tables *t, const uint8_t *word, uint32_t len)
{
	uint64_t key[2] = {0, 0};

	if (len > 16) {
		longs_count(t, word, len);
		return;
	}
	__builtin_memcpy(key, word, len);
	if (len <= 8)
		shorts_count(t, bytes_key(key[0], len));
	else
		middles_count(t, bytes_key(key[0], 8), bytes_key(key[1], len - 8));
}

static const uint8_t *word_end(const uint8_t *at, const uint8_t *end)
{
	while (end - at >= 8) {
		const uint64_t alnum = bytes_alnum(bytes_load(at));

		if (alnum != BYTES_TOP)
			return at + bytes_run(alnum);
		at += 8;
	}
	while (at < end && byte_alnum(*at))
		at++;
	return at;
}

/* A word of at least 8 bytes, of which these are the first; at least LOAD_AHEAD may be read.
 * Returns where it ends. */
static const uint8_t *larger_word_count(struct tables *t, const uint8_t *word, uint64_t first,
					const uint8_t *end)
{
	const uint64_t second = bytes_load(word + 8);
	const uint64_t alnum = bytes_alnum(second);
	const uint8_t *stop;
	uint32_t len;

	if (alnum != BYTES_TOP) {
		len = bytes_run(alnum);
		if (len == 0)
			shorts_count(t, first | BYTES_LOWER);
		else
			middles_count(t, first | BYTES_LOWER, bytes_key(second, len));
		return word + 8 + len;
	}
	stop = word_end(word + 16, end);
	word_count(t, word, (uint32_t)(stop - word));
	return stop;
}

/* Counts words that start before safe, until a table is full. Returns where it stopped. */
static const uint8_t *words_count(struct tables *t, const uint8_t *at, const uint8_t *safe,
				  const uint8_t *end)
{
	struct short_slot *const shorts = t->shorts;
	const uint32_t bits = t->shorts_bits;

	while (at < safe) {
		const uint64_t bytes = bytes_load(at);
		const uint64_t alnum = bytes_alnum(bytes);
		uint32_t len;

		if ((alnum & 0x80) == 0) {
			at += alnum != 0 ? (uint32_t)__builtin_ctzll(alnum) >> 3 : 8;
			continue;
		}
		if (alnum == BYTES_TOP) {
			at = larger_word_count(t, at, bytes, end);
			if (tables_full(t))
				break;
			continue;
		}
		len = bytes_run(alnum);
		at += len + 1; /* a separator follows */
		if (short_count(shorts, bits, bytes_key(bytes, len)) && --t->shorts_left == 0)
			break;
	}
	return at;
}

/* The same, byte by byte, up to the very end. */
static const uint8_t *last_words_count(struct tables *t, const uint8_t *at, const uint8_t *end)
{
	while (at < end && !tables_full(t)) {
		const uint8_t *stop = word_end(at, end);

		if (stop != at)
			word_count(t, at, (uint32_t)(stop - at));
		at = stop + 1;
	}
	return at < end ? at : end;
}

static int text_count(struct counter *c, struct mr_bytes text)
{
	const uint8_t *at = text.data;
	const uint8_t *end = at + text.len;
	const uint8_t *safe = text.len >= LOAD_AHEAD ? end - LOAD_AHEAD + 1 : at;

	while (at < end) {
		if (at < safe)
			at = words_count(&c->tables, at, safe, end);
		if (at >= safe)
			at = last_words_count(&c->tables, at, end);
		if (tables_full(&c->tables) && counter_flush(c) != 0)
			return MR_FAILED;
	}
	return 0;
}

static int count(struct mr_call *call)
{
	const struct mr_set *in = mr_in(call, "text");
	struct mr_set *out = mr_out(call, "words");
	struct counter c;
	uint64_t bytes = 0;

	if (in == NULL || out == NULL)
		return MR_FAILED;
	for (uint32_t i = 0; i < in->item_count; i++)
		bytes += mr_in_item(call, in, i)->bytes_len;
	c.flusher = (struct flusher *)mr_alloc(call, sizeof(*c.flusher), MR_ALIGN_SMALL);
	if (c.flusher == NULL || tables_create(&c.tables, call, bytes) != 0)
		return MR_FAILED;
	__builtin_memset(c.flusher, 0, sizeof(*c.flusher));
	c.flusher->call = call;
	for (uint32_t i = 0; i < in->item_count; i++)
		if (text_count(&c, mr_item_bytes(call, mr_in_item(call, in, i))) != 0)
			return MR_FAILED;
	if (tables_flush(&c.tables, c.flusher) != 0)
		return MR_FAILED;
	mr_return_all(call);
	return groups_add(c.flusher, out);
}

MR_ENTRY(count)
