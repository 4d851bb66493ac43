/* The clock of runs: as fast as CLOCK_MONOTONIC, before it is calibrated and after, and never back.
 */
#include <time.h>
#include <unistd.h>

#include "cycle_clock.h"
#include "sandbox_limits.h"
#include "test.h"

#define INTERVAL_MS 200

static void pause_ms(long ms)
{
	const struct timespec ts = {.tv_nsec = ms * 1000000};

	nanosleep(&ts, NULL);
}

/* A span by the clock lies between what CLOCK_MONOTONIC says from inside and from outside of it,
 * but for 200 parts in a million: what the kernel may slew its own clock by, and what calibration
 * leaves. */
static void rate_hold(void)
{
	const uint64_t outer = clock_monotonic_ns(), start = clock_now_ns();
	const uint64_t inner = clock_monotonic_ns();
	uint64_t last = start, took, least, most;

	while (clock_monotonic_ns() - inner < INTERVAL_MS * 1000000ull) {
		const uint64_t now = clock_now_ns();

		CHECK(now >= last);
		last = now;
	}
	least = clock_monotonic_ns() - inner;
	took = clock_now_ns() - start;
	most = clock_monotonic_ns() - outer;
	CHECK(took + least / 5000 + 1000 >= least && took <= most + most / 5000 + 1000,
	      "%llu ns by the clock, %llu to %llu by the kernel's", (unsigned long long)took,
	      (unsigned long long)least, (unsigned long long)most);
}

int main(void)
{
	uint64_t before, after;
	int looks = 1;

	rate_hold();
	before = clock_now_ns();
	while (!clock_calibrate()) {
		CHECK(++looks < 100, "calibration takes for ever");
		pause_ms(SANDBOX_CALIBRATION_MS);
	}
	after = clock_now_ns();
	CHECK(after >= before && after - before < 10000000000ull);
	rate_hold();
	if (atomic_load(&clock_rate) == NULL)
		SKIP("the kernel does not keep time by the processor's counter: calibration was "
		     "not tried");
	return 0;
}
