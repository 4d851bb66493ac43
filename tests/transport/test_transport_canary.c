/* Planted bugs must be found by the checks that the simulation trusts. */
#include <inttypes.h>

#include "test.h"
#include "world.h"

#define SEEDS 20 /* among so many, each bug shows */

int main(void)
{
	static const char *const names[SABOTAGE_KINDS] = {
	    "none", "misplace", "ack early", "replay", "swallow", "overtake", "grant",
	};

	for (enum sabotage kind = SABOTAGE_NONE + 1; kind < SABOTAGE_KINDS; kind++) {
		bool found = false;

		for (uint64_t seed = 1; seed <= SEEDS && !found; seed++) {
			struct world_config config;
			struct world_result result;

			world_config_init(&config, seed);
			config.restart = false;
			if (kind == SABOTAGE_GRANT)
				config.body_bytes_max = 8u << 20;
			config.sabotage = kind;
			world_run(&config, &result);
			found = result.violation[0] != '\0';
			if (found)
				printf("%s, seed %" PRIu64 ": %s\n", names[kind], seed,
				       result.violation);
		}
		CHECK(found, "%s: planted, not found", names[kind]);
	}
	return 0;
}
