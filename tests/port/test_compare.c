/* Frames of many sizes and piece splits arrive byte for byte, on the kind of port named. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "kinds.h"
#include "test.h"
#include "wire.h"

#define FRAMES_DEFAULT 2000
#define HUGE_PAGES 128 /* of 2 MiB: EAL's heap for two ports and the pools */
#define POOL_BYTES (8u << 20)

static struct region_pool *plain_pool;
static struct region_pool *heap_pool;
static const char *mtu = "1500"; /* of the ports */
static struct wire_plan plan = {.frames = FRAMES_DEFAULT, .bytes_min = 60, .seed = 1};

static void pools_create(void)
{
	struct region_provider provider;

	CHECK(region_provider_memory(&provider, POOL_BYTES) == 0, "plain memory");
	CHECK(region_pool_create(&plain_pool, &provider, 0) == 0, "pool");
	CHECK(region_provider_dpdk(&provider, POOL_BYTES) == 0, "heap");
	CHECK(region_pool_create(&heap_pool, &provider, 0) == 0, "pool");
}

/* Fails when a closed port still has a reference of a region. */
static void pools_destroy(void)
{
	region_pool_destroy(&plain_pool);
	region_pool_destroy(&heap_pool);
}

static void eal_start(const char *const *specs, uint32_t count)
{
	struct port_eal_config config = {specs, count, POOL_BYTES};
	char error[MR_ERROR_BYTES_MAX];
	char note[MR_ERROR_BYTES_MAX];
	int rc = port_eal_start(&config, note, sizeof(note), error, sizeof(error));

	CHECK(rc == 0, "%s", error);
	if (note[0] != '\0')
		printf("%s\n", note);
	pools_create();
}

/* Pages of 2 MiB that are free now; as root, reserves them if need be, and leaves them. Whoever
 * counts on free pages holds a lock on the folder to its end: another would count on the same. */
static bool huge_pages_reserve(uint32_t pages)
{
	static const char path[] = "/sys/kernel/mm/hugepages/hugepages-2048kB/";
	const int lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char command[256];

	if (lock < 0 || flock(lock, LOCK_EX) != 0)
		return false;
	snprintf(command, sizeof(command),
		 "cd %s && free=$(cat free_hugepages) && { [ $free -ge %u ] || "
		 "{ echo $(($(cat nr_hugepages) + %u - free)) >nr_hugepages; } 2>/dev/null; } && "
		 "[ $(cat free_hugepages) -ge %u ]",
		 path, pages, pages, pages);
	return system(command) == 0;
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

/* As asked, with the MTU that this run is about. */
static struct port *open_port(const char *asked)
{
	char spec[256];
	char error[MR_ERROR_BYTES_MAX] = "";
	struct port *port;

	snprintf(spec, sizeof(spec), "%s,mtu=%s", asked, mtu);
	CHECK(port_dpdk_open(spec, &port, error, sizeof(error)) == 0, "%s", error);
	CHECK(port->abilities.mtu == strtoul(mtu, NULL, 10), "%s: mtu %u", spec,
	      port->abilities.mtu);
	CHECK(port->abilities.memory == spec_is_memory(spec), "%s: memory", spec);
	return port;
}

/* From plain memory, from regions of plain memory, and from regions in the DPDK heap: the port is
 * to send from where they lie what its abilities say, and nothing else. */
static void compare_memories(struct port *from, struct port *to)
{
	const struct port_abilities *abilities = &from->abilities;
	bool any = abilities->external == PORT_EXTERNAL_ANY;
	bool lends = abilities->mtu > abilities->external_bytes_min;
	uint64_t sent;

	wire_compare(from, to, &plan);
	CHECK(from->counters.tx_external == 0, "bytes in no region were lent");
	plan.pool = plain_pool;
	wire_compare(from, to, &plan);
	sent = from->counters.tx_external;
	CHECK((sent > 0) == (any && lends), "%llu from plain memory", (unsigned long long)sent);
	plan.pool = heap_pool;
	wire_compare(from, to, &plan);
	sent = from->counters.tx_external - sent;
	any |= abilities->external == PORT_EXTERNAL_HEAP;
	CHECK((sent > 0) == (any && lends), "%llu from the heap", (unsigned long long)sent);
	plan.pool = NULL;
	plan.seed++;
}

static void compare_pair(const char *a_spec, const char *b_spec)
{
	const char *specs[] = {a_spec, b_spec};
	struct port *a;
	struct port *b;

	eal_start(specs, 2);
	a = open_port(a_spec);
	b = open_port(b_spec);
	compare_memories(a, b);
	compare_memories(b, a);
	port_close(&b);
	port_close(&a);
	pools_destroy();
}

static void test_ring(void)
{
	struct ring_switch *sw;
	struct port *a;
	struct port *b;

	plan.bytes_min = 14;
	CHECK(ring_switch_create(&sw, 3, (uint32_t)strtoul(mtu, NULL, 10)) == 0, "switch");
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
	compare_memories(port, port);
	check_limits(port);
	port_close(&port);
	pools_destroy();
}

static void test_memif(void)
{
	char server[KIND_SPEC_BYTES], client[KIND_SPEC_BYTES];

	kind_memif(server, client, false);
	compare_pair(server, client);
}

/* The client's frames and regions are read in its DPDK heap, which has to be one file. */
static void test_memif_zero_copy(void)
{
	char server[KIND_SPEC_BYTES], client[KIND_SPEC_BYTES];

	if (!huge_pages_reserve(HUGE_PAGES))
		SKIP("no huge pages, and this user may not reserve them");
	kind_memif(server, client, true);
	compare_pair(server, client);
}

static void test_veth(const char *a, const char *b)
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
	test_veth("mra", "mrb");
}

static void test_af_packet_user(void)
{
	wire_become_ordinary();
	test_veth("mra", "mrb");
}

static void test_af_xdp(void)
{
	if (geteuid() != 0)
		SKIP("af_xdp needs root");
	test_veth("net_af_xdp0,iface=mra", "net_af_xdp1,iface=mrb");
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

	snprintf(writer, sizeof(writer), "net_pcap0,tx_pcap=%s/wire.pcap", kind_folder());
	snprintf(reader, sizeof(reader), "net_pcap1,rx_pcap=%s/wire.pcap", kind_folder());
	eal_start(specs, 2);
	port = open_port(writer);
	memcpy(from_mac, port->abilities.mac, 6);
	plan.pool = plain_pool;
	wire_send_all(port, mac, &plan);
	port_close(&port);
	pools_destroy();
	port = open_port(reader);
	wire_receive_all(port, from_mac, mac, port->abilities.mtu, &plan);
	port_close(&port);
}

static void test_vhost(void)
{
	char device[KIND_SPEC_BYTES], driver[KIND_SPEC_BYTES];

	kind_vhost(device, driver);
	compare_pair(device, driver);
}

static const struct kind kinds[] = {
    {"ring", test_ring},           {"net_ring", test_net_ring},
    {"memif", test_memif},         {"memif_zero_copy", test_memif_zero_copy},
    {"af_packet", test_af_packet}, {"af_packet_user", test_af_packet_user},
    {"af_xdp", test_af_xdp},       {"tap", test_tap},
    {"pcap", test_pcap},           {"vhost", test_vhost},
};

int main(int argc, char **argv)
{
	CHECK(argc >= 2, "usage: %s KIND [MTU [FRAMES [SEED]]]", argv[0]);
	if (argc > 2)
		mtu = argv[2];
	if (argc > 3)
		plan.frames = (uint32_t)strtoul(argv[3], NULL, 0);
	if (argc > 4)
		plan.seed = strtoull(argv[4], NULL, 0);
	kind_run(kinds, sizeof(kinds) / sizeof(kinds[0]), argv[1]);
}
