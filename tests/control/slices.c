/*
 * Time slices on simulated cores. Short tasks that come while long ones hold all cores end soon,
 * though without slices they wait for those to end; where the queue moves, all runs to completion.
 * slices [SEEDS]
 */
#include "random.h"
#include "sim_slices.h"
#include "slice_control.h"
#include "test.h"

#define MS 1000000ull
#define LONG_NS (1000 * MS)
#define SHORT_NS (MS / 10)

struct run {
	struct sim_slices sim;
	struct slice_control control;
	struct sim_random random;
	uint64_t stepped_ns;
	uint64_t done, worst_ns; /* of short tasks */
	uint64_t ended;          /* long ones */
	uint64_t added;          /* all */
};

static void run_init(struct run *run, uint32_t cores, uint32_t spares_max, uint64_t seed)
{
	*run = (struct run){0};
	sim_slices_init(&run->sim, cores);
	slice_control_init(&run->control, spares_max);
	run->random.state = seed;
}

static void step(struct run *run)
{
	const struct slice_sample sample = {
	    .cores = run->sim.cores,
	    .spares = run->sim.spares,
	    .held = sim_slices_held(&run->sim, SLICE_NS),
	    .waiting = run->sim.waiting,
	    .others = sim_slices_others(&run->sim),
	    .taken = run->sim.taken,
	};

	slice_control_step(&run->control, run->sim.now_ns, &sample);
	sim_slices_spare(&run->sim, run->control.spares, run->control.alike);
	run->stepped_ns = run->sim.now_ns;
}

static void run_until(struct run *run, uint64_t until_ns)
{
	while (run->sim.now_ns < until_ns) {
		const uint64_t next_ns = run->stepped_ns + SLICE_NS;

		sim_slices_run(&run->sim, next_ns < until_ns ? next_ns : until_ns);
		if (run->sim.now_ns == next_ns)
			step(run);
	}
}

static void short_done(const struct sim_task *task, uint64_t now_ns, void *opaque)
{
	struct run *run = opaque;

	run->done++;
	if (now_ns - task->came_ns > run->worst_ns)
		run->worst_ns = now_ns - task->came_ns;
}

static void long_done(const struct sim_task *task, uint64_t now_ns, void *opaque)
{
	struct run *run = opaque;

	(void)task;
	(void)now_ns;
	run->ended++;
}

enum kind { LONG, SHORT };

static void add_long(struct run *run, uint64_t work_ns)
{
	sim_slices_add(
	    &run->sim,
	    &(struct sim_task){.work_ns = work_ns, .kind = LONG, .done = long_done, .opaque = run});
	run->added++;
}

static void add_short(struct run *run, uint32_t kind, uint64_t work_ns)
{
	sim_slices_add(&run->sim,
		       &(struct sim_task){
			   .work_ns = work_ns, .kind = kind, .done = short_done, .opaque = run});
	run->added++;
}

/* Short tasks of that kind, one in `mean_ns` on average, until then. */
static void trickle(struct run *run, uint32_t kind, uint64_t until_ns, uint64_t mean_ns)
{
	while (run->sim.now_ns < until_ns) {
		run_until(run, run->sim.now_ns + 1 + sim_random_below(&run->random, 2 * mean_ns));
		add_short(run, kind, SHORT_NS);
	}
}

/* Twice as many long tasks as there are cores, and then short ones of another kind. */
static void held(uint32_t cores, uint64_t seed)
{
	const uint32_t longs = 2 * cores;
	struct run sliced, whole;

	run_init(&sliced, cores, 7 * cores, seed);
	run_init(&whole, cores, 0, seed);
	for (uint32_t i = 0; i < longs; i++) {
		add_long(&sliced, LONG_NS);
		add_long(&whole, LONG_NS);
	}
	trickle(&sliced, SHORT, LONG_NS / 2, 5 * MS);
	trickle(&whole, SHORT, LONG_NS / 2, 5 * MS);
	CHECK(whole.done == 0 && whole.control.entered == 0, "%u cores: %llu short tasks passed",
	      cores, (unsigned long long)whole.done);
	/* The first waits for a slice, from the step that first sees it wait. */
	CHECK(sliced.worst_ns <= 3 * SLICE_NS, "%u cores, seed %llu: a short task took %llu us",
	      cores, (unsigned long long)seed, (unsigned long long)sliced.worst_ns / 1000);
	CHECK(sliced.done + 1 >= sliced.added - longs, "%u cores: %llu of %llu", cores,
	      (unsigned long long)sliced.done, (unsigned long long)(sliced.added - longs));
	CHECK(sliced.control.entered == 1 && !sliced.control.alike, "%u cores: entered %llu times",
	      cores, (unsigned long long)sliced.control.entered);
	/* From then on nobody waits for a step. */
	sliced.worst_ns = 0;
	trickle(&sliced, SHORT, LONG_NS * 3 / 4, 5 * MS);
	CHECK(sliced.worst_ns <= 20 * SHORT_NS, "%u cores, seed %llu: then %llu us", cores,
	      (unsigned long long)seed, (unsigned long long)sliced.worst_ns / 1000);
	/* No work is lost, and the spares go. */
	run_until(&sliced, LONG_NS * longs / cores * 21 / 20);
	CHECK(sliced.ended == longs, "%u cores: %llu of %u", cores,
	      (unsigned long long)sliced.ended, longs);
	run_until(&sliced, sliced.sim.now_ns + (MR_SLICES_KEPT_MS + 2 * MR_SLICE_MS) * MS);
	CHECK(sliced.control.spares == 0, "%u cores: %u spares", cores, sliced.control.spares);
}

/* Tasks of up to 2 * mean_ns, of two kinds, as many as keep the cores busy for `load` percent of
 * their time. */
static void stream(uint32_t cores, uint64_t mean_ns, uint32_t load, uint64_t seed)
{
	const uint64_t gap_ns = mean_ns * 100 / load / cores;
	struct run run;

	run_init(&run, cores, 7 * cores, seed);
	for (uint32_t i = 0; i < 3000; i++) {
		run_until(&run, run.sim.now_ns + 1 + sim_random_below(&run.random, 2 * gap_ns));
		add_short(&run, i % 2, 1 + sim_random_below(&run.random, 2 * mean_ns));
	}
	CHECK(run.control.entered == 0, "%u cores, %llu us, load %u %%: entered %llu times", cores,
	      (unsigned long long)mean_ns / 1000, load, (unsigned long long)run.control.entered);
}

/* A batch of one kind: each runs to completion. When they are so long that the queue stands for
 * more than it may, as many share the cores as there may, and it does not go in and out. */
static void batch(uint32_t cores, uint64_t each_ns, uint64_t entered, uint64_t seed)
{
	struct run run;

	run_init(&run, cores, 3 * cores, seed);
	for (uint32_t i = 0; i < 20 * cores; i++)
		add_long(&run, each_ns + sim_random_below(&run.random, each_ns));
	while (run.sim.waiting > 0) {
		run_until(&run, run.sim.now_ns + SLICE_NS);
		CHECK(run.control.spares <= 3 * cores);
	}
	CHECK(run.control.entered == entered, "%u cores, %llu ms: entered %llu times", cores,
	      (unsigned long long)(each_ns / MS), (unsigned long long)run.control.entered);
}

/* --- The rule itself, sample by sample -------------------------------------------------------- */

static void rule(void)
{
	struct slice_sample sample = {.cores = 2, .held = 2, .waiting = 9, .others = 1, .taken = 7};
	struct slice_control control;
	uint64_t now_ns = 5000 * MS;

	slice_control_init(&control, 5);
	CHECK(slice_control_step(&control, now_ns, &sample) == 0); /* seen for the first time */
	CHECK(slice_control_step(&control, now_ns += SLICE_NS - 1, &sample) == 0);
	sample.held = 1; /* one of the two will be there soon */
	CHECK(slice_control_step(&control, now_ns += 2 * SLICE_NS, &sample) == 0);
	sample.held = 2;
	CHECK(slice_control_step(&control, now_ns += SLICE_NS, &sample) == 1); /* for who waits */
	CHECK(control.entered == 1 && !control.alike);
	sample.spares = 1;
	sample.held = 3;
	sample.others = 0;
	CHECK(slice_control_step(&control, now_ns += SLICE_NS, &sample) == 1); /* its like */
	sample.others = 4;
	CHECK(slice_control_step(&control, now_ns += SLICE_NS, &sample) == 4); /* twice as many */
	sample.spares = 4;
	CHECK(slice_control_step(&control, now_ns += SLICE_NS, &sample) == 4); /* not all held */
	sample.held = 6;
	CHECK(slice_control_step(&control, now_ns += SLICE_NS, &sample) == 5); /* the limit */
	sample.spares = 2; /* the third found no memory */
	CHECK(slice_control_step(&control, now_ns += SLICE_NS, &sample) == 2);
	sample.waiting = sample.others = 0;
	sample.held = 2;
	slice_control_step(&control, now_ns += SLICE_NS, &sample);
	sample.held = 1;
	CHECK(slice_control_step(&control, now_ns += (MR_SLICES_KEPT_MS - 1) * MS, &sample) == 2);
	CHECK(slice_control_step(&control, now_ns += MS, &sample) == 0);
	CHECK(control.entered == 1);

	sample = (struct slice_sample){.cores = 2, .held = 2, .waiting = 3, .taken = 8};
	slice_control_step(&control, now_ns += SLICE_NS, &sample);
	for (int i = 1; i < MR_SLICES_ALIKE_MS / MR_SLICE_MS; i++)
		CHECK(slice_control_step(&control, now_ns += SLICE_NS, &sample) == 0);
	CHECK(slice_control_step(&control, now_ns += SLICE_NS, &sample) == 2 && control.alike);
}

/* A spare that waits for another kind takes what stands for long, too. */
static void idle_spare(void)
{
	struct run run;

	run_init(&run, 2, 6, 1);
	for (int i = 0; i < 5; i++)
		add_long(&run, 4 * LONG_NS);
	add_short(&run, SHORT, SHORT_NS);
	run_until(&run, LONG_NS / 2);
	CHECK(run.done == 1 && run.control.spares == 1 && !run.control.alike);
	CHECK(sim_slices_held(&run.sim, SLICE_NS) == 2);
	run_until(&run, LONG_NS * 3 / 2);
	CHECK(run.control.alike && sim_slices_held(&run.sim, SLICE_NS) == 3);
	run_until(&run, LONG_NS * 5 / 2);
	CHECK(run.control.alike && sim_slices_held(&run.sim, SLICE_NS) == 5);
}

int main(int argc, char **argv)
{
	const uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : 5;

	rule();
	idle_spare();
	for (uint64_t seed = 0; seed < seeds; seed++) {
		for (uint32_t cores = 1; cores <= 16; cores *= 2) {
			held(cores, seed);
			batch(cores, 300 * MS, 0, seed);
			batch(cores, 3000 * MS, 1, seed);
			stream(cores, MS, 95, seed);
			stream(cores, MS, 150, seed);
			stream(cores, MS / 20, 99, seed);
		}
		stream(16, 4 * MS, 90, seed);
	}
	return 0;
}
