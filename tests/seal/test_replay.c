/* The replay window against a set of all counters that came. */
#include "replay.h"
#include "seals.h"
#include "test.h"

#define COUNTERS 60000

static void check_seed(uint64_t seed)
{
	static struct replay replay;
	static uint8_t came[COUNTERS + 1];
	uint64_t highest = 0;

	memset(&replay, 0, sizeof(replay));
	memset(came, 0, sizeof(came));
	while (highest < COUNTERS - 10000) {
		uint64_t r = seals_random(&seed);
		uint64_t counter = highest + r % 3;
		bool old, fresh;

		if (r >> 8 & 1) /* behind, sometimes too far */
			counter = highest - r % 5000 % (highest + 1);
		else if (r % 1000 == 0) /* a leap, sometimes of more than a window */
			counter = highest + r % 9000;
		old = highest >= REPLAY_FRAMES && counter + REPLAY_FRAMES <= highest;
		fresh = !old && !came[counter];
		CHECK(replay_fresh(&replay, counter) == fresh, "counter %llu, highest %llu",
		      (unsigned long long)counter, (unsigned long long)highest);
		CHECK(replay_take(&replay, counter) == fresh, "taken %llu",
		      (unsigned long long)counter);
		came[counter] |= fresh;
		highest = counter > highest ? counter : highest;
	}
}

/* The last counters there can be do not overflow anything. */
static void check_end(void)
{
	struct replay replay = {0};

	CHECK(replay_take(&replay, 0), "the first");
	CHECK(replay_take(&replay, UINT64_MAX - 1), "the last");
	CHECK(!replay_take(&replay, UINT64_MAX - 1), "the last, twice");
	CHECK(!replay_take(&replay, 1), "one of long ago");
	CHECK(!replay_take(&replay, UINT64_MAX), "one without successor");
	CHECK(replay_take(&replay, UINT64_MAX - 100), "one of late");
}

int main(void)
{
	CHECK(REPLAY_FRAMES >= 2048, "the window is too narrow");
	for (uint64_t seed = 0; seed < 20; seed++)
		check_seed(seed);
	check_end();
	return 0;
}
