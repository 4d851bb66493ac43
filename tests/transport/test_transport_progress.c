/*
 * Nothing goes on for ever without progress: a switch port that holds one long frame still carries
 * messages, and where what is sent never arrives, though the peer answers, it ends with a reason.
 */
#include "pair.h"
#include "test.h"
#include "wire.h"
#include "world.h"

/* --- A queue of one frame -------------------------------------------------------------------- */

#define MTU 9000
#define QUEUE_BYTES (MTU + 200) /* a frame of full length, and none behind it */
#define CALM_MS 100
#define CALM_NS_MAX 1000000000ull /* then all is done */
#define SEEDS 20

/* A port of 100 Mbit/s behind ports of 10 Gbit/s: of two frames in a row the second is dropped.
 * Losses at first make senders doubt whether long packets pass: these do, also when they ask. */
static void test_shallow_queue(uint64_t seed, uint32_t nodes)
{
	const struct world_config config = {
	    .network = {.seed = seed,
			.loss = 0.5,
			.calm_ms = CALM_MS,
			.delay_us = 20,
			.up_mbps = 10000,
			.down_mbps = 100,
			.queue_bytes = QUEUE_BYTES,
			.mtu = MTU},
	    .nodes = nodes,
	    .messages = 40,
	    .body_bytes_max = 1 << 19,
	    .flows = 2,
	    .plan_us = 20000,
	    .peer_timeout_ms = 10000,
	};
	struct world_result result;

	world_run(&config, &result);
	CHECK(result.violation[0] == '\0', "seed %lu, %u nodes: %s", seed, nodes, result.violation);
	CHECK(result.virtual_ns < CALM_NS_MAX, "seed %lu, %u nodes: it took %.3f s", seed, nodes,
	      (double)result.virtual_ns / 1e9);
	CHECK(result.transport.stalls == 0 && result.transport.path_shrinks == 0);
}

/* --- A peer that answers, and never gets what is sent ---------------------------------------- */

#define STALL_MS (MR_STALL_TIMEOUTS * PAIR_TIMEOUT_MS)
#define LATE_MS (PAIR_TIMEOUT_MS / 2) /* a longest timeout that began before, and its successor */
#define BODY_BYTES 20000

static struct pair pair;
static uint8_t body[BODY_BYTES];
static uint8_t room[BODY_BYTES];

/* The receiver's user takes what comes when it comes. */
static void drain(uint32_t node)
{
	struct transport_event event;

	while (node == 1 && transport_event(pair.t[1], &event))
		if (event.kind == TRANSPORT_OFFER)
			CHECK(transport_accept(pair.t[1], pair.now_ns, event.offer, room, 0) == 0);
}

static void start(uint32_t small_bytes_max)
{
	pair_start(&pair, MR_MTU_DEFAULT);
	for (uint32_t node = 0; node < PAIR_NODES; node++) {
		pair.config[node].small_bytes_max = small_bytes_max;
		pair_restart(&pair, node);
	}
	pair.drain = drain;
	CHECK(transport_peer_watch(pair.t[0], pair.now_ns, 1, true) == 0);
	pair_carry_all(&pair);
}

static void send(uint64_t bytes, uint64_t cookie)
{
	CHECK(transport_send(pair.t[0], pair.now_ns, 1, 0, NULL, 0, body, bytes, NULL, cookie) ==
	      0);
}

/* Waits until the message with that cookie fails; in ms. */
static uint32_t time_to_fail(uint64_t cookie, uint32_t small_every_ms)
{
	struct transport_event event;

	for (uint32_t ms = 1; ms <= 2 * STALL_MS; ms++) {
		if (small_every_ms > 0 && ms % small_every_ms == 0)
			send(1, 0);
		pair_pass(&pair, 1);
		while (transport_event(pair.t[0], &event)) {
			CHECK(event.kind != TRANSPORT_PEER_DOWN, "it answers");
			if (event.kind != TRANSPORT_FAILED || event.cookie != cookie)
				continue;
			CHECK(event.reason == TRANSPORT_STALLED, "%u", event.reason);
			return ms;
		}
	}
	CHECK(false, "it never ends");
	return 0;
}

static void expect_stall(uint64_t cookie, uint32_t small_every_ms)
{
	uint32_t ms = time_to_fail(cookie, small_every_ms);

	CHECK(ms >= STALL_MS && ms <= STALL_MS + LATE_MS, "after %u ms", ms);
	CHECK(transport_counters(pair.t[0])->stalls == 1);
}

/* What comes next, when the trouble is over, arrives. */
static void expect_recovery(void)
{
	struct transport_event event;

	pair.lost_type = 0;
	send(BODY_BYTES, 7);
	for (uint32_t ms = 0; ms < PAIR_TIMEOUT_MS; ms++) {
		pair_pass(&pair, 1);
		while (transport_event(pair.t[0], &event))
			if (event.kind == TRANSPORT_SENT && event.cookie == 7)
				return;
	}
	CHECK(false, "a stall lasts");
}

static void test_no_data(void)
{
	start(0);
	pair.lost_type = WIRE_DATA;
	send(BODY_BYTES, 1);
	expect_stall(1, 0);
	expect_recovery();
	pair_stop(&pair);
}

static void test_no_answers(void)
{
	start(0);
	pair.lost_type = WIRE_ACK;
	send(BODY_BYTES, 1);
	expect_stall(1, 0);
	expect_recovery();
	pair_stop(&pair);
}

static void test_no_small(void)
{
	start(MR_SMALL_BYTES_MAX);
	pair.lost_type = WIRE_SMALL;
	send(1, 1);
	expect_stall(1, 0);
	expect_recovery();
	pair_stop(&pair);
}

/* Small messages get there all the time; the large one does not, and is found out. */
static void test_one_of_many(void)
{
	start(MR_SMALL_BYTES_MAX);
	pair.lost_type = WIRE_DATA;
	send(BODY_BYTES, 1);
	expect_stall(1, 1);
	expect_recovery();
	pair_stop(&pair);
}

/* The receiver's user takes its time: that is no stall. */
static void test_slow_user(void)
{
	struct transport_event event;

	start(0);
	pair.drain = NULL;
	send(BODY_BYTES, 1);
	pair_pass(&pair, 3 * STALL_MS);
	while (transport_event(pair.t[0], &event))
		CHECK(event.kind == TRANSPORT_PEER_UP);
	CHECK(transport_counters(pair.t[0])->stalls == 0);
	pair_stop(&pair);
}

int main(void)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		test_shallow_queue(seed, 2);
		test_shallow_queue(seed, 4);
	}
	test_no_data();
	test_no_answers();
	test_no_small();
	test_one_of_many();
	test_slow_user();
	return 0;
}
