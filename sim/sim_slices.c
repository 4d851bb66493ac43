/* Tasks on shared cores in virtual time. */
#include "sim_slices.h"

#include <assert.h>
#include <string.h>

void sim_slices_init(struct sim_slices *sim, uint32_t cores)
{
	assert(cores <= SIM_SLICES_THREADS_MAX);
	*sim = (struct sim_slices){.cores = cores};
}

static bool is_other(const struct sim_slices *sim, uint32_t place)
{
	for (uint32_t i = 0; i < SIM_SLICES_THREADS_MAX; i++)
		if (sim->threads[i].left_ns > 0 &&
		    sim->threads[i].task.kind == sim->queue[place].kind)
			return false;
	return true;
}

/* Which task that thread may take; the number that wait: none. */
static uint32_t task_find(const struct sim_slices *sim, uint32_t thread)
{
	uint32_t place = 0;

	while (thread >= sim->cores && !sim->alike && place < sim->waiting && !is_other(sim, place))
		place++;
	return place;
}

static void task_begin(struct sim_slices *sim, struct sim_slices_thread *thread, uint32_t place)
{
	thread->task = sim->queue[place];
	thread->left_ns = (double)thread->task.work_ns;
	thread->since_ns = sim->now_ns;
	sim->taken += place == 0;
	sim->waiting--;
	memmove(&sim->queue[place], &sim->queue[place + 1],
		(sim->waiting - place) * sizeof(sim->queue[0]));
}

static void all_begin(struct sim_slices *sim)
{
	for (uint32_t i = 0; i < sim->cores + sim->spares && sim->waiting > 0; i++) {
		const uint32_t place = task_find(sim, i);

		if (sim->threads[i].left_ns <= 0 && place < sim->waiting)
			task_begin(sim, &sim->threads[i], place);
	}
}

void sim_slices_add(struct sim_slices *sim, const struct sim_task *task)
{
	assert(sim->waiting < SIM_SLICES_QUEUE_MAX && task->work_ns > 0);
	sim->queue[sim->waiting] = *task;
	sim->queue[sim->waiting++].came_ns = sim->now_ns;
	all_begin(sim);
}

uint32_t sim_slices_others(const struct sim_slices *sim)
{
	uint32_t others = 0;

	for (uint32_t place = 0; place < sim->waiting; place++)
		others += is_other(sim, place);
	return others;
}

/* What each thread with a task gets of a core. */
static double share(const struct sim_slices *sim)
{
	uint32_t busy = 0;

	for (uint32_t i = 0; i < SIM_SLICES_THREADS_MAX; i++)
		busy += sim->threads[i].left_ns > 0;
	return busy > sim->cores ? (double)sim->cores / busy : 1;
}

/* All threads work until the first of them ends, or until then. */
static void work(struct sim_slices *sim, uint64_t until_ns)
{
	const double part = share(sim);
	double span_ns = (double)(until_ns - sim->now_ns);

	for (uint32_t i = 0; i < SIM_SLICES_THREADS_MAX; i++) {
		const double left_ns = sim->threads[i].left_ns;

		if (left_ns > 0 && left_ns / part < span_ns)
			span_ns = left_ns / part;
	}
	sim->now_ns += (uint64_t)span_ns + 1; /* never none */
	if (sim->now_ns > until_ns)
		sim->now_ns = until_ns;
	for (uint32_t i = 0; i < SIM_SLICES_THREADS_MAX; i++) {
		struct sim_slices_thread *thread = &sim->threads[i];

		if (thread->left_ns <= 0)
			continue;
		thread->left_ns -= span_ns * part;
		if (thread->left_ns >= 1)
			continue;
		thread->left_ns = 0;
		if (thread->task.done != NULL)
			thread->task.done(&thread->task, sim->now_ns, thread->task.opaque);
	}
	all_begin(sim);
}

void sim_slices_run(struct sim_slices *sim, uint64_t until_ns)
{
	while (sim->now_ns < until_ns)
		work(sim, until_ns);
}

void sim_slices_spare(struct sim_slices *sim, uint32_t spares, bool alike)
{
	assert(sim->cores + spares <= SIM_SLICES_THREADS_MAX);
	sim->spares = spares;
	sim->alike = alike;
	all_begin(sim);
}

uint32_t sim_slices_held(const struct sim_slices *sim, uint64_t ns)
{
	uint32_t held = 0;

	for (uint32_t i = 0; i < SIM_SLICES_THREADS_MAX; i++)
		held += sim->threads[i].left_ns > 0 && sim->now_ns - sim->threads[i].since_ns >= ns;
	return held;
}
