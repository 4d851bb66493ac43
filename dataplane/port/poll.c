/* When the owner of a port sleeps: polling modes. Pure. */
#include <string.h>

#include "port.h"

static const char *const names[] = {
    [PORT_POLL_ADAPTIVE] = "adaptive",
    [PORT_POLL_ALWAYS] = "always",
    [PORT_POLL_INTERRUPT] = "interrupt",
};

const char *port_poll_name(enum port_poll_mode mode)
{
	return names[mode];
}

bool port_poll_parse(const char *text, enum port_poll_mode *mode)
{
	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*mode = i;
			return true;
		}
	}
	return false;
}

static bool hot(const struct port_poll *poll, uint64_t now_ns)
{
	return poll->mode == PORT_POLL_ALWAYS ||
	       (poll->mode == PORT_POLL_ADAPTIVE &&
		now_ns - poll->last_work_ns < MR_POLL_HOT_US * UINT64_C(1000));
}

uint32_t port_poll_next(struct port_poll *poll, bool worked, bool doorbell, uint64_t now_ns)
{
	if (worked) {
		poll->last_work_ns = now_ns;
		poll->sleep_us = 0;
	}
	if (worked || hot(poll, now_ns))
		return 0;
	if (doorbell)
		return UINT32_MAX;
	if (now_ns - poll->last_work_ns >= MR_POLL_IDLE_MS * UINT64_C(1000000))
		return MR_POLL_SLEEP_US_IDLE;
	/* The first sleep costs a frame no more than the polling before it did. */
	poll->sleep_us = poll->sleep_us == 0 ? MR_POLL_HOT_US : poll->sleep_us * 2;
	if (poll->sleep_us > MR_POLL_SLEEP_US_MAX)
		poll->sleep_us = MR_POLL_SLEEP_US_MAX;
	return poll->sleep_us;
}

uint32_t port_poll_wait_us(enum port_poll_mode mode, bool doorbell)
{
	if (mode == PORT_POLL_ALWAYS)
		return 0;
	return doorbell ? MR_POLL_WAKE_US : MR_POLL_SLEEP_US_IDLE;
}
