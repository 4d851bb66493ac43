/* Peers: first contact, ARP and the gateway, silence, restarts, packets to a former self. */
#include <errno.h>

#include "linear.h"
#include "net.h"
#include "pair.h"
#include "test.h"

static struct pair pair;
static const uint8_t body[] = "body";

static void send_body(uint32_t from, uint64_t cookie)
{
	CHECK(transport_send(pair.t[from], pair.now_ns, !from, 0, NULL, 0, body, sizeof(body), NULL,
			     cookie) == 0);
}

static uint64_t offered(uint32_t node)
{
	struct transport_event event;

	pair_expect(&pair, node, TRANSPORT_OFFER, &event);
	return event.offer;
}

/* A node on another subnet is reached through the gateway's address, one nearby through its own. */
static void test_gateway(void)
{
	static const uint8_t gateway_mac[NET_MAC_BYTES] = {2, 9, 9, 9, 9, 9};
	static uint8_t out[TRANSPORT_FRAME_BYTES_MAX];
	struct net_self gateway = {.mac = {2, 9, 9, 9, 9, 9}, .ip = 0x0a0000fe};
	uint8_t reply[NET_ARP_FRAME_BYTES];

	pair_start(&pair, MR_MTU_DEFAULT);
	CHECK(transport_peer_add(pair.t[0], 5, 0xc0a80001, 7411) == -EINVAL, "no gateway");
	pair_stop(&pair);
	pair.config[0].gateway = 0x0a0000fe;
	pair_restart(&pair, 1);
	pair_restart(&pair, 0);
	CHECK(transport_peer_add(pair.t[0], 5, 0xc0a80001, 7411) == 0);
	CHECK(transport_send(pair.t[0], pair.now_ns, 5, 0, NULL, 0, body, sizeof(body), NULL, 1) ==
	      0);
	CHECK(linear_output(pair.t[0], pair.now_ns, out) > 0);
	CHECK(out[12] == 8 && out[13] == 6 && out[41] == 0xfe, "asks for it");
	CHECK(linear_output(pair.t[0], pair.now_ns, out) == 0, "and waits");
	net_write_arp_reply(reply, &gateway, pair.config[0].mac, pair.config[0].ip);
	linear_input(pair.t[0], pair.now_ns, reply, sizeof(reply));
	CHECK(linear_output(pair.t[0], pair.now_ns, out) > 0);
	CHECK(memcmp(out, gateway_mac, NET_MAC_BYTES) == 0, "to the gateway's MAC");
	CHECK(out[30] == 0xc0 && out[33] == 1, "to the peer's IP");
	CHECK(transport_counters(pair.t[0])->arp_in == 1);
	CHECK(transport_counters(pair.t[0])->arp_out == 1);
	pair_stop(&pair);
}

/* A request that is lost costs one short wait: after it the peers meet at once. */
static void test_arp_lost(void)
{
	struct transport_event event;

	pair_start(&pair, MR_MTU_DEFAULT);
	pair.cut = true;
	send_body(0, 1);
	pair_carry_all(&pair);
	pair_pass(&pair, 1);
	pair.cut = false;
	pair_pass(&pair, MR_ARP_RETRY_MS_FIRST - 2);
	pair_expect_none(&pair, 1);
	pair_pass(&pair, 1);
	pair_expect(&pair, 1, TRANSPORT_PEER_UP, &event);
	pair_expect(&pair, 1, TRANSPORT_OFFER, &event);
	pair_stop(&pair);
}

/* Each wait twice as long as the one before, up to the longest. */
static uint32_t arp_requests_within(uint64_t limit_ms)
{
	uint64_t at_ms = 0, wait_ms = MR_ARP_RETRY_MS_FIRST;
	uint32_t count = 0;

	while (at_ms < limit_ms) {
		count++;
		at_ms += wait_ms;
		wait_ms = 2 * wait_ms < MR_ARP_RETRY_MS ? 2 * wait_ms : MR_ARP_RETRY_MS;
	}
	return count;
}

static void test_arp_unanswered(void)
{
	struct transport_event event;

	pair_start(&pair, MR_MTU_DEFAULT);
	pair.cut = true;
	send_body(0, 1);
	pair_pass(&pair, PAIR_TIMEOUT_MS - 1);
	pair_expect_none(&pair, 0);
	pair_pass(&pair, 1);
	pair_expect(&pair, 0, TRANSPORT_FAILED, &event);
	CHECK(event.reason == TRANSPORT_UNREACHABLE && event.cookie == 1);
	pair_expect(&pair, 0, TRANSPORT_PEER_DOWN, &event);
	CHECK(transport_counters(pair.t[0])->arp_out == arp_requests_within(PAIR_TIMEOUT_MS));
	CHECK(transport_counters(pair.t[0])->messages_failed == 1);
	pair_pass(&pair, 2 * PAIR_TIMEOUT_MS);
	CHECK(transport_deadline(pair.t[0]) == UINT64_MAX, "idle again");
	pair_stop(&pair);
}

/* In both directions: what was sent fails, what was accepted is lost, and later all works again. */
static void test_silence(void)
{
	static uint8_t large[1 << 20];
	static uint8_t room[1 << 20];
	struct transport_event event;

	pair_start(&pair, MR_MTU_DEFAULT);
	pair_meet(&pair);
	CHECK(transport_send(pair.t[0], pair.now_ns, 1, 0, NULL, 0, large, sizeof(large), NULL,
			     1) == 0);
	pair_carry(&pair, 0);
	CHECK(transport_accept(pair.t[1], pair.now_ns, offered(1), room, 2) == 0);
	pair.cut = true;
	pair_pass(&pair, PAIR_TIMEOUT_MS + 1);
	pair_expect(&pair, 0, TRANSPORT_FAILED, &event);
	CHECK(event.reason == TRANSPORT_UNREACHABLE && event.cookie == 1);
	pair_expect(&pair, 0, TRANSPORT_PEER_DOWN, &event);
	pair_expect(&pair, 1, TRANSPORT_LOST, &event);
	CHECK(event.cookie == 2 && event.reason == TRANSPORT_UNREACHABLE);
	pair_expect(&pair, 1, TRANSPORT_PEER_DOWN, &event);
	pair.cut = false;
	pair_meet(&pair);
	pair_stop(&pair);
}

/* The receiver gave a session up that the sender still uses: it is told so, and starts anew. */
static void test_one_sided_silence(void)
{
	struct transport_event event;
	static uint8_t large[1 << 20];
	static uint8_t room[1 << 20];

	pair_start(&pair, MR_MTU_DEFAULT);
	pair.config[0].peer_timeout_ms = 100 * PAIR_TIMEOUT_MS;
	pair_restart(&pair, 0);
	pair_meet(&pair);
	CHECK(transport_send(pair.t[0], pair.now_ns, 1, 0, NULL, 0, large, sizeof(large), NULL,
			     1) == 0);
	pair_carry(&pair, 0);
	CHECK(transport_accept(pair.t[1], pair.now_ns, offered(1), room, 2) == 0);
	pair.cut = true;
	pair_pass(&pair, PAIR_TIMEOUT_MS + 1);
	pair_expect(&pair, 1, TRANSPORT_LOST, &event);
	pair_expect(&pair, 1, TRANSPORT_PEER_DOWN, &event);
	pair_expect_none(&pair, 0);
	pair.cut = false;
	pair_pass(&pair, 2000);
	pair_expect(&pair, 0, TRANSPORT_FAILED, &event);
	CHECK(event.reason == TRANSPORT_GIVEN_UP);
	pair_expect(&pair, 1, TRANSPORT_PEER_UP, &event);
	send_body(0, 3);
	pair_carry_all(&pair);
	CHECK(transport_accept(pair.t[1], pair.now_ns, offered(1), room, 3) == 0);
	pair_carry_all(&pair);
	pair_expect(&pair, 1, TRANSPORT_MESSAGE, &event);
	pair_carry_all(&pair);
	pair_expect(&pair, 0, TRANSPORT_SENT, &event);
	pair_stop(&pair);
}

static void test_restart_of_receiver(void)
{
	struct transport_event event;

	pair_start(&pair, MR_MTU_DEFAULT);
	pair_meet(&pair);
	send_body(0, 1);
	pair_carry_all(&pair);
	offered(1);
	pair_restart(&pair, 1);
	pair_pass(&pair, 200);
	pair_expect(&pair, 0, TRANSPORT_FAILED, &event);
	CHECK(event.reason == TRANSPORT_RESTARTED && event.cookie == 1);
	pair_expect(&pair, 0, TRANSPORT_PEER_UP, &event);
	CHECK(event.incarnation == pair.config[1].incarnation);
	send_body(0, 2);
	pair_carry_all(&pair);
	pair_expect(&pair, 1, TRANSPORT_PEER_UP, &event);
	offered(1);
	pair_stop(&pair);
}

static void test_restart_of_sender(void)
{
	static uint8_t large[1 << 20];
	static uint8_t room[1 << 20];
	struct transport_event event;
	uint8_t old[PAIR_FRAME_BYTES_MAX];
	uint32_t old_bytes;

	pair_start(&pair, MR_MTU_DEFAULT);
	pair_meet(&pair);
	CHECK(transport_send(pair.t[0], pair.now_ns, 1, 0, NULL, 0, large, sizeof(large), NULL,
			     1) == 0);
	pair_carry(&pair, 0);
	old_bytes = pair.frame_bytes;
	memcpy(old, pair.frame, old_bytes);
	CHECK(transport_accept(pair.t[1], pair.now_ns, offered(1), room, 2) == 0);
	pair_restart(&pair, 0);
	send_body(0, 3);
	pair_carry_all(&pair);
	pair_expect(&pair, 1, TRANSPORT_LOST, &event);
	CHECK(event.cookie == 2 && event.reason == TRANSPORT_RESTARTED);
	pair_expect(&pair, 1, TRANSPORT_PEER_UP, &event);
	CHECK(event.incarnation == pair.config[0].incarnation);
	offered(1);
	linear_input(pair.t[1], pair.now_ns, old, old_bytes);
	CHECK(transport_counters(pair.t[1])->drop_incarnation == 1, "from a former self");
	pair_expect_none(&pair, 1);
	pair_stop(&pair);
}

static void test_strangers(void)
{
	static uint8_t out[TRANSPORT_FRAME_BYTES_MAX];

	pair_start(&pair, MR_MTU_DEFAULT);
	CHECK(transport_peer_add(pair.t[0], 0, 1, 1) == -EINVAL, "itself");
	CHECK(transport_peer_add(pair.t[0], MR_NODES_MAX, 1, 1) == -EINVAL);
	CHECK(transport_send(pair.t[0], 1, 9, 0, NULL, 0, body, 1, NULL, 0) == -EHOSTUNREACH);
	CHECK(transport_send(pair.t[0], 1, 1, 0, NULL, 0, body, 0, NULL, 0) == -EINVAL);
	CHECK(transport_send(pair.t[0], 1, 1, MR_FLOWS_MAX, NULL, 0, body, 1, NULL, 0) == -EINVAL);
	pair_meet(&pair);
	transport_init(&pair.t[1], pair.memory[1], &pair.config[1], pair.now_ns);
	send_body(0, 1);
	CHECK(linear_output(pair.t[0], pair.now_ns, out) > 0);
	pair_carry_all(&pair);
	pair_pass(&pair, 100);
	CHECK(transport_counters(pair.t[1])->drop_unknown_peer > 0);
	pair_stop(&pair);
}

/* The address of a peer may change; an answered ARP entry ages and is asked for again. */
static void test_addresses(void)
{
	pair_start(&pair, MR_MTU_DEFAULT);
	pair_meet(&pair);
	CHECK(transport_counters(pair.t[0])->arp_out == 1);
	pair_pass(&pair, MR_ARP_LIFETIME_MS + 1);
	send_body(0, 1);
	pair_carry_all(&pair);
	offered(1);
	CHECK(transport_counters(pair.t[0])->arp_out > 1, "asked for again");
	pair.config[1].ip += 7;
	pair_restart(&pair, 1);
	CHECK(transport_peer_add(pair.t[0], 1, pair.config[1].ip, pair.config[1].udp_port) == 0);
	pair_stop(&pair);
}

int main(void)
{
	test_gateway();
	test_arp_lost();
	test_arp_unanswered();
	test_silence();
	test_one_sided_silence();
	test_restart_of_receiver();
	test_restart_of_sender();
	test_strangers();
	test_addresses();
	return 0;
}
