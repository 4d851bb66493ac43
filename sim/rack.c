/* The patterns of traffic that a transport is held to. */
#include "rack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define OUTSTANDING 4 /* of a bulk load: the next is there when one ends */
#define BULK_BYTES (1u << 20)

void sim_rack_init(struct sim_rack *rack)
{
	*rack = (struct sim_rack){
	    .seed = 1,
	    .rate_mbps = 10000,
	    .queue_bytes = 128 << 10,
	    .ecn_bytes = 32 << 10,
	    .delay_us = 5,
	    .mtu = MR_MTU_DEFAULT,
	    .warm_us = 10000,
	    .measure_us = 50000,
	};
}

void sim_incast_config_init(struct sim_incast_config *config)
{
	*config = (struct sim_incast_config){
	    .senders = 16,
	    .message_bytes = 64 << 10,
	    .outstanding = 2,
	    .small_bytes = 1 << 10,
	    .small_every_us = 50,
	};
	sim_rack_init(&config->rack);
}

static struct sim_config rack_network(const struct sim_rack *rack)
{
	return (struct sim_config){
	    .seed = rack->seed,
	    .up_mbps = rack->rate_mbps,
	    .down_mbps = rack->rate_mbps,
	    .queue_bytes = rack->queue_bytes,
	    .ecn_bytes = rack->ecn_bytes,
	    .delay_us = rack->delay_us,
	    .mtu = rack->mtu,
	};
}

static int rack_run(const struct sim_rack *rack, uint32_t endpoints, const struct sim_load *loads,
		    uint32_t count, struct sim_load_result *results,
		    struct sim_scenario_result *total)
{
	const struct sim_config network = rack_network(rack);
	const struct sim_scenario scenario = {
	    .network = &network,
	    .endpoints = endpoints,
	    .loads = loads,
	    .load_count = count,
	    .warm_us = rack->warm_us,
	    .measure_us = rack->measure_us,
	};

	return sim_scenario_run(&scenario, results, total);
}

static double mbps(const struct sim_rack *rack, uint64_t bytes)
{
	return (double)bytes * 8 / rack->measure_us;
}

static double link_share(const struct sim_rack *rack, uint64_t bytes)
{
	return mbps(rack, bytes) / sim_payload_mbps(rack->rate_mbps, rack->mtu);
}

/* --- Incast ---------------------------------------------------------------------------------- */

static void incast_sum(const struct sim_incast_config *config,
		       const struct sim_load_result *results, struct sim_incast_result *result)
{
	double shares[SIM_ENDPOINTS_MAX];
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < config->senders; i++) {
		bytes += results[i].bytes;
		shares[i] = (double)results[i].bytes;
		result->messages += results[i].messages;
		if (results[i].p99_ns > result->message_p99_ns)
			result->message_p99_ns = results[i].p99_ns;
	}
	result->goodput = link_share(&config->rack, bytes);
	result->goodput_mbps = mbps(&config->rack, bytes);
	result->fairness = sim_fairness(shares, config->senders);
}

/* The last load is the small one. First it runs alone. */
static int incast_run(const struct sim_incast_config *config, const struct sim_load *loads,
		      uint32_t endpoints, struct sim_incast_result *result)
{
	struct sim_load_result results[SIM_ENDPOINTS_MAX];
	const struct sim_load_result *small = &results[config->senders];
	uint32_t count = config->senders + (config->small_every_us > 0);
	int rc = 0;

	memset(result, 0, sizeof(*result));
	if (config->small_every_us > 0)
		rc = rack_run(&config->rack, endpoints, &loads[config->senders], 1, results,
			      &result->total);
	if (rc < 0)
		return rc;
	result->unloaded_p50_ns = results[0].p50_ns;
	result->unloaded_p99_ns = results[0].p99_ns;
	rc = rack_run(&config->rack, endpoints, loads, count, results, &result->total);
	if (rc < 0)
		return rc;
	incast_sum(config, results, result);
	if (config->small_every_us > 0) {
		result->small_messages = small->messages;
		result->small_p50_ns = small->p50_ns;
		result->small_p99_ns = small->p99_ns;
	}
	return 0;
}

static void incast_loads(const struct sim_incast_config *config, struct sim_load *loads)
{
	for (uint32_t i = 0; i < config->senders; i++)
		loads[i] = (struct sim_load){
		    .from = i + 1,
		    .message_bytes = config->message_bytes,
		    .outstanding = config->outstanding,
		};
	loads[config->senders] = (struct sim_load){
	    .from = config->senders + 1,
	    .message_bytes = config->small_bytes,
	    .every_us = config->small_every_us,
	};
}

int sim_incast(const struct sim_incast_config *config, struct sim_incast_result *result)
{
	struct sim_load loads[SIM_ENDPOINTS_MAX];

	if (config->senders == 0 || config->senders + 2 > SIM_ENDPOINTS_MAX)
		return -EINVAL;
	incast_loads(config, loads);
	return incast_run(config, loads, config->senders + 2, result);
}

int sim_small_beside_bulk(const struct sim_rack *rack, struct sim_incast_result *result)
{
	struct sim_incast_config config;
	struct sim_load loads[2];

	sim_incast_config_init(&config);
	config.rack = *rack;
	config.senders = 1;
	config.message_bytes = BULK_BYTES;
	config.outstanding = OUTSTANDING;
	incast_loads(&config, loads);
	loads[1].from = loads[0].from;
	return incast_run(&config, loads, 2, result);
}

/* --- All to all ------------------------------------------------------------------------------ */

static uint32_t all_loads(struct sim_load *loads, uint32_t nodes, uint32_t message_bytes)
{
	uint32_t count = 0;

	for (uint32_t from = 0; from < nodes; from++)
		for (uint32_t to = 0; to < nodes; to++)
			if (from != to)
				loads[count++] = (struct sim_load){.from = from,
								   .to = to,
								   .message_bytes = message_bytes,
								   .outstanding = OUTSTANDING};
	return count;
}

static void all_sum(const struct sim_rack *rack, uint32_t nodes, const struct sim_load *loads,
		    const struct sim_load_result *results, double *shares,
		    struct sim_all_result *result)
{
	double sender_shares[SIM_ENDPOINTS_MAX] = {0};
	uint32_t count = nodes * (nodes - 1);
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < count; i++) {
		bytes += results[i].bytes;
		shares[i] = (double)results[i].bytes;
		sender_shares[loads[i].from] += shares[i];
	}
	result->goodput = link_share(rack, bytes) / nodes;
	result->fairness = sim_fairness(shares, count);
	result->fairness_senders = sim_fairness(sender_shares, nodes);
}

int sim_all_to_all(const struct sim_rack *rack, uint32_t nodes, uint32_t message_bytes,
		   struct sim_all_result *result)
{
	uint32_t count = nodes * (nodes - 1);
	struct sim_load_result *results;
	struct sim_load *loads;
	double *shares;
	int rc = -ENOMEM;

	if (nodes < 2 || nodes > SIM_ENDPOINTS_MAX)
		return -EINVAL;
	loads = calloc(count, sizeof(loads[0]));
	results = calloc(count, sizeof(results[0]));
	shares = calloc(count, sizeof(shares[0]));
	if (loads == NULL || results == NULL || shares == NULL)
		goto out;
	all_loads(loads, nodes, message_bytes);
	rc = rack_run(rack, nodes, loads, count, results, &result->total);
	if (rc == 0)
		all_sum(rack, nodes, loads, results, shares, result);
out:
	free(loads);
	free(results);
	free(shares);
	return rc;
}

/* --- A receiver that stands still ------------------------------------------------------------ */

static double others_share(const struct sim_rack *rack, const struct sim_load_result *results,
			   uint32_t count)
{
	uint64_t bytes = 0;

	for (uint32_t i = 1; i < count; i++)
		bytes += results[i].bytes;
	return link_share(rack, bytes);
}

int sim_paused_receiver(const struct sim_rack *rack, uint32_t receivers, uint32_t message_bytes,
			struct sim_paused_result *result)
{
	const struct sim_config network = rack_network(rack);
	struct sim_load_result results[SIM_ENDPOINTS_MAX];
	struct sim_load loads[SIM_ENDPOINTS_MAX];
	struct sim_scenario scenario = {
	    .network = &network,
	    .endpoints = receivers + 1,
	    .loads = loads,
	    .load_count = receivers,
	    .warm_us = rack->warm_us,
	    .measure_us = rack->measure_us,
	    .paused_endpoint = 1,
	};
	int rc;

	if (receivers < 2 || receivers >= SIM_ENDPOINTS_MAX)
		return -EINVAL;
	for (uint32_t i = 0; i < receivers; i++)
		loads[i] = (struct sim_load){
		    .to = i + 1, .message_bytes = message_bytes, .outstanding = OUTSTANDING};
	rc = sim_scenario_run(&scenario, results, &result->total);
	if (rc < 0)
		return rc;
	result->before = others_share(rack, results, receivers);
	scenario.paused = true;
	rc = sim_scenario_run(&scenario, results, &result->total);
	if (rc == 0)
		result->during = others_share(rack, results, receivers);
	return rc;
}
