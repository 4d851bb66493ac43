/* Frames that must be dropped, each by the counter that is named for it. */
#include "linear.h"
#include "net.h"
#include "pair.h"
#include "test.h"
#include "wire.h"

static struct pair pair;
static uint8_t good[PAIR_FRAME_BYTES_MAX]; /* a DATA frame from node 0 to node 1 */
static uint32_t good_bytes;
static uint8_t bad[PAIR_FRAME_BYTES_MAX];

#define PACKET (bad + NET_HEAD_BYTES)
#define IP (bad + NET_ETHERNET_BYTES)

static void restore(void)
{
	memcpy(bad, good, good_bytes);
}

static void seal(void)
{
	wire_seal(PACKET, good_bytes - NET_HEAD_BYTES, NULL, 0);
}

static void ip_seal(void)
{
	uint32_t sum = 0;

	IP[10] = IP[11] = 0;
	for (int i = 0; i < NET_IP_BYTES; i += 2)
		sum += (uint32_t)(IP[i] << 8 | IP[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~(sum + (sum >> 16));
	IP[10] = (uint8_t)(sum >> 8);
	IP[11] = (uint8_t)sum;
}

/* Gives the changed frame in, and wants exactly this counter to move. */
static void dropped(uint32_t bytes, const uint64_t *counter, const char *what)
{
	struct transport_counters before = *transport_counters(pair.t[1]);
	uint64_t value = *counter;
	uint64_t drops = 0;

	linear_input(pair.t[1], pair.now_ns, bad, bytes);
	CHECK(*counter == value + 1, "%s", what);
	for (size_t i = offsetof(struct transport_counters, drop_short); i < sizeof(before);
	     i += sizeof(uint64_t)) {
		uint64_t was;
		uint64_t is;

		memcpy(&was, (const char *)&before + i, sizeof(was));
		memcpy(&is, (const char *)transport_counters(pair.t[1]) + i, sizeof(is));
		drops += is - was;
	}
	CHECK(drops == 1, "%s: %lu drops", what, drops);
	pair_expect_none(&pair, 1);
	restore();
}

static void test_network(const struct transport_counters *c)
{
	dropped(10, &c->drop_short, "no Ethernet header");
	dropped(20, &c->drop_short, "no IP header");
	bad[0] = 6;
	dropped(good_bytes, &c->drop_not_ours, "other MAC");
	bad[12] = 0x86;
	dropped(good_bytes, &c->drop_not_ours, "other protocol");
	IP[1] ^= 1;
	dropped(good_bytes, &c->drop_checksum, "IP checksum");
	IP[0] = 0x46;
	dropped(good_bytes, &c->drop_malformed, "IP options");
	IP[6] |= 0x20;
	ip_seal();
	dropped(good_bytes, &c->drop_malformed, "a fragment");
	IP[7] = 1;
	ip_seal();
	dropped(good_bytes, &c->drop_malformed, "a later fragment");
	IP[19]++;
	ip_seal();
	dropped(good_bytes, &c->drop_not_ours, "other IP");
	IP[9] = 6;
	ip_seal();
	dropped(good_bytes, &c->drop_not_ours, "TCP");
	IP[3]++;
	ip_seal();
	dropped(good_bytes, &c->drop_malformed, "longer than the frame");
	IP[23]++;
	dropped(good_bytes, &c->drop_not_ours, "other UDP port");
	IP[25]++;
	dropped(good_bytes, &c->drop_malformed, "UDP length");
}

static void test_header(const struct transport_counters *c)
{
	PACKET[0]++;
	dropped(good_bytes, &c->drop_malformed, "magic");
	PACKET[4]++;
	dropped(good_bytes, &c->drop_version, "version");
	PACKET[50]++;
	dropped(good_bytes, &c->drop_checksum, "CRC");
	PACKET[6] = 4;
	seal();
	dropped(good_bytes, &c->drop_malformed, "unknown flags");
	PACKET[5] = 77;
	seal();
	dropped(good_bytes, &c->drop_malformed, "type");
	PACKET[10] = 9;
	seal();
	dropped(good_bytes, &c->drop_not_ours, "for another node");
	PACKET[8] = 9;
	seal();
	dropped(good_bytes, &c->drop_unknown_peer, "from a stranger");
	PACKET[9] = 9;
	seal();
	dropped(good_bytes, &c->drop_unknown_peer, "from node 2304");
	PACKET[16]--;
	seal();
	dropped(good_bytes, &c->drop_incarnation, "from a former self");
	PACKET[24]--;
	seal();
	dropped(good_bytes, &c->drop_incarnation, "to a former self");
	PACKET[24]++;
	seal();
	dropped(good_bytes, &c->drop_incarnation, "to an unborn self");
}

static void test_data(const struct transport_counters *c)
{
	uint8_t *data = PACKET + WIRE_HEADER_BYTES;

	memset(data, 0, 8);
	seal();
	dropped(good_bytes, &c->drop_malformed, "message 0");
	data[8]++;
	seal();
	dropped(good_bytes, &c->drop_malformed, "length");
	data[16]++;
	seal();
	dropped(good_bytes, &c->drop_malformed, "chunk beyond the end");
	data[28] = MR_FLOWS_MAX;
	seal();
	dropped(good_bytes, &c->drop_malformed, "flow");
	data[31] = 2;
	seal();
	dropped(good_bytes, &c->drop_malformed, "head");
	memset(data + 20, 0, 4);
	seal();
	dropped(good_bytes, &c->drop_malformed, "chunk size");
	data[1] = 40;
	seal();
	dropped(good_bytes, &c->drop_window, "far ahead");
	memset(data, 0xff, 8);
	seal();
	dropped(good_bytes, &c->drop_window, "at the end of numbers");
	memset(PACKET + 32, 0, 4);
	seal();
	dropped(good_bytes, &c->drop_window, "session 0");
	data[28] = 1;
	data[25] = 2;
	seal();
	dropped(good_bytes, &c->drop_window, "flow sequence");
}

/* --- Places in a flow ------------------------------------------------------------------------ */

static const uint8_t body[50];

/* Sends a message of flow 1 and keeps its frame, which the receiver does not get. */
static void keep_frame(uint64_t cookie)
{
	pair.cut = true;
	CHECK(transport_send(pair.t[0], pair.now_ns, 1, 1, NULL, 0, body, sizeof(body), NULL,
			     cookie) == 0);
	CHECK(pair_carry(&pair, 0));
	pair.cut = false;
	good_bytes = pair.frame_bytes;
	memcpy(good, pair.frame, good_bytes);
	restore();
}

static void claim_place(uint32_t seq)
{
	memcpy(PACKET + WIRE_HEADER_BYTES + offsetof(struct wire_data, flow_seq), &seq, 4);
	seal();
}

/* Of two messages with one place in their flow the first one has it, whoever is whole first. */
static void test_repeated_place(void)
{
	const struct transport_counters *c = transport_counters(pair.t[1]);
	struct transport_event event;
	uint64_t offers[2];
	uint8_t room[2][sizeof(body)];

	for (uint32_t i = 0; i < 2; i++) {
		keep_frame(10 + i);
		linear_input(pair.t[1], pair.now_ns, good, good_bytes);
		pair_expect(&pair, 1, TRANSPORT_OFFER, &event);
		offers[i] = event.offer;
	}
	keep_frame(12);
	claim_place(0);
	dropped(good_bytes, &c->drop_flow_seq, "place of a message that is offered");
	claim_place(1);
	dropped(good_bytes, &c->drop_flow_seq, "place of a later one");
	CHECK(transport_accept(pair.t[1], pair.now_ns, offers[1], room[1], 1) == 0);
	pair_expect_none(&pair, 1);
	claim_place(1);
	dropped(good_bytes, &c->drop_flow_seq, "place of one that waits for its turn");
	CHECK(transport_accept(pair.t[1], pair.now_ns, offers[0], room[0], 0) == 0);
	for (uint64_t i = 0; i < 2; i++) {
		pair_expect(&pair, 1, TRANSPORT_MESSAGE, &event);
		CHECK(event.cookie == i);
	}
	claim_place(1);
	dropped(good_bytes, &c->drop_window, "place of one that left");
	linear_input(pair.t[1], pair.now_ns, good, good_bytes);
	pair_expect(&pair, 1, TRANSPORT_OFFER, &event);
}

int main(void)
{
	struct transport_event event;

	pair_start(&pair, MR_MTU_DEFAULT);
	pair_meet(&pair);
	pair.cut = true;
	CHECK(transport_send(pair.t[0], pair.now_ns, 1, 0, NULL, 0, body, sizeof(body), NULL, 1) ==
	      0);
	CHECK(pair_carry(&pair, 0));
	good_bytes = pair.frame_bytes;
	memcpy(good, pair.frame, good_bytes);
	restore();
	test_network(transport_counters(pair.t[1]));
	test_header(transport_counters(pair.t[1]));
	test_data(transport_counters(pair.t[1]));
	linear_input(pair.t[1], pair.now_ns, good, good_bytes);
	pair_expect(&pair, 1, TRANSPORT_OFFER, &event);
	test_repeated_place();
	pair_stop(&pair);
	return 0;
}
