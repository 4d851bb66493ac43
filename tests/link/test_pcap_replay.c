/*
 * A capture that is replayed to a node for ever, which net_pcap does with infinite_rx, changes
 * nothing but counters: no peer is up, no message comes, and answers are few.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "packet_link.h"
#include "test.h"

#define SUBNET 0x0a4a0f00u /* 10.74.15.0 */
#define MTU 1500
#define POOL_BYTES (32ull << 20)
#define BODY_BYTES 50000
#define FRAMES_MIN 200000 /* taken: the capture, hundreds of times */
#define TIME_S_MAX 60

static struct transport *nodes[2];
static struct transport_config configs[2];
static uint8_t body[BODY_BYTES];
static uint8_t room[BODY_BYTES];
static char path[] = "/tmp/millrace-replay-XXXXXX";

static void node_start(uint32_t node, uint64_t incarnation)
{
	struct transport_config *config = &configs[node];
	void *memory;

	*config = (struct transport_config){
	    .node = node,
	    .incarnation = incarnation,
	    .mac = {2, 0, 0, 0, 0, (uint8_t)node},
	    .ip = SUBNET + 1 + node,
	    .prefix_len = 24,
	    .udp_port = MR_WIRE_PORT_DEFAULT,
	    .mtu = MTU,
	    .peer_timeout_ms = 1000,
	    .small_bytes_max = MR_SMALL_BYTES_MAX,
	};
	memory = mmap(NULL, transport_bytes(config), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(memory != MAP_FAILED);
	CHECK(transport_init(&nodes[node], memory, config, 1) == 0);
	CHECK(transport_peer_add(nodes[node], !node, SUBNET + 1 + !node, MR_WIRE_PORT_DEFAULT) ==
	      0);
}

/* --- The capture ----------------------------------------------------------------------------- */

static void frame_write(FILE *file, const uint8_t *frame, uint32_t bytes)
{
	const uint32_t record[] = {0, 0, bytes, bytes};

	CHECK(fwrite(record, sizeof(record), 1, file) == 1 && fwrite(frame, bytes, 1, file) == 1);
}

/* One frame from a node to the other; those to node 1 are captured. */
static bool carry(FILE *file, uint32_t from)
{
	static uint8_t wire[TRANSPORT_FRAME_BYTES_MAX];
	struct transport_frame out = {.head = wire};
	struct transport_rx rx = {.data = wire};
	struct transport_event event;

	if (transport_output(nodes[from], 1, &out, 1) == 0)
		return false;
	if (out.body_bytes > 0)
		memcpy(wire + out.head_bytes, out.body, out.body_bytes);
	rx.bytes = out.head_bytes + out.body_bytes;
	if (from == 0)
		frame_write(file, rx.data, rx.bytes);
	transport_input(nodes[!from], 1, &rx, 1);
	while (transport_event(nodes[!from], &event))
		if (event.kind == TRANSPORT_OFFER)
			CHECK(transport_accept(nodes[!from], 1, event.offer, room, 0) == 0);
	transport_input_end(nodes[!from]);
	return true;
}

/* Contact, a message in chunks and some small ones, as they came to node 1 in its former life. */
static void capture_make(void)
{
	/* LINKTYPE_ETHERNET: draft-ietf-opsawg-pcap. */
	static const uint32_t header[] = {0xa1b2c3d4, 4u << 16 | 2, 0, 0, 65535, 1};
	FILE *file = fdopen(mkstemp(path), "w");
	bool any = true;

	CHECK(file != NULL);
	CHECK(fwrite(header, sizeof(header), 1, file) == 1);
	node_start(0, 100);
	node_start(1, 100);
	for (uint32_t i = 0; i < 10; i++)
		CHECK(transport_send(nodes[0], 1, 1, i % 3, NULL, 0, body,
				     i == 0 ? BODY_BYTES : 100, NULL, i) == 0);
	while (any) {
		any = carry(file, 0);
		any = carry(file, 1) || any;
	}
	CHECK(fclose(file) == 0);
}

/* --- The replay ------------------------------------------------------------------------------ */

static struct port *port_start(void)
{
	char error[MR_ERROR_BYTES_MAX], note[MR_ERROR_BYTES_MAX], spec[128];
	const char *specs[] = {spec};
	struct port_eal_config eal = {specs, 1, POOL_BYTES};
	struct port *port;

	snprintf(spec, sizeof(spec), "net_pcap0,rx_pcap=%s,infinite_rx=1", path);
	CHECK(port_eal_start(&eal, note, sizeof(note), error, sizeof(error)) == 0, "%s", error);
	CHECK(port_dpdk_open(spec, &port, error, sizeof(error)) == 0, "%s", error);
	return port;
}

static void event_none(void *opaque)
{
	struct transport_event event;

	while (transport_event(nodes[1], &event))
		CHECK(false, "event %d of a replayed capture", event.kind);
}

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static uint64_t replay(struct port *port)
{
	const struct transport_counters *counters = transport_counters(nodes[1]);
	const struct link_user user = {event_none, NULL};
	const uint64_t start_ns = clock_ns();
	uint64_t now_ns = start_ns;
	struct link *link;

	CHECK(link_create(&link, &(struct link_config){.port = port, .transport = nodes[1]}) == 0);
	while (counters->frames_in < FRAMES_MIN) {
		now_ns = clock_ns();
		CHECK(now_ns - start_ns < TIME_S_MAX * 1000000000ull, "%lu frames only",
		      counters->frames_in);
		link_receive(link, now_ns, &user);
		if (link_deadline(link) <= now_ns)
			link_tick(link, now_ns);
		link_send(link, now_ns);
	}
	event_none(NULL);
	link_destroy(&link);
	return (now_ns - start_ns) / 1000000;
}

int main(void)
{
	const struct transport_counters *counters;
	struct port *port;
	uint64_t ms;

	capture_make();
	node_start(1, 200);
	counters = transport_counters(nodes[1]);
	port = port_start();
	unlink(path);
	ms = replay(port);
	printf(
	    "%lu frames in %lu ms: %lu of a former life, %lu answers not given, %lu frames sent\n",
	    counters->frames_in, ms, counters->drop_incarnation, counters->drop_answer_rate,
	    counters->frames_out);
	CHECK(counters->drop_incarnation > FRAMES_MIN / 2);
	CHECK(counters->messages_in == 0 && counters->bytes_in == 0);
	/* ARP's, and one WELCOME each millisecond. */
	CHECK(counters->frames_out - counters->arp_out <= MR_ANSWERS_BURST + ms + 1);
	port_close(&port);
	return 0;
}
