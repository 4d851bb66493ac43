/* Messages: sizes, heads, windows, flows, rejections, duplicates, lateness, limits. */
#include <errno.h>
#include <sys/mman.h>

#include "pair.h"
#include "test.h"

static struct pair pair;

static void send_bytes(uint32_t flow, const void *body, uint64_t bytes, uint64_t cookie)
{
	CHECK(transport_send(pair.t[0], pair.now_ns, 1, flow, "head", 4, body, bytes, NULL,
			     cookie) == 0);
}

static uint64_t offered(void)
{
	struct transport_event event;

	pair_expect(&pair, 1, TRANSPORT_OFFER, &event);
	CHECK(event.head_bytes == 4 && memcmp(event.head, "head", 4) == 0);
	return event.offer;
}

static void expect_cookie(uint32_t node, enum transport_event_kind kind, uint64_t cookie)
{
	struct transport_event event;

	pair_expect(&pair, node, kind, &event);
	CHECK(event.cookie == cookie, "wanted cookie %lu, got %lu", cookie, event.cookie);
}

/* One small message needs one frame there and one back. */
static void test_one_byte(void)
{
	struct transport_event event;
	uint8_t room = 0;

	pair_meet(&pair);
	pair.frames = 0;
	send_bytes(0, "x", 1, 7);
	CHECK(pair_carry(&pair, 0));
	CHECK(transport_accept(pair.t[1], pair.now_ns, offered(), &room, 8) == 0);
	expect_cookie(1, TRANSPORT_MESSAGE, 8);
	CHECK(room == 'x');
	CHECK(pair_carry(&pair, 1));
	pair_expect(&pair, 0, TRANSPORT_SENT, &event);
	CHECK(event.cookie == 7 && event.body_bytes == 1);
	pair_carry_all(&pair);
	CHECK(pair.frames == 2, "%lu frames", pair.frames);
	pair_pass(&pair, 3000);
	CHECK(pair.frames == 2, "an idle node sends nothing");
}

/* Every size around the borders of chunks, and one that is larger than all windows and credit. */
static void test_sizes(void)
{
	static uint8_t body[5 << 20];
	static uint8_t room[sizeof(body)];
	static const uint32_t sizes[] = {1395, 1396, 1397, 2795, 2796, 2797, 65536, sizeof(body)};

	for (uint64_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(i * 7 + (i >> 8));
	for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(room, 0, sizeof(room));
		send_bytes(0, body, sizes[i], i);
		CHECK(pair_carry(&pair, 0));
		CHECK(transport_accept(pair.t[1], pair.now_ns, offered(), room, i) == 0);
		pair_carry_all(&pair);
		expect_cookie(1, TRANSPORT_MESSAGE, i);
		pair_carry_all(&pair);
		expect_cookie(0, TRANSPORT_SENT, i);
		CHECK(memcmp(body, room, sizes[i]) == 0, "%u bytes", sizes[i]);
		CHECK(sizes[i] == sizeof(room) || room[sizes[i]] == 0, "written beyond");
	}
	CHECK(transport_counters(pair.t[0])->retransmits == 0, "nothing was lost");
	CHECK(transport_counters(pair.t[1])->duplicates == 0);
}

/* While the user thinks, the first chunk is kept and the rest waits; nothing is offered twice. */
static void test_late_answer(void)
{
	static uint8_t body[100000];
	static uint8_t room[sizeof(body)];
	uint64_t offer;

	memset(body, 3, sizeof(body));
	memset(room, 0, sizeof(room));
	send_bytes(0, body, sizeof(body), 1);
	pair_carry_all(&pair);
	offer = offered();
	pair_pass(&pair, 3 * PAIR_TIMEOUT_MS);
	pair_expect_none(&pair, 0);
	pair_expect_none(&pair, 1);
	CHECK(transport_accept(pair.t[1], pair.now_ns, offer, room, 2) == 0);
	CHECK(transport_accept(pair.t[1], pair.now_ns, offer, room, 2) == -ENOENT, "twice");
	pair_pass(&pair, 100);
	expect_cookie(1, TRANSPORT_MESSAGE, 2);
	pair_carry_all(&pair);
	expect_cookie(0, TRANSPORT_SENT, 1);
	CHECK(memcmp(body, room, sizeof(body)) == 0);
}

static void test_reject(void)
{
	struct transport_event event;
	static uint8_t body[100000];

	send_bytes(0, body, sizeof(body), 5);
	pair_carry(&pair, 0);
	CHECK(transport_reject(pair.t[1], pair.now_ns, offered(), 99) == 0);
	pair_carry_all(&pair);
	pair_expect(&pair, 0, TRANSPORT_FAILED, &event);
	CHECK(event.reason == TRANSPORT_REJECTED && event.code == 99 && event.cookie == 5);
	pair_pass(&pair, 100);
	pair_expect_none(&pair, 1);
	pair_expect_none(&pair, 0);
}

/* The answer is lost: the sender asks again, gets it again, and the receiver's user sees nothing.
 */
static void test_lost_answer(void)
{
	uint64_t before = transport_counters(pair.t[1])->duplicates;
	uint8_t room;

	send_bytes(0, "x", 1, 1);
	pair_carry(&pair, 0);
	CHECK(transport_accept(pair.t[1], pair.now_ns, offered(), &room, 2) == 0);
	expect_cookie(1, TRANSPORT_MESSAGE, 2);
	pair.cut = true;
	pair_carry_all(&pair);
	pair.cut = false;
	pair_pass(&pair, 200);
	expect_cookie(0, TRANSPORT_SENT, 1);
	pair_expect_none(&pair, 1);
	CHECK(transport_counters(pair.t[1])->duplicates > before);
	CHECK(transport_counters(pair.t[0])->timeouts > 0);
	CHECK(transport_counters(pair.t[0])->retransmits > 0);
}

/* In a flow, what is whole waits for what was sent before; a rejection gives its turn up. */
static void test_flow(void)
{
	static const uint8_t body[3];
	uint64_t offers[3];
	uint8_t room[3];

	for (uint32_t i = 0; i < 3; i++)
		send_bytes(1, &body[i], 1, i);
	pair_carry_all(&pair);
	for (uint32_t i = 0; i < 3; i++)
		offers[i] = offered();
	CHECK(transport_accept(pair.t[1], pair.now_ns, offers[2], &room[2], 2) == 0);
	CHECK(transport_reject(pair.t[1], pair.now_ns, offers[1], 1) == 0);
	pair_pass(&pair, 50);
	pair_expect_none(&pair, 1);
	pair_expect_none(&pair, 0);
	CHECK(transport_accept(pair.t[1], pair.now_ns, offers[0], &room[0], 0) == 0);
	expect_cookie(1, TRANSPORT_MESSAGE, 0);
	expect_cookie(1, TRANSPORT_MESSAGE, 2);
	pair_pass(&pair, 100);
	expect_cookie(0, TRANSPORT_SENT, 0);
	expect_cookie(0, TRANSPORT_FAILED, 1);
	expect_cookie(0, TRANSPORT_SENT, 2);
}

/* Every place is taken, offers and stash too; then all arrive nevertheless. */
static void test_window(void)
{
	static uint8_t body[100];
	static uint8_t room[100];
	struct transport_event event;
	uint32_t sent = 0;
	uint32_t ended = 0;

	while (transport_send(pair.t[0], pair.now_ns, 1, 0, NULL, 0, body, 100, NULL, sent) == 0)
		sent++;
	CHECK(sent == MR_MESSAGES_OUT_MAX, "%u", sent);
	for (uint32_t turn = 0; turn < 2000 && ended < sent; turn++) {
		pair_carry_all(&pair);
		while (transport_event(pair.t[1], &event))
			if (event.kind == TRANSPORT_OFFER)
				CHECK(transport_accept(pair.t[1], pair.now_ns, event.offer, room,
						       0) == 0);
		pair_pass(&pair, 1);
		for (; transport_event(pair.t[0], &event); ended++)
			CHECK(event.kind == TRANSPORT_SENT);
	}
	CHECK(ended == sent, "%u of %u", ended, sent);
	pair_expect_none(&pair, 1);
	CHECK(transport_counters(pair.t[1])->drop_no_room > 0, "the stash was full");
}

/* The largest message is taken and offered, a larger one is not; its body is a hole. */
static void test_largest(void)
{
	const uint64_t bytes = MR_MESSAGE_BYTES_MAX;
	uint8_t *body = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(body != MAP_FAILED);
	CHECK(transport_send(pair.t[0], pair.now_ns, 1, 0, NULL, 0, body, bytes + 1, NULL, 1) ==
	      -EINVAL);
	send_bytes(0, body, bytes, 1);
	pair_carry(&pair, 0);
	CHECK(transport_reject(pair.t[1], pair.now_ns, offered(), 1) == 0);
	pair_carry_all(&pair);
	expect_cookie(0, TRANSPORT_FAILED, 1);
	munmap(body, bytes);
}

int main(void)
{
	const struct transport_counters *counters;

	pair_start(&pair, MR_MTU_DEFAULT);
	test_one_byte();
	test_sizes();
	test_late_answer();
	test_reject();
	test_lost_answer();
	test_flow();
	test_window();
	test_largest();
	counters = transport_counters(pair.t[0]);
	CHECK(counters->messages_out > MR_MESSAGES_OUT_MAX && counters->messages_failed == 3);
	pair_stop(&pair);
	return 0;
}
