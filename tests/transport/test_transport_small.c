/* Small messages: whole in one packet, shared packets, loss, order, once, windows, ends. */
#include <errno.h>
#include <stdlib.h>

#include "linear.h"
#include "pair.h"
#include "test.h"
#include "transport_stats.h"

#define SEEN_MAX 4096

struct seen {
	enum transport_event_kind kind;
	enum transport_reason reason;
	uint32_t flow;
	uint64_t cookie;
	uint64_t offer;
	uint32_t head_bytes;
	uint32_t body_bytes;
	bool small;
	uint8_t body[MR_SMALL_BYTES_MAX];
};

static struct pair pair;
static struct seen seen[PAIR_NODES][SEEN_MAX];
static uint32_t seen_count[PAIR_NODES], shown[PAIR_NODES];
static uint8_t bytes[1 << 20], room[1 << 20];

static void drain(uint32_t node)
{
	struct transport_event event;

	while (transport_event(pair.t[node], &event)) {
		struct seen *s = &seen[node][seen_count[node]++ % SEEN_MAX];

		*s = (struct seen){event.kind,
				   event.reason,
				   event.flow,
				   event.cookie,
				   event.offer,
				   event.head_bytes,
				   (uint32_t)event.body_bytes,
				   event.body != NULL};
		if (event.body != NULL)
			memcpy(s->body, event.body, event.body_bytes);
	}
}

/* The next event of a node, which must be of that kind. */
static struct seen *next(uint32_t node, enum transport_event_kind kind)
{
	struct seen *s = &seen[node][shown[node] % SEEN_MAX];

	CHECK(shown[node] < seen_count[node], "node %u: wanted event %d, got none", node, kind);
	shown[node]++;
	CHECK(s->kind == kind, "node %u: wanted event %d, got %d", node, kind, s->kind);
	return s;
}

static void expect_nothing(uint32_t node)
{
	CHECK(shown[node] == seen_count[node], "node %u: event %d", node,
	      seen[node][shown[node] % SEEN_MAX].kind);
}

/* A frame in memory of its own length, so that reading beyond it is seen. */
static void input(uint32_t node, const uint8_t *frame, uint32_t length, bool take)
{
	uint8_t *copy = malloc(length);
	struct transport_rx rx = {copy, length};

	memcpy(copy, frame, length);
	CHECK(transport_input(pair.t[node], pair.now_ns, &rx, 1) == 1);
	if (take)
		drain(node);
	transport_input_end(pair.t[node]);
	free(copy);
}

static uint32_t output(uint32_t node, uint8_t *frame)
{
	uint32_t length = linear_output(pair.t[node], pair.now_ns, frame);

	pair.frames += length > 0;
	return length;
}

static bool carry(uint32_t from)
{
	static uint8_t frame[PAIR_FRAME_BYTES_MAX];
	uint32_t length = output(from, frame);

	if (length > 0 && !pair.cut)
		input(!from, frame, length, true);
	return length > 0;
}

static void carry_all(void)
{
	bool any = true;

	drain(0);
	drain(1);
	while (any) {
		any = carry(0);
		any = carry(1) || any;
	}
}

static void pass(uint32_t ms)
{
	for (uint32_t i = 0; i < ms; i++) {
		pair.now_ns += 1000000;
		transport_tick(pair.t[0], pair.now_ns);
		transport_tick(pair.t[1], pair.now_ns);
		carry_all();
	}
}

static void forget(void)
{
	memset(seen_count, 0, sizeof(seen_count));
	memset(shown, 0, sizeof(shown));
}

static int post(uint32_t from, uint32_t flow, uint32_t head_bytes, uint32_t body_bytes,
		uint64_t cookie)
{
	return transport_send(pair.t[from], pair.now_ns, !from, flow, bytes + 1, head_bytes,
			      bytes + cookie % 1000, body_bytes, NULL, cookie);
}

static void start(uint32_t mtu)
{
	pair_start(&pair, mtu);
	for (uint32_t node = 0; node < PAIR_NODES; node++) {
		pair.config[node].small_bytes_max = MR_SMALL_BYTES_MAX;
		pair_restart(&pair, node);
	}
	forget();
	CHECK(post(0, 0, 0, 1, 0) == 0);
	CHECK(post(1, 0, 0, 1, 0) == 0);
	pass(100);
	CHECK(seen_count[0] == 3 && seen_count[1] == 3, "up, message, sent at both ends");
	forget();
}

static void expect_message(uint32_t node, uint64_t cookie, uint32_t body_bytes)
{
	const struct seen *s = next(node, TRANSPORT_MESSAGE);

	CHECK(s->small && s->cookie == 0 && s->offer == 0 && s->body_bytes == body_bytes);
	CHECK(memcmp(s->body, bytes + cookie % 1000, body_bytes) == 0, "message %lu", cookie);
}

static void expect_sent(uint32_t node, uint64_t cookie)
{
	const struct seen *s = next(node, TRANSPORT_SENT);

	CHECK(s->cookie == cookie, "wanted the end of %lu, got that of %lu", cookie, s->cookie);
}

/* In statistics they are messages as others are; start() sent one byte each way. */
static void test_stats(void)
{
	const struct transport_histograms *out, *in;
	struct transport_peer_stats stats;

	start(MR_MTU_DEFAULT);
	CHECK(post(0, 0, 4, 32, 1) == 0);
	CHECK(transport_peer_stats(pair.t[0], 1, &stats) == 0);
	CHECK(stats.messages_queued == 1 && stats.messages_sending == 0);
	pair.now_ns += 5000000;
	carry_all();
	CHECK(transport_peer_stats(pair.t[0], 1, &stats) == 0);
	CHECK(stats.messages_queued == 0 && stats.messages_sending == 0);
	CHECK(stats.counters.messages_out == 2 && stats.counters.bytes_out == 33);
	CHECK(transport_peer_stats(pair.t[1], 0, &stats) == 0);
	CHECK(stats.counters.messages_in == 2 && stats.counters.bytes_in == 33);
	out = transport_histograms(pair.t[0]);
	in = transport_histograms(pair.t[1]);
	CHECK(out->message_out_bytes.count == 2 && out->message_ns.count == 2);
	CHECK(out->message_ns.max >= 5000000 && in->message_in_bytes.sum == 33);
	pair_stop(&pair);
}

/* A request and its reply are one frame each; only the last answer has one of its own. */
static void test_ping_pong(void)
{
	start(MR_MTU_DEFAULT);
	pair.frames = 0;
	for (uint64_t turn = 0; turn < 10; turn++) {
		CHECK(post(0, 0, 4, 32, turn) == 0);
		CHECK(carry(0));
		expect_message(1, turn, 32);
		CHECK(post(1, 0, 0, 32, turn) == 0);
		expect_nothing(1); /* what the request says of the last reply waits */
		CHECK(carry(1));
		drain(1);
		if (turn > 0)
			expect_sent(1, turn - 1);
		expect_message(0, turn, 32);
		expect_nothing(0);
		transport_output_end(pair.t[0]);
		CHECK(transport_deadline(pair.t[0]) <= pair.now_ns, "there is an end to be told");
		drain(0);
		expect_sent(0, turn);
	}
	carry_all();
	CHECK(pair.frames == 21, "%lu frames", pair.frames);
	pass(3000);
	CHECK(pair.frames == 21, "an idle node sends nothing");
	CHECK(transport_counters(pair.t[0])->retransmits == 0);
	pair_stop(&pair);
}

/* Every size up to the limit and beyond, with heads; at a short MTU the limit is lower. */
static void test_sizes(uint32_t mtu)
{
	uint32_t small = 0;

	start(mtu);
	for (uint32_t size = 1; size <= MR_SMALL_BYTES_MAX + 10; size++) {
		uint32_t head_bytes = size % 3 * 20 < size ? size % 3 * 20 : 0;
		const struct seen *s;

		CHECK(post(0, 0, head_bytes, size - head_bytes, size) == 0);
		carry_all();
		s = next(1, size - head_bytes > 0 && seen[1][shown[1] % SEEN_MAX].small
				? TRANSPORT_MESSAGE
				: TRANSPORT_OFFER);
		CHECK(s->head_bytes == head_bytes && s->body_bytes == size - head_bytes);
		small += s->small;
		if (s->small) {
			CHECK(memcmp(s->body, bytes + size % 1000, s->body_bytes) == 0);
		} else {
			CHECK(transport_accept(pair.t[1], pair.now_ns, s->offer, room, size) == 0);
			carry_all();
			next(1, TRANSPORT_MESSAGE);
			CHECK(memcmp(room, bytes + size % 1000, s->body_bytes) == 0);
		}
		carry_all();
		expect_sent(0, size);
		forget();
	}
	if (mtu >= MR_MTU_DEFAULT)
		CHECK(small == MR_SMALL_BYTES_MAX, "%u", small);
	else
		CHECK(small > 300 && small < mtu, "%u at MTU %u", small, mtu);
	pair_stop(&pair);
}

/* Messages of one length are counted together, each once; start() sent one of a byte. */
static void check_counted(uint64_t count, uint64_t each)
{
	const struct transport_histograms *out = transport_histograms(pair.t[0]);
	const struct transport_histograms *in = transport_histograms(pair.t[1]);
	uint64_t sum = count * each + 1;

	count++;
	CHECK(transport_counters(pair.t[0])->messages_out == count);
	CHECK(transport_counters(pair.t[1])->messages_in == count);
	CHECK(transport_counters(pair.t[1])->bytes_in == sum);
	CHECK(out->message_out_bytes.count == count && out->message_ns.count == count);
	CHECK(in->message_in_bytes.count == count && in->message_in_bytes.sum == sum);
}

/* What waits together travels together, and is answered together. */
static void test_shared(void)
{
	start(MR_MTU_DEFAULT);
	pair.frames = 0;
	for (uint64_t i = 0; i < 36; i++)
		CHECK(post(0, 0, 0, 64, i) == 0);
	carry_all();
	CHECK(pair.frames == 4, "%lu frames", pair.frames); /* two packets, each answered */
	for (uint64_t i = 0; i < 36; i++) {
		expect_message(1, i, 64);
		expect_sent(0, i);
	}
	check_counted(36, 64);
	pair_stop(&pair);
}

/* When two packets of them wait for the user, no more frames are taken: answers go first. */
static void test_full(void)
{
	static uint8_t frames[3][PAIR_FRAME_BYTES_MAX];
	struct transport_rx rx[3];

	start(MR_MTU_DEFAULT);
	for (uint64_t i = 0; i < 54; i++)
		CHECK(post(0, 0, 0, 64, i) == 0);
	for (uint32_t i = 0; i < 3; i++)
		rx[i] = (struct transport_rx){frames[i], output(0, frames[i])};
	CHECK(transport_input(pair.t[1], pair.now_ns, rx, 3) == 2, "two of three packets");
	CHECK(transport_input_full(pair.t[1]));
	drain(1);
	CHECK(seen_count[1] > 18 && seen_count[1] < 54, "%u messages", seen_count[1]);
	CHECK(transport_input(pair.t[1], pair.now_ns, rx + 2, 1) == 1, "the rest");
	drain(1);
	transport_input_end(pair.t[1]);
	CHECK(seen_count[1] == 54 && !transport_input_full(pair.t[1]));
	for (uint64_t i = 0; i < 3; i++) {
		CHECK(post(0, 0, 0, 64, i) == 0);
		rx[i] = (struct transport_rx){frames[i], output(0, frames[i])};
	}
	CHECK(transport_input(pair.t[1], pair.now_ns, rx, 3) == 3, "single ones are little");
	CHECK(!transport_input_full(pair.t[1]));
	drain(1);
	transport_input_end(pair.t[1]);
	CHECK(seen_count[1] == 57);
	pair_stop(&pair);
}

/* Lost packets, frames that come twice, frames out of order: all once. */
static void test_loss(void)
{
	static uint8_t frames[64][PAIR_FRAME_BYTES_MAX];
	uint32_t lengths[64];
	uint32_t count = 0;
	uint32_t arrived[1000] = {0};

	start(576);
	for (uint64_t i = 0; i < 200; i++)
		CHECK(post(0, 0, 0, 100, i) == 0);
	while ((lengths[count] = output(0, frames[count])) > 0)
		count++;
	CHECK(count >= 20, "%u packets", count);
	for (uint32_t i = count; i-- > 0;) { /* from the last to the first, one in seven lost */
		if (i % 7 == 3)
			continue;
		input(1, frames[i], lengths[i], true);
		input(1, frames[i], lengths[i], true);
	}
	pass(200);
	for (uint32_t i = 0; i < 200; i++) {
		const struct seen *s = next(1, TRANSPORT_MESSAGE);
		uint32_t which = 0;

		while (which < 200 && memcmp(s->body, bytes + which, 100) != 0)
			which++;
		CHECK(which < 200 && ++arrived[which] == 1, "message %u twice or never", which);
		expect_sent(0, i);
	}
	expect_nothing(1);
	expect_nothing(0);
	CHECK(transport_counters(pair.t[1])->duplicates > 20);
	CHECK(transport_counters(pair.t[0])->retransmits > 0);
	CHECK(transport_counters(pair.t[1])->messages_in == 201, "each counted once");
	pair_stop(&pair);
}

/* Of a flow nothing overtakes, neither other small messages nor those that go in chunks. */
static void test_flow(void)
{
	static uint8_t frames[8][PAIR_FRAME_BYTES_MAX];
	uint32_t lengths[8];

	start(MR_MTU_DEFAULT);
	for (uint64_t i = 0; i < 2; i++) {
		CHECK(post(0, 5, 0, 1000, i) == 0);
		lengths[i] = output(0, frames[i]);
	}
	input(1, frames[1], lengths[1], true);
	expect_nothing(1);
	CHECK(transport_counters(pair.t[1])->drop_order == 1);
	input(1, frames[0], lengths[0], true);
	pass(100);
	expect_message(1, 0, 1000);
	expect_message(1, 1, 1000);
	expect_sent(0, 0);
	expect_sent(0, 1);
	/* Behind one in chunks the next is offered; when both have ended the lane is open again. */
	CHECK(post(0, 5, 0, 5000, 2) == 0);
	CHECK(post(0, 5, 0, 10, 3) == 0);
	CHECK(post(0, 6, 0, 10, 4) == 0);
	carry_all();
	expect_message(1, 4, 10);
	for (uint64_t i = 2; i < 4; i++)
		CHECK(transport_accept(pair.t[1], pair.now_ns, next(1, TRANSPORT_OFFER)->offer,
				       room, i) == 0);
	carry_all();
	CHECK(next(1, TRANSPORT_MESSAGE)->cookie == 2);
	CHECK(next(1, TRANSPORT_MESSAGE)->cookie == 3);
	carry_all();
	CHECK(post(0, 5, 0, 10, 5) == 0);
	carry_all();
	expect_message(1, 5, 10);
	pair_stop(&pair);
}

/* One in chunks that is whole waits for a small one before it that was lost. */
static void test_flow_chunks_wait(void)
{
	static uint8_t frame[PAIR_FRAME_BYTES_MAX];

	start(MR_MTU_DEFAULT);
	CHECK(post(0, 7, 0, 10, 0) == 0);
	CHECK(output(0, frame) > 0); /* lost */
	CHECK(post(0, 7, 0, 1200, 1) == 0);
	carry_all();
	CHECK(transport_accept(pair.t[1], pair.now_ns, next(1, TRANSPORT_OFFER)->offer, room, 1) ==
	      0);
	drain(1);
	expect_nothing(1);
	pass(100);
	expect_message(1, 0, 10);
	CHECK(next(1, TRANSPORT_MESSAGE)->cookie == 1);
	pair_stop(&pair);
}

/* What the user does not take before its frame goes away comes again. */
static void test_undrained(void)
{
	static uint8_t frame[PAIR_FRAME_BYTES_MAX];
	uint32_t length;

	start(MR_MTU_DEFAULT);
	CHECK(post(0, 1, 0, 50, 9) == 0);
	length = output(0, frame);
	input(1, frame, length, false);
	CHECK(transport_counters(pair.t[1])->drop_undrained == 1);
	expect_nothing(1);
	pass(100);
	expect_message(1, 9, 50);
	expect_sent(0, 9);
	pair_stop(&pair);
}

static void test_window(void)
{
	uint64_t posted = 0;

	start(MR_MTU_DEFAULT);
	while (post(0, 0, 0, 20, posted) == 0)
		posted++;
	CHECK(posted == MR_MESSAGES_OUT_MAX, "%lu", posted);
	CHECK(post(0, 0, 0, 20, posted) == -EAGAIN);
	pass(50);
	for (uint64_t i = 0; i < posted; i++) {
		expect_message(1, i, 20);
		expect_sent(0, i);
	}
	CHECK(post(0, 0, 0, 20, posted) == 0);
	pair_stop(&pair);
}

/* A peer that restarts or falls silent: each sender is told about each message, once. */
static void test_ends(void)
{
	start(MR_MTU_DEFAULT);
	pair.cut = true;
	for (uint64_t i = 0; i < 5; i++)
		CHECK(post(0, 1, 0, 20, i) == 0);
	carry(0);
	pair_restart(&pair, 1);
	pair.cut = false;
	pass(200);
	for (uint64_t i = 0; i < 5; i++)
		CHECK(next(0, TRANSPORT_FAILED)->reason == TRANSPORT_RESTARTED);
	next(0, TRANSPORT_PEER_UP);
	for (uint64_t i = 0; i < 5; i++)
		CHECK(post(0, 1, 0, 20, i) == 0);
	pass(50);
	next(1, TRANSPORT_PEER_UP);
	for (uint64_t i = 0; i < 5; i++) {
		expect_message(1, i, 20);
		expect_sent(0, i);
	}
	pair.cut = true;
	CHECK(post(0, 0, 0, 20, 7) == 0);
	pass(2 * PAIR_TIMEOUT_MS);
	CHECK(next(0, TRANSPORT_FAILED)->reason == TRANSPORT_UNREACHABLE);
	next(0, TRANSPORT_PEER_DOWN);
	CHECK(transport_deadline(pair.t[0]) == UINT64_MAX, "idle again");
	pair_stop(&pair);
}

/* An offer answered before its frame goes away is filled from there. */
static void test_straight(void)
{
	static uint8_t frame[PAIR_FRAME_BYTES_MAX];
	struct transport_event event;
	struct transport_rx rx;

	start(MR_MTU_DEFAULT);
	CHECK(post(0, 0, 0, 1300, 1) == 0);
	rx = (struct transport_rx){frame, output(0, frame)};
	CHECK(transport_input(pair.t[1], pair.now_ns, &rx, 1) == 1);
	pair_expect(&pair, 1, TRANSPORT_OFFER, &event);
	memset(room, 0, 2000);
	CHECK(transport_accept(pair.t[1], pair.now_ns, event.offer, room, 3) == 0);
	CHECK(memcmp(room, bytes + 1, 1300) == 0 && room[1300] == 0);
	memset(frame, 0xee, sizeof(frame));
	transport_input_end(pair.t[1]);
	pair_expect(&pair, 1, TRANSPORT_MESSAGE, &event);
	CHECK(event.cookie == 3 && event.body == NULL);
	pair_stop(&pair);
}

int main(void)
{
	for (uint32_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + (i >> 8) * 13 + (i >> 3));
	test_stats();
	test_ping_pong();
	test_sizes(MR_MTU_DEFAULT);
	test_sizes(9000);
	test_sizes(576);
	test_shared();
	test_full();
	test_loss();
	test_flow();
	test_flow_chunks_wait();
	test_undrained();
	test_window();
	test_ends();
	test_straight();
	return 0;
}
