/* Goodput falls gracefully with random loss: no collapse of timeouts up to 30 %. */
#include "scenario.h"
#include "test.h"

#define RATE_MBPS 10000
#define MESSAGE_BYTES (1 << 20)
#define OUTSTANDING 4

static double goodput_mbps(double loss, struct sim_scenario_result *total, struct sim_load_result *result)
{
	const struct sim_config network = {.seed = 1,
					   .loss = loss,
					   .delay_us = 10,
					   .up_mbps = RATE_MBPS,
					   .down_mbps = RATE_MBPS,
					   .mtu = MR_MTU_DEFAULT};
	const struct sim_load load = {.from = 0, .to = 1, .message_bytes = MESSAGE_BYTES, .outstanding = OUTSTANDING};
	const struct sim_scenario scenario = {.network = &network,
					      .endpoints = 2,
					      .loads = &load,
					      .load_count = 1,
					      .warm_us = 10000,
					      .measure_us = 500000};

	CHECK(sim_scenario_run(&scenario, result, total) == 0);
	return (double)result->bytes * 8 / scenario.measure_us;
}

int main(void)
{
	static const double losses[] = {0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4};

	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		struct sim_scenario_result total;
		struct sim_load_result result;
		double mbps = goodput_mbps(losses[i], &total, &result);

		printf("loss %4.1f %%: %.0f Mbit/s, %lu failed; p50 %.3f p99 %.3f max %.3f ms; %lu timeouts, %lu retransmits, %lu spurious\n", 100 * losses[i], mbps, result.failed,
		result.p50_ns/1e6, result.p99_ns/1e6, result.max_ns/1e6, total.transport.timeouts, total.transport.retransmits, total.transport.spurious_retransmits);
	}
	return 0;
}
