/* The replay window of RFC 6479. */
#include "replay.h"

static bool replay_seen(const struct replay *replay, uint64_t counter)
{
	return replay->words[counter / 64 % MR_SEAL_REPLAY_WORDS] >> counter % 64 & 1;
}

bool replay_fresh(const struct replay *replay, uint64_t counter)
{
	if (counter >= replay->highest)
		return counter != UINT64_MAX; /* never sent: it has no successor */
	return replay->highest - counter <= REPLAY_FRAMES && !replay_seen(replay, counter);
}

/* Words between the highest counter so far and a new one hold bits of long ago. */
static void replay_advance(struct replay *replay, uint64_t counter)
{
	uint64_t word = replay->highest == 0 ? 0 : (replay->highest - 1) / 64;
	uint64_t words = counter / 64 - word;

	if (words > MR_SEAL_REPLAY_WORDS)
		words = MR_SEAL_REPLAY_WORDS;
	for (uint64_t i = 1; i <= words; i++)
		replay->words[(word + i) % MR_SEAL_REPLAY_WORDS] = 0;
	replay->highest = counter + 1;
}

bool replay_take(struct replay *replay, uint64_t counter)
{
	if (!replay_fresh(replay, counter))
		return false;
	if (counter >= replay->highest)
		replay_advance(replay, counter);
	replay->words[counter / 64 % MR_SEAL_REPLAY_WORDS] |= 1ull << counter % 64;
	return true;
}
