/*
 * How long the transport waits: microseconds on a link that loses, and no storm of retransmissions
 * toward a peer that sleeps or is out of breath.
 */
#include <string.h>

#include "linear.h"
#include "pair.h"
#include "scenario.h"
#include "test.h"

#define LOSS 0.02 /* of frames: twice as many round trips meet one as p99 leaves out */
#define SLEEP_US 2000
#define STEP_NS 10000ull
#define MESSAGE_BYTES 65536
#define MESSAGES 50
#define PAUSE_NS 5000000ull /* between messages: the peer is asleep when one comes */
#define QUEUE_FRAMES 4096

static uint8_t body[MESSAGE_BYTES];
static uint8_t room[MESSAGE_BYTES];

/* 10 us there and back: most losses are made good within 100 us. */
static void test_lossy_link(void)
{
	const struct sim_config network = {.seed = 1, .loss = LOSS, .delay_us = 5, .mtu = 1500};
	const struct sim_load load = {.from = 0, .to = 1, .message_bytes = 1024, .outstanding = 1};
	const struct sim_scenario scenario = {.network = &network,
					      .endpoints = 2,
					      .loads = &load,
					      .load_count = 1,
					      .warm_us = 10000,
					      .measure_us = 500000};
	struct sim_scenario_result total;
	struct sim_load_result result;

	CHECK(sim_scenario_run(&scenario, &result, &total) == 0);
	printf("1 KiB at %g %% loss: %lu messages, p50 %.1f us, p99 %.1f us, at most %.1f us; "
	       "%lu retransmits, %lu of them spurious\n",
	       100 * LOSS, result.messages, (double)result.p50_ns / 1e3,
	       (double)result.p99_ns / 1e3, (double)result.max_ns / 1e3,
	       total.transport.retransmits, total.transport.spurious_retransmits);
	CHECK(result.messages > 10000 && total.transport.timeouts > 100);
	CHECK(result.p99_ns < 100000, "%lu ns", result.p99_ns);
	/* Where the answer was lost, what was sent again had arrived. */
	CHECK(total.transport.spurious_retransmits <= total.transport.retransmits * 6 / 10);
}

static struct {
	uint8_t frames[QUEUE_FRAMES][PAIR_FRAME_BYTES_MAX];
	uint32_t bytes[QUEUE_FRAMES];
	uint32_t count;
	uint64_t awake_until_ns;
} asleep; /* frames at the port of a node that sleeps */

static void node_wake(struct pair *pair)
{
	if (asleep.count > 0)
		asleep.awake_until_ns = pair->now_ns + MR_POLL_HOT_US * 1000ull;
	for (uint32_t i = 0; i < asleep.count; i++) {
		struct transport_event event;

		linear_input(pair->t[1], pair->now_ns, asleep.frames[i], asleep.bytes[i]);
		while (transport_event(pair->t[1], &event))
			if (event.kind == TRANSPORT_OFFER)
				CHECK(transport_accept(pair->t[1], pair->now_ns, event.offer, room,
						       0) == 0);
	}
	asleep.count = 0;
	transport_tick(pair->t[1], pair->now_ns);
	while (pair_carry(pair, 1))
		continue;
}

/* One message to a node that looks at its port every SLEEP_US only, once nothing came for long. */
static void message_cross(struct pair *pair)
{
	struct transport_event event;
	bool sent = false;

	CHECK(transport_send(pair->t[0], pair->now_ns, 1, 0, NULL, 0, body, MESSAGE_BYTES, NULL,
			     1) == 0);
	for (uint32_t i = 0; i < 100000 && !sent; i++) {
		uint32_t bytes;

		pair->now_ns += STEP_NS;
		transport_tick(pair->t[0], pair->now_ns);
		while ((bytes = linear_output(pair->t[0], pair->now_ns,
					      asleep.frames[asleep.count])) > 0) {
			asleep.bytes[asleep.count++] = bytes;
			CHECK(asleep.count < QUEUE_FRAMES, "a storm");
		}
		if (pair->now_ns < asleep.awake_until_ns ||
		    pair->now_ns / STEP_NS % (SLEEP_US * 1000 / STEP_NS) == 0)
			node_wake(pair);
		while (transport_event(pair->t[0], &event))
			sent |= event.kind == TRANSPORT_SENT;
	}
	CHECK(sent);
}

static void messages_cross(struct pair *pair)
{
	memset(&asleep, 0, sizeof(asleep));
	for (uint32_t i = 0; i < MESSAGES; i++) {
		pair->now_ns += PAUSE_NS;
		message_cross(pair);
	}
}

/* A new life of the node, which counts from nothing what it got twice. */
static void sleeper_restart(struct pair *pair)
{
	struct transport_event event;

	pair_restart(pair, 1);
	CHECK(transport_send(pair->t[0], pair->now_ns, 1, 0, NULL, 0, body, MESSAGE_BYTES, NULL,
			     1) == 0);
	pair_carry_all(pair);
	while (transport_event(pair->t[0], &event))
		CHECK(event.kind != TRANSPORT_SENT, "by its former life");
}

/* Retransmissions for each message to a node that sleeps, and does or does not say so. */
static double test_sleeper(uint32_t sleep_us)
{
	const struct transport_counters *counters;
	static struct pair pair;
	uint64_t found;
	double each;

	pair_start(&pair, MR_MTU_DEFAULT);
	pair.config[1].sleep_us = sleep_us;
	pair_restart(&pair, 1);
	pair_meet(&pair);
	messages_cross(&pair);
	counters = transport_counters(pair.t[0]);
	each = (double)counters->retransmits / MESSAGES;
	printf("a peer that sleeps %d us and says %u: %.2f retransmissions a message, %lu found "
	       "spurious\n",
	       SLEEP_US, sleep_us, each, counters->spurious_retransmits);
	CHECK(counters->spurious_retransmits >= counters->retransmits / 2, "not found out");
	CHECK(counters->messages_failed == 0);
	found = counters->spurious_retransmits;
	sleeper_restart(&pair);
	messages_cross(&pair);
	CHECK(counters->spurious_retransmits - found >= found / 2, "not in its next life");
	pair_stop(&pair);
	return each;
}

int main(void)
{
	test_lossy_link();
	CHECK(test_sleeper(SLEEP_US) <= 1);
	CHECK(test_sleeper(0) <= 4, "of some 47 packets, none lost");
	return 0;
}
