/* The decision whether cores are shared by time slices. */
#include "slice_control.h"

#define ALIKE_NS (MR_SLICES_ALIKE_MS * UINT64_C(1000000))
#define PATIENCE_NS (MR_SLICES_KEPT_MS * UINT64_C(1000000))

void slice_control_init(struct slice_control *control, uint32_t spares_max)
{
	*control = (struct slice_control){.spares_max = spares_max};
}

static uint32_t least_of(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* How many tasks have waited for a thread for long enough. */
static uint32_t due_count(struct slice_control *control, uint64_t now_ns,
			  const struct slice_sample *sample)
{
	if (sample->waiting == 0 || sample->taken != control->taken) {
		control->taken = sample->taken;
		control->moved_ns = now_ns;
	}
	if (now_ns - control->moved_ns >= ALIKE_NS)
		return sample->waiting;
	return now_ns - control->moved_ns >= SLICE_NS ? sample->others : 0;
}

static void spares_add(struct slice_control *control, uint64_t now_ns,
		       const struct slice_sample *sample, uint32_t due)
{
	const uint32_t more = least_of(sample->cores + sample->spares, due);

	control->entered += control->spares == 0;
	control->spares = least_of(control->spares + more, control->spares_max);
	control->grown_ns = now_ns; /* they get a slice to begin */
}

uint32_t slice_control_step(struct slice_control *control, uint64_t now_ns,
			    const struct slice_sample *sample)
{
	const uint32_t due = due_count(control, now_ns, sample);

	if (sample->spares < control->spares) { /* one was refused memory: not at once again */
		control->spares = sample->spares;
		control->grown_ns = now_ns;
	}
	if (sample->held >= sample->cores)
		control->needed_ns = now_ns;
	if (now_ns - control->needed_ns >= PATIENCE_NS) {
		control->spares = 0;
		control->alike = false;
	} else if (due > 0 && now_ns - control->grown_ns >= SLICE_NS &&
		   sample->held >= sample->cores + sample->spares &&
		   control->spares < control->spares_max) {
		spares_add(control, now_ns, sample, due);
	}
	if (control->spares > 0 && now_ns - control->moved_ns >= ALIKE_NS)
		control->alike = true;
	return control->spares;
}
