/*
 * What word counts on one machine share: a program that maps a file and has threads count its
 * chunks (wordcount_common.c), around a counter that each of them brings.
 *
 * Words are runs of ASCII letters and digits, in lower case. Loads may run LOAD_AHEAD bytes past
 * the text, where there are zeros.
 */
#ifndef WORDCOUNT_COMMON_H
#define WORDCOUNT_COMMON_H

#include <stddef.h>
#include <stdint.h>

#define LOAD_AHEAD 64

struct line {
	uint64_t count;
	const uint8_t *word; /* in any case */
	size_t len;
};

/* Zero, in huge pages if there are any; ends the program when there is no memory. */
void *memory_get(size_t bytes);
void memory_put(void *memory, size_t bytes);

/* The counts of one thread; lives as long as the program. */
struct counter;
struct counter *counter_create(void);

/* Counts the words from at to end, where no word goes on. The text stays mapped. */
void counter_text(struct counter *counter, const uint8_t *at, const uint8_t *end);
void counter_merge(struct counter *to, const struct counter *from);
size_t counter_words(const struct counter *counter);

/* Fills lines, of which there are counter_words(), in no order; words may lie in the counter. */
void counter_lines(const struct counter *counter, struct line *lines);

#endif
