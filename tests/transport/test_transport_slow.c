/* A slow link with a short queue, that also loses at random, is used and not flooded. */
#include "test.h"
#include "world.h"

#define RATE_MBPS 10
#define QUEUE_BYTES 25000 /* 20 ms */

static void run(double loss, double share_min)
{
	struct world_config config = {
	    .network = {.seed = 1,
			.loss = loss,
			.delay_us = 2000,
			.up_mbps = RATE_MBPS,
			.down_mbps = RATE_MBPS,
			.queue_bytes = QUEUE_BYTES,
			.mtu = MR_MTU_DEFAULT},
	    .nodes = 2,
	    .messages = 40,
	    .body_bytes_max = 1 << 20,
	    .flows = 4,
	    .plan_us = 20000,
	    .peer_timeout_ms = 60000,
	};
	struct world_result result;
	double share;

	world_run(&config, &result);
	CHECK(result.violation[0] == '\0', "%s", result.violation);
	share = (double)result.delivered_bytes * 8000 / RATE_MBPS / (double)result.virtual_ns;
	printf("loss %g: %lu bytes, %.2f s, %.2f of the rate of one direction, %lu retransmits\n",
	       loss, result.delivered_bytes, (double)result.virtual_ns / 1e9, share,
	       result.transport.retransmits);
	CHECK(share >= share_min, "%.2f", share);
	CHECK(result.transport.retransmits * config.network.mtu < result.delivered_bytes / 2,
	      "a flood");
}

int main(void)
{
	run(0, 0.5);
	run(0.01, 0.5);
	return 0;
}
