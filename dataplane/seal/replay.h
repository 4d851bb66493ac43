/*
 * The replay window: which of the latest counters of a session have come. Pure.
 *
 * Source: RFC 6479: a ring of words, of which the one being entered is cleared as a whole, so that
 * nothing is ever shifted.
 */
#ifndef REPLAY_H
#define REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include <millrace/limits.h>

#define REPLAY_FRAMES ((MR_SEAL_REPLAY_WORDS - 1) * 64) /* that may be overtaken */

struct replay {
	uint64_t highest; /* counter that came, plus one; 0: none */
	uint64_t words[MR_SEAL_REPLAY_WORDS];
};

/* Might this counter be taken? A hint, before the frame is known to be authentic. */
bool replay_fresh(const struct replay *replay, uint64_t counter);
/* Takes the counter of an authentic frame; false when it came before, or is too old to tell. */
bool replay_take(struct replay *replay, uint64_t counter);

#endif
