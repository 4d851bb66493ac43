/* The simulated network: options, faults at their rates, replay, switching, and the port over it.
 */
#include "network.h"
#include "sim_port.h"
#include "test.h"

#define FRAMES 20000

static void test_parse(void)
{
	static const char *const bad[] = {"",
					  "x",
					  "-1",
					  "1,",
					  "1,loss",
					  "1,loss=2",
					  "1,loss=-1",
					  "1,loss=nan",
					  "1,speed=1",
					  "1,delay_us=",
					  "1,mtu=100",
					  "1,dup=0.1x",
					  "1,rate_mbps=-5",
					  "1,lossy=1:2",
					  "1,lossy=0:1:2",
					  "1,lossy=0:64:0.5",
					  "1,lossy=0::0.5",
					  "1,burst_frames=0",
					  "1x"};
	struct sim_config config;
	char error[256];

	CHECK(sim_config_parse("7", &config, error, sizeof(error)) == 0);
	CHECK(config.seed == 7 && config.loss == 0 && config.mtu == MR_MTU_DEFAULT);
	CHECK(sim_config_parse("0x10,loss=0.05,dup=0.01,reorder=0.1,corrupt=0.001,delay_us=70,"
			       "jitter_us=3,rate_mbps=10,mtu=9000",
			       &config, error, sizeof(error)) == 0);
	CHECK(config.seed == 16 && config.loss == 0.05 && config.dup == 0.01);
	CHECK(config.reorder == 0.1 && config.corrupt == 0.001 && config.delay_us == 70);
	CHECK(config.jitter_us == 3 && config.up_mbps == 10 && config.down_mbps == 10);
	CHECK(config.mtu == 9000 && config.ecn_bytes == 0 && config.calm_ms == 0);
	CHECK(sim_config_parse("1,up_mbps=7,down_mbps=8,queue_bytes=9,ecn_bytes=10,burst=0.5,"
			       "burst_frames=3,cut_every_ms=11,cut_ms=12,pause_every_ms=13,"
			       "pause_ms=14,skew_ppm=15,calm_ms=16,lossy=0:1:0.25,lossy=1:0:1",
			       &config, error, sizeof(error)) == 0,
	      "%s", error);
	CHECK(config.up_mbps == 7 && config.down_mbps == 8 && config.queue_bytes == 9);
	CHECK(config.ecn_bytes == 10 && config.burst == 0.5 && config.burst_frames == 3);
	CHECK(config.cut_every_ms == 11 && config.cut_ms == 12 && config.pause_every_ms == 13);
	CHECK(config.pause_ms == 14 && config.skew_ppm == 15 && config.calm_ms == 16);
	CHECK(config.lossy_count == 2 && config.lossy[0].to == 1 && config.lossy[0].loss == 0.25);
	CHECK(config.lossy[1].from == 1 && config.lossy[1].to == 0 && config.lossy[1].loss == 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		error[0] = '\0';
		CHECK(sim_config_parse(bad[i], &config, error, sizeof(error)) < 0, "\"%s\"",
		      bad[i]);
		CHECK(error[0] != '\0', "\"%s\" without an error text", bad[i]);
	}
}

static void open_network(struct sim_network **network, const char *options, uint32_t endpoints)
{
	struct sim_config config;
	char error[256];

	CHECK(sim_config_parse(options, &config, error, sizeof(error)) == 0, "%s", error);
	CHECK(sim_network_create(network, &config, endpoints) == 0);
}

static uint32_t receive_all(struct sim_network *network, uint32_t endpoint)
{
	struct sim_frame *frame;
	uint32_t count = 0;

	for (; (frame = sim_network_receive(network, endpoint)) != NULL; count++)
		sim_frame_release(frame);
	return count;
}

static void run(const char *options, struct sim_stats *stats)
{
	uint8_t frame[100] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0};
	uint8_t back[100] = {2, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1};
	struct sim_network *network;

	open_network(&network, options, 2);
	sim_network_send(network, 1, back, sizeof(back));
	for (uint32_t i = 0; i < FRAMES; i++) {
		memcpy(frame + 20, &i, sizeof(i));
		sim_network_set_now(network, i * 1000ull);
		sim_network_send(network, 0, frame, sizeof(frame));
		receive_all(network, 1);
	}
	while (sim_network_next_time(network) != UINT64_MAX) {
		sim_network_set_now(network, sim_network_next_time(network));
		receive_all(network, 0);
		receive_all(network, 1);
	}
	sim_network_stats(network, stats);
	sim_network_destroy(&network);
}

static void near(uint64_t got, double rate)
{
	CHECK((double)got > FRAMES * rate * 0.8 && (double)got < FRAMES * rate * 1.2,
	      "%lu of %d, wanted a rate of %g", got, FRAMES, rate);
}

static void test_faults(void)
{
	struct sim_stats a;
	struct sim_stats b;

	run("1", &a);
	CHECK(a.delivered == FRAMES + 1 && a.lost == 0 && a.corrupted == 0 && a.duplicated == 0);
	run("5,loss=0.1,dup=0.05,reorder=0.2,corrupt=0.04,jitter_us=9", &a);
	near(a.lost, 0.105);
	near(a.duplicated, 0.05);
	near(a.reordered, 0.19);
	near(a.corrupted, 0.0375);
	run("5,loss=0.1,dup=0.05,reorder=0.2,corrupt=0.04,jitter_us=9", &b);
	CHECK(memcmp(&a, &b, sizeof(a)) == 0, "replays");
	run("6,loss=0.1,dup=0.05,reorder=0.2,corrupt=0.04,jitter_us=9", &b);
	CHECK(a.trace != b.trace, "another seed, another course");
	run("1,rate_mbps=100", &a);
	CHECK(a.lost_nic > FRAMES / 10, "it sends 992 Mbit/s at a link of 100, and does not ask");
}

static void test_switch(void)
{
	uint8_t frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 0};
	uint8_t back[60] = {2, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1};
	struct sim_network *network;

	open_network(&network, "1,delay_us=10", 3);
	sim_network_send(network, 0, frame, sizeof(frame));
	CHECK(sim_network_next_time(network) == 10000);
	sim_network_set_now(network, 9999);
	CHECK(receive_all(network, 1) == 0, "too early");
	sim_network_set_now(network, 10000);
	CHECK(sim_network_next_time(network) == 10000, "waits");
	CHECK(receive_all(network, 0) == 0 && receive_all(network, 1) == 1 &&
		  receive_all(network, 2) == 1,
	      "broadcast");
	sim_network_send(network, 1, back, sizeof(back));
	sim_network_set_now(network, 20000);
	CHECK(receive_all(network, 0) == 1 && receive_all(network, 2) == 0, "learnt");
	sim_network_cut(network, 0, true);
	sim_network_send(network, 1, back, sizeof(back));
	sim_network_set_now(network, 30000);
	CHECK(receive_all(network, 0) == 0, "cut off");
	sim_network_send(network, 1, back, 5);
	sim_network_destroy(&network);
	CHECK(network == NULL);
}

static void test_port(void)
{
	static uint8_t payload[1487]; /* with the head, a byte too long */
	uint8_t head[14] = {2, 0x4d, 0x52, 1, 0, 1, 2, 0x4d, 0x52, 1, 0, 0};
	struct port_tx tx = {.pieces = {{head, sizeof(head)}, {payload, sizeof(payload) - 1}},
			     .piece_count = 2};
	struct sim_network *network;
	struct port *ports[2];
	struct port_rx rx[4];

	open_network(&network, "1,delay_us=1", 2);
	CHECK(sim_port_open(network, 2, &ports[0]) < 0, "no such endpoint");
	for (uint32_t i = 0; i < 2; i++)
		CHECK(sim_port_open(network, i, &ports[i]) == 0);
	CHECK(memcmp(ports[1]->abilities.mac, head, 6) == 0);
	memset(payload, 5, sizeof(payload));
	CHECK(port_tx(ports[0], &tx, 1) == 1);
	CHECK(!port_arm(ports[1]) && port_rx(ports[1], rx, 4) == 0);
	sim_network_set_now(network, 1000);
	CHECK(port_arm(ports[1]) && port_rx(ports[1], rx, 4) == 1);
	CHECK(rx[0].bytes == 1500 && memcmp(rx[0].data, head, sizeof(head)) == 0);
	CHECK(memcmp(rx[0].data + sizeof(head), payload, sizeof(payload) - 1) == 0);
	port_rx_release(ports[1], rx, 1);
	tx.pieces[1].bytes++;
	tx.piece_count = 3;
	tx.pieces[2] = (struct port_piece){payload, 14};
	CHECK(port_tx(ports[0], &tx, 1) == 1, "can never be sent: taken and dropped");
	CHECK(ports[0]->counters.drop_tx_oversize == 1 && ports[0]->counters.tx_frames == 1);
	for (uint32_t i = 0; i < 2; i++)
		ports[i]->ops->close(ports[i]);
	sim_network_destroy(&network);
}

int main(void)
{
	test_parse();
	test_faults();
	test_switch();
	test_port();
	return 0;
}
