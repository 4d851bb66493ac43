/* What a transport tells of each peer: its share of the counters, its queues while messages wait,
 * the round trip, and histograms of sizes and latencies. */
#include <errno.h>

#include "pair.h"
#include "test.h"
#include "transport_stats.h"

#define BODY_BYTES 300000
#define DELAY_MS 7

static struct pair pair;
static uint8_t body[BODY_BYTES];
static uint8_t room[BODY_BYTES];

static struct transport_peer_stats stats_of(uint32_t node)
{
	struct transport_peer_stats stats;

	CHECK(transport_peer_stats(pair.t[node], !node, &stats) == 0);
	CHECK(stats.node == !node);
	return stats;
}

static uint64_t offered(void)
{
	struct transport_event event;

	pair_expect(&pair, 1, TRANSPORT_OFFER, &event);
	return event.offer;
}

static void test_unknown(void)
{
	struct transport_peer_stats stats;

	pair_start(&pair, 1500);
	CHECK(transport_peer_stats(pair.t[0], 0, &stats) == -ENOENT);
	CHECK(transport_peer_stats(pair.t[0], 2, &stats) == -ENOENT);
	CHECK(transport_peer_stats(pair.t[0], 1 << 20, &stats) == -ENOENT);
	stats = stats_of(0);
	CHECK(!stats.contact && stats.incarnation == 0 && stats.srtt_ns == 0);
	CHECK(stats.ip == pair.config[1].ip && stats.udp_port == pair.config[1].udp_port);
	pair_stop(&pair);
}

/* One message offered, answered late, and a second one behind it. */
static void test_message(void)
{
	struct transport_event event;
	const struct transport_histograms *out, *in;

	pair_start(&pair, 1500);
	pair_meet(&pair);
	CHECK(stats_of(0).contact && stats_of(0).incarnation == pair.config[1].incarnation);
	CHECK(transport_send(pair.t[0], pair.now_ns, 1, 0, NULL, 0, body, BODY_BYTES, NULL, 1) ==
	      0);
	CHECK(stats_of(0).messages_queued == 1 && stats_of(0).messages_sending == 0);
	pair_carry_all(&pair);
	CHECK(stats_of(0).messages_queued == 0 && stats_of(0).messages_sending == 1);
	CHECK(stats_of(1).messages_receiving == 1);
	pair_pass(&pair, DELAY_MS);
	CHECK(transport_accept(pair.t[1], pair.now_ns, offered(), room, 2) == 0);
	CHECK(stats_of(1).credit_bytes > 0, "nothing was granted");
	pair_carry_all(&pair);
	CHECK(stats_of(1).credit_bytes == 0 && stats_of(0).flight_bytes == 0);
	pair_expect(&pair, 1, TRANSPORT_MESSAGE, &event);
	pair_carry_all(&pair);
	pair_expect(&pair, 0, TRANSPORT_SENT, &event);
	CHECK(stats_of(0).messages_sending == 0 && stats_of(1).messages_receiving == 0);

	/* pair_meet() sent one byte before. */
	CHECK(stats_of(0).counters.messages_out == 2);
	CHECK(stats_of(1).counters.messages_in == 2);
	CHECK(stats_of(0).counters.bytes_out == BODY_BYTES + 1);
	CHECK(stats_of(1).counters.bytes_in == BODY_BYTES + 1);
	CHECK(stats_of(0).counters.bytes_in == 0 && stats_of(1).counters.bytes_out == 0);
	out = transport_histograms(pair.t[0]);
	in = transport_histograms(pair.t[1]);
	CHECK(out->message_out_bytes.count == 2 && out->message_out_bytes.max == BODY_BYTES);
	CHECK(in->message_in_bytes.count == 2 && in->message_in_bytes.sum == BODY_BYTES + 1);
	CHECK(out->message_ns.max == DELAY_MS * 1000000 &&
		  in->message_in_ns.max == out->message_ns.max,
	      "%llu ns", (unsigned long long)out->message_ns.max);
	CHECK(out->message_in_bytes.count == 0 && in->message_ns.count == 0);
	pair_stop(&pair);
}

/* Each peer's share is the whole when there is but one. */
static void share_check(uint32_t node)
{
	const struct transport_counters *whole = transport_counters(pair.t[node]);
	struct transport_peer_stats stats = stats_of(node);

#define SAME(name) CHECK(whole->name == stats.counters.name, #name " of node %u differs", node);
	TRANSPORT_PEER_COUNTERS(SAME)
#undef SAME
}

/* Loss, and the end of a peer, show where they happened. */
static void test_trouble(void)
{
	struct transport_event event;

	pair_start(&pair, 1500);
	pair_meet(&pair);
	CHECK(transport_send(pair.t[0], pair.now_ns, 1, 0, NULL, 0, body, 5000, NULL, 1) == 0);
	pair.cut = true;
	pair_carry_all(&pair);
	pair_pass(&pair, 100);
	pair.cut = false;
	pair_pass(&pair, 1000);
	CHECK(transport_accept(pair.t[1], pair.now_ns, offered(), room, 2) == 0);
	pair_pass(&pair, 10);
	pair_expect(&pair, 1, TRANSPORT_MESSAGE, &event);
	pair_carry_all(&pair);
	pair_expect(&pair, 0, TRANSPORT_SENT, &event);
	CHECK(stats_of(0).counters.retransmits > 0 && stats_of(0).counters.timeouts > 0);
	CHECK(stats_of(1).counters.retransmits == 0);

	pair.cut = true;
	CHECK(transport_send(pair.t[0], pair.now_ns, 1, 0, NULL, 0, body, 5000, NULL, 1) == 0);
	pair_pass(&pair, 2 * PAIR_TIMEOUT_MS);
	pair_expect(&pair, 0, TRANSPORT_FAILED, &event);
	pair_expect(&pair, 0, TRANSPORT_PEER_DOWN, &event);
	CHECK(stats_of(0).counters.messages_failed == 1 && !stats_of(0).contact);
	CHECK(transport_histograms(pair.t[0])->message_ns.count == 2, "a failure has no latency");
	share_check(0);
	share_check(1);
	pair_stop(&pair);
}

int main(void)
{
	test_unknown();
	test_message();
	test_trouble();
	return 0;
}
