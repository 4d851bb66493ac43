/* Frames of many sizes and piece splits arrive byte for byte, on the kind of port named. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "test.h"
#include "wire.h"

#define FRAMES_DEFAULT 2000

static char folder[] = "/tmp/millrace-port-XXXXXX";
static struct wire_plan plan = {.frames = FRAMES_DEFAULT, .bytes_min = 60, .seed = 1};

static void folder_remove(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	wire_command(command);
}

static void folder_make(void)
{
	CHECK(mkdtemp(folder) != NULL, "%s", folder);
	atexit(folder_remove);
}

static void eal_start(const char *const *specs, uint32_t count)
{
	struct port_eal_config config = {specs, count, 1 << 20};
	char error[MR_ERROR_BYTES_MAX];
	char note[MR_ERROR_BYTES_MAX];
	int rc = port_eal_start(&config, note, sizeof(note), error, sizeof(error));

	CHECK(rc == 0, "%s", error);
	if (note[0] != '\0')
		printf("%s\n", note);
}

/* Does the other end read this port's frames in memory of this host? */
static bool spec_is_memory(const char *spec)
{
	static const char *const drivers[] = {"net_ring", "net_memif", "net_vhost", "net_virtio"};

	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (strncmp(spec, drivers[i], strlen(drivers[i])) == 0)
			return true;
	return false;
}

static struct port *open_port(const char *spec)
{
	char error[MR_ERROR_BYTES_MAX] = "";
	struct port *port;

	CHECK(port_dpdk_open(spec, &port, error, sizeof(error)) == 0, "%s", error);
	CHECK(port->abilities.memory == spec_is_memory(spec), "%s: memory", spec);
	return port;
}

static void compare_pair(const char *a_spec, const char *b_spec)
{
	const char *specs[] = {a_spec, b_spec};
	struct port *a;
	struct port *b;

	eal_start(specs, 2);
	a = open_port(a_spec);
	b = open_port(b_spec);
	wire_compare(a, b, &plan);
	plan.seed++;
	wire_compare(b, a, &plan);
	port_close(&b);
	port_close(&a);
}

static void test_ring(void)
{
	struct ring_switch *sw;
	struct port *a;
	struct port *b;

	plan.bytes_min = 14;
	CHECK(ring_switch_create(&sw, 3, MR_MTU_DEFAULT) == 0, "switch");
	CHECK(ring_port_open(sw, 0, &a) == 0, "port 0");
	CHECK(ring_port_open(sw, 2, &b) == 0, "port 2");
	wire_compare(a, b, &plan);
	wire_compare(b, a, &plan);
	port_close(&a);
	port_close(&b);
	ring_switch_destroy(&sw);
}

static uint32_t send_bytes(struct port *port, uint32_t bytes)
{
	static const uint8_t frame[MR_MTU_MAX];
	struct port_tx tx = {.pieces = {{frame, 10}, {frame + 10, bytes - 10}}, .piece_count = 2};

	return port_tx(port, &tx, 1);
}

/* What a DPDK port does with frames that do not fit: its size, and then its queue. */
static void check_limits(struct port *port)
{
	struct port_rx rx[MR_PORT_BURST];
	uint32_t sent = 0;
	uint32_t n;

	CHECK(send_bytes(port, port->abilities.mtu + 15) == 1, "oversize");
	CHECK(port->counters.drop_tx_oversize == 1, "drop_tx_oversize");
	CHECK(send_bytes(port, 13) == 1, "short");
	CHECK(port->counters.drop_tx_short == 1, "drop_tx_short");
	while (send_bytes(port, 60) == 1)
		sent++;
	CHECK(port->counters.tx_full == 1 && sent > MR_PORT_BURST, "%u frames fit", sent);
	while ((n = port_rx(port, rx, MR_PORT_BURST)) > 0) {
		port_rx_release(port, rx, n);
		sent -= n;
	}
	CHECK(sent == 0, "%u accepted frames were lost", sent);
	CHECK(send_bytes(port, 60) == 1, "room again");
}

static void test_net_ring(void)
{
	const char *specs[] = {"net_ring0"};
	struct port *port;

	wire_become_ordinary();
	eal_start(specs, 1);
	port = open_port(specs[0]);
	wire_compare(port, port, &plan);
	check_limits(port);
	port_close(&port);
}

static void test_memif(void)
{
	char server[128];
	char client[128];

	folder_make();
	snprintf(server, sizeof(server),
		 "net_memif0,role=server,id=0,socket=%s/memif.sock,socket-abstract=no", folder);
	snprintf(client, sizeof(client),
		 "net_memif1,role=client,id=0,socket=%s/memif.sock,socket-abstract=no", folder);
	compare_pair(server, client);
}

static void test_veth(const char *mtu, const char *a, const char *b)
{
	char command[128];

	wire_namespace_enter();
	snprintf(command, sizeof(command), "ip link add mra mtu %s type veth peer name mrb mtu %s",
		 mtu, mtu);
	wire_command(command);
	wire_command("ip link set mra up && ip link set mrb up");
	compare_pair(a, b);
}

static void test_af_packet(void)
{
	test_veth("1500", "mra", "mrb");
}

static void test_af_packet_jumbo(void)
{
	test_veth("9000", "mra", "net_af_packet1,iface=mrb");
}

static void test_af_packet_user(void)
{
	wire_become_ordinary();
	test_veth("1500", "mra", "mrb");
}

static void test_af_xdp(void)
{
	if (geteuid() != 0)
		SKIP("af_xdp needs root");
	test_veth("1500", "net_af_xdp0,iface=mra", "net_af_xdp1,iface=mrb");
}

/* The other end of a tap is an interface of the kernel, read by af_packet. */
static void test_tap(void)
{
	if (access("/dev/net/tun", R_OK | W_OK) < 0)
		SKIP("no /dev/net/tun");
	wire_namespace_enter();
	compare_pair("net_tap0,iface=mrtap", "mrtap");
}

static void test_pcap(void)
{
	static const uint8_t mac[6] = {0x02, 0, 0, 0, 0, 9};
	char writer[128];
	char reader[128];
	uint8_t from_mac[6];
	const char *specs[] = {writer, reader};
	struct port *port;

	folder_make();
	snprintf(writer, sizeof(writer), "net_pcap0,tx_pcap=%s/wire.pcap", folder);
	snprintf(reader, sizeof(reader), "net_pcap1,rx_pcap=%s/wire.pcap", folder);
	eal_start(specs, 2);
	port = open_port(writer);
	memcpy(from_mac, port->abilities.mac, 6);
	wire_send_all(port, mac, &plan);
	port_close(&port);
	port = open_port(reader);
	wire_receive_all(port, from_mac, mac, port->abilities.mtu, &plan);
	port_close(&port);
}

static void test_vhost(void)
{
	char device[128];
	char driver[128];

	folder_make();
	snprintf(device, sizeof(device), "net_vhost0,iface=%s/vhost.sock", folder);
	snprintf(driver, sizeof(driver), "net_virtio_user0,path=%s/vhost.sock", folder);
	compare_pair(device, driver);
}

static const struct {
	const char *kind;
	void (*run)(void);
} tests[] = {
    {"ring", test_ring},
    {"net_ring", test_net_ring},
    {"memif", test_memif},
    {"af_packet", test_af_packet},
    {"af_packet_jumbo", test_af_packet_jumbo},
    {"af_packet_user", test_af_packet_user},
    {"af_xdp", test_af_xdp},
    {"tap", test_tap},
    {"pcap", test_pcap},
    {"vhost", test_vhost},
};

int main(int argc, char **argv)
{
	CHECK(argc >= 2, "usage: %s KIND [FRAMES [SEED]]", argv[0]);
	if (argc > 2)
		plan.frames = (uint32_t)strtoul(argv[2], NULL, 0);
	if (argc > 3)
		plan.seed = strtoull(argv[3], NULL, 0);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (strcmp(argv[1], tests[i].kind) == 0) {
			tests[i].run();
			return 0;
		}
	}
	CHECK(false, "no such kind of port: %s", argv[1]);
}
