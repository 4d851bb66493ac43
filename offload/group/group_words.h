/* The table for keys that are one word. */
#ifndef GROUP_WORDS_H
#define GROUP_WORDS_H

#include "group_kernels.h"
#include "row_budget.h"

struct group_words {
	struct row_budget *budget;
	const struct group_kernels *kernels;
	struct word_slot {
		uint64_t word;
		uint32_t group; /* GROUP_NONE: free */
		uint32_t unused;
	} * slots;
	uint32_t bits;    /* of slots: 1 << bits */
	uint32_t *window; /* group + 1 of the words from base on, 0 where not known */
	uint64_t base;
	uint32_t moves; /* of the window: it stays where it is when words spread */
};

int group_words_init(struct group_words *words, struct row_budget *budget);
void group_words_free(struct group_words *words);
/* Room for more groups beside count. 0, -ENOMEM or -EDQUOT. */
int group_words_reserve(struct group_words *words, uint32_t count, uint32_t more);

/* The group of a word that is there; of another, group, which it becomes unless that is
 * GROUP_NONE. */
uint32_t group_words_put(struct group_words *words, uint64_t word, uint32_t group);
/* As many as can be told without looking for each: GROUP_NONE for the others. Returns whether there
 * are others. */
bool group_words_look_up(struct group_words *words, const uint64_t *keys, uint32_t count,
			 uint32_t *groups);
/* What the window is to know. */
void group_words_note(struct group_words *words, uint64_t word, uint32_t group);

/* The slot where the search for a word begins. */
static inline uint64_t group_word_slot(uint64_t word, uint32_t bits)
{
	word ^= word >> 32;
	return word * 0x9E3779B97F4A7C15ull >> (64 - bits); /* 2^64 over the golden ratio */
}

#endif
