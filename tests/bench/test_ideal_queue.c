/* The queue that loses nothing: by hand where that can be done, and M/D/1's mean wait, which is
 * known (Pollaczek and Khinchine). */
#include <math.h>
#include <stdint.h>

#include "ideal_queue.h"
#include "random.h"
#include "test.h"

#define COUNT 2000000

static void by_hand(void)
{
	/* Two servers: the third waits for the first, the fourth for the second. */
	const uint64_t arrival_ns[] = {0, 1, 2, 3, 100};
	const uint64_t service_ns[] = {10, 20, 5, 1, 7};
	const uint64_t wanted_ns[] = {10, 20, 13, 13, 7};
	uint64_t latency_ns[5];

	ideal_queue(arrival_ns, service_ns, 5, 2, latency_ns);
	for (int i = 0; i < 5; i++)
		CHECK(latency_ns[i] == wanted_ns[i], "%d: %llu", i,
		      (unsigned long long)latency_ns[i]);
}

/* One server, busy a part of the time: the mean wait is service * load / (2 * (1 - load)). */
static void mean_wait(double load)
{
	static uint64_t arrival_ns[COUNT], service_ns[COUNT], latency_ns[COUNT];
	const double service = 1000, wanted = service * load / (2 * (1 - load));
	struct sim_random random = {.state = 7};
	double at = 0, sum = 0;

	for (uint32_t i = 0; i < COUNT; i++) {
		at -= log(((double)(sim_random_next(&random) >> 11) + 0.5) * 0x1p-53) * service /
		      load;
		arrival_ns[i] = (uint64_t)at;
		service_ns[i] = (uint64_t)service;
	}
	ideal_queue(arrival_ns, service_ns, COUNT, 1, latency_ns);
	for (uint32_t i = 0; i < COUNT; i++)
		sum += (double)(latency_ns[i] - service_ns[i]);
	CHECK(fabs(sum / COUNT / wanted - 1) < 0.03, "%.1f at load %.1f, not %.1f", sum / COUNT,
	      load, wanted);
}

int main(void)
{
	by_hand();
	mean_wait(0.5);
	mean_wait(0.8);
	return 0;
}
