/* Time slices at work: the rule (slice_control.h) is told what workers are at, and spare workers
 * join them, or park, as it says. */
#include "node_internal.h"

void slices_init(struct node *node, uint32_t slices, uint32_t workers)
{
	uint32_t spares_max = slices > 1 ? (slices - 1) * workers : 0;

	if (spares_max > MR_SPARES_MAX)
		spares_max = MR_SPARES_MAX;
	node->workers.spares_max = spares_max;
	slice_control_init(&node->slices.control, spares_max);
}

static uint32_t held_count(const struct workers *workers, uint64_t now_ns)
{
	uint32_t held = 0;

	for (uint32_t i = 0; i < workers->made; i++) {
		const uint64_t since_ns =
		    atomic_load_explicit(&workers->times[i].since_ns, memory_order_relaxed);

		held += since_ns != 0 && since_ns + SLICE_NS <= now_ns;
	}
	return held;
}

static void sample_take(struct workers *workers, uint64_t now_ns, struct slice_sample *sample)
{
	sample->cores = workers_active(workers);
	sample->spares = atomic_load_explicit(&workers->spares, memory_order_relaxed);
	sample->held = held_count(workers, now_ns);
	pthread_mutex_lock(&workers->lock);
	sample->waiting = atomic_load_explicit(&workers->todo_count, memory_order_relaxed);
	sample->others = worker_others(workers);
	sample->taken = workers->taken;
	pthread_mutex_unlock(&workers->lock);
}

/* True while there is something to look at. */
static bool crowd_remains(struct workers *workers)
{
	bool remains;

	pthread_mutex_lock(&workers->lock);
	remains = !STAILQ_EMPTY(&workers->todo) ||
		  atomic_load_explicit(&workers->spares, memory_order_relaxed) > 0;
	atomic_store_explicit(&workers->crowded, remains, memory_order_relaxed);
	pthread_mutex_unlock(&workers->lock);
	return remains;
}

void slices_tick(struct node *node)
{
	struct workers *workers = &node->workers;
	struct slice_sample sample;
	uint32_t spares;

	if (!atomic_load_explicit(&workers->crowded, memory_order_relaxed) ||
	    node->now_ns < node->slices.next_ns)
		return;
	workers_bury(workers);
	sample_take(workers, node->now_ns, &sample);
	spares = slice_control_step(&node->slices.control, node->now_ns, &sample);
	if (spares != sample.spares || node->slices.control.alike != workers->alike) {
		workers_spare(workers, spares, node->slices.control.alike);
		node->unpublished = true;
	}
	node->slices.next_ns = crowd_remains(workers) ? node->now_ns + SLICE_NS : 0;
}

void slices_metrics(struct node *node, struct node_metrics *metrics)
{
	struct workers *workers = &node->workers;

	metrics->slices_entered = node->slices.control.entered;
	metrics->spare_workers =
	    workers->made > workers->count ? workers->made - workers->count : 0;
	metrics->spare_workers_active =
	    atomic_load_explicit(&workers->spares, memory_order_relaxed);
	pthread_mutex_lock(&workers->lock);
	metrics->spare_returns = workers->returned;
	metrics->spare_failures = workers->spare_failures;
	pthread_mutex_unlock(&workers->lock);
}
