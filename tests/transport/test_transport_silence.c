/* A watched peer that falls silent is reported in time, and only then; strangers get few answers.
 */
#include <string.h>

#include "linear.h"
#include "net.h"
#include "pair.h"
#include "test.h"
#include "wire.h"

#define LONG_MS 20000

static struct pair pair;

static void start_watching(void)
{
	pair_start(&pair, MR_MTU_DEFAULT);
	pair_meet(&pair);
	CHECK(transport_peer_watch(pair.t[0], pair.now_ns, 1, true) == 0);
	CHECK(transport_peer_watch(pair.t[0], pair.now_ns, 9, true) < 0, "never added");
}

static void test_alive(void)
{
	uint64_t frames;

	start_watching();
	frames = pair.frames;
	pair_pass(&pair, LONG_MS);
	pair_expect_none(&pair, 0);
	frames = pair.frames - frames;
	CHECK(transport_counters(pair.t[0])->keepalives > 0);
	CHECK(frames <= 2 * 4 * LONG_MS / PAIR_TIMEOUT_MS, "%lu frames", frames);
	CHECK(transport_peer_watch(pair.t[0], pair.now_ns, 1, false) == 0);
	CHECK(transport_deadline(pair.t[1]) == UINT64_MAX, "it owes nothing for being watched");
	frames = pair.frames;
	pair_pass(&pair, LONG_MS);
	CHECK(pair.frames == frames, "watched no more");
	pair_stop(&pair);
}

static void test_dead(void)
{
	struct transport_event event;

	start_watching();
	pair_pass(&pair, LONG_MS);
	pair.cut = true;
	pair_pass(&pair, PAIR_TIMEOUT_MS * 3 / 4 - 1);
	pair_expect_none(&pair, 0);
	pair_pass(&pair, PAIR_TIMEOUT_MS / 4 + 1);
	pair_expect(&pair, 0, TRANSPORT_PEER_DOWN, &event);
	CHECK(event.node == 1 && event.reason == TRANSPORT_UNREACHABLE);
	pair_pass(&pair, LONG_MS);
	pair_expect_none(&pair, 0);
	CHECK(transport_deadline(pair.t[0]) == UINT64_MAX, "quiet after the report");
	pair.cut = false;
	CHECK(transport_peer_watch(pair.t[0], pair.now_ns, 1, true) == 0);
	pair_pass(&pair, 10);
	pair_expect(&pair, 0, TRANSPORT_PEER_UP, &event);
	pair_stop(&pair);
}

/* A restart that is over before the timeout is noticed all the same. */
static void test_restarted(void)
{
	struct transport_event event;

	start_watching();
	pair_restart(&pair, 1);
	pair_pass(&pair, PAIR_TIMEOUT_MS / 2);
	pair_expect(&pair, 0, TRANSPORT_PEER_UP, &event);
	CHECK(event.incarnation == pair.config[1].incarnation);
	pair_stop(&pair);
}

static void test_never_met(void)
{
	struct transport_event event;

	pair_start(&pair, MR_MTU_DEFAULT);
	pair.cut = true;
	CHECK(transport_peer_watch(pair.t[0], pair.now_ns, 1, true) == 0);
	pair_pass(&pair, PAIR_TIMEOUT_MS);
	pair_expect(&pair, 0, TRANSPORT_PEER_DOWN, &event);
	pair_stop(&pair);
}

/* Whoever is neither owed nor watched any more is not asked for for ever. */
static void test_given_up(void)
{
	pair_start(&pair, MR_MTU_DEFAULT);
	pair.cut = true;
	CHECK(transport_peer_watch(pair.t[0], pair.now_ns, 1, true) == 0);
	pair_pass(&pair, PAIR_TIMEOUT_MS / 2);
	CHECK(transport_peer_watch(pair.t[0], pair.now_ns, 1, false) == 0);
	pair_pass(&pair, LONG_MS);
	pair_expect_none(&pair, 0);
	CHECK(transport_deadline(pair.t[0]) == UINT64_MAX, "it asks where the peer is");
	pair_stop(&pair);
}

/* We stood still for long, and the peer's frames of that time come after the timers. */
static void test_own_starvation(void)
{
	start_watching();
	pair_pass(&pair, LONG_MS);
	pair.now_ns += LONG_MS * 1000000ull;
	transport_tick(pair.t[0], pair.now_ns);
	transport_tick(pair.t[0], pair.now_ns);
	pair_expect_none(&pair, 0);
	pair_pass(&pair, LONG_MS);
	pair_expect_none(&pair, 0);
	pair_stop(&pair);
}

/* Makes node 0 ask, and keeps the frame: what a stranger might send in its name. */
static uint32_t question(uint8_t *hello)
{
	uint32_t bytes;

	CHECK(transport_peer_watch(pair.t[0], pair.now_ns, 1, true) == 0);
	do {
		pair.now_ns += 1000000;
		transport_tick(pair.t[0], pair.now_ns);
		bytes = linear_output(pair.t[0], pair.now_ns, hello);
	} while (bytes == 0);
	return bytes;
}

/* A flood of questions: no answer is longer than its question, and they are few. */
static void test_flood(void)
{
	static uint8_t answer[TRANSPORT_FRAME_BYTES_MAX];
	static uint8_t hello[TRANSPORT_FRAME_BYTES_MAX];
	uint32_t answers = 0;
	uint32_t hello_bytes;
	uint32_t bytes;

	pair_start(&pair, MR_MTU_DEFAULT);
	pair_meet(&pair);
	hello_bytes = question(hello);
	CHECK(hello[NET_HEAD_BYTES + 5] == WIRE_HELLO);
	for (uint32_t i = 0; i < 100000; i++) {
		pair.now_ns += 1000; /* a million a second, for a tenth of one */
		linear_input(pair.t[1], pair.now_ns, hello, hello_bytes);
		while ((bytes = linear_output(pair.t[1], pair.now_ns, answer)) > 0) {
			CHECK(bytes <= hello_bytes, "amplified: %u > %u", bytes, hello_bytes);
			answers++;
		}
	}
	CHECK(answers > 0 && answers <= 100 + MR_ANSWERS_BURST, "%u answers", answers);
	CHECK(transport_counters(pair.t[1])->drop_answer_rate > 90000);
	pair_stop(&pair);
}

int main(void)
{
	test_alive();
	test_dead();
	test_restarted();
	test_never_met();
	test_given_up();
	test_own_starvation();
	test_flood();
	return 0;
}
