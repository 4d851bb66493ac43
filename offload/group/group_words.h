/* The table for keys that are one word. */
#ifndef GROUP_WORDS_H
#define GROUP_WORDS_H

#include "group_kernels.h"
#include "row_budget.h"

struct group_words {
	struct row_budget *budget;
	const struct group_kernels *kernels;
	struct group_slot *slots;
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
/* The groups of words (values plus bias), and GROUP_NONE for those that are not there, or not in
 * the window: these group_words_put() finds. Returns whether there are such. */
bool group_words_look_up(struct group_words *words, const uint64_t *values, uint64_t bias,
			 uint32_t count, uint32_t *groups);
/* What the window is to know. */
void group_words_note(struct group_words *words, uint64_t word, uint32_t group);

#endif
