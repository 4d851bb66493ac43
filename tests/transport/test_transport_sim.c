/*
 * Worlds of transports, each from a seed, in which nothing may go wrong: [COUNT [FIRST]].
 *
 * All seeds are run, and each that fails is told, with how to see its course: --seed N. A long run
 * says now and then how far it is.
 */
#include <inttypes.h>
#include <time.h>

#include "test.h"
#include "world.h"

#define SEEDS_DEFAULT 150
#define REPLAY_EVERY 10    /* seeds: each of these is run twice, to the same trace */
#define PROGRESS_SECONDS 5 /* between two words about it */

static const char *program;
static uint64_t failed_seeds;

static void fail(uint64_t seed, const char *text)
{
	printf("seed %" PRIu64 ": %s\n  its course: %s --seed %" PRIu64 "\n", seed, text, program,
	       seed);
	fflush(stdout);
	failed_seeds++;
}

static void progress(uint64_t done, uint64_t seeds)
{
	static time_t told;
	time_t now = time(NULL);

	if (told == 0)
		told = now;
	if (now - told < PROGRESS_SECONDS)
		return;
	told = now;
	printf("%" PRIu64 " of %" PRIu64 " seeds, %" PRIu64 " failed\n", done, seeds, failed_seeds);
	fflush(stdout);
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
	if (result.violation[0] != '\0')
		fail(seed, result.violation);
	total_add(total, &result);
	if (seed % REPLAY_EVERY != 0)
		return;
	world_run(&config, &again);
	if (again.trace != result.trace)
		fail(seed, "does not replay");
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
	failed_seeds += result.violation[0] != '\0';
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

	program = argv[0];
	if (show) {
		show_seed(first);
		return failed_seeds > 0;
	}
	for (uint64_t seed = first; seed < first + seeds; seed++) {
		run_seed(seed, &total);
		progress(seed + 1 - first, seeds);
	}
	printf("%" PRIu64 " seeds: %" PRIu64 " messages delivered, %" PRIu64 " MiB, %" PRIu64
	       " retransmits, %.1f s of virtual time\n",
	       seeds, total.delivered, total.delivered_bytes >> 20, total.transport.retransmits,
	       (double)total.virtual_ns / 1e9);
	check_faults(seeds, &total);
	CHECK(failed_seeds == 0, "%" PRIu64 " seeds failed", failed_seeds);
	return 0;
}
