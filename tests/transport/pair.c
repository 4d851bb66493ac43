/* Two transports joined by a wire without time. */
#include "pair.h"

#include <string.h>
#include <sys/mman.h>

#include "linear.h"
#include "net.h"
#include "test.h"
#include "wire.h"

#define STEP_NS 1000000 /* time passes in milliseconds */

static void start(struct pair *pair, uint32_t node)
{
	size_t bytes = transport_bytes(&pair->config[node]);

	pair->memory[node] = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(pair->memory[node] != MAP_FAILED);
	CHECK(transport_init(&pair->t[node], pair->memory[node], &pair->config[node],
			     pair->now_ns) == 0);
	CHECK(transport_peer_add(pair->t[node], !node, pair->config[!node].ip,
				 pair->config[!node].udp_port) == 0);
}

void pair_start(struct pair *pair, uint32_t mtu)
{
	memset(pair, 0, sizeof(*pair));
	pair->now_ns = 1;
	for (uint32_t i = 0; i < PAIR_NODES; i++)
		pair->config[i] = (struct transport_config){
		    .node = i,
		    .incarnation = 100 + i,
		    .mac = {2, 0, 0, 0, 0, (uint8_t)i},
		    .ip = 0x0a000001 + i,
		    .prefix_len = 24,
		    .udp_port = (uint16_t)(7411 + i),
		    .mtu = mtu,
		    .peer_timeout_ms = PAIR_TIMEOUT_MS,
		    .seed = i,
		    .payload_checksum = i == 0, /* each end takes both */
		};
	start(pair, 0);
	start(pair, 1);
}

static void stop(struct pair *pair, uint32_t node)
{
	munmap(pair->memory[node], transport_bytes(&pair->config[node]));
}

void pair_stop(struct pair *pair)
{
	stop(pair, 0);
	stop(pair, 1);
}

void pair_restart(struct pair *pair, uint32_t node)
{
	stop(pair, node);
	pair->config[node].incarnation += 10;
	start(pair, node);
}

static bool loses(const struct pair *pair)
{
	uint32_t type = NET_HEAD_BYTES + offsetof(struct wire_header, type);

	if (pair->path_bytes > 0 && pair->frame_bytes > pair->path_bytes + NET_ETHERNET_BYTES)
		return true;
	return pair->lost_type > 0 && pair->frame_bytes > type &&
	       pair->frame[type] == pair->lost_type;
}

static void input(struct pair *pair, uint32_t node)
{
	const struct transport_rx rx = {pair->frame, pair->frame_bytes};

	transport_input(pair->t[node], pair->now_ns, &rx, 1);
	if (pair->drain != NULL)
		pair->drain(node);
	transport_input_end(pair->t[node]);
}

bool pair_carry(struct pair *pair, uint32_t from)
{
	pair->frame_bytes = linear_output(pair->t[from], pair->now_ns, pair->frame);
	if (pair->frame_bytes == 0)
		return false;
	pair->frames++;
	if (!pair->cut && !loses(pair))
		input(pair, !from);
	return true;
}

void pair_carry_all(struct pair *pair)
{
	bool any = true;

	while (any) {
		any = pair_carry(pair, 0);
		any = pair_carry(pair, 1) || any;
	}
}

void pair_pass(struct pair *pair, uint64_t ms)
{
	for (uint64_t i = 0; i < ms; i++) {
		pair->now_ns += STEP_NS;
		for (uint32_t node = 0; node < PAIR_NODES; node++)
			transport_tick(pair->t[node], pair->now_ns);
		pair_carry_all(pair);
	}
}

void pair_expect(struct pair *pair, uint32_t node, enum transport_event_kind kind,
		 struct transport_event *event)
{
	CHECK(transport_event(pair->t[node], event), "node %u: wanted event %d, got none", node,
	      kind);
	CHECK(event->kind == kind, "node %u: wanted event %d, got %d", node, kind, event->kind);
}

void pair_expect_none(struct pair *pair, uint32_t node)
{
	struct transport_event event;

	CHECK(!transport_event(pair->t[node], &event), "node %u: got event %d", node, event.kind);
}

void pair_meet(struct pair *pair)
{
	static const uint8_t byte = 1;
	static uint8_t room;
	struct transport_event event;

	CHECK(transport_send(pair->t[0], pair->now_ns, 1, 0, NULL, 0, &byte, 1, NULL, 0) == 0);
	pair_carry_all(pair);
	pair_expect(pair, 0, TRANSPORT_PEER_UP, &event);
	pair_expect(pair, 1, TRANSPORT_PEER_UP, &event);
	pair_expect(pair, 1, TRANSPORT_OFFER, &event);
	CHECK(transport_accept(pair->t[1], pair->now_ns, event.offer, &room, 0) == 0);
	pair_expect(pair, 1, TRANSPORT_MESSAGE, &event);
	pair_carry_all(pair);
	pair_expect(pair, 0, TRANSPORT_SENT, &event);
	pair_expect_none(pair, 0);
	pair_expect_none(pair, 1);
}
