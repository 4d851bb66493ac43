/* Links and queues: frames leave at the rate of the link, full queues drop, long ones mark. */
#include "network.h"
#include "queue.h"
#include "test.h"

#define MBPS 1000 /* a byte each 8 ns */
#define FRAME_BYTES 1000
#define FRAME_NS ((FRAME_BYTES + SIM_GAP_BYTES) * 8)
#define SENDERS 3

static struct sim_network *network_open(struct sim_config config)
{
	struct sim_network *network;

	config.mtu = MR_MTU_DEFAULT;
	CHECK(sim_network_create(&network, &config, SENDERS + 1) == 0);
	return network;
}

/* An IPv4 packet to endpoint 0, with these ECN bits and a right checksum. */
static void frame_fill(uint8_t *frame, uint32_t from, uint8_t tos)
{
	static const uint8_t head[] = {2, 0, 0,    0, 0, 0,    2,  0, 0,    0, 0,  0,
				       8, 0, 0x45, 0, 3, 0xda, 0,  0, 0x40, 0, 64, 17,
				       0, 0, 10,   0, 0, 2,    10, 0, 0,    1};
	uint32_t sum = 0;

	memset(frame, 0x5a, FRAME_BYTES);
	memcpy(frame, head, sizeof(head));
	frame[11] = (uint8_t)from;
	frame[15] = tos;
	for (uint32_t i = 14; i < 34; i += 2)
		sum += (uint32_t)(frame[i] << 8 | frame[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (uint16_t) ~(sum + (sum >> 16));
	frame[24] = (uint8_t)(sum >> 8);
	frame[25] = (uint8_t)sum;
}

static bool checksum_good(const uint8_t *frame)
{
	uint32_t sum = 0;

	for (uint32_t i = 14; i < 34; i += 2)
		sum += (uint32_t)(frame[i] << 8 | frame[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)(sum + (sum >> 16)) == 0xffff;
}

/* Endpoint 0 says where it is. */
static void meet(struct sim_network *network)
{
	uint8_t frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 0};

	sim_network_send(network, 0, frame, sizeof(frame));
	sim_network_set_now(network, 1000000);
	for (uint32_t i = 1; i <= SENDERS; i++)
		sim_frame_release(sim_network_receive(network, i));
}

static void test_rate(void)
{
	struct sim_network *network =
	    network_open((struct sim_config){.up_mbps = MBPS, .down_mbps = MBPS, .delay_us = 7});
	uint8_t frame[FRAME_BYTES];
	uint64_t start;

	meet(network);
	frame_fill(frame, 1, 0);
	start = sim_network_now(network);
	for (int i = 0; i < 3; i++)
		sim_network_send(network, 1, frame, sizeof(frame));
	for (uint64_t i = 1; i <= 3; i++) {
		uint64_t due = start + FRAME_NS * (i + 1) + 7000; /* the first passes two links */

		while (sim_network_next_time(network) < due)
			sim_network_set_now(network, sim_network_next_time(network));
		CHECK(!sim_network_waiting(network, 0), "frame %lu came early", i);
		CHECK(sim_network_next_time(network) == due, "frame %lu: %lu, not %lu", i,
		      sim_network_next_time(network), due);
		sim_network_set_now(network, due);
		sim_frame_release(sim_network_receive(network, 0));
	}
	sim_network_destroy(&network);
}

static void test_nic(void)
{
	struct sim_network *network = network_open((struct sim_config){.up_mbps = MBPS});
	uint8_t frame[FRAME_BYTES];
	struct sim_stats stats;
	uint32_t taken = 0;
	uint64_t next;

	meet(network);
	frame_fill(frame, 1, 0);
	while (sim_network_room(network, 1) && taken < 1000) {
		sim_network_send(network, 1, frame, sizeof(frame));
		taken++;
	}
	sim_network_stats(network, &stats);
	CHECK(taken > 20 && taken < 33, "%u frames in %u bytes", taken, SIM_NIC_BYTES);
	CHECK(stats.lost == 0, "who asks loses nothing");
	for (uint32_t i = 0; !sim_network_room(network, 1); i++) {
		next = sim_network_next_time(network);
		CHECK(next > sim_network_now(network) && i < 3, "time must move to the room");
		sim_network_set_now(network, next);
	}
	for (int i = 0; i < 10; i++)
		sim_network_send(network, 1, frame, sizeof(frame));
	sim_network_stats(network, &stats);
	CHECK(stats.lost_nic > 0, "who does not ask does");
	sim_network_destroy(&network);
}

struct taken {
	uint32_t frames;
	uint32_t marked;
};

/* Three senders at once into one link: twice its rate is too much. */
static struct taken rush(struct sim_network *network, uint32_t frames, uint8_t tos)
{
	struct taken taken = {0};
	uint8_t frame[FRAME_BYTES];
	struct sim_frame *got;

	meet(network);
	for (uint32_t i = 0; i < frames; i++) {
		for (uint32_t from = 1; from <= SENDERS; from++) {
			frame_fill(frame, from, tos);
			sim_network_send(network, from, frame, sizeof(frame));
		}
		sim_network_set_now(network, sim_network_now(network) + FRAME_NS);
	}
	sim_network_set_now(network, sim_network_now(network) + 1000000000);
	for (; (got = sim_network_receive(network, 0)) != NULL; taken.frames++) {
		CHECK(got->bytes == FRAME_BYTES && checksum_good(got->data), "frame %u",
		      taken.frames);
		CHECK(memcmp(got->data + 34, frame + 34, FRAME_BYTES - 34) == 0);
		taken.marked += (got->data[15] & 3) == 3 && tos != 3;
		sim_frame_release(got);
	}
	return taken;
}

static void test_full(void)
{
	const struct sim_config config = {
	    .up_mbps = MBPS, .down_mbps = MBPS, .queue_bytes = 20 * (FRAME_BYTES + SIM_GAP_BYTES)};
	struct sim_network *network = network_open(config);
	struct sim_stats stats;
	struct taken taken = rush(network, 100, 0);

	sim_network_stats(network, &stats);
	CHECK(taken.frames >= 118 && taken.frames <= 121, "100 sent on, 20 kept: %u", taken.frames);
	CHECK(stats.lost == 300 - taken.frames && stats.lost_queue == stats.lost);
	CHECK(stats.queue_bytes_max <= config.queue_bytes &&
		  stats.queue_bytes_max > config.queue_bytes - FRAME_BYTES,
	      "%lu", stats.queue_bytes_max);
	CHECK(taken.marked == 0 && stats.marked == 0, "nobody asked for marks");
	sim_network_destroy(&network);
}

static void test_marks(void)
{
	static const uint8_t capable[] = {1, 2};
	struct sim_stats stats;
	struct taken taken;

	for (uint32_t i = 0; i < 3; i++) {
		uint8_t tos = i < 2 ? (uint8_t)(0xb8 | capable[i]) : 0xb8;
		struct sim_network *network = network_open((struct sim_config){
		    .up_mbps = MBPS,
		    .down_mbps = MBPS,
		    .ecn_bytes = 10 * (FRAME_BYTES + SIM_GAP_BYTES),
		});

		taken = rush(network, 30, tos);
		sim_network_stats(network, &stats);
		CHECK(taken.frames == 90 && stats.lost == 0, "%u frames", taken.frames);
		CHECK(stats.marked == taken.marked);
		if (i < 2) /* two frames queued more each round: the sixth begins the marks */
			CHECK(taken.marked > 65 && taken.marked < 80, "%u marked", taken.marked);
		else
			CHECK(taken.marked == 0, "a packet that does not allow it was marked");
		sim_network_destroy(&network);
	}
}

int main(void)
{
	test_rate();
	test_nic();
	test_full();
	test_marks();
	return 0;
}
