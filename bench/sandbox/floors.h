/* What each backend could not be faster than: its bare mechanism without region and function. */
#ifndef FLOORS_H
#define FLOORS_H

#include "samples.h"
#include "subject.h"

/* One run of the floor of that backend. False with the reason when it cannot be measured here. */
bool floor_take(const struct subject *subject, struct samples *samples, uint32_t run_ms,
		char *reason, size_t reason_bytes);

#endif
