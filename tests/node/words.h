/* Texts to count the words of, and the answer, by the plainest program that gives it. */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>
#include <stdint.h>

/* About so many bytes of lines of words, some of them capital, the same for a seed; malloc'ed. */
char *words_text(uint64_t seed, size_t bytes);
/* "COUNT WORD" in lines, by count down, then by word: of texts together; malloc'ed. */
char *words_count(char *const *texts, size_t text_count);

#endif
