/* Polling modes: hot after work, then the doorbell or ever longer sleeps, bounded. */
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
	now += MR_POLL_IDLE_MS * 1000 * US;
	CHECK(port_poll_next(&poll, false, false, now) == MR_POLL_SLEEP_US_IDLE,
	      "a longer one once nothing comes at all");
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
	struct port_poll poll = {.mode = PORT_POLL_ALWAYS};

	CHECK(port_poll_next(&poll, false, true, 1000000 * US) == 0, "always");
	CHECK(port_poll_next(&poll, false, false, 2000000 * US) == 0, "always");
}

static void test_interrupt(void)
{
	struct port_poll poll = {.mode = PORT_POLL_INTERRUPT};
	uint64_t now = 1000000 * US;

	CHECK(port_poll_next(&poll, true, true, now) == 0, "there may be more");
	CHECK(port_poll_next(&poll, false, true, now) == UINT32_MAX, "asleep at once");
	CHECK(port_poll_next(&poll, true, false, now) == 0, "there may be more");
	CHECK(port_poll_next(&poll, false, false, now) == MR_POLL_HOT_US, "a short sleep at once");
	CHECK(port_poll_next(&poll, false, false, now) == 2 * MR_POLL_HOT_US, "a longer one");
}

/* Senders are told of the longest sleep, and of none where there is none. */
static void test_wait(void)
{
	CHECK(port_poll_wait_us(PORT_POLL_ALWAYS, false) == 0, "always, sleeps");
	CHECK(port_poll_wait_us(PORT_POLL_ALWAYS, true) == 0, "always, doorbell");
	for (int bell = 0; bell < 2; bell++) {
		uint32_t us = bell ? MR_POLL_WAKE_US : MR_POLL_SLEEP_US_IDLE;

		CHECK(port_poll_wait_us(PORT_POLL_ADAPTIVE, bell) == us, "adaptive");
		CHECK(port_poll_wait_us(PORT_POLL_INTERRUPT, bell) == us, "interrupt");
	}
}

static void test_words(void)
{
	static const char *const words[] = {"adaptive", "always", "interrupt"};
	enum port_poll_mode mode = PORT_POLL_ADAPTIVE;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		CHECK(port_poll_parse(words[i], &mode), "%s", words[i]);
		CHECK(strcmp(port_poll_name(mode), words[i]) == 0, "%s", words[i]);
		CHECK(strstr(PORT_POLL_WORDS, words[i]) != NULL, "%s", words[i]);
	}
	CHECK(!port_poll_parse("never", &mode) && !port_poll_parse("", &mode), "no words");
	CHECK(mode == PORT_POLL_INTERRUPT, "a wrong word changes nothing");
}

int main(void)
{
	test_hot();
	test_back_off();
	test_doorbell();
	test_always();
	test_interrupt();
	test_wait();
	test_words();
	return 0;
}
