/* Reading steal times: proc(5), /proc/stat. */
#include "steal.h"

#include <stdio.h>
#include <unistd.h>

#include "worker_pair.h"

uint64_t steal_ns(void)
{
	uint64_t tick_ns = 1000000000ull / (uint64_t)sysconf(_SC_CLK_TCK);
	FILE *file = fopen("/proc/stat", "re");
	unsigned long long ticks;
	uint64_t total = 0;
	char line[512];
	int core;

	if (file == NULL)
		return 0;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "cpu%d %*u %*u %*u %*u %*u %*u %*u %llu", &core, &ticks) == 2 &&
		    (core == process_core(PAIR_SENDER) || core == process_core(PAIR_RECEIVER)))
			total += ticks;
	}
	fclose(file);
	return total * tick_ns;
}
