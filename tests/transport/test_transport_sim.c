/* Messages over a lossy, duplicating, reordering, corrupting network: once, intact, in order. */
#include <inttypes.h>

#include "test.h"
#include "world.h"

#define SEEDS_DEFAULT 60
#define REPLAY_EVERY 10 /* seeds: each of these is run twice, to the same trace */

static void run_seed(uint64_t seed, struct world_result *total)
{
	struct world_config config;
	struct world_result result;
	struct world_result again;

	world_config_init(&config, seed);
	world_run(&config, &result);
	CHECK(result.violation[0] == '\0', "seed %" PRIu64 ": %s", seed, result.violation);
	total->retransmits += result.retransmits;
	total->delivered += result.delivered;
	total->virtual_ns += result.virtual_ns;
	if (seed % REPLAY_EVERY != 0)
		return;
	world_run(&config, &again);
	CHECK(again.trace == result.trace, "seed %" PRIu64 " does not replay", seed);
}

int main(int argc, char **argv)
{
	uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 0) : SEEDS_DEFAULT;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	struct world_result total = {0};

	for (uint64_t seed = first; seed < first + seeds; seed++)
		run_seed(seed, &total);
	printf("%" PRIu64 " seeds: %" PRIu64 " messages delivered, %" PRIu64
	       " retransmits, %.1f s of virtual time\n",
	       seeds, total.delivered, total.retransmits, (double)total.virtual_ns / 1e9);
	return 0;
}
