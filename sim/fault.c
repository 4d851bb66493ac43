/* What may happen to one frame. */
#include "fault.h"

#define REORDER_DELAYS 8 /* a frame held back waits up to so many times the usual delay */
#define BURST_FRAMES_DEFAULT 16
#define FLIPS_MAX 4 /* CRC32C finds up to three for sure at these lengths */

void sim_faults_init(struct sim_faults *faults, const struct sim_config *config,
		     struct sim_stats *stats)
{
	*faults = (struct sim_faults){
	    .config = config, .random = {.state = config->seed}, .stats = stats};
	for (uint32_t i = 0; i < config->lossy_count; i++)
		faults->pair_loss[config->lossy[i].from][config->lossy[i].to] =
		    config->lossy[i].loss;
}

static bool happens(struct sim_faults *faults, double probability)
{
	return sim_random_chance(&faults->random, probability) && !faults->calm;
}

static bool burst_loses(struct sim_faults *faults, uint32_t to)
{
	uint32_t mean = faults->config->burst_frames;

	if (faults->config->burst == 0)
		return false;
	if (faults->burst_left[to] == 0 && happens(faults, faults->config->burst))
		faults->burst_left[to] =
		    1 + (uint32_t)sim_random_below(
			    &faults->random, 2ull * (mean > 0 ? mean : BURST_FRAMES_DEFAULT) - 1);
	if (faults->calm || faults->burst_left[to] == 0)
		return false;
	faults->burst_left[to]--;
	return true;
}

bool sim_fault_loses(struct sim_faults *faults, uint32_t from, uint32_t to)
{
	uint64_t *counter;

	faults->fate = (struct sim_fate){0};
	if (faults->judge != NULL)
		faults->fate = faults->judge(faults->judge_opaque, from, to);
	if (happens(faults, faults->config->loss))
		counter = &faults->stats->lost_random;
	else if (burst_loses(faults, to))
		counter = &faults->stats->lost_burst;
	else if (faults->pair_loss[from][to] > 0 && happens(faults, faults->pair_loss[from][to]))
		counter = &faults->stats->lost_pair;
	else if (faults->fate.lose)
		counter = &faults->stats->lost_judged;
	else
		return false;
	++*counter;
	return true;
}

bool sim_fault_doubles(struct sim_faults *faults)
{
	if (!happens(faults, faults->config->dup) && !faults->fate.twice)
		return false;
	faults->stats->duplicated++;
	return true;
}

uint64_t sim_fault_delay(struct sim_faults *faults)
{
	const struct sim_config *config = faults->config;
	uint64_t ns = sim_random_below(&faults->random, config->jitter_us * 1000ull + 1);

	if (happens(faults, config->reorder)) {
		ns +=
		    sim_random_below(&faults->random, REORDER_DELAYS * config->delay_us * 1000ull);
		faults->stats->reordered++;
	}
	faults->stats->reordered += faults->fate.delay_ns > 0;
	return ns + faults->fate.delay_ns;
}

static void flip(uint8_t *data, uint64_t bit)
{
	data[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

void sim_fault_corrupt(struct sim_faults *faults, uint8_t *data, uint32_t bytes)
{
	uint64_t bits = bytes * 8ull;

	if (faults->fate.flip) {
		flip(data, faults->fate.flip_bit % bits);
		faults->stats->corrupted++;
	}
	if (!happens(faults, faults->config->corrupt))
		return;
	for (uint64_t flips = 1 + sim_random_below(&faults->random, FLIPS_MAX); flips > 0; flips--)
		flip(data, sim_random_below(&faults->random, bits));
	faults->stats->corrupted++;
}
