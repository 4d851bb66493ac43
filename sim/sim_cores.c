/* Cores in virtual time that do I/O or compute. */
#include "sim_cores.h"

#include <assert.h>
#include <stddef.h>

#define BETWEEN_PER_CORE 4

void sim_cores_init(struct sim_cores *cores, uint32_t count, uint32_t io_count, uint64_t seed)
{
	assert(count <= SIM_CORES_MAX && io_count <= count);
	*cores = (struct sim_cores){.count = count, .random = {.state = seed}};
	cores->between_max = BETWEEN_PER_CORE * count;
	for (uint32_t i = 0; i < io_count; i++)
		cores->cores[i].io = true;
}

void sim_cores_work(struct sim_cores *cores, uint64_t io_ns, uint64_t compute_ns)
{
	cores->io_ns = io_ns;
	cores->compute_ns = compute_ns;
}

static bool may_begin(const struct sim_cores *cores, bool io)
{
	return io ? cores->between + cores->reserved < cores->between_max : cores->between > 0;
}

static void core_begin(struct sim_cores *cores, struct sim_core *core)
{
	const uint64_t mean_ns = core->io ? cores->io_ns : cores->compute_ns;

	core->busy = true;
	core->item_io = core->io;
	core->from_ns = cores->now_ns;
	core->until_ns =
	    cores->now_ns + mean_ns / 2 + sim_random_below(&cores->random, mean_ns + 1);
	if (core->io)
		cores->reserved++;
	else
		cores->between--;
}

static void core_end(struct sim_cores *cores, struct sim_core *core)
{
	core->busy = false;
	cores->ended_ns[core->item_io] += core->until_ns - core->from_ns;
	if (core->item_io) {
		cores->reserved--;
		cores->between++;
	} else {
		cores->done++;
	}
}

static void all_begin(struct sim_cores *cores)
{
	for (uint32_t i = 0; i < cores->count; i++)
		if (!cores->cores[i].busy && may_begin(cores, cores->cores[i].io))
			core_begin(cores, &cores->cores[i]);
}

/* The busy core that ends first; NULL when none is busy. */
static struct sim_core *core_next(struct sim_cores *cores)
{
	struct sim_core *next = NULL;

	for (uint32_t i = 0; i < cores->count; i++) {
		struct sim_core *core = &cores->cores[i];

		if (core->busy && (next == NULL || core->until_ns < next->until_ns))
			next = core;
	}
	return next;
}

void sim_cores_run(struct sim_cores *cores, uint64_t until_ns)
{
	struct sim_core *core;

	all_begin(cores);
	while ((core = core_next(cores)) != NULL && core->until_ns <= until_ns) {
		cores->now_ns = core->until_ns;
		core_end(cores, core);
		all_begin(cores);
	}
	cores->now_ns = until_ns;
}

void sim_cores_move(struct sim_cores *cores, int32_t to_io)
{
	const bool io = to_io > 0;
	uint32_t left = (uint32_t)(io ? to_io : -to_io);

	for (int busy = 0; busy < 2; busy++) {
		for (uint32_t i = 0; i < cores->count && left > 0; i++) {
			struct sim_core *core = &cores->cores[i];

			if (core->io != io && core->busy == (busy == 1)) {
				core->io = io;
				left--;
			}
		}
	}
}

uint64_t sim_cores_busy_ns(const struct sim_cores *cores, bool io)
{
	uint64_t busy_ns = cores->ended_ns[io];

	for (uint32_t i = 0; i < cores->count; i++)
		if (cores->cores[i].busy && cores->cores[i].item_io == io)
			busy_ns += cores->now_ns - cores->cores[i].from_ns;
	return busy_ns;
}
