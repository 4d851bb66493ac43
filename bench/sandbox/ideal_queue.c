/* A queue before servers that lose nothing. */
#include "ideal_queue.h"

#include <assert.h>

void ideal_queue(const uint64_t *arrival_ns, const uint64_t *service_ns, uint32_t count,
		 uint32_t servers, uint64_t *latency_ns)
{
	uint64_t free_ns[IDEAL_SERVERS_MAX] = {0};

	assert(servers > 0 && servers <= IDEAL_SERVERS_MAX);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t first = 0;
		uint64_t start_ns;

		for (uint32_t s = 1; s < servers; s++)
			if (free_ns[s] < free_ns[first])
				first = s;
		start_ns = arrival_ns[i] > free_ns[first] ? arrival_ns[i] : free_ns[first];
		free_ns[first] = start_ns + service_ns[i];
		latency_ns[i] = free_ns[first] - arrival_ns[i];
	}
}
