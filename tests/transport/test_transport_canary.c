/* Planted bugs must be found by the checks that the simulation trusts. */
#include <inttypes.h>

#include "test.h"
#include "world.h"

#define SEEDS 150 /* among so many, each bug shows */

/* What it takes for the bug to have an effect. */
static void provoke(struct world_config *config)
{
	switch (config->sabotage) {
	case SABOTAGE_GRANT:
	case SABOTAGE_OVERGRANT:
		config->body_bytes_max = 8u << 20;
		break;
	case SABOTAGE_ACK_NEVER:
		config->peer_timeout_ms = 1000; /* what is stuck is found the sooner */
		break;
	case SABOTAGE_HIDDEN_DEATH:
	case SABOTAGE_SWALLOW_LOST:
		config->crashes = 2;
		config->peer_timeout_ms = 1000;
		break;
	default:
		break;
	}
}

int main(void)
{
	for (enum sabotage kind = SABOTAGE_NONE + 1; kind < SABOTAGE_KINDS; kind++) {
		struct world_result result = {0};
		uint64_t seed = 0;

		while (result.violation[0] == '\0' && seed < SEEDS) {
			struct world_config config;

			world_config_init(&config, ++seed);
			if (config.messages > 80)
				continue; /* a flood of small ones: few bugs show */
			config.sabotage = kind;
			provoke(&config);
			world_run(&config, &result);
		}
		CHECK(result.violation[0] != '\0' && result.sabotaged > 0, "planted, not found: %s",
		      world_sabotage_text(kind));
		printf("%s: seed %" PRIu64 ", %s\n", world_sabotage_text(kind), seed,
		       result.violation);
	}
	return 0;
}
