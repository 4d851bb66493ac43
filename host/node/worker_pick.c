/* Which task a worker takes: the head of the queue; a spare one of a kind that no thread is at. */
#include "node_internal.h"

#define LOOKED_MAX 256 /* tasks, by a spare: more are behind those, and their turn comes */

static bool is_held(const struct workers *workers, const void *kind)
{
	for (uint32_t i = 0; i < workers->entered; i++)
		if (workers->at[i].busy && workers->at[i].kind == kind)
			return true;
	return false;
}

struct task *worker_pick(const struct workers *workers, bool spare)
{
	struct task *task = STAILQ_FIRST(&workers->todo);

	if (!spare || workers->alike)
		return task;
	for (int looked = 0; task != NULL && is_held(workers, task->kind); looked++)
		task = looked < LOOKED_MAX ? STAILQ_NEXT(task, link) : NULL;
	return task;
}

uint32_t worker_others(const struct workers *workers)
{
	const struct task *task = STAILQ_FIRST(&workers->todo);
	uint32_t others = 0;

	for (int looked = 0; task != NULL && looked <= LOOKED_MAX; looked++) {
		others += !is_held(workers, task->kind);
		task = STAILQ_NEXT(task, link);
	}
	return others;
}
