/*
 * Two transports on ring ports, through sealed links: messages arrive whole; what a third port on
 * the same switch sees is sealed; and what it sends, clear, captured or forged, changes nothing.
 */
#include <sys/mman.h>

#include "net.h"
#include "packet_link.h"
#include "seals.h"
#include "test.h"
#include "wire.h"

#define MESSAGES 20
#define BYTES_MAX 300000
#define MTU 1500
#define STEP_NS 20000
#define FRAMES_KEPT 64

struct node {
	struct port *port;
	struct transport *transport;
	struct link *link;
	struct seal *seal;
	uint8_t mac[6];
	uint64_t sent;
	uint64_t received;
	uint64_t failed;
	uint8_t *room;
};

static struct seals seals; /* keys, randomness and backends of both */
static struct node nodes[2];
static struct port *stranger;
static uint64_t now_ns = 1000000000;
static uint64_t clear_seen, sealed_seen;

static uint8_t body_byte(uint64_t message, uint64_t at)
{
	return (uint8_t)(message * 131 + at * 7 + at / 251);
}

static void event_take(struct node *node, const struct transport_event *event)
{
	switch (event->kind) {
	case TRANSPORT_OFFER:
		CHECK(event->body_bytes <= BYTES_MAX, "%llu bytes",
		      (unsigned long long)event->body_bytes);
		CHECK(transport_accept(node->transport, now_ns, event->offer, node->room, 0) == 0,
		      "not accepted");
		break;
	case TRANSPORT_MESSAGE:
		for (uint64_t i = 0; i < event->body_bytes; i++)
			CHECK(node->room[i] == body_byte(node->received, i),
			      "message %llu differs at %llu", (unsigned long long)node->received,
			      (unsigned long long)i);
		node->received++;
		break;
	case TRANSPORT_SENT:
		node->sent++;
		break;
	case TRANSPORT_FAILED:
		node->failed++;
		break;
	default:
		break;
	}
}

static void pump(void *opaque)
{
	static struct transport_event event;
	struct node *node = opaque;

	while (transport_event(node->transport, &event))
		event_take(node, &event);
}

static void node_open(struct ring_switch *sw, uint32_t index, bool sealed)
{
	struct node *node = &nodes[index];
	struct transport_config config = {.node = index,
					  .incarnation = 100 + index,
					  .ip = 0x0a000001 + index,
					  .prefix_len = 24,
					  .udp_port = 7411,
					  .mtu = MTU,
					  .overhead_bytes = sealed ? SEAL_OVERHEAD_BYTES : 0,
					  .peer_timeout_ms = 1000,
					  .seed = index};
	struct link_config link = {.ip = config.ip, .udp_port = config.udp_port};
	void *memory;

	CHECK(ring_port_open(sw, index, &node->port) == 0, "no port");
	memcpy(config.mac, node->port->abilities.mac, 6);
	memory = mmap(NULL, transport_bytes(&config), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(memory != MAP_FAILED &&
		  transport_init(&node->transport, memory, &config, now_ns) == 0 &&
		  transport_peer_add(node->transport, 1 - index, 0x0a000001 + (1 - index), 7411) ==
		      0,
	      "no transport");
	node->seal = sealed ? seals.sides[index].seal : NULL;
	link.port = node->port;
	link.transport = node->transport;
	link.seal = node->seal;
	CHECK(link_create(&node->link, &link) == 0, "no link");
	node->room = malloc(BYTES_MAX);
	CHECK(node->room != NULL, "no memory");
}

static void node_close(struct node *node)
{
	link_destroy(&node->link);
	port_close(&node->port);
	free(node->room);
}

static void node_step(struct node *node)
{
	const struct link_user user = {pump, node};

	link_receive(node->link, now_ns, &user);
	link_tick(node->link, now_ns);
	pump(node);
	link_send(node->link, now_ns);
}

static void step(void)
{
	now_ns += STEP_NS;
	node_step(&nodes[0]);
	node_step(&nodes[1]);
}

static void run_until(const uint64_t *count, uint64_t wanted, uint64_t seconds)
{
	uint64_t end_ns = now_ns + seconds * 1000000000;

	while (*count < wanted) {
		step();
		CHECK(now_ns < end_ns, "%llu of %llu", (unsigned long long)*count,
		      (unsigned long long)wanted);
	}
}

static void messages_send(struct node *from, struct node *to)
{
	static uint8_t body[BYTES_MAX];
	uint64_t first = to->received;
	uint32_t peer = (uint32_t)(to - nodes);

	for (uint64_t m = first; m < first + MESSAGES; m++) {
		uint64_t bytes = 1 + (m * 15485863) % BYTES_MAX;

		for (uint64_t i = 0; i < bytes; i++)
			body[i] = body_byte(m, i);
		CHECK(transport_send(from->transport, now_ns, peer, 1, "h", 1, body, bytes, NULL,
				     m) == 0,
		      "not sent");
		run_until(&to->received, m + 1, 5);
		run_until(&from->sent, from->sent + (from->sent <= m - first), 5);
	}
}

/* --- The tap of an eavesdropper: a port shown what goes through it ------------------------------
 */

static uint8_t kept[FRAMES_KEPT][TRANSPORT_FRAME_BYTES_MAX];
static uint32_t kept_bytes[FRAMES_KEPT];
static uint32_t kept_count;
static uint32_t (*ring_tx)(struct port *, const struct port_tx *, uint32_t);
static struct port_ops listening;

static uint32_t listen_tx(struct port *port, const struct port_tx *frames, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		static uint8_t frame[TRANSPORT_FRAME_BYTES_MAX];
		uint32_t bytes = 0;

		for (uint32_t p = 0; p < frames[i].piece_count; p++) {
			memcpy(frame + bytes, frames[i].pieces[p].data, frames[i].pieces[p].bytes);
			bytes += frames[i].pieces[p].bytes;
		}
		if (frame[12] != 8 || frame[13] != 0)
			continue; /* ARP */
		CHECK(bytes <= MTU + NET_ETHERNET_BYTES, "%u bytes", bytes);
		sealed_seen += frame[NET_HEAD_BYTES] == SEAL_WIRE_MAGIC;
		clear_seen += memcmp(frame + NET_HEAD_BYTES, "MRWT", 4) == 0;
		if (kept_count < FRAMES_KEPT) {
			memcpy(kept[kept_count], frame, bytes);
			kept_bytes[kept_count++] = bytes;
		}
	}
	return ring_tx(port, frames, count);
}

static void listen(struct port *port)
{
	listening = *port->ops;
	ring_tx = listening.tx;
	listening.tx = listen_tx;
	port->ops = &listening;
}

static void stranger_send(const uint8_t *frame, uint32_t bytes)
{
	const struct port_tx tx = {.pieces = {{frame, bytes}}, .piece_count = 1};

	CHECK(port_tx(stranger, &tx, 1) == 1, "the switch is full");
	step();
}

static uint64_t transport_in(void)
{
	return transport_counters(nodes[0].transport)->frames_in +
	       transport_counters(nodes[1].transport)->frames_in;
}

/* A packet as node 0 would send it without a seal: right in everything but that. */
static void check_clear(void)
{
	const struct net_self from = {.ip = 0x0a000001, .udp_port = 7411, .mtu = MTU};
	struct net_address to = {.ip = 0x0a000002, .udp_port = 7411};
	struct wire_header header = {.magic = WIRE_MAGIC,
				     .version = WIRE_VERSION,
				     .type = WIRE_HELLO,
				     .to_node = 1,
				     .from_incarnation = 999};
	uint64_t dropped = seal_counters(nodes[1].seal)->drop_clear, in = transport_in();
	uint8_t frame[128] = {0};

	memcpy(to.mac, nodes[1].port->abilities.mac, 6);
	memcpy(frame + NET_HEAD_BYTES, &header, sizeof(header));
	wire_seal(frame + NET_HEAD_BYTES, sizeof(header), NULL, 0);
	net_write_udp(frame, &from, &to, sizeof(header));
	stranger_send(frame, NET_HEAD_BYTES + sizeof(header));
	CHECK(seal_counters(nodes[1].seal)->drop_clear == dropped + 1, "a clear frame passed");
	CHECK(transport_in() == in, "the transport saw it");
}

static void check_replayed(void)
{
	uint64_t in = transport_in();

	CHECK(kept_count == FRAMES_KEPT, "%u frames", kept_count);
	for (uint32_t i = 0; i < kept_count; i++)
		stranger_send(kept[i], kept_bytes[i]);
	CHECK(transport_in() == in, "a replayed frame reached the transport");
	CHECK(seal_counters(nodes[1].seal)->drop_replay > 0, "no replay was counted");
}

/* Node 1 has good keys and says in its packets that it is node 0's other peer. */
static void check_identity(void)
{
	struct wire_header header = {.magic = WIRE_MAGIC,
				     .version = WIRE_VERSION,
				     .type = WIRE_HELLO,
				     .from_node = 5,
				     .from_incarnation = 101};
	uint8_t frame[256] = {0};
	struct net_self from = {.ip = 0x0a000002, .udp_port = 7411, .mtu = MTU};
	struct net_address to = {.ip = 0x0a000001, .udp_port = 7411};
	struct seal_tx tx = {
	    .node = 0, .to = to, .in = {{&header, sizeof(header)}}, .out = frame + NET_HEAD_BYTES};

	memcpy(to.mac, nodes[0].port->abilities.mac, 6);
	seal_burst(nodes[1].seal, now_ns, &tx, 1);
	CHECK(tx.out_bytes > 0, "not sealed");
	net_write_udp(frame, &from, &to, tx.out_bytes);
	stranger_send(frame, NET_HEAD_BYTES + tx.out_bytes);
	CHECK(seal_counters(nodes[0].seal)->drop_identity == 1, "it speaks for another");
}

/* One side sealed, the other clear: nothing passes, and the sender is told. */
static void check_one_sided(struct ring_switch *sw)
{
	uint64_t failed;

	node_close(&nodes[1]);
	node_open(sw, 1, false);
	failed = nodes[1].failed;
	CHECK(transport_send(nodes[1].transport, now_ns, 0, 0, "h", 1, "clear", 5, NULL, 1) == 0,
	      "not sent");
	run_until(&nodes[1].failed, failed + 1, 20);
	CHECK(seal_counters(nodes[0].seal)->drop_clear > 0, "not counted");
}

int main(void)
{
	struct ring_switch *sw;

	seals_start(&seals, NOISE_IK_PSK2, aead_cipher_default(), 9);
	CHECK(ring_switch_create(&sw, 3, MTU) == 0, "no switch");
	node_open(sw, 0, true);
	node_open(sw, 1, true);
	CHECK(ring_port_open(sw, 2, &stranger) == 0, "no third port");
	listen(nodes[0].port);
	messages_send(&nodes[0], &nodes[1]);
	messages_send(&nodes[1], &nodes[0]);
	CHECK(clear_seen == 0 && sealed_seen > 1000, "%llu clear, %llu sealed",
	      (unsigned long long)clear_seen, (unsigned long long)sealed_seen);
	check_clear();
	check_replayed();
	check_identity();
	messages_send(&nodes[0], &nodes[1]);
	check_one_sided(sw);
	node_close(&nodes[0]);
	node_close(&nodes[1]);
	port_close(&stranger);
	ring_switch_destroy(&sw);
	seals_stop(&seals);
	return 0;
}
