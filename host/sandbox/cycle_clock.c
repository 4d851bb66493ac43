/* The processor's counter as a clock: whether it may be one, and how fast it runs. */
#include "cycle_clock.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sandbox_limits.h"

const struct clock_rate *_Atomic clock_rate;

uint64_t clock_monotonic_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* The kernel has looked for counters that stop, differ from core to core, or belong to a virtual
 * machine that may move: what it keeps time by itself is good enough for us. */
static bool counter_trusted(void)
{
	char name[8] = "";
	const int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
			    O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	n = read(fd, name, sizeof(name));
	close(fd);
	return n == 4 && memcmp(name, "tsc\n", 4) == 0;
}

struct moment {
	uint64_t ticks, ns;
};

/* Both clocks at one moment: the pair of several that was read the fastest. */
static struct moment moment_read(void)
{
	struct moment best = {0};
	uint64_t best_ticks = UINT64_MAX;

	for (int i = 0; i < 8; i++) {
		const uint64_t before = __builtin_ia32_rdtsc();
		const uint64_t ns = clock_monotonic_ns();
		const uint64_t took = __builtin_ia32_rdtsc() - before;

		if (took < best_ticks) {
			best_ticks = took;
			best = (struct moment){.ticks = before + took / 2, .ns = ns};
		}
	}
	return best;
}

bool clock_calibrate(void)
{
	static struct clock_rate measured;
	static struct moment start;
	struct moment now;

	if (atomic_load_explicit(&clock_rate, memory_order_relaxed) != NULL)
		return true;
	if (start.ns == 0) {
		if (!counter_trusted())
			return true;
		start = moment_read();
		return false;
	}
	now = moment_read();
	if (now.ns - start.ns < SANDBOX_CALIBRATION_MS * 1000000ull)
		return false;
	measured.base_ticks = start.ticks;
	measured.base_ns = start.ns;
	measured.ns_per_tick =
	    (uint64_t)(((unsigned __int128)(now.ns - start.ns) << 32) / (now.ticks - start.ticks));
	atomic_store_explicit(&clock_rate, &measured, memory_order_release);
	return true;
}
