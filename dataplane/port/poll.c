/* Adaptive polling: hot while frames come, then a doorbell or ever longer sleeps. Pure. */
#include "port.h"

uint32_t port_poll_next(struct port_poll *poll, bool worked, bool doorbell, uint64_t now_ns)
{
	if (worked) {
		poll->last_work_ns = now_ns;
		poll->sleep_us = 0;
	}
	if (poll->always || now_ns - poll->last_work_ns < MR_POLL_HOT_US * UINT64_C(1000))
		return 0;
	if (doorbell)
		return UINT32_MAX;
	/* The first sleep costs a frame no more than the polling before it did. */
	poll->sleep_us = poll->sleep_us == 0 ? MR_POLL_HOT_US : poll->sleep_us * 2;
	if (poll->sleep_us > MR_POLL_SLEEP_US_MAX)
		poll->sleep_us = MR_POLL_SLEEP_US_MAX;
	return poll->sleep_us;
}
