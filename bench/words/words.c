/* Writing and summing, each a loop that the compiler makes of it. */
#include "words.h"

void words_write(uint64_t *words, uint64_t piece)
{
	for (size_t i = 0; i < WORDS_IN_PIECE; i++)
		words[i] = piece + i;
}

uint64_t words_sum(const uint64_t *words)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < WORDS_IN_PIECE; i++)
		sum += words[i];
	return sum;
}

uint64_t words_sum_expected(uint64_t pieces)
{
	return pieces * (pieces - 1) / 2 * WORDS_IN_PIECE +
	       WORDS_IN_PIECE * (WORDS_IN_PIECE - 1) / 2 * pieces;
}

double words_gbit_per_s(uint64_t elapsed_ns)
{
	return (double)WORDS_ROUNDS * WORDS_PIECES * WORDS_PIECE_BYTES * 8 / (double)elapsed_ns;
}
