/* What the processor's counter means, found by looking at the system's clock beside it. */
#include "poll_clock.h"

#include <cpuid.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <millrace/limits.h>

#define CLOCKSOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define LOOK_NS (MR_CLOCK_LOOK_US * 1000ull)
#define TOGETHER_TICKS 2000 /* two clocks read within them are read at once: half a microsecond */
#define RATE_STEP_LOG 6     /* a rate that differs by more is another machine's: it was moved */

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t system_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

/* CPUID 80000007H, EDX bit 8: the counter is invariant. */
static bool rate_is_constant(void)
{
	uint32_t a, b, c, d;

	return __get_cpuid(0x80000007, &a, &b, &c, &d) != 0 && (d >> 8 & 1) != 0;
}

/* It does where it finds the counters of all processors alike, and it goes on looking. */
static bool kernel_counts(void)
{
	char name[8] = {0};
	int fd = open(CLOCKSOURCE, O_RDONLY | O_CLOEXEC);
	ssize_t bytes = fd < 0 ? -1 : read(fd, name, sizeof(name) - 1);

	if (fd >= 0)
		close(fd);
	return bytes > 0 && strcmp(name, "tsc\n") == 0;
}

void poll_clock_init(struct poll_clock *clock)
{
	*clock = (struct poll_clock){.counts = rate_is_constant() && kernel_counts()};
}

static uint64_t rate_of(uint64_t ticks, uint64_t ns)
{
	for (; ns >> 32 != 0; ns >>= 1)
		ticks >>= 1;
	return ticks == 0 ? 0 : (ns << 32) / ticks;
}

static bool rate_jumps(uint64_t rate, uint64_t before)
{
	uint64_t step = rate > before ? rate - before : before - rate;

	return before != 0 && step > before >> RATE_STEP_LOG;
}

/* Until the next look the counter is believed. A clock that is ahead runs slower, to be right by
 * then; one that has just begun, or whose counter is not what it was, asks the system meanwhile. */
static void clock_set(struct poll_clock *clock, uint64_t ticks, uint64_t system_ns, uint64_t now_ns)
{
	uint64_t ahead_ns = min_u64(now_ns - system_ns, LOOK_NS / 2);
	uint64_t rate = 0;

	if (clock->ticks != 0) {
		rate = rate_of(ticks - clock->ticks, system_ns - clock->system_ns);
		if (rate_jumps(rate, clock->ns_per_tick_q32))
			rate = 0;
	}
	clock->ns_per_tick_q32 = rate - rate * ahead_ns / LOOK_NS;
	clock->ticks_span = rate == 0 ? 0 : (LOOK_NS << 32) / rate;
	clock->ticks = ticks;
	clock->system_ns = system_ns;
	clock->ns = now_ns;
}

/* What was said last is not above it. */
static uint64_t said_ns(const struct poll_clock *clock, uint64_t ticks)
{
	uint64_t since = ticks > clock->ticks ? ticks - clock->ticks : 0;

	since = min_u64(since, clock->ticks_span);
	return clock->ns + (since * clock->ns_per_tick_q32 >> 32);
}

uint64_t poll_clock_look(struct poll_clock *clock)
{
	uint64_t ticks = __rdtsc();
	uint64_t system_ns = system_now_ns();
	uint64_t now_ns = system_ns;

	if (!clock->counts)
		return system_ns;
	if (said_ns(clock, ticks) > now_ns)
		now_ns = said_ns(clock, ticks);
	if ((clock->ticks == 0 || system_ns - clock->system_ns >= LOOK_NS) &&
	    __rdtsc() - ticks <= TOGETHER_TICKS)
		clock_set(clock, ticks, system_ns, now_ns);
	return now_ns;
}
