/*
 * Worlds of transports, each from a seed, in which nothing may go wrong: [COUNT [FIRST]].
 *
 * --seed N runs one and prints its course.
 */
#include <inttypes.h>

#include "test.h"
#include "world.h"

#define SEEDS_DEFAULT 150
#define REPLAY_EVERY 10 /* seeds: each of these is run twice, to the same trace */

static void check(uint64_t seed, const struct world_result *result)
{
	CHECK(result->violation[0] == '\0', "seed %" PRIu64 ": %s\n(--seed %" PRIu64 " shows it)",
	      seed, result->violation, seed);
}

static void total_add(struct world_result *total, const struct world_result *result)
{
	total->delivered += result->delivered;
	total->delivered_bytes += result->delivered_bytes;
	total->failed += result->failed;
	total->crashes += result->crashes;
	total->deaths += result->deaths;
	total->virtual_ns += result->virtual_ns;
#define COUNTER_ADD(name) total->network.name += result->network.name;
	SIM_COUNTERS(COUNTER_ADD)
#undef COUNTER_ADD
#define COUNTER_ADD(name) total->transport.name += result->transport.name;
	TRANSPORT_COUNTERS(COUNTER_ADD)
#undef COUNTER_ADD
}

static void run_seed(uint64_t seed, struct world_result *total)
{
	struct world_config config;
	struct world_result result;
	struct world_result again;

	world_config_init(&config, seed);
	world_run(&config, &result);
	check(seed, &result);
	total_add(total, &result);
	if (seed % REPLAY_EVERY != 0)
		return;
	world_run(&config, &again);
	CHECK(again.trace == result.trace, "seed %" PRIu64 " does not replay", seed);
}

static void show_seed(uint64_t seed)
{
	struct world_config config;
	struct world_result result;

	world_config_init(&config, seed);
	config.print = true;
	world_run(&config, &result);
	printf("seed %" PRIu64 ": %u nodes, %u messages, peer timeout %u ms, trace %016" PRIx64
	       ": %s\n",
	       seed, config.nodes, config.messages, config.peer_timeout_ms, result.trace,
	       result.violation[0] == '\0' ? "all is well" : result.violation);
	check(seed, &result);
}

/* A fault that never came was not tested. */
static void check_faults(uint64_t seeds, const struct world_result *total)
{
	const struct sim_stats *n = &total->network;

	printf("  failed %lu, paths thought shrunk %lu, crashes %lu, deaths reported %lu; frames "
	       "%lu, lost at random %lu, in "
	       "bursts %lu, by pairs %lu, by cuts %lu, by queues %lu; marked %lu, cuts %lu, pauses "
	       "%lu\n",
	       total->failed, total->transport.path_shrinks, total->crashes, total->deaths, n->sent,
	       n->lost_random, n->lost_burst, n->lost_pair, n->lost_cut, n->lost_queue, n->marked,
	       n->cuts, n->pauses);
	if (seeds < SEEDS_DEFAULT)
		return;
	CHECK(total->crashes > 0 && total->deaths > 0 && n->cuts > 0 && n->pauses > 0);
	CHECK(n->lost_random > 0 && n->lost_burst > 0 && n->lost_pair > 0 && n->lost_cut > 0);
	CHECK(n->lost_queue > 0 && n->duplicated > 0 && n->reordered > 0 && n->corrupted > 0);
}

int main(int argc, char **argv)
{
	bool show = argc > 2 && strcmp(argv[1], "--seed") == 0;
	uint64_t seeds = argc > 1 && !show ? strtoull(argv[1], NULL, 0) : SEEDS_DEFAULT;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	struct world_result total = {0};

	if (show) {
		show_seed(first);
		return 0;
	}
	for (uint64_t seed = first; seed < first + seeds; seed++)
		run_seed(seed, &total);
	printf("%" PRIu64 " seeds: %" PRIu64 " messages delivered, %" PRIu64 " MiB, %" PRIu64
	       " retransmits, %.1f s of virtual time\n",
	       seeds, total.delivered, total.delivered_bytes >> 20, total.transport.retransmits,
	       (double)total.virtual_ns / 1e9);
	check_faults(seeds, &total);
	return 0;
}
