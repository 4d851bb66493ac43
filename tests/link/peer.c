/*
 * link_peer NODE PORT [MESSAGES [SEED [DROP_PPM]]]: node 0 or 1 of two processes on two ports, each
 * of which sends the other messages of many sizes, and checks every byte, and the order within
 * flows, of what it gets. Ends when all of both have arrived.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "packet_link.h"
#include "test.h"

#define SUBNET 0x0a4a0e00u /* 10.74.14.0 */
#define WINDOW 16          /* messages on their way, each direction */
#define BYTES_MAX (4u << 20)
#define BYTES_LOG 20              /* most messages have less than so many bits' worth */
#define POOL_BYTES (128ull << 20) /* twice what the windows of both directions take */
#define FLOWS 4
#define MESSAGES_DEFAULT 300
#define TIME_S_MAX 110     /* for all of it */
#define START_MS_MAX 60000 /* the other may come that much later */
#define QUIET_MS 500       /* without a frame: the other has all it waits for */
#define IDLE_SLEEP_US 50

struct peer {
	struct region_pool *pool;
	struct port *port;
	struct transport *transport;
	struct link *link;
	uint32_t node;
	uint64_t seed;
	uint32_t drop_ppm; /* of received frames, on purpose */
	uint64_t now_ns;
	uint32_t messages; /* each node sends so many */
	uint32_t sent;     /* begun */
	uint32_t acknowledged;
	uint32_t received;
	uint32_t flow_next[FLOWS]; /* the least number that may come next */
	uint64_t bytes;            /* received */
	bool *seen;
};

/* --- What is sent: known to both sides -------------------------------------------------------- */

/* splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014). */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

static uint64_t message_seed(const struct peer *peer, uint32_t from, uint32_t number)
{
	return mix(mix(peer->seed) + 2ull * number + from);
}

/* First around the edges of frames and of what goes unasked, then every magnitude alike. */
static uint32_t message_bytes(const struct peer *peer, uint32_t from, uint32_t number)
{
	static const uint32_t edges[] = {
	    1,
	    2,
	    59,
	    60,
	    61,
	    1023,
	    1024,
	    1399,
	    1400,
	    1401,
	    1471,
	    1472,
	    1473,
	    2047,
	    2048,
	    2049,
	    MR_UNSCHEDULED_BYTES - 1,
	    MR_UNSCHEDULED_BYTES,
	    MR_UNSCHEDULED_BYTES + 1,
	    (1u << BYTES_LOG) + 1,
	    BYTES_MAX - 1,
	    BYTES_MAX,
	};
	const uint64_t random = message_seed(peer, from, number);
	const uint32_t magnitude = 1u << random % BYTES_LOG;

	if (number < sizeof(edges) / sizeof(edges[0]))
		return edges[number];
	return magnitude + (uint32_t)(random >> 32) % magnitude;
}

static uint64_t message_word(uint64_t seed, uint32_t index)
{
	return seed + index * 0x9e3779b97f4a7c15ull;
}

static void message_fill(uint8_t *data, uint32_t bytes, uint64_t seed)
{
	for (uint32_t at = 0; at < bytes; at += 8) {
		const uint64_t word = message_word(seed, at / 8);

		memcpy(data + at, &word, bytes - at < 8 ? bytes - at : 8);
	}
}

static bool message_right(const uint8_t *data, uint32_t bytes, uint64_t seed)
{
	for (uint32_t at = 0; at < bytes; at += 8) {
		const uint64_t word = message_word(seed, at / 8);

		if (memcmp(data + at, &word, bytes - at < 8 ? bytes - at : 8) != 0)
			return false;
	}
	return true;
}

/* --- Sending and receiving -------------------------------------------------------------------- */

static bool message_send(struct peer *peer)
{
	const uint32_t number = peer->sent;
	const uint32_t bytes = message_bytes(peer, peer->node, number);
	struct region *region;
	int rc;

	if (number == peer->messages || number - peer->acknowledged >= WINDOW)
		return false;
	CHECK(region_alloc(peer->pool, bytes, REGION_ANY, &region) == 0, "%u bytes", bytes);
	message_fill(region->base, bytes, message_seed(peer, peer->node, number));
	region_freeze(region);
	rc = transport_send(peer->transport, peer->now_ns, !peer->node, number % FLOWS, &number,
			    sizeof(number), region->base, bytes, region,
			    (uint64_t)(uintptr_t)region);
	CHECK(rc == 0 || rc == -EAGAIN, "message %u: %s", number, strerror(-rc));
	if (rc < 0)
		region_unref(&region);
	peer->sent += rc == 0;
	return rc == 0;
}

static void offer_accept(struct peer *peer, const struct transport_event *event)
{
	struct region *region;

	CHECK(event->body_bytes <= BYTES_MAX, "%" PRIu64 " bytes offered", event->body_bytes);
	CHECK(region_alloc(peer->pool, event->body_bytes, REGION_RECEIVE, &region) == 0,
	      "%" PRIu64 " bytes", event->body_bytes);
	CHECK(transport_accept(peer->transport, peer->now_ns, event->offer, region->base,
			       (uint64_t)(uintptr_t)region) == 0,
	      "an offer is gone");
}

static void message_check(struct peer *peer, const struct transport_event *event)
{
	/* A small message lies in its frame, and was never offered. */
	struct region *region =
	    event->body == NULL ? (struct region *)(uintptr_t)event->cookie : NULL;
	const uint8_t *body = event->body == NULL ? region->base : event->body;
	uint32_t number;
	uint32_t bytes;

	CHECK(event->head_bytes == sizeof(number), "a head of %u bytes", event->head_bytes);
	memcpy(&number, event->head, sizeof(number));
	CHECK(number < peer->messages && !peer->seen[number], "message %u came again", number);
	peer->seen[number] = true;
	bytes = message_bytes(peer, !peer->node, number);
	CHECK(event->body_bytes == bytes, "message %u has %" PRIu64 " bytes of %u", number,
	      event->body_bytes, bytes);
	CHECK(message_right(body, bytes, message_seed(peer, !peer->node, number)),
	      "message %u of %u bytes has other bytes", number, bytes);
	CHECK(event->flow == number % FLOWS, "message %u is of flow %u", number, event->flow);
	CHECK(event->flow == 0 || number >= peer->flow_next[event->flow],
	      "message %u overtook one of flow %u", number, event->flow);
	peer->flow_next[event->flow] = number + 1;
	peer->received++;
	peer->bytes += bytes;
	region_unref(&region);
}

static void events_take(void *opaque)
{
	struct peer *peer = opaque;
	struct transport_event event;
	struct region *region;

	while (transport_event(peer->transport, &event)) {
		switch (event.kind) {
		case TRANSPORT_OFFER:
			offer_accept(peer, &event);
			break;
		case TRANSPORT_MESSAGE:
			message_check(peer, &event);
			break;
		case TRANSPORT_SENT:
			region = (struct region *)(uintptr_t)event.cookie;
			region_unref(&region);
			peer->acknowledged++;
			break;
		case TRANSPORT_PEER_UP:
			break;
		default:
			CHECK(false, "event %d: %s", event.kind,
			      transport_reason_text(event.reason));
		}
	}
}

static uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static void time_over(const struct peer *peer)
{
	const struct port_counters *port = &peer->port->counters;

	CHECK(false,
	      "after %d s, of %u messages %u were sent, %u acknowledged, %u received; frames: "
	      "%" PRIu64 " out, %" PRIu64 " in, %" PRIu64 " lost in receiving, %" PRIu64
	      " in sending",
	      TIME_S_MAX, peer->messages, peer->sent, peer->acknowledged, peer->received,
	      port->tx_frames, port->rx_frames, port->drop_rx_no_buffer + port->drop_rx_error,
	      port->drop_tx_error);
}

/* Until all is done, and then until the other side has nothing more to ask. */
static void exchange(struct peer *peer)
{
	const struct link_user user = {events_take, peer};
	const uint64_t start_ns = clock_ns();
	uint64_t heard_ns = start_ns;
	bool done = false;

	while (!done || peer->now_ns - heard_ns < QUIET_MS * 1000000ull) {
		bool worked;

		peer->now_ns = clock_ns();
		worked = link_receive(peer->link, peer->now_ns, &user);
		if (worked)
			heard_ns = peer->now_ns;
		if (link_deadline(peer->link) <= peer->now_ns)
			link_tick(peer->link, peer->now_ns);
		while (message_send(peer))
			worked = true;
		events_take(peer);
		worked = link_send(peer->link, peer->now_ns) || worked;
		done = peer->received == peer->messages && peer->acknowledged == peer->messages;
		if (!done && peer->now_ns - start_ns > TIME_S_MAX * 1000000000ull)
			time_over(peer);
		if (!worked)
			usleep(IDLE_SLEEP_US);
	}
}

/* --- Start and end ---------------------------------------------------------------------------- */

static void port_start(struct peer *peer, const char *spec)
{
	struct port_eal_config config = {&spec, 1, POOL_BYTES};
	struct region_provider provider;
	char error[MR_ERROR_BYTES_MAX];
	char note[MR_ERROR_BYTES_MAX];

	CHECK(port_eal_start(&config, note, sizeof(note), error, sizeof(error)) == 0, "%s", error);
	if (note[0] != '\0')
		printf("node %u: %s\n", peer->node, note);
	CHECK(region_provider_dpdk(&provider, POOL_BYTES) == 0, "no memory of DPDK's");
	CHECK(region_pool_create(&peer->pool, &provider, POOL_BYTES / 2) == 0, "no pool");
	CHECK(port_dpdk_open(spec, &peer->port, error, sizeof(error)) == 0, "%s", error);
}

static void *transport_start(struct peer *peer, size_t *memory_bytes)
{
	struct transport_config config = {
	    .node = peer->node,
	    .incarnation = (uint64_t)time(NULL),
	    .ip = SUBNET + 1 + peer->node,
	    .prefix_len = 24,
	    .udp_port = MR_WIRE_PORT_DEFAULT,
	    .mtu = peer->port->abilities.mtu,
	    .sleep_us = IDLE_SLEEP_US,
	    .peer_timeout_ms = START_MS_MAX,
	    .payload_checksum = !peer->port->abilities.memory,
	    .small_bytes_max = MR_SMALL_BYTES_MAX,
	    .seed = peer->seed + peer->node,
	};
	void *memory;

	memcpy(config.mac, peer->port->abilities.mac, sizeof(config.mac));
	*memory_bytes = transport_bytes(&config);
	memory = mmap(NULL, *memory_bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(memory != MAP_FAILED, "no memory");
	CHECK(transport_init(&peer->transport, memory, &config, clock_ns()) == 0, "transport");
	CHECK(transport_peer_add(peer->transport, !peer->node, SUBNET + 1 + !peer->node,
				 MR_WIRE_PORT_DEFAULT) == 0,
	      "peer");
	return memory;
}

static void report(const struct peer *peer, uint64_t start_ns)
{
	const struct port_counters *port = &peer->port->counters;

	printf("node %u: %u messages of together %" PRIu64 " bytes are right, after %.1f s; "
	       "of %" PRIu64 " frames %" PRIu64 " went from regions without a copy; "
	       "packets sent again: %" PRIu64 "\n",
	       peer->node, peer->received, peer->bytes, (double)(clock_ns() - start_ns) / 1e9,
	       port->tx_frames, port->tx_external,
	       transport_counters(peer->transport)->retransmits);
	/* Who asked for the length of the path before the other was there, or where frames are
	 * lost, may hold it for a path of short packets. */
	CHECK(peer->node == 0 || peer->drop_ppm > 0 ||
		  peer->port->abilities.external == PORT_EXTERNAL_NONE ||
		  peer->port->abilities.external_bytes_min > peer->port->abilities.mtu ||
		  port->tx_external > 0,
	      "%s takes bodies from regions, and none went so", peer->port->abilities.driver);
	CHECK(peer->drop_ppm == 0 || link_counters(peer->link)->drop_fault > 0,
	      "no frame was dropped");
}

int main(int argc, char **argv)
{
	struct peer peer = {.messages = MESSAGES_DEFAULT, .seed = 1};
	size_t memory_bytes;
	void *memory;
	uint64_t start_ns;

	CHECK(argc >= 3 && (argv[1][0] == '0' || argv[1][0] == '1'),
	      "usage: %s 0|1 PORT [MESSAGES [SEED [DROP_PPM]]]", argv[0]);
	peer.node = argv[1][0] == '1';
	if (argc > 3)
		peer.messages = (uint32_t)strtoul(argv[3], NULL, 0);
	if (argc > 4)
		peer.seed = strtoull(argv[4], NULL, 0);
	if (argc > 5)
		peer.drop_ppm = (uint32_t)strtoul(argv[5], NULL, 0);
	peer.seen = calloc(peer.messages, sizeof(peer.seen[0]));
	CHECK(peer.seen != NULL, "%u messages", peer.messages);
	signal(SIGPIPE, SIG_IGN); /* virtio_user writes to a device that may have ended */
	port_start(&peer, argv[2]);
	memory = transport_start(&peer, &memory_bytes);
	CHECK(link_create(&peer.link, &(struct link_config){.port = peer.port,
							    .transport = peer.transport,
							    .drop_ppm = peer.drop_ppm,
							    .seed = peer.seed + peer.node}) == 0,
	      "link");
	start_ns = clock_ns();
	exchange(&peer);
	report(&peer, start_ns);
	link_destroy(&peer.link);
	port_close(&peer.port);
	region_pool_destroy(&peer.pool);
	munmap(memory, memory_bytes);
	free(peer.seen);
	return 0;
}
