/* The ring port as a switch: who gets a frame, full queues, limits, reopening, cost when idle. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "port.h"
#include "test.h"

#define PORTS 4

static struct ring_switch *sw;
static struct port *ports[PORTS];
static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static uint32_t send_frame(struct port *port, const uint8_t to[6], uint32_t bytes)
{
	static uint8_t frame[2048];
	struct port_tx tx = {.pieces = {{frame, bytes}}, .piece_count = 1};

	memcpy(frame, to, 6);
	return port_tx(port, &tx, 1);
}

static uint32_t drain(struct port *port)
{
	struct port_rx rx[MR_PORT_BURST];
	uint32_t total = 0;
	uint32_t n;

	while ((n = port_rx(port, rx, MR_PORT_BURST)) > 0) {
		port_rx_release(port, rx, n);
		total += n;
	}
	return total;
}

static bool doorbell_rang(const struct port *port)
{
	struct pollfd wake = {.fd = port->wake_fd, .events = POLLIN};

	return poll(&wake, 1, 0) == 1;
}

static void test_routes(void)
{
	uint8_t unknown[6] = {0x02, 0x4d, 0x52, 0, 0, PORTS};

	CHECK(send_frame(ports[0], ports[2]->abilities.mac, 60) == 1, "unicast");
	CHECK(drain(ports[1]) == 0 && drain(ports[2]) == 1 && drain(ports[3]) == 0, "unicast");
	CHECK(send_frame(ports[0], broadcast, 60) == 1, "broadcast");
	CHECK(drain(ports[0]) == 0, "a broadcast came back");
	for (int i = 1; i < PORTS; i++)
		CHECK(drain(ports[i]) == 1, "broadcast to %d", i);
	CHECK(send_frame(ports[0], unknown, 60) == 1, "unknown address");
	CHECK(send_frame(ports[0], ports[0]->abilities.mac, 60) == 1, "own address");
	CHECK(ports[0]->counters.drop_tx_no_port == 2, "drop_tx_no_port");
}

static void test_limits(void)
{
	struct port_tx nothing = {.piece_count = 0};

	CHECK(send_frame(ports[0], ports[1]->abilities.mac, MR_MTU_DEFAULT + 14) == 1, "full MTU");
	CHECK(send_frame(ports[0], ports[1]->abilities.mac, MR_MTU_DEFAULT + 15) == 1, "oversize");
	CHECK(send_frame(ports[0], ports[1]->abilities.mac, 13) == 1, "short");
	CHECK(port_tx(ports[0], &nothing, 1) == 1, "no pieces");
	CHECK(drain(ports[1]) == 1, "only the first of them is a frame");
	CHECK(ports[0]->counters.drop_tx_oversize == 1, "drop_tx_oversize");
	CHECK(ports[0]->counters.drop_tx_short == 2, "drop_tx_short");
}

static void test_full(void)
{
	uint32_t accepted = 0;

	while (send_frame(ports[1], ports[3]->abilities.mac, 60) == 1)
		accepted++;
	CHECK(accepted == MR_RING_SLOTS, "%u frames fit", accepted);
	CHECK(ports[1]->counters.tx_full == 1, "tx_full");
	CHECK(send_frame(ports[1], broadcast, 60) == 1, "a broadcast is not held up by one");
	CHECK(ports[1]->counters.drop_tx_no_buffer == 1, "drop_tx_no_buffer");
	CHECK(drain(ports[0]) == 1 && drain(ports[2]) == 1, "the others got the broadcast");
	CHECK(drain(ports[3]) == MR_RING_SLOTS, "a full queue is delivered");
	CHECK(send_frame(ports[1], ports[3]->abilities.mac, 60) == 1, "and has room again");
	CHECK(drain(ports[3]) == 1, "and has room again");
}

/* Frames given back in another order, while others are kept. */
static void test_release_order(void)
{
	struct port_rx first[8];
	struct port_rx second[8];

	for (int i = 0; i < 16; i++)
		send_frame(ports[0], ports[1]->abilities.mac, 60);
	CHECK(port_rx(ports[1], first, 8) == 8 && port_rx(ports[1], second, 8) == 8, "receive");
	port_rx_release(ports[1], second, 8);
	CHECK(send_frame(ports[0], ports[1]->abilities.mac, 100) == 1, "send");
	CHECK(drain(ports[1]) == 1 && first[0].bytes == 60, "receive");
	port_rx_release(ports[1], first, 8);
}

static void test_doorbell(void)
{
	CHECK(!port_arm(ports[2]), "nothing waits");
	CHECK(!doorbell_rang(ports[2]), "silent");
	send_frame(ports[0], ports[2]->abilities.mac, 60);
	CHECK(doorbell_rang(ports[2]), "rings");
	CHECK(port_arm(ports[2]), "a frame waits");
	CHECK(!doorbell_rang(ports[2]), "arming cleared the ring");
	CHECK(drain(ports[2]) == 1, "the frame");
	send_frame(ports[0], ports[2]->abilities.mac, 60);
	CHECK(!doorbell_rang(ports[2]), "not armed: no system call for the sender");
	CHECK(drain(ports[2]) == 1, "the frame");
}

static void test_reopen(void)
{
	uint8_t mac[6];
	struct port *again;

	memcpy(mac, ports[3]->abilities.mac, 6);
	CHECK(ring_port_open(sw, 3, &again) == -EBUSY, "open twice");
	CHECK(ring_port_open(sw, PORTS, &again) == -EINVAL, "no such port");
	send_frame(ports[0], mac, 60);
	port_close(&ports[3]);
	CHECK(ports[3] == NULL, "nulled");
	CHECK(send_frame(ports[0], mac, 60) == 1, "closed");
	CHECK(ring_port_open(sw, 3, &ports[3]) == 0, "reopen");
	CHECK(drain(ports[3]) == 0, "a frame for the former owner");
	send_frame(ports[0], mac, 60);
	CHECK(drain(ports[3]) == 1, "a frame for this owner");
	CHECK(ports[3]->counters.rx_frames == 1, "counters start again");
}

static uint64_t resident_bytes(void)
{
	unsigned long long size;
	unsigned long long pages;
	FILE *file = fopen("/proc/self/statm", "r");

	CHECK(file != NULL && fscanf(file, "%llu %llu", &size, &pages) == 2, "statm");
	fclose(file);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* 64 jumbo ports could hold 600 MB of frames; idle, each may cost a few pages. */
static void test_idle_cost(void)
{
	uint64_t before = resident_bytes();
	struct ring_switch *large;
	uint64_t cost;

	CHECK(ring_switch_create(&large, MR_NODES_MAX, MR_MTU_MAX) == 0, "switch");
	cost = (resident_bytes() - before) / MR_NODES_MAX;
	printf("an idle port costs %llu bytes\n", (unsigned long long)cost);
	CHECK(cost < 128 << 10, "too much");
	ring_switch_destroy(&large);
	CHECK(large == NULL, "nulled");
}

int main(void)
{
	struct ring_switch *none;

	test_idle_cost();
	CHECK(ring_switch_create(&none, 0, MR_MTU_DEFAULT) == -EINVAL, "no ports");
	CHECK(ring_switch_create(&none, 2, MR_MTU_MAX + 1) == -EINVAL, "mtu");
	CHECK(ring_switch_create(&sw, PORTS, MR_MTU_DEFAULT) == 0, "switch");
	for (uint32_t i = 0; i < PORTS; i++)
		CHECK(ring_port_open(sw, i, &ports[i]) == 0, "port %u", i);
	test_routes();
	test_limits();
	test_full();
	test_release_order();
	test_doorbell();
	test_reopen();
	for (uint32_t i = 0; i < PORTS; i++)
		port_close(&ports[i]);
	ring_switch_destroy(&sw);
	return 0;
}
