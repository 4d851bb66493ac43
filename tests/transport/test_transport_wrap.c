/*
 * Numbers of small messages go past 2^32, and nobody notices: once, in order, under loss.
 *
 * Four thousand million messages are too many to wait for: both ends are moved to where they would
 * be, in their state, while nothing is on its way.
 */
#include "linear.h"
#include "pair.h"
#include "random.h"
#include "state.h"
#include "test.h"

#define MESSAGES 3000 /* in all; the window is 1024 */
#define BODY_BYTES 40

static struct pair pair;
static uint32_t flow;
static uint32_t bodies[MESSAGES][BODY_BYTES / sizeof(uint32_t)];
static bool here[MESSAGES];
static uint32_t sent, ended, delivered;

static void drain(uint32_t node)
{
	struct transport_event event;
	uint32_t number;

	while (transport_event(pair.t[node], &event)) {
		if (event.kind == TRANSPORT_MESSAGE) {
			memcpy(&number, event.body, sizeof(number));
			CHECK(node == 1 && event.flow == flow && event.body_bytes == BODY_BYTES);
			CHECK(number < MESSAGES && !here[number], "%u twice", number);
			CHECK(flow == 0 || number == delivered, "%u instead of %u", number,
			      delivered);
			here[number] = true;
			delivered++;
		} else if (event.kind == TRANSPORT_SENT) {
			CHECK(node == 0 && event.cookie == ended, "%lu ended, not %u", event.cookie,
			      ended);
			ended++;
		} else {
			CHECK(event.kind == TRANSPORT_PEER_UP, "event %d", event.kind);
		}
	}
}

static void post_some(uint32_t limit)
{
	while (sent < limit && transport_send(pair.t[0], pair.now_ns, 1, flow, NULL, 0,
					      bodies[sent], BODY_BYTES, NULL, sent) == 0) {
		bodies[sent][0] = sent;
		sent++;
	}
}

/* The next message from node 0 to node 1 has that number. */
static void number_set(uint32_t number)
{
	struct lane_out *out = &pair.t[0]->peers[1].lane_out;
	struct lane_in *in = &pair.t[1]->peers[0].lane_in;

	CHECK(out->oldest == out->next && in->above == 0, "something is on its way");
	out->base = out->next - number;
	in->cumulative = number;
}

static void start(uint32_t number)
{
	memset(here, 0, sizeof(here));
	sent = 0;
	ended = 0;
	delivered = 0;
	pair_start(&pair, 576);
	for (uint32_t node = 0; node < PAIR_NODES; node++) {
		pair.config[node].small_bytes_max = MR_SMALL_BYTES_MAX;
		pair_restart(&pair, node);
	}
	pair.drain = drain;
	post_some(1);
	pair_pass(&pair, 20);
	drain(0);
	CHECK(delivered == 1 && ended == 1, "contact");
	number_set(number);
}

/* Of the frames to node 1 so many percent are lost. */
static void lossy_pass(struct sim_random *random, uint32_t percent)
{
	for (uint32_t node = 0; node < PAIR_NODES; node++)
		transport_tick(pair.t[node], pair.now_ns);
	do {
		pair.cut = sim_random_below(random, 100) < percent;
	} while (pair_carry(&pair, 0));
	pair.cut = false;
	while (pair_carry(&pair, 1))
		continue;
	drain(0);
	pair.now_ns += 1000000;
}

static void run(uint32_t number, uint32_t percent)
{
	struct sim_random random = {.state = number};

	start(number);
	for (uint32_t turn = 0; ended < MESSAGES; turn++) {
		CHECK(turn < 20000, "%u of %u ended", ended, MESSAGES);
		post_some(MESSAGES);
		lossy_pass(&random, percent);
	}
	CHECK(delivered == MESSAGES);
	CHECK((uint32_t)(pair.t[0]->peers[1].lane_out.next - pair.t[0]->peers[1].lane_out.base) ==
		  number + MESSAGES - 1,
	      "the numbers went on from %u", number);
	CHECK(pair.t[1]->peers[0].lane_in.cumulative == number + MESSAGES - 1);
	pair_stop(&pair);
}

static void run_all(void)
{
	static const uint32_t before[] = {1, 63, 64, 65, 700, 1024, 2000};

	for (uint32_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		run(0u - before[i], 0);
		run(0u - before[i], 5);
		run(0u - before[i], 40);
	}
	run(0x7fffffffu - 500, 20); /* where differences change their sign */
}

int main(void)
{
	flow = 0;
	run_all();
	flow = 5; /* in order */
	run_all();
	return 0;
}
