/* Outages: sets of endpoints cut off from others, pauses, bursts and pairs that lose, clocks. */
#include "clock.h"
#include "network.h"
#include "test.h"

#define ENDPOINTS 4
#define STEPS 20000
#define STEP_NS 10000

struct tally {
	struct sim_stats stats;
	uint32_t received[ENDPOINTS][ENDPOINTS]; /* from, to */
	uint32_t run_longest;                    /* frames lost in a row from 0 to 1 */
	uint32_t paused;                         /* steps of a node that it stood still */
};

static void broadcast(struct sim_network *network, uint32_t from, uint32_t number)
{
	uint8_t frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, (uint8_t)from};

	memcpy(frame + 20, &number, sizeof(number));
	sim_network_send(network, from, frame, sizeof(frame));
}

static void receive(struct sim_network *network, uint32_t endpoint, struct tally *tally,
		    uint32_t *last)
{
	struct sim_frame *frame;
	uint32_t number;

	while ((frame = sim_network_receive(network, endpoint)) != NULL) {
		tally->received[frame->data[11]][endpoint]++;
		memcpy(&number, frame->data + 20, sizeof(number));
		if (frame->data[11] == 0 && endpoint == 1) {
			if (number - *last - 1 > tally->run_longest)
				tally->run_longest = number - *last - 1;
			*last = number;
		}
		sim_frame_release(frame);
	}
}

/* Everyone sends to everyone, once a step. */
static void run(const char *options, struct tally *tally)
{
	struct sim_network *network;
	struct sim_config config;
	uint32_t last = 0;
	char error[256];

	memset(tally, 0, sizeof(*tally));
	CHECK(sim_config_parse(options, &config, error, sizeof(error)) == 0, "%s", error);
	CHECK(sim_network_create(&network, &config, ENDPOINTS) == 0);
	for (uint32_t step = 1; step <= STEPS; step++) {
		sim_network_set_now(network, (uint64_t)step * STEP_NS);
		for (uint32_t i = 0; i < ENDPOINTS; i++) {
			if (sim_network_resume_time(network, i) > sim_network_now(network)) {
				tally->paused++;
				continue;
			}
			receive(network, i, tally, &last);
			broadcast(network, i, step);
		}
	}
	sim_network_stats(network, &tally->stats);
	sim_network_destroy(&network);
}

static void test_pairs(void)
{
	struct tally tally;

	run("1,delay_us=1,lossy=0:1:0.5,lossy=2:3:1", &tally);
	CHECK(tally.received[0][1] > STEPS * 0.45 && tally.received[0][1] < STEPS * 0.55);
	CHECK(tally.received[2][3] == 0, "%u", tally.received[2][3]);
	CHECK(tally.received[1][0] >= STEPS - 1 && tally.received[3][2] >= STEPS - 1,
	      "the other direction loses nothing");
	CHECK(tally.stats.lost == tally.stats.lost_pair);
}

static void test_bursts(void)
{
	struct tally burst;
	struct tally even;

	run("1,delay_us=1,burst=0.002,burst_frames=30", &burst);
	run("1,delay_us=1,loss=0.06", &even);
	CHECK(burst.stats.lost == burst.stats.lost_burst && burst.stats.lost > STEPS / 10);
	/* Three senders share the receiver's bursts. */
	CHECK(burst.run_longest >= 10 && burst.run_longest < 30, "%u in a row", burst.run_longest);
	CHECK(even.run_longest < 8, "%u in a row", even.run_longest);
}

static void test_cuts(void)
{
	struct tally tally;
	struct tally again;

	run("1,delay_us=1,cut_every_ms=10,cut_ms=10", &tally);
	CHECK(tally.stats.cuts >= 4 && tally.stats.cuts <= 20, "%lu cuts", tally.stats.cuts);
	CHECK(tally.stats.lost == tally.stats.lost_cut && tally.stats.lost > STEPS);
	for (uint32_t from = 0; from < ENDPOINTS; from++)
		for (uint32_t to = 0; to < ENDPOINTS; to++)
			CHECK(from == to || (tally.received[from][to] > STEPS / 4 &&
					     tally.received[from][to] < STEPS - 100),
			      "%u to %u: %u", from, to, tally.received[from][to]);
	run("1,delay_us=1,cut_every_ms=10,cut_ms=10", &again);
	CHECK(memcmp(&tally, &again, sizeof(tally)) == 0, "replays");
	run("1,delay_us=1,cut_every_ms=10,cut_ms=10,calm_ms=100", &again);
	CHECK(again.stats.cuts > 0 && again.stats.cuts < tally.stats.cuts, "calm ends them");
}

static void test_pauses(void)
{
	struct tally tally;

	run("1,delay_us=1,pause_every_ms=5,pause_ms=5", &tally);
	CHECK(tally.stats.pauses >= 8 && tally.stats.pauses <= 40, "%lu", tally.stats.pauses);
	CHECK(tally.paused > STEPS / 10 && tally.paused < STEPS * 4 / 5, "%u steps", tally.paused);
	CHECK(tally.stats.lost == 0, "its NIC keeps what comes meanwhile");
	run("1,delay_us=1,pause_every_ms=1,pause_ms=100", &tally);
	CHECK(tally.stats.lost == tally.stats.lost_rx && tally.stats.lost > 0,
	      "but not for ever so long");
}

static void test_groups(void)
{
	const struct sim_config config = {.mtu = MR_MTU_DEFAULT};
	struct sim_network *network;
	struct tally tally = {0};
	uint32_t last = 0;

	CHECK(sim_network_create(&network, &config, ENDPOINTS) == 0);
	sim_network_set_group(network, 1, 5);
	sim_network_set_group(network, 2, 5);
	for (uint32_t i = 0; i < ENDPOINTS; i++)
		broadcast(network, i, 1);
	sim_network_set_now(network, 1);
	for (uint32_t i = 0; i < ENDPOINTS; i++)
		receive(network, i, &tally, &last);
	CHECK(tally.received[1][2] == 1 && tally.received[2][1] == 1 && tally.received[0][3] == 1);
	CHECK(tally.received[0][1] == 0 && tally.received[1][0] == 0 && tally.received[3][2] == 0);
	sim_network_pause(network, 0, 1000);
	broadcast(network, 3, 2);
	sim_network_set_now(network, 2);
	CHECK(sim_network_next_time(network) == 1000, "the frame waits for its node");
	CHECK(sim_network_resume_time(network, 0) == 1000);
	sim_network_destroy(&network);
}

static void test_clock(void)
{
	struct sim_random random = {1};
	int32_t fastest = 0, slowest = 0;

	for (uint32_t i = 0; i < 100; i++) {
		struct sim_clock clock;
		uint64_t now = sim_random_below(&random, 1ull << 44);
		uint64_t shown;

		sim_clock_init(&clock, &random, 200);
		fastest = clock.drift_ppm > fastest ? clock.drift_ppm : fastest;
		slowest = clock.drift_ppm < slowest ? clock.drift_ppm : slowest;
		shown = sim_clock_read(&clock, now);
		CHECK(sim_clock_when(&clock, shown) <= now);
		CHECK(sim_clock_read(&clock, sim_clock_when(&clock, shown)) >= shown);
		CHECK(sim_clock_when(&clock, shown + 1) > now, "a timer never comes early");
		CHECK(sim_clock_read(&clock, now + 1000000000) - shown ==
			      1000000000 + (uint64_t)(int64_t)clock.drift_ppm * 1000 ||
			  sim_clock_read(&clock, now + 1000000000) - shown ==
			      1000000000 + (uint64_t)(int64_t)clock.drift_ppm * 1000 + 1,
		      "drift of %d", clock.drift_ppm);
		CHECK(sim_clock_when(&clock, UINT64_MAX) == UINT64_MAX);
	}
	CHECK(fastest > 100 && fastest <= 200 && slowest < -100 && slowest >= -200);
}

int main(void)
{
	test_pairs();
	test_bursts();
	test_cuts();
	test_pauses();
	test_groups();
	test_clock();
	return 0;
}
