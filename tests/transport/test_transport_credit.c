/* Credit that a peer held when it died is for the messages of others. */
#include <sys/mman.h>

#include "linear.h"
#include "test.h"

#define NODES 3
#define RECEIVER 2
#define TIMEOUT_MS 1000
#define BODY_BYTES (8u << 20) /* several times MR_CREDIT_BYTES */
#define STEP_NS 1000000

static struct transport *nodes[NODES];
static bool dead[NODES];
static uint64_t now_ns = 1;
static uint8_t body[BODY_BYTES];
static uint8_t rooms[NODES][BODY_BYTES];

static void start(uint32_t node)
{
	struct transport_config config = {
	    .node = node,
	    .incarnation = 100 + node,
	    .mac = {2, 0, 0, 0, 0, (uint8_t)node},
	    .ip = 0x0a000001 + node,
	    .prefix_len = 24,
	    .udp_port = MR_WIRE_PORT_DEFAULT,
	    .mtu = MR_MTU_MAX,
	    .peer_timeout_ms = TIMEOUT_MS,
	    .seed = node,
	};
	void *memory = mmap(NULL, transport_bytes(&config), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(memory != MAP_FAILED);
	CHECK(transport_init(&nodes[node], memory, &config, now_ns) == 0);
	for (uint32_t peer = 0; peer < NODES; peer++)
		if (peer != node)
			CHECK(transport_peer_add(nodes[node], peer, 0x0a000001 + peer,
						 MR_WIRE_PORT_DEFAULT) == 0);
}

/* One frame of a node, to all the others that live. */
static bool carry(uint32_t from)
{
	static uint8_t wire[MR_MTU_MAX + 64];
	uint32_t bytes = linear_output(nodes[from], now_ns, wire);

	if (bytes == 0)
		return false;
	for (uint32_t to = 0; to < NODES && !dead[from]; to++)
		if (to != from && !dead[to])
			linear_input(nodes[to], now_ns, wire, bytes);
	return true;
}

/* The next event of the receiver of that kind, within so many milliseconds. */
static bool await(enum transport_event_kind kind, uint64_t ms, struct transport_event *event)
{
	for (uint64_t end = now_ns + ms * STEP_NS; now_ns < end; now_ns += STEP_NS) {
		for (uint32_t node = 0; node < NODES; node++) {
			transport_tick(nodes[node], now_ns);
			while (carry(node))
				;
		}
		while (transport_event(nodes[RECEIVER], event))
			if (event->kind == kind)
				return true;
	}
	return false;
}

static uint64_t offer_from(uint32_t node)
{
	struct transport_event event;

	CHECK(transport_send(nodes[node], now_ns, RECEIVER, 0, NULL, 0, body, BODY_BYTES, NULL,
			     node) == 0);
	CHECK(await(TRANSPORT_OFFER, 100, &event) && event.node == node);
	return event.offer;
}

int main(void)
{
	struct transport_event event;
	uint64_t offers[2];

	for (uint32_t node = 0; node < NODES; node++)
		start(node);
	offers[0] = offer_from(0);
	offers[1] = offer_from(1);
	/* Node 0 is granted all the credit there is, and dies before it can use any. */
	dead[0] = true;
	CHECK(transport_accept(nodes[RECEIVER], now_ns, offers[0], rooms[0], 10) == 0);
	CHECK(transport_accept(nodes[RECEIVER], now_ns, offers[1], rooms[1], 11) == 0);
	CHECK(await(TRANSPORT_LOST, 3 * TIMEOUT_MS, &event) && event.cookie == 10);
	CHECK(await(TRANSPORT_MESSAGE, TIMEOUT_MS, &event) && event.cookie == 11,
	      "the message of node 1 got no credit");
	return 0;
}
