/* A port with a doorbell wakes its sleeping owner for each frame, and for nothing else; which kinds
 * of port have one is what the table of drivers says. test_doorbell KIND */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "kinds.h"
#include "test.h"
#include "wire.h"

#define ROUNDS 200 /* frames to a sleeper, one by one */
#define RACED 3000 /* frames at any moment, asleep, falling asleep or awake */
/* The timer that looks at statistics comes each second; memif's comes each 100 ms, and is told from
 * its bell by being late. */
#define WAKE_MS 500
#define LATE_MS 20
#define SILENT_MS 700
#define HEAD_BYTES 14
#define FRAME_BYTES 64
#define POOL_BYTES (1u << 20)
#define RECALL_FRAMES 16
#define RECALL_MS 200
#define MEET_MS 5000

static bool needs_huge_pages;
static bool comes_again; /* an end may go, and another come */

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void nap_us(uint32_t us)
{
	nanosleep(&(struct timespec){.tv_nsec = us * 1000l}, NULL);
}

static void frame_send(struct port *from, const struct port *to, uint32_t number,
		       struct region *region)
{
	uint8_t frame[FRAME_BYTES] = {[12] = 0x88, [13] = 0xb5};
	struct port_tx tx = {.pieces = {{frame, FRAME_BYTES}}, .piece_count = 1};
	uint64_t start = now_us();

	memcpy(frame, to->abilities.mac, 6);
	memcpy(frame + 6, from->abilities.mac, 6);
	memcpy(frame + HEAD_BYTES, &number, sizeof(number));
	if (region != NULL) {
		tx.pieces[1] = (struct port_piece){region->base, 1024, region};
		tx.piece_count = 2;
	}
	while (port_tx(from, &tx, 1) == 0)
		CHECK(now_us() - start < 5000000, "frame %u could not be sent", number);
}

/* How many frames of ours there were. */
static uint32_t frames_take(struct port *port)
{
	struct port_rx rx[MR_PORT_BURST];
	uint32_t n = port_rx(port, rx, MR_PORT_BURST);
	uint32_t ours = 0;

	for (uint32_t i = 0; i < n; i++)
		ours +=
		    rx[i].bytes >= FRAME_BYTES && rx[i].data[12] == 0x88 && rx[i].data[13] == 0xb5;
	port_rx_release(port, rx, n);
	return ours;
}

/* Falls asleep as an owner does: looks after each arming that says so. Frames that come meanwhile
 * are returned. */
static uint32_t fall_asleep(struct port *port)
{
	uint32_t taken = 0;

	for (uint32_t i = 0; port_arm(port); i++) {
		CHECK(i < 100000, "it never lets its owner sleep");
		taken += frames_take(port);
	}
	return taken;
}

static bool rings(struct port *port, int timeout_ms)
{
	struct pollfd wait = {.fd = port->wake_fd, .events = POLLIN};
	int rc;

	/* The tap driver's signal may come to this thread first. */
	do
		rc = poll(&wait, 1, timeout_ms);
	while (rc < 0 && errno == EINTR);
	return rc > 0;
}

/* At most the timer's own ring, in less than its period. */
static void check_silent(struct port *port)
{
	uint64_t end = now_us() + SILENT_MS * 1000;
	uint32_t count = 0;

	fall_asleep(port);
	while (now_us() < end) {
		if (!rings(port, (int)((end - now_us()) / 1000) + 1))
			break;
		CHECK(++count <= SILENT_MS / MR_POLL_LOOK_MEMIF_MS + 2,
		      "rings while nothing comes");
		frames_take(port);
		fall_asleep(port);
	}
}

/* One frame at a time, to an owner that sleeps: how long until it has it. */
static void check_wakes(struct port *from, struct port *to)
{
	uint64_t waited_us = 0;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint64_t start;
		uint32_t taken = fall_asleep(to);

		CHECK(taken == 0, "a frame that nobody sent");
		start = now_us();
		frame_send(from, to, i, NULL);
		while (taken == 0) {
			CHECK(rings(to, WAKE_MS), "frame %u did not ring", i);
			taken += frames_take(to);
			taken += fall_asleep(to);
		}
		CHECK(taken == 1, "%u frames instead of one", taken);
		waited_us += now_us() - start;
	}
	printf("%s: a sleeper had its frame after %llu us on average\n", to->abilities.driver,
	       (unsigned long long)waited_us / ROUNDS);
	CHECK(waited_us / ROUNDS < LATE_MS * 1000, "that is no doorbell");
}

struct race {
	struct port *from;
	struct port *to;
	_Atomic uint64_t sent_us; /* the frame that is on its way; 0: none */
};

static void *race_send(void *opaque)
{
	struct race *race = opaque;

	for (uint32_t i = 0; i < RACED; i++) {
		while (atomic_load(&race->sent_us) != 0)
			sched_yield();
		nap_us(i * 7919 % 90);
		atomic_store(&race->sent_us, now_us());
		frame_send(race->from, race->to, i, NULL);
	}
	return NULL;
}

/* A frame comes at any moment of falling asleep, and no other after it: none is left lying. */
static void check_race(struct port *from, struct port *to)
{
	struct race race = {.from = from, .to = to};
	uint32_t taken = 0, late = 0;
	pthread_t sender;

	CHECK(pthread_create(&sender, NULL, race_send, &race) == 0, "thread");
	while (taken < RACED) {
		uint32_t n = frames_take(to) + fall_asleep(to);

		CHECK(n <= 1, "%u frames at once", n);
		if (n == 0) {
			CHECK(rings(to, WAKE_MS), "asleep after %u frames", taken);
			continue;
		}
		taken++;
		late += now_us() - atomic_load(&race.sent_us) > LATE_MS * 1000;
		atomic_store(&race.sent_us, 0);
	}
	pthread_join(sender, NULL);
	CHECK(late <= RACED / 100, "%u of %u frames waited longer than %u ms", late, RACED,
	      LATE_MS);
}

/* What was lent to the device comes home while its owner sleeps, though no frame comes. */
static void check_recall(struct port *from, struct port *to)
{
	struct region_provider provider;
	struct region_pool *pool;
	struct region_pool_stats stats;
	struct region *region;
	uint64_t end;

	CHECK(region_provider_dpdk(&provider, POOL_BYTES) == 0, "heap");
	CHECK(region_pool_create(&pool, &provider, 0) == 0, "pool");
	CHECK(region_alloc(pool, 4096, REGION_ANY, &region) == 0, "region");
	region_freeze(region);
	fall_asleep(from);
	/* A few may stay: virtio takes back none while so few are out. */
	for (uint32_t i = 0; i < RECALL_FRAMES; i++)
		frame_send(from, to, i, region);
	region_unref(&region);
	end = now_us() + RECALL_MS * 1000;
	do {
		frames_take(to);
		fall_asleep(from);
		rings(from, 10);
		region_pool_stats(pool, &stats);
	} while (stats.used_bytes > 0 && now_us() < end);
	CHECK(stats.used_bytes == 0, "a region is still out after %u ms", RECALL_MS);
	region_pool_destroy(&pool);
}

/* Both directions: the two ends may be of different drivers. */
static void check_ports(struct port *a, struct port *b)
{
	struct port *const ends[] = {a, b, a};

	for (uint32_t i = 0; i < 2; i++) {
		struct port *from = ends[i], *to = ends[i + 1];

		frames_take(from);
		frames_take(to);
		check_silent(to);
		check_wakes(from, to);
		check_race(from, to);
		check_silent(to);
		if (from->abilities.external != PORT_EXTERNAL_NONE)
			check_recall(from, to);
	}
}

static struct port *port_make(const char *spec)
{
	char error[MR_ERROR_BYTES_MAX] = "";
	struct port *port;

	CHECK(port_dpdk_open(spec, &port, error, sizeof(error)) == 0, "%s", error);
	CHECK(port->abilities.doorbell && port->wake_fd >= 0, "%s: no doorbell", spec);
	return port;
}

/* Until a frame comes through, to who may sleep: some drivers connect a while after they start. */
static void meet(struct port *from, struct port *to)
{
	uint64_t end = now_us() + MEET_MS * 1000;
	uint32_t taken = 0;

	while (taken == 0 && now_us() < end) {
		uint8_t frame[FRAME_BYTES] = {[12] = 0x88, [13] = 0xb5};
		struct port_tx tx = {.pieces = {{frame, FRAME_BYTES}}, .piece_count = 1};

		memcpy(frame, to->abilities.mac, 6);
		port_tx(from, &tx, 1);
		frames_take(from);
		rings(to, 10);
		taken = frames_take(to) + fall_asleep(to);
	}
	CHECK(taken > 0, "the ports do not meet");
	nap_us(LATE_MS * 1000);
	while (frames_take(to) + fall_asleep(to) > 0)
		;
}

/* Its owner wakes by itself, again and again, for what no frame tells it. */
static void check_looks(struct port *port, uint32_t period_ms)
{
	fall_asleep(port);
	for (uint32_t i = 0; i < 3; i++) {
		CHECK(rings(port, 5 * (int)period_ms), "asleep for ever");
		frames_take(port);
		fall_asleep(port);
	}
}

/* The second end goes and comes again while the first sleeps. */
static void check_restart(struct port *a, struct port **b, const char *b_spec)
{
	fall_asleep(a);
	port_close(b);
	*b = port_make(b_spec);
	meet(*b, a);
	meet(a, *b);
	check_wakes(*b, a);
	check_wakes(a, *b);
}

static void check_pair(const char *a_spec, const char *b_spec)
{
	const char *specs[] = {a_spec, b_spec};
	struct port_eal_config config = {specs, 2, POOL_BYTES};
	char error[MR_ERROR_BYTES_MAX], note[MR_ERROR_BYTES_MAX];
	struct port *a;
	struct port *b;

	CHECK(port_eal_start(&config, note, sizeof(note), error, sizeof(error)) == 0, "%s", error);
	if (needs_huge_pages && note[0] != '\0')
		SKIP("%s", note);
	a = port_make(a_spec);
	b = port_make(b_spec);
	meet(a, b);
	meet(b, a);
	check_ports(a, b);
	if (comes_again) {
		check_restart(a, &b, b_spec);
		check_looks(a, strstr(a_spec, "memif") ? MR_POLL_LOOK_MEMIF_MS : MR_POLL_LOOK_MS);
	}
	port_close(&b);
	port_close(&a);
}

/* --- The kinds ------------------------------------------------------------------------------- */

/* The kernel says nothing by itself on these links. */
static void veth_make(void)
{
	wire_namespace_enter();
	wire_command("sysctl -qw net.ipv6.conf.default.disable_ipv6=1");
	wire_command("ip link add mra type veth peer name mrb && "
		     "ip link set mra up && ip link set mrb up");
}

static void test_ring(void)
{
	struct ring_switch *sw;
	struct port *a;
	struct port *b;

	CHECK(ring_switch_create(&sw, 2, 1500) == 0, "switch");
	CHECK(ring_port_open(sw, 0, &a) == 0 && ring_port_open(sw, 1, &b) == 0, "ports");
	CHECK(a->abilities.doorbell && b->abilities.doorbell, "doorbell");
	check_ports(a, b);
	port_close(&a);
	port_close(&b);
	ring_switch_destroy(&sw);
}

static void test_memif(void)
{
	char server[KIND_SPEC_BYTES], client[KIND_SPEC_BYTES];

	comes_again = true;
	kind_memif(server, client, false);
	check_pair(server, client);
}

static void test_memif_zero_copy(void)
{
	char server[KIND_SPEC_BYTES], client[KIND_SPEC_BYTES];

	needs_huge_pages = true;
	kind_memif(server, client, true);
	check_pair(server, client);
}

static void test_vhost(void)
{
	char device[KIND_SPEC_BYTES], driver[KIND_SPEC_BYTES];

	comes_again = true;
	kind_vhost(device, driver);
	check_pair(device, driver);
}

static void test_af_packet(void)
{
	veth_make();
	check_pair("mra", "mrb");
}

static void test_af_packet_user(void)
{
	wire_become_ordinary();
	test_af_packet();
}

static void test_af_xdp(void)
{
	if (geteuid() != 0)
		SKIP("af_xdp needs root");
	veth_make();
	check_pair("net_af_xdp0,iface=mra", "net_af_xdp1,iface=mrb");
}

static void test_af_xdp_idle(void)
{
	if (geteuid() != 0)
		SKIP("af_xdp needs root");
	veth_make();
	check_pair("net_af_xdp0,iface=mra,busy_budget=0", "net_af_xdp1,iface=mrb,busy_budget=0");
}

static void test_pcap(void)
{
	veth_make();
	check_pair("net_pcap0,iface=mra", "net_pcap1,iface=mrb");
}

static void test_tap(void)
{
	if (access("/dev/net/tun", R_OK | W_OK) < 0)
		SKIP("no /dev/net/tun");
	wire_namespace_enter();
	wire_command("sysctl -qw net.ipv6.conf.default.disable_ipv6=1");
	check_pair("net_tap0,iface=mrtap", "mrtap");
}

static const struct kind kinds[] = {
    {"ring", test_ring},
    {"memif", test_memif},
    {"memif_zero_copy", test_memif_zero_copy},
    {"vhost", test_vhost},
    {"af_packet", test_af_packet},
    {"af_packet_user", test_af_packet_user},
    {"af_xdp", test_af_xdp},
    {"af_xdp_idle", test_af_xdp_idle},
    {"pcap", test_pcap},
    {"tap", test_tap},
};

int main(int argc, char **argv)
{
	CHECK(argc == 2, "usage: %s KIND", argv[0]);
	kind_run(kinds, sizeof(kinds) / sizeof(kinds[0]), argv[1]);
}
