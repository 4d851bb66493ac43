/*
 * count: text to partial counts of its words, one item of records (records.h) for each key group.
 *
 * Words are runs of ASCII letters and digits, in lower case. The text is cut 64 bytes at a time,
 * into bits that say where words begin and end, and words are then looked up a window at a time:
 * with hardly a branch that depends on the text, the processor works on many words at once. The
 * tables about fit the L2 cache; full tables are flushed, so that a word may come in several
 * records.
 */
#include <millrace_function.h>

#include "flush.h"

#define BLOCK_BYTES 64 /* a bit each in an integer */
#define WINDOW_BYTES (16 * BLOCK_BYTES)
#define LOAD_AHEAD 8 /* of a word's first bytes, while nothing is known of its length */

/* What is known of the text of one window. */
struct window {
	uint32_t cuts[WINDOW_BYTES + 2];       /* where words begin and end, in turns */
	uint64_t missed[WINDOW_BYTES / 2 + 1]; /* words of up to 8 bytes, not where they hash to */
};

struct counter {
	struct tables tables;
	struct flusher *flusher;
	struct window *window;
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

/* A bit for each byte of a block: whether it is a letter or digit. */
static uint64_t block_alnum(const uint8_t *at)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; i < BLOCK_BYTES; i += 8)
		bits |= bytes_bits(bytes_alnum(bytes_load(at + i))) << i;
	return bits;
}

/* Writes where words begin and end in the blocks from offset at to offset stop. cuts[0] is the
 * beginning of a word without an end, if count is 1. Returns how many cuts there are then. */
static uint32_t window_cut(const uint8_t *text, uint32_t at, uint32_t stop, uint32_t *cuts,
			   uint32_t count)
{
	uint64_t inside = count;

	for (; at < stop; at += BLOCK_BYTES) {
		const uint64_t alnum = block_alnum(text + at);
		uint64_t changes = alnum ^ (alnum << 1 | inside);

		inside = alnum >> 63;
		for (; changes != 0; changes &= changes - 1)
			cuts[count++] = at + (uint32_t)__builtin_ctzll(changes);
	}
	return count;
}

/* Counts the words between pairs of cuts; 8 bytes may be read from the start of each. */
static int words_count(struct counter *c, const uint8_t *text, uint32_t cuts_count)
{
	const struct shorts shorts = c->tables.shorts;
	const uint32_t bits = c->tables.shorts_bits;
	const uint32_t *const cuts = c->window->cuts;
	uint64_t *const missed = c->window->missed;
	uint32_t missed_count = 0;

	for (uint32_t i = 0; i + 1 < cuts_count; i += 2) {
		const uint8_t *word = text + cuts[i];
		const uint32_t len = cuts[i + 1] - cuts[i];
		uint64_t key;
		uint32_t slot;
		bool hit;

		if (len > 8) {
			word_count(&c->tables, word, len);
			if (tables_full(&c->tables) && counter_flush(c) != 0)
				return MR_FAILED;
			continue;
		}
		key = bytes_key(bytes_load(word), len);
		slot = key_slot(key, bits);
		hit = shorts.keys[slot] == key;
		shorts.counts[slot] += hit;
		missed[missed_count] = key;
		missed_count += !hit;
	}
	for (uint32_t i = 0; i < missed_count; i++) {
		shorts_count(&c->tables, missed[i]);
		if (c->tables.shorts_left == 0 && counter_flush(c) != 0)
			return MR_FAILED;
	}
	return 0;
}

/* Counts the words of the last bytes, reading none behind them. */
static int last_words_count(struct counter *c, const uint8_t *at, const uint8_t *end)
{
	while (at < end) {
		const uint8_t *stop = word_end(at, end);

		if (stop != at)
			word_count(&c->tables, at, (uint32_t)(stop - at));
		if (tables_full(&c->tables) && counter_flush(c) != 0)
			return MR_FAILED;
		at = stop + 1;
	}
	return 0;
}

static int text_count(struct counter *c, struct mr_bytes text)
{
	uint32_t *const cuts = c->window->cuts;
	uint32_t at = 0, count = 0;

	while (text.len - at >= BLOCK_BYTES + LOAD_AHEAD) {
		const uint32_t blocks = (text.len - LOAD_AHEAD - at) / BLOCK_BYTES * BLOCK_BYTES;
		const uint32_t stop = at + (blocks < WINDOW_BYTES ? blocks : WINDOW_BYTES);

		count = window_cut(text.data, at, stop, cuts, count);
		if (words_count(c, text.data, count) != 0)
			return MR_FAILED;
		if ((count & 1) != 0)
			cuts[0] = cuts[count - 1];
		count &= 1;
		at = stop;
	}
	return last_words_count(c, text.data + (count != 0 ? cuts[0] : at), text.data + text.len);
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
	c.window = (struct window *)mr_alloc(call, sizeof(*c.window), MR_ALIGN_SMALL);
	if (c.flusher == NULL || c.window == NULL || tables_create(&c.tables, call, bytes) != 0)
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
