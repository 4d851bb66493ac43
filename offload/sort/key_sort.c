/*
 * Keys in order: pairs of a key's first bytes and its number are sorted by radix from the last byte
 * on, those that are the same bytes by comparing the rest (Knuth, volume 3, 5.2.5 and 5.2.4).
 *
 * A key begins with the byte that tells null of its first column: pairs are cut into the lists that
 * it makes, and the 8 bytes that follow, a whole word, are what is sorted by.
 */
#include "key_sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LISTS 3 /* what the first byte of a key may be */
#define PREFIX_BYTES 8
#define INSERTION_MAX 24 /* so few are inserted one by one: a pass of radix is 256 counters */

struct pair {
	uint64_t prefix;
	uint64_t key;
};

static uint64_t prefix_of(const struct row_keys *keys, uint64_t i)
{
	const uint8_t *key = row_key_at(keys, i);
	uint64_t bytes = row_key_bytes(keys, i) - 1, prefix = 0;

	memcpy(&prefix, key + 1, bytes < PREFIX_BYTES ? bytes : PREFIX_BYTES);
	return __builtin_bswap64(prefix);
}

static void insertion_sort(struct pair *pairs, uint64_t count,
			   int (*above)(const struct row_keys *, const struct pair *,
					const struct pair *),
			   const struct row_keys *keys)
{
	for (uint64_t i = 1; i < count; i++) {
		struct pair pair = pairs[i];
		uint64_t at = i;

		for (; at > 0 && above(keys, &pairs[at - 1], &pair); at--)
			pairs[at] = pairs[at - 1];
		pairs[at] = pair;
	}
}

static int prefix_above(const struct row_keys *keys, const struct pair *a, const struct pair *b)
{
	return a->prefix > b->prefix;
}

static int rest_above(const struct row_keys *keys, const struct pair *a, const struct pair *b)
{
	return row_keys_compare(keys, a->key, keys, b->key) > 0;
}

/* One pass: by byte number digit from the lowest. False: all have the same, nothing was moved. */
static bool radix_pass(const struct pair *from, struct pair *to, uint64_t count, unsigned digit,
		       uint64_t *counts)
{
	uint64_t at = 0;

	if (counts[from[0].prefix >> 8 * digit & 0xff] == count)
		return false;
	for (unsigned i = 0; i < 256; i++) {
		uint64_t some = counts[i];

		counts[i] = at;
		at += some;
	}
	for (uint64_t i = 0; i < count; i++)
		to[counts[from[i].prefix >> 8 * digit & 0xff]++] = from[i];
	return true;
}

static void radix_sort(struct pair *pairs, struct pair *room, uint64_t count)
{
	uint64_t counts[PREFIX_BYTES][256] = {{0}};
	struct pair *from = pairs, *to = room;

	for (uint64_t i = 0; i < count; i++)
		for (unsigned digit = 0; digit < PREFIX_BYTES; digit++)
			counts[digit][pairs[i].prefix >> 8 * digit & 0xff]++;
	for (unsigned digit = 0; digit < PREFIX_BYTES; digit++) {
		if (radix_pass(from, to, count, digit, counts[digit])) {
			struct pair *swap = from;

			from = to;
			to = swap;
		}
	}
	if (from != pairs)
		memcpy(pairs, from, count * sizeof(*pairs));
}

/* Pairs with the same prefix, by the whole key. */
static void rest_sort(const struct row_keys *keys, struct pair *pairs, struct pair *room,
		      uint64_t count)
{
	uint64_t half = count / 2, left = 0, right = half, out = 0;

	if (count <= INSERTION_MAX) {
		insertion_sort(pairs, count, rest_above, keys);
		return;
	}
	rest_sort(keys, pairs, room, half);
	rest_sort(keys, pairs + half, room + half, count - half);
	while (left < half && right < count)
		room[out++] =
		    rest_above(keys, &pairs[left], &pairs[right]) ? pairs[right++] : pairs[left++];
	while (left < half)
		room[out++] = pairs[left++];
	memcpy(pairs, room, out * sizeof(*pairs));
}

static bool has_rest(const struct row_keys *keys, const struct pair *pair)
{
	return row_key_bytes(keys, pair->key) > 1 + PREFIX_BYTES;
}

static void list_sort(const struct row_keys *keys, struct pair *pairs, struct pair *room,
		      uint64_t count)
{
	if (count <= INSERTION_MAX)
		insertion_sort(pairs, count, prefix_above, keys);
	else
		radix_sort(pairs, room, count);
	for (uint64_t i = 0, end; i < count; i = end) {
		bool rest = has_rest(keys, &pairs[i]);

		for (end = i + 1; end < count && pairs[end].prefix == pairs[i].prefix; end++)
			rest |= has_rest(keys, &pairs[end]);
		if (rest && end - i > 1)
			rest_sort(keys, pairs + i, room, end - i);
	}
}

static void keys_order(const struct row_keys *keys, uint64_t count, struct pair *pairs,
		       struct pair *room, uint64_t *order)
{
	uint64_t counts[LISTS] = {0}, ends[LISTS], end = 0;

	for (uint64_t i = 0; i < count; i++)
		counts[row_key_at(keys, i)[0]]++;
	for (unsigned list = 0; list < LISTS; list++) {
		ends[list] = end;
		end += counts[list];
	}
	for (uint64_t i = 0; i < count; i++)
		pairs[ends[row_key_at(keys, i)[0]]++] = (struct pair){prefix_of(keys, i), i};
	for (unsigned list = 0; list < LISTS; list++)
		list_sort(keys, pairs + ends[list] - counts[list], room, counts[list]);
	for (uint64_t i = 0; i < count; i++)
		order[i] = pairs[i].key;
}

int key_sort(const struct row_keys *keys, uint64_t count, uint64_t *order,
	     struct row_budget *budget)
{
	uint64_t bytes = 2 * count * sizeof(struct pair);
	struct pair *pairs;
	int rc;

	if (count == 0)
		return 0;
	rc = row_budget_take(budget, bytes);
	if (rc < 0)
		return rc;
	pairs = malloc(bytes);
	if (pairs != NULL)
		keys_order(keys, count, pairs, pairs + count, order);
	else
		rc = -ENOMEM;
	free(pairs);
	row_budget_give(budget, bytes);
	return rc;
}
