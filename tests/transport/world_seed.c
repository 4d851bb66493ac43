/* What a seed stands for: nodes, links, faults, and the mix of messages. */
#include "world_state.h"

static bool one_in(struct sim_random *random, uint64_t odds)
{
	return sim_random_below(random, odds) == 0;
}

static uint32_t between(struct sim_random *random, uint32_t least, uint32_t most)
{
	return least + (uint32_t)sim_random_below(random, most - least + 1ull);
}

static double part_of(struct sim_random *random, double most)
{
	return most * (double)sim_random_below(random, 101) / 100;
}

static uint32_t choose_nodes(struct sim_random *random)
{
	if (one_in(random, 16))
		return between(random, 17, 64);
	if (one_in(random, 4))
		return between(random, 6, 16);
	return between(random, 2, 5);
}

static void choose_messages(struct world_config *config, struct sim_random *random)
{
	config->messages = between(random, 20, 80);
	config->body_bytes_max = 1u << between(random, 10, 20);
	config->small_percent = one_in(random, 2) ? between(random, 0, 100) : 0;
	if (one_in(random, 2))
		config->small_bytes_max = between(random, 1, MR_SMALL_BYTES_MAX);
	config->flows = one_in(random, 6) ? 1 : between(random, 2, 4);
	config->plan_us = between(random, 1, 20) * 1000;
	if (one_in(random, 10)) {
		config->body_bytes_max = 8u << 20; /* more than all credit */
		config->messages = 20;
	} else if (one_in(random, 10)) {
		config->messages = between(random, 1000, 2500); /* more than may be unfinished */
		config->body_bytes_max = 2048;
		config->plan_us = 2000;
	}
}

static void choose_links(struct sim_config *network, struct sim_random *random)
{
	static const uint32_t mtus[] = {MR_MTU_DEFAULT, MR_MTU_DEFAULT, 9000, 576};
	static const uint32_t rates_mbps[] = {100, 1000, 10000};

	network->delay_us = between(random, 5, 200);
	network->mtu = mtus[sim_random_below(random, 4)];
	if (one_in(random, 2))
		return;
	network->up_mbps = rates_mbps[sim_random_below(random, 3)];
	network->down_mbps =
	    one_in(random, 4) ? rates_mbps[sim_random_below(random, 3)] : network->up_mbps;
	network->queue_bytes = 16384u << sim_random_below(random, 6);
	if (one_in(random, 2))
		network->ecn_bytes = network->queue_bytes / 4;
}

static void choose_faults(struct sim_config *network, struct sim_random *random)
{
	network->loss = part_of(random, 0.20);
	network->dup = part_of(random, 0.10);
	network->reorder = part_of(random, 0.20);
	network->corrupt = part_of(random, 0.02);
	network->jitter_us = between(random, 0, 50);
	if (one_in(random, 4)) {
		network->burst = part_of(random, 0.01);
		network->burst_frames = between(random, 1, 64);
	}
}

static void choose_pairs(struct world_config *config, struct sim_random *random)
{
	struct sim_config *network = &config->network;

	network->lossy_count = between(random, 1, 3);
	for (uint32_t i = 0; i < network->lossy_count; i++)
		network->lossy[i] = (struct sim_lossy){
		    .from = between(random, 0, config->nodes - 1),
		    .to = between(random, 0, config->nodes - 1),
		    .loss = part_of(random, 0.6),
		};
}

static void choose_outages(struct world_config *config, struct sim_random *random)
{
	struct sim_config *network = &config->network;
	static const uint32_t timeouts_ms[] = {200, 1000, 5000};

	if (one_in(random, 2)) {
		network->cut_every_ms = between(random, 5, 100);
		network->cut_ms = between(random, 1, 400);
	}
	if (one_in(random, 2)) {
		network->pause_every_ms = between(random, 5, 100);
		network->pause_ms = between(random, 1, 400);
	}
	if (one_in(random, 2))
		config->crashes = between(random, 1, 3);
	config->plan_us *= between(random, 1, 10);
	config->peer_timeout_ms = timeouts_ms[sim_random_below(random, 3)];
	if (one_in(random, 2))
		config->watch_us = between(random, 1, 6) * config->peer_timeout_ms * 500;
}

void world_config_init(struct world_config *config, uint64_t seed)
{
	struct sim_random random = {.state = seed ^ 0x6d696c6c72616365};

	*config = (struct world_config){
	    .network = {.seed = seed},
	    .nodes = choose_nodes(&random),
	    .peer_timeout_ms = 60000, /* at 20 % loss, nobody is thought dead */
	};
	choose_messages(config, &random);
	choose_links(&config->network, &random);
	if (one_in(&random, 2))
		config->network.skew_ppm = between(&random, 1, 200);
	if (one_in(&random, 10))
		return; /* a faultless network must be boring too */
	choose_faults(&config->network, &random);
	if (one_in(&random, 4))
		choose_pairs(config, &random);
	if (one_in(&random, 3))
		choose_outages(config, &random);
	/* What nobody could work with ends, so that what is pending can. */
	if (config->network.lossy_count > 0 || config->network.cut_every_ms > 0 ||
	    config->network.pause_every_ms > 0)
		config->network.calm_ms = config->plan_us / 1000 + between(&random, 10, 2000);
}
