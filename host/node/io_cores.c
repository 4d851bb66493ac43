/* The node's thread and its further I/O cores: which one takes a batch, and what they tell. */
#include "io_core.h"

#include <errno.h>
#include <string.h>

#include "messages_internal.h"

/* --- Life ------------------------------------------------------------------------------------ */

/* What of the config no core has taken is given back. */
void io_cores_release(const struct node_config *config, uint32_t from)
{
	for (uint32_t i = from; i < config->io_core_count; i++) {
		struct packet_path path = {.port = config->io_cores[i].port,
					   .aead = config->io_cores[i].aead};

		packet_path_close(&path);
	}
}

int io_cores_create(struct node *node, const struct node_config *config, uint64_t now_ns)
{
	int rc = 0;

	for (uint32_t i = 0; i < node->nodes; i++)
		node->peer_cores[i] = 1;
	node->io_core_count = 1;
	for (uint32_t i = 0; rc == 0 && i < config->io_core_count; i++) {
		rc = io_core_create(&node->io_cores[i + 1], node, config, i + 1, now_ns);
		if (rc == 0)
			node->io_core_count++;
		else
			io_cores_release(config, i + 1);
	}
	return rc;
}

int io_cores_start(struct node *node)
{
	int rc = 0;

	for (uint32_t i = 1; rc == 0 && i < node->io_core_count; i++)
		rc = io_core_start(node->io_cores[i]);
	return rc;
}

void io_cores_stop(struct node *node)
{
	const struct core_event *event;

	for (uint32_t i = 1; i < node->io_core_count; i++) {
		struct core_ring *events = &node->io_cores[i]->events;

		io_core_stop(node->io_cores[i]);
		/* What arrives is freed with all else that does. */
		for (; (event = core_ring_front(events)) != NULL; core_ring_pop(events))
			if (event->kind == CORE_ACCEPTED)
				incoming_known(node, (struct incoming *)(uintptr_t)event->cookie);
	}
}

void io_cores_destroy(struct node *node)
{
	for (uint32_t i = 1; i < node->io_core_count; i++)
		io_core_destroy(&node->io_cores[i]);
}

/* --- What peers have ------------------------------------------------------------------------- */

void io_cores_tell(struct node *node, uint32_t peer)
{
	if (node->io_core_count > 1)
		message_send_heap(node, peer, MESSAGE_CORES, 0, 0, node->io_cores_active, NULL, 0);
}

void io_cores_told(struct node *node, uint32_t peer, uint64_t count)
{
	uint32_t ports = UINT16_MAX - node->peer_udp_ports[peer] + 1u;

	if (count > node->io_core_count)
		count = node->io_core_count;
	if (count > ports)
		count = ports;
	node->peer_cores[peer] = count > 1 ? (uint32_t)count : 1;
}

/* --- Requests -------------------------------------------------------------------------------- */

/* The core with the fewest bytes under way to the peer of those that have room; equals take turns.
 * -EAGAIN when none has. */
static int core_choose(struct node *node, uint32_t peer)
{
	uint32_t count = node->peer_cores[peer] < node->io_cores_active ? node->peer_cores[peer]
									: node->io_cores_active;
	uint32_t first = node->core_turn++ % count;
	int best = -EAGAIN;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t core = (first + i) % count;
		const struct core_load *load = &node->core_loads[core];

		if (!load->full[peer] &&
		    (best < 0 || load->bytes[peer] < node->core_loads[best].bytes[peer]))
			best = (int)core;
	}
	return best;
}

static int own_send(struct node *node, struct outgoing *out)
{
	static const uint8_t nothing[1];
	uint32_t flow = out->region != NULL ? MESSAGE_FLOW_DATA : MESSAGE_FLOW_CONTROL;
	const void *body = out->region != NULL ? out->region->base : out->heap;

	return transport_send(node->path.transport, node->now_ns, out->peer, flow, &out->head,
			      sizeof(out->head), out->bytes > 0 ? body : nothing,
			      out->bytes > 0 ? out->bytes : 1, out->region,
			      (uint64_t)(uintptr_t)out);
}

static int further_send(struct io_core *core, struct outgoing *out)
{
	struct core_request *request = io_core_claim(core);

	if (request == NULL)
		return -EAGAIN;
	*request = (struct core_request){
	    .kind = CORE_SEND,
	    .peer = out->peer,
	    .head = out->head,
	    .region = out->region,
	    .cookie = (uint64_t)(uintptr_t)out,
	};
	io_core_submit(core);
	return 0;
}

int io_cores_send(struct node *node, struct outgoing *out)
{
	int core = out->region != NULL ? core_choose(node, out->peer) : 0;
	int rc;

	if (core < 0)
		return core;
	out->core = (uint32_t)core;
	rc = core == 0 ? own_send(node, out) : further_send(node->io_cores[core], out);
	if (rc == 0 && out->region != NULL)
		node->core_loads[core].bytes[out->peer] += out->bytes;
	else if (rc == -EAGAIN && core == 0 && out->region != NULL)
		node->core_loads[core].full[out->peer] = node->peer_cores[out->peer] > 1;
	return rc;
}

void io_cores_ended(struct node *node, const struct outgoing *out)
{
	struct core_load *load = &node->core_loads[out->core];

	load->full[out->peer] = false;
	if (out->region != NULL)
		load->bytes[out->peer] -= out->bytes;
}

int io_cores_accept(struct node *node, struct incoming *in, void *body)
{
	struct core_request *request;

	if (in->core == 0)
		return transport_accept(node->path.transport, node->now_ns, in->offer, body,
					(uint64_t)(uintptr_t)in);
	request = io_core_claim(node->io_cores[in->core]);
	if (request == NULL)
		return -EAGAIN;
	*request = (struct core_request){
	    .kind = CORE_ACCEPT,
	    .offer = in->offer,
	    .body = body,
	    .cookie = (uint64_t)(uintptr_t)in,
	};
	io_core_submit(node->io_cores[in->core]);
	return 0;
}

int io_cores_reject(struct node *node, uint32_t core, uint64_t offer, uint16_t code)
{
	struct core_request *request;

	if (core == 0)
		return transport_reject(node->path.transport, node->now_ns, offer, code);
	request = io_core_claim(node->io_cores[core]);
	if (request == NULL)
		return -EAGAIN;
	*request = (struct core_request){.kind = CORE_REJECT, .offer = offer, .code = code};
	io_core_submit(node->io_cores[core]);
	return 0;
}

/* --- Events ---------------------------------------------------------------------------------- */

static void event_expand(struct transport_event *to, const struct core_event *from)
{
	to->kind = from->what;
	to->node = from->node;
	to->flow = MESSAGE_FLOW_DATA;
	to->cookie = from->cookie;
	to->offer = from->offer;
	to->body = NULL;
	to->body_bytes = from->body_bytes;
	to->incarnation = from->incarnation;
	to->head_bytes = from->head_bytes;
	to->code = from->code;
	to->reason = from->reason;
	memcpy(to->head, &from->head, sizeof(from->head));
}

static void event_handle(struct node *node, uint32_t core, const struct core_event *event)
{
	struct transport_event expanded;

	switch (event->kind) {
	case CORE_TRANSPORT:
		event_expand(&expanded, event);
		message_event(node, core, &expanded);
		break;
	case CORE_ACCEPTED:
		incoming_known(node, (struct incoming *)(uintptr_t)event->cookie);
		break;
	case CORE_AGAIN:
		outgoing_again(node, (struct outgoing *)(uintptr_t)event->cookie);
		break;
	case CORE_UNSENDABLE:
		outgoing_undone(node, (struct outgoing *)(uintptr_t)event->cookie, event->rc);
		break;
	case CORE_UNACCEPTED:
		incoming_gone(node, (struct incoming *)(uintptr_t)event->cookie);
		break;
	}
}

bool io_cores_pump(struct node *node)
{
	bool worked = false;

	for (uint32_t i = 1; i < node->io_core_count; i++) {
		struct core_ring *events = &node->io_cores[i]->events;
		const struct core_event *event;

		while ((event = core_ring_front(events)) != NULL) {
			event_handle(node, i, event);
			core_ring_pop(events);
			worked = true;
		}
	}
	return worked;
}

bool io_cores_arm(struct node *node)
{
	bool waits = false;

	if (node->io_core_count == 1)
		return false;
	atomic_store_explicit(&node->asleep, true, memory_order_seq_cst);
	for (uint32_t i = 1; i < node->io_core_count; i++)
		waits |= core_ring_waits(&node->io_cores[i]->events);
	return waits;
}

void io_cores_disarm(struct node *node)
{
	if (node->io_core_count > 1)
		atomic_store_explicit(&node->asleep, false, memory_order_seq_cst);
}

void io_cores_ring_node(struct node *node)
{
	if (atomic_load_explicit(&node->asleep, memory_order_seq_cst) &&
	    atomic_exchange_explicit(&node->asleep, false, memory_order_seq_cst))
		node_wake(node);
}
