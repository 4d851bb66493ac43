/* Adaptive polling: hot after work, then the doorbell or ever longer sleeps, bounded. */
#include "port.h"
#include "test.h"

#define US UINT64_C(1000)

static void test_hot(void)
{
	struct port_poll poll = {0};
	uint64_t now = 1000000 * US;

	CHECK(port_poll_next(&poll, true, false, now) == 0, "work");
	CHECK(port_poll_next(&poll, false, false, now + (MR_POLL_HOT_US - 1) * US) == 0, "hot");
	CHECK(port_poll_next(&poll, false, true, now + (MR_POLL_HOT_US - 1) * US) == 0, "hot");
	CHECK(port_poll_next(&poll, false, false, now + MR_POLL_HOT_US * US) > 0, "cold");
}

static void test_back_off(void)
{
	struct port_poll poll = {0};
	uint64_t now = 1000000 * US;
	uint32_t last = 0;

	port_poll_next(&poll, true, false, now);
	now += MR_POLL_HOT_US * US;
	for (int i = 0; i < 20; i++) {
		uint32_t sleep = port_poll_next(&poll, false, false, now);

		CHECK(sleep > last || sleep == MR_POLL_SLEEP_US_MAX, "sleeps grow: %u", sleep);
		CHECK(sleep <= MR_POLL_SLEEP_US_MAX, "sleeps are bounded: %u", sleep);
		last = sleep;
		now += sleep * US;
	}
	CHECK(last == MR_POLL_SLEEP_US_MAX, "the longest sleep");
	CHECK(port_poll_next(&poll, true, false, now) == 0, "work again");
	CHECK(port_poll_next(&poll, false, false, now + MR_POLL_HOT_US * US) == MR_POLL_HOT_US,
	      "sleeps start short again");
}

static void test_doorbell(void)
{
	struct port_poll poll = {0};
	uint64_t now = 1000000 * US;

	port_poll_next(&poll, true, true, now);
	CHECK(port_poll_next(&poll, false, true, now + MR_POLL_HOT_US * US) == UINT32_MAX,
	      "asleep until the doorbell");
}

static void test_always(void)
{
	struct port_poll poll = {.always = true};

	CHECK(port_poll_next(&poll, false, true, 1000000 * US) == 0, "always");
	CHECK(port_poll_next(&poll, false, false, 2000000 * US) == 0, "always");
}

int main(void)
{
	test_hot();
	test_back_off();
	test_doorbell();
	test_always();
	return 0;
}
