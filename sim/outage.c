/* Outages that come and go by themselves. */
#include "outage.h"

#include <math.h>

#define NS_PER_MS 1000000ull

_Static_assert(SIM_ENDPOINTS_MAX <= 64, "cut_side");

/* The time to the next event of a Poisson process; at least a microsecond, so that it ends. */
static uint64_t interval_ns(struct sim_random *random, uint32_t mean_ms)
{
	double uniform = (double)(sim_random_next(random) >> 11) * 0x1p-53;

	return 1000 + (uint64_t)(-log1p(-uniform) * (double)mean_ms * (double)NS_PER_MS);
}

static uint64_t length_ns(struct sim_random *random, uint32_t mean_ms)
{
	return 1 + sim_random_below(random, 2 * mean_ms * NS_PER_MS);
}

void sim_outages_init(struct sim_outages *outages, const struct sim_config *config,
		      struct sim_stats *stats, uint32_t endpoints)
{
	*outages = (struct sim_outages){
	    .config = config,
	    .random = {.state = config->seed * 2 + 1},
	    .stats = stats,
	    .endpoints = endpoints,
	    .cut_ns = UINT64_MAX,
	    .pause_ns = UINT64_MAX,
	};
	if (config->cut_every_ms > 0 && endpoints > 1)
		outages->cut_ns = interval_ns(&outages->random, config->cut_every_ms);
	if (config->pause_every_ms > 0)
		outages->pause_ns = interval_ns(&outages->random, config->pause_every_ms);
}

static void cut_begin(struct sim_outages *outages)
{
	uint64_t all = outages->endpoints == 64 ? UINT64_MAX : (1ull << outages->endpoints) - 1;

	do
		outages->cut_side = sim_random_next(&outages->random) & all;
	while (outages->cut_side == 0 || outages->cut_side == all);
	outages->cut_end_ns =
	    outages->cut_ns + length_ns(&outages->random, outages->config->cut_ms);
	outages->cut_ns =
	    outages->cut_end_ns + interval_ns(&outages->random, outages->config->cut_every_ms);
	outages->stats->cuts++;
}

static void pause_begin(struct sim_outages *outages)
{
	uint32_t endpoint = (uint32_t)sim_random_below(&outages->random, outages->endpoints);
	uint64_t end_ns =
	    outages->pause_ns + length_ns(&outages->random, outages->config->pause_ms);

	sim_outages_pause(outages, endpoint, end_ns);
	outages->pause_ns = end_ns + interval_ns(&outages->random, outages->config->pause_every_ms);
}

void sim_outages_pause(struct sim_outages *outages, uint32_t endpoint, uint64_t until_ns)
{
	if (until_ns > outages->resume_ns[endpoint])
		outages->resume_ns[endpoint] = until_ns;
	outages->stats->pauses++;
}

/* Outages that began before the calm last as long as they do. */
void sim_outages_run(struct sim_outages *outages, uint64_t now_ns)
{
	uint64_t calm_ns = outages->config->calm_ms * NS_PER_MS;

	if (calm_ns > 0 && calm_ns < now_ns)
		now_ns = calm_ns;
	while (outages->cut_ns <= now_ns)
		cut_begin(outages);
	while (outages->pause_ns <= now_ns)
		pause_begin(outages);
}

bool sim_outages_part(const struct sim_outages *outages, uint64_t now_ns, uint32_t a, uint32_t b)
{
	return now_ns < outages->cut_end_ns &&
	       ((outages->cut_side >> a ^ outages->cut_side >> b) & 1) != 0;
}
