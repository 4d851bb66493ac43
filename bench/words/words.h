/*
 * Pieces of memory whose every word one core writes and another sums: the work beside which large
 * messages between processes are measured, the same for ours, for peers and for nothing between.
 */
#ifndef WORDS_H
#define WORDS_H

#include <stddef.h>
#include <stdint.h>

#define WORDS_PIECE_BYTES (1u << 20)
#define WORDS_PIECES 256 /* in rotation: beyond any cache */
#define WORDS_ROUNDS 4   /* through all of them; one before, to touch the pages */
#define WORDS_AHEAD 4    /* pieces the writer may be ahead */
#define WORDS_IN_PIECE (WORDS_PIECE_BYTES / sizeof(uint64_t))
#define WORDS_PIECES_RUN ((WORDS_ROUNDS + 1ull) * WORDS_PIECES)

/* Every word of a piece: what is there tells the number of the piece. */
void words_write(uint64_t *words, uint64_t piece);
uint64_t words_sum(const uint64_t *words);
/* Of that many pieces, from number 0 on. */
uint64_t words_sum_expected(uint64_t pieces);

/* Of WORDS_ROUNDS, which took so long. */
double words_gbit_per_s(uint64_t elapsed_ns);

#endif
