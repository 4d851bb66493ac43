/* The PI controller that moves cores between I/O and compute. */
#include "core_control.h"

#include <assert.h>
#include <stdbool.h>

#define GAIN 0.4               /* of the error, at once: large ones are gone in a few steps */
#define GAIN_PER_SECOND 20.0   /* of the error, summed: one of a core moves it in some 30 ms */
#define SHARE_FULL 0.95        /* a side that was busy so much of its time has no core to spare */
#define GAIN_WANTED 1.05       /* of what could be done: less is no reason to move a core */
#define BUSY_LEAST 0.01        /* cores; of a side that had nothing to do */
#define SPAN_NS_MAX 100000000u /* a late step counts as one of so much */

void core_control_init(struct core_control *control, const uint32_t cores[CORE_SIDES],
		       const uint32_t least[CORE_SIDES], const uint32_t most[CORE_SIDES])
{
	*control = (struct core_control){0};
	for (int side = 0; side < CORE_SIDES; side++) {
		assert(least[side] <= cores[side] && cores[side] <= most[side] && least[side] > 0);
		control->cores[side] = cores[side];
		control->least[side] = least[side];
		control->most[side] = most[side];
	}
}

static double least_of(double a, double b)
{
	return a < b ? a : b;
}

/* What the cores could do, when both sides keep the proportion in which they were busy, with so
 * many for I/O: 1 is what they did. */
static double capacity(const struct core_control *control, const double busy[CORE_SIDES],
		       uint32_t io)
{
	const uint32_t all = control->cores[CORE_SIDE_IO] + control->cores[CORE_SIDE_COMPUTE];

	return least_of(io / busy[CORE_SIDE_IO], (all - io) / busy[CORE_SIDE_COMPUTE]);
}

/* Cores that the I/O side is short of; negative: has too many. */
static double error_find(const struct core_control *control, const double busy[CORE_SIDES])
{
	const uint32_t io = control->cores[CORE_SIDE_IO];
	const uint32_t all = io + control->cores[CORE_SIDE_COMPUTE];
	enum core_side short_side;
	uint32_t best = io;

	for (uint32_t other = control->least[CORE_SIDE_IO];
	     other <= control->most[CORE_SIDE_IO] && other < all; other++)
		if (capacity(control, busy, other) > capacity(control, busy, best))
			best = other;
	if (capacity(control, busy, best) < capacity(control, busy, io) * GAIN_WANTED)
		return 0;
	short_side = best > io ? CORE_SIDE_IO : CORE_SIDE_COMPUTE;
	if (busy[short_side] < SHARE_FULL * control->cores[short_side])
		return 0;
	return (double)best - io;
}

/* How many of `wanted` may go from one side to the other. */
static uint32_t may_move(const struct core_control *control, enum core_side from, enum core_side to,
			 double wanted)
{
	const double spare = control->cores[from] - control->least[from];
	const double room = control->most[to] - control->cores[to];

	return (uint32_t)least_of(wanted, least_of(spare, room));
}

static void move(struct core_control *control, enum core_side from, enum core_side to,
		 uint32_t count)
{
	control->cores[from] -= count;
	control->cores[to] += count;
	control->moves += count;
}

/* In cores, at most as many as there are. */
static double busy_find(const struct core_control *control, const struct core_sample *sample,
			int side, uint64_t span_ns)
{
	const double busy = (double)sample->busy_ns[side] / (double)span_ns;

	return least_of(busy > BUSY_LEAST ? busy : BUSY_LEAST, control->cores[side]);
}

/* Moves towards what the error and its sum ask for, at most the error. */
static int32_t split_move(struct core_control *control, double error)
{
	const double asked = GAIN * error + control->integral;
	uint32_t count;

	if (error > 0) {
		count = may_move(control, CORE_SIDE_COMPUTE, CORE_SIDE_IO, least_of(asked, error));
		move(control, CORE_SIDE_COMPUTE, CORE_SIDE_IO, count);
		return (int32_t)count;
	}
	count = may_move(control, CORE_SIDE_IO, CORE_SIDE_COMPUTE, least_of(-asked, -error));
	move(control, CORE_SIDE_IO, CORE_SIDE_COMPUTE, count);
	return -(int32_t)count;
}

int32_t core_control_step(struct core_control *control, uint64_t now_ns,
			  const struct core_sample *sample)
{
	uint64_t span_ns = now_ns - control->stepped_ns;
	const bool first = control->stepped_ns == 0;
	double busy[CORE_SIDES], error;
	int32_t moved;

	control->stepped_ns = now_ns;
	if (first || span_ns == 0)
		return 0;
	for (int side = 0; side < CORE_SIDES; side++)
		busy[side] = busy_find(control, sample, side, span_ns);
	if (span_ns > SPAN_NS_MAX)
		span_ns = SPAN_NS_MAX;
	error = error_find(control, busy);
	/* What was summed for one side is no argument for the other, nor for staying. */
	if (error * control->integral <= 0)
		control->integral = 0;
	control->integral += error * GAIN_PER_SECOND * (double)span_ns / 1e9;
	moved = split_move(control, error);
	if (moved != 0)
		control->integral = 0;
	return moved;
}
