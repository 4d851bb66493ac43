/* What it costs that nodes watch each other at the least peer timeout: of two, one asks. [NODES] */
#include "test.h"
#include "world.h"

#define NODES_DEFAULT 24
#define WATCH_MS 60
/* A second and node: each pair asks once in a quarter of the timeout, whoever is first. */
#define QUESTIONS_MAX(nodes) (((nodes)-1) / 2.0 * 4 * 1000 / MR_PEER_TIMEOUT_MS_LEAST)

int main(int argc, char **argv)
{
	uint32_t nodes = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : NODES_DEFAULT;
	const struct world_config config = {
	    .network = {.seed = 1,
			.delay_us = 20,
			.up_mbps = 1000,
			.down_mbps = 1000,
			.mtu = MR_MTU_DEFAULT},
	    .nodes = nodes,
	    .messages = 64,
	    .body_bytes_max = 1024,
	    .flows = 1,
	    .plan_us = 1000,
	    .peer_timeout_ms = MR_PEER_TIMEOUT_MS_LEAST,
	    .watch_us = WATCH_MS * 1000,
	};
	struct world_result result;
	double questions;

	world_run(&config, &result);
	CHECK(result.violation[0] == '\0', "%s", result.violation);
	questions = (double)result.transport.keepalives * 1000 / WATCH_MS / nodes;
	printf("%u nodes, timeout %d ms: %.0f questions a second and node, %lu deaths\n", nodes,
	       MR_PEER_TIMEOUT_MS_LEAST, questions, result.deaths);
	CHECK(questions > 0 && questions <= QUESTIONS_MAX(nodes), "more than %.0f",
	      QUESTIONS_MAX(nodes));
	CHECK(result.deaths == 0);
	return 0;
}
