/* Goodput falls gracefully with random loss in both directions: timeouts do not collapse, nor grow
 * with time. In virtual time: each run is the same, whatever else the machine does. */
#include "scenario.h"
#include "test.h"

#define RATE_MBPS 10000
#define MESSAGE_BYTES (1 << 18)
#define OUTSTANDING 16
#define MEASURE_US 1000000    /* where little is carried, and patience has time to grow */
#define MEASURE_FAST_US 60000 /* and where much is */
#define LOSS_HIGH 0.15

static double goodput_mbps(double loss)
{
	const uint32_t measure_us = loss > LOSS_HIGH ? MEASURE_US : MEASURE_FAST_US;
	const struct sim_config network = {.seed = 1,
					   .loss = loss,
					   .delay_us = 10,
					   .up_mbps = RATE_MBPS,
					   .down_mbps = RATE_MBPS,
					   .mtu = MR_MTU_DEFAULT};
	const struct sim_load load = {
	    .from = 0, .to = 1, .message_bytes = MESSAGE_BYTES, .outstanding = OUTSTANDING};
	const struct sim_scenario scenario = {.network = &network,
					      .endpoints = 2,
					      .loads = &load,
					      .load_count = 1,
					      .warm_us = 10000,
					      .measure_us = measure_us};
	struct sim_scenario_result total;
	struct sim_load_result result;
	double mbps;

	CHECK(sim_scenario_run(&scenario, &result, &total) == 0);
	CHECK(result.failed == 0);
	mbps = (double)result.bytes * 8 / measure_us;
	printf("loss %4.1f %%: %.0f Mbit/s, p50 %.1f ms, p99 %.1f ms; %lu timeouts, %lu "
	       "retransmits, %lu spurious\n",
	       100 * loss, mbps, (double)result.p50_ns / 1e6, (double)result.p99_ns / 1e6,
	       total.transport.timeouts, total.transport.retransmits,
	       total.transport.spurious_retransmits);
	return mbps;
}

int main(void)
{
	static const struct {
		double loss;
		double share_min; /* of the goodput without loss */
	} cases[] = {{0.01, 0.85}, {0.05, 0.4}, {0.1, 0.25}, {0.2, 0.12}, {0.3, 0.05}};
	double full = goodput_mbps(0);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double share = goodput_mbps(cases[i].loss) / full;

		CHECK(share >= cases[i].share_min, "%.3f", share);
	}
	return 0;
}
