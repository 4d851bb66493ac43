/* The table for keys that are one word. */
#include "group_words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BITS_FIRST 8
#define SMALL_BITS                                                                     \
	16 /* tables up to here fit into L2 and are a quarter full, larger ones a half \
	    */
#define WINDOW_WORDS 65536 /* 256 KiB of L2, where most of it is not touched */
#define WINDOW_BYTES (WINDOW_WORDS * sizeof(uint32_t))
#define WINDOW_MOVES_MAX 16

static uint64_t slots_bytes(uint32_t bits)
{
	return sizeof(struct group_slot) << bits;
}

static int slots_create(struct group_words *words, uint32_t bits)
{
	struct group_slot *slots;
	int rc = row_budget_take(words->budget, slots_bytes(bits));

	if (rc < 0)
		return rc;
	slots = malloc(slots_bytes(bits));
	if (slots == NULL) {
		row_budget_give(words->budget, slots_bytes(bits));
		return -ENOMEM;
	}
	for (uint64_t i = 0; i < 1ull << bits; i++)
		slots[i] = (struct group_slot){.group = GROUP_NONE};
	words->slots = slots;
	words->bits = bits;
	return 0;
}

static void slots_free(struct group_words *words, struct group_slot *slots, uint32_t bits)
{
	if (slots != NULL)
		row_budget_give(words->budget, slots_bytes(bits));
	free(slots);
}

int group_words_init(struct group_words *words, struct row_budget *budget)
{
	*words = (struct group_words){.budget = budget, .kernels = CPU_PICK(group_kernels)};
	return slots_create(words, BITS_FIRST);
}

void group_words_free(struct group_words *words)
{
	slots_free(words, words->slots, words->bits);
	if (words->window != NULL)
		row_budget_give(words->budget, WINDOW_BYTES);
	free(words->window);
}

static bool has_room(uint32_t bits, uint64_t groups)
{
	return groups <= (1ull << bits) / (bits <= SMALL_BITS ? 4 : 2);
}

int group_words_reserve(struct group_words *words, uint32_t count, uint32_t more)
{
	struct group_slot *old = words->slots;
	uint32_t bits = words->bits, old_bits = bits;
	int rc;

	while (!has_room(bits, (uint64_t)count + more))
		bits++;
	if (bits == old_bits)
		return 0;
	rc = slots_create(words, bits);
	if (rc < 0)
		return rc;
	for (uint64_t i = 0; i < 1ull << old_bits; i++)
		if (old[i].group != GROUP_NONE)
			group_words_put(words, old[i].word, old[i].group);
	slots_free(words, old, old_bits);
	return 0;
}

uint32_t group_words_put(struct group_words *words, uint64_t word, uint32_t group)
{
	uint64_t mask = (1ull << words->bits) - 1;

	for (uint64_t i = group_slot_first(word, words->bits);; i = (i + 1) & mask) {
		struct group_slot *slot = &words->slots[i];

		if (slot->group == GROUP_NONE) {
			slot->word = word;
			slot->group = group;
			return group;
		}
		if (slot->word == word)
			return slot->group;
	}
}

/* It only saves time: without room for it there is none. */
static bool window_create(struct group_words *words)
{
	if (row_budget_take(words->budget, WINDOW_BYTES) < 0)
		return false;
	words->window = calloc(1, WINDOW_BYTES);
	if (words->window == NULL)
		row_budget_give(words->budget, WINDOW_BYTES);
	return words->window != NULL;
}

/* Puts the window where all these words are. False: they spread, or it has moved too often. */
static bool window_cover(struct group_words *words, uint64_t min, uint64_t max)
{
	uint64_t spare = WINDOW_WORDS - 1 - (max - min);

	if (max - min >= WINDOW_WORDS)
		return false;
	if (words->window != NULL && min >= words->base && max - words->base < WINDOW_WORDS)
		return true;
	if (words->moves == WINDOW_MOVES_MAX)
		return false;
	words->moves++;
	if (words->window == NULL && !window_create(words))
		return false;
	memset(words->window, 0, WINDOW_BYTES);
	words->base = min < spare / 2 ? 0 : min - spare / 2;
	return true;
}

bool group_words_look_up(struct group_words *words, const uint64_t *values, uint64_t bias,
			 uint32_t count, uint32_t *groups)
{
	uint64_t min, max;

	words->kernels->range(values, bias, count, &min, &max);
	if (window_cover(words, min, max))
		return words->kernels->look_up(values, bias, words->base, words->window, count,
					       groups);
	return words->kernels->probe(values, bias, words->slots, words->bits, count, groups);
}

void group_words_note(struct group_words *words, uint64_t word, uint32_t group)
{
	if (words->window != NULL && word - words->base < WINDOW_WORDS)
		words->window[word - words->base] = group + 1;
}
