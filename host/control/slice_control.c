/* The decision whether cores are shared by time slices. */
#include "slice_control.h"

#define PATIENCE_NS (MR_SLICES_KEPT_MS * UINT64_C(1000000))

void slice_control_init(struct slice_control *control, uint32_t spares_max)
{
	*control = (struct slice_control){.spares_max = spares_max};
}

static uint32_t least_of(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Has the task at the head of the queue stood there for a slice? */
static bool queue_stands(struct slice_control *control, uint64_t now_ns,
			 const struct slice_sample *sample)
{
	if (sample->waiting == 0 || sample->taken != control->taken) {
		control->taken = sample->taken;
		control->moved_ns = now_ns;
	}
	return now_ns - control->moved_ns >= SLICE_NS;
}

uint32_t slice_control_step(struct slice_control *control, uint64_t now_ns,
			    const struct slice_sample *sample)
{
	const uint32_t threads = sample->cores + sample->spares;
	bool stands = queue_stands(control, now_ns, sample);

	if (sample->spares < control->spares) { /* one was refused memory: not at once again */
		control->spares = sample->spares;
		control->moved_ns = now_ns;
		stands = false;
	}
	if (sample->held >= sample->cores)
		control->needed_ns = now_ns;
	if (stands && sample->held >= threads && control->spares < control->spares_max) {
		const uint32_t more = least_of(threads, sample->waiting);

		control->entered += control->spares == 0;
		control->spares = least_of(control->spares + more, control->spares_max);
		control->moved_ns = now_ns; /* they get a slice to begin */
	} else if (now_ns - control->needed_ns >= PATIENCE_NS) {
		control->spares = 0;
	}
	return control->spares;
}
