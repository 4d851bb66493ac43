/* The longest packet that reaches a peer is found, used, and given up when it no longer does. */
#include "pair.h"
#include "test.h"

#define JUMBO 9000
#define LARGE_BYTES (1 << 20)
#define ANSWER_NS 6000000ull /* longer than the longest timeout beside the least peer timeout */

static struct pair pair;
static uint8_t large[LARGE_BYTES];
static uint8_t room[LARGE_BYTES];

static void start(uint32_t mtu0, uint32_t mtu1, uint32_t path_bytes)
{
	pair_start(&pair, mtu0);
	pair.config[0].mtu = mtu0;
	pair.config[1].mtu = mtu1;
	pair_restart(&pair, 0);
	pair_restart(&pair, 1);
	pair.path_bytes = path_bytes;
}

/* Carries frames and time until the receiver has the message; the longest data frame it took. */
static uint32_t longest_used(uint32_t from)
{
	struct transport_event event;
	uint32_t longest = 0;
	uint64_t in = transport_counters(pair.t[!from])->bytes_in;

	CHECK(transport_send(pair.t[from], pair.now_ns, !from, 0, NULL, 0, large, LARGE_BYTES, NULL,
			     1) == 0);
	for (uint64_t i = 0; i < 1000000; i++) {
		while (transport_event(pair.t[!from], &event)) {
			if (event.kind == TRANSPORT_OFFER)
				CHECK(transport_accept(pair.t[!from], pair.now_ns, event.offer,
						       room, 1) == 0);
			if (event.kind == TRANSPORT_MESSAGE) {
				pair_carry_all(&pair);
				return longest - 14;
			}
		}
		if (pair_carry(&pair, from)) {
			uint64_t now = transport_counters(pair.t[!from])->bytes_in;

			if (now > in && pair.frame_bytes > longest)
				longest = pair.frame_bytes;
			in = now;
		} else if (!pair_carry(&pair, !from)) {
			pair_pass(&pair, 1);
		}
	}
	CHECK(false, "not delivered");
	return 0;
}

static void drain(void)
{
	struct transport_event event;

	for (uint32_t node = 0; node < PAIR_NODES; node++)
		while (transport_event(pair.t[node], &event))
			CHECK(event.kind != TRANSPORT_FAILED && event.kind != TRANSPORT_LOST);
}

static void expect_longest(uint32_t mtu0, uint32_t mtu1, uint32_t path_bytes, uint32_t bytes)
{
	start(mtu0, mtu1, path_bytes);
	CHECK(longest_used(0) == bytes, "ports of %u and %u, path of %u", mtu0, mtu1, path_bytes);
	drain();
	CHECK(longest_used(1) == bytes, "and back");
	drain();
	CHECK(transport_counters(pair.t[0])->path_shrinks == 0);
	pair_stop(&pair);
}

/* First contact finds the length in one round trip: no packet but the HELLO is longer than base. */
static void test_first_contact(void)
{
	start(JUMBO, JUMBO, 0);
	pair_meet(&pair);
	CHECK(transport_counters(pair.t[0])->path_searches == 1);
	CHECK(transport_counters(pair.t[0])->timeouts == 0);
	CHECK(pair.now_ns == 1, "no time has passed");
	CHECK(longest_used(0) == JUMBO);
	pair_stop(&pair);
}

/* The path shrinks under a message: it fails within a second with a reason, and the next is cut so
 * that it arrives. However early a silent peer is dead: this one is not silent. */
static void test_black_hole(uint32_t peer_timeout_ms)
{
	struct transport_event event;
	bool failed = false;

	pair_start(&pair, JUMBO);
	for (uint32_t node = 0; node < PAIR_NODES; node++) {
		pair.config[node].peer_timeout_ms = peer_timeout_ms;
		pair_restart(&pair, node);
	}
	pair.path_bytes = 0;
	CHECK(longest_used(0) == JUMBO);
	drain();
	CHECK(transport_send(pair.t[0], pair.now_ns, 1, 0, NULL, 0, large, LARGE_BYTES, NULL, 7) ==
	      0);
	CHECK(pair_carry(&pair, 0));
	pair_expect(&pair, 1, TRANSPORT_OFFER, &event);
	pair.now_ns += ANSWER_NS;
	CHECK(transport_accept(pair.t[1], pair.now_ns, event.offer, room, 8) == 0);
	pair.path_bytes = 1500;
	for (uint32_t ms = 0; ms < 1000 && !failed; ms++) {
		pair_pass(&pair, 1);
		while (transport_event(pair.t[0], &event))
			failed |= event.kind == TRANSPORT_FAILED;
	}
	CHECK(failed, "a message hangs in a path that shrank");
	CHECK(event.cookie == 7 && event.reason == TRANSPORT_PATH_SHRUNK);
	pair_pass(&pair, 100);
	pair_expect(&pair, 1, TRANSPORT_LOST, &event);
	CHECK(event.cookie == 8, "the receiver is told");
	CHECK(transport_counters(pair.t[0])->path_shrinks == 1);
	CHECK(longest_used(0) == 1500);
	pair_stop(&pair);
}

static void drain_small(uint32_t node)
{
	struct transport_event event;

	while (node == 1 && transport_event(pair.t[1], &event))
		if (event.kind == TRANSPORT_OFFER)
			CHECK(transport_accept(pair.t[1], pair.now_ns, event.offer, room, 8) == 0);
}

/* The path shrinks, and small messages that pass all the time hide it from timeouts. */
static void test_black_hole_beside_small(void)
{
	static const uint8_t byte = 1;
	struct transport_event event;
	bool failed = false;

	pair_start(&pair, JUMBO);
	for (uint32_t node = 0; node < PAIR_NODES; node++) {
		pair.config[node].small_bytes_max = 64;
		pair_restart(&pair, node);
	}
	CHECK(longest_used(0) == JUMBO);
	drain();
	pair.drain = drain_small;
	pair.path_bytes = 1500;
	CHECK(transport_send(pair.t[0], pair.now_ns, 1, 0, NULL, 0, large, LARGE_BYTES, NULL, 7) ==
	      0);
	for (uint32_t ms = 0; ms < 1000 && !failed; ms++) {
		CHECK(transport_send(pair.t[0], pair.now_ns, 1, 0, NULL, 0, &byte, 1, NULL, 1) ==
		      0);
		pair_pass(&pair, 1);
		while (!failed && transport_event(pair.t[0], &event))
			failed = event.kind == TRANSPORT_FAILED && event.cookie == 7;
	}
	CHECK(failed, "a message hangs in a path that shrank");
	CHECK(event.reason == TRANSPORT_PATH_SHRUNK);
	pair_stop(&pair);
}

/* Much is lost, but not for its length: nothing fails. */
static void test_mere_loss(void)
{
	start(MR_MTU_DEFAULT, MR_MTU_DEFAULT, 0);
	CHECK(longest_used(0) == MR_MTU_DEFAULT);
	drain();
	CHECK(transport_send(pair.t[0], pair.now_ns, 1, 0, NULL, 0, large, LARGE_BYTES, NULL, 7) ==
	      0);
	pair.cut = true;
	pair_pass(&pair, PAIR_TIMEOUT_MS / 2);
	pair.cut = false;
	pair_pass(&pair, 300);
	CHECK(transport_counters(pair.t[0])->path_searches > 1, "it was suspected");
	CHECK(transport_counters(pair.t[0])->path_shrinks == 0, "and found blameless");
	drain();
	CHECK(longest_used(0) == MR_MTU_DEFAULT);
	pair_stop(&pair);
}

int main(void)
{
	test_first_contact();
	expect_longest(1500, 1500, 0, 1500);
	expect_longest(9000, 1500, 0, 1500);
	expect_longest(1500, 9000, 0, 1500);
	expect_longest(9000, 9000, 1500, 1500);
	expect_longest(9000, 9000, 8900, 8896);
	expect_longest(1500, 1500, 1400, 1400);
	expect_longest(1500, 1500, 1000, 576);
	expect_longest(1500, 576, 0, 576);
	test_black_hole(PAIR_TIMEOUT_MS);
	test_black_hole(MR_PEER_TIMEOUT_MS_LEAST);
	test_black_hole_beside_small();
	test_mere_loss();
	return 0;
}
