/* Frames between a transport and a port. */
#include "packet_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sealing.h"

#define LINK_RX_BURSTS 8 /* taken before the rest of the owner's loop has its turn */
#define LINK_TX_BURSTS \
	4 /* sent before what came meanwhile is looked at: a port may take them slowly */

struct link {
	struct link_config config;
	struct link_tap *tap;
	struct sealing *sealing; /* NULL: frames are clear */
	struct link_counters counters;
	uint64_t random;
	struct port_rx taken[MR_PORT_BURST]; /* from the port, not all looked at */
	uint32_t taken_count;
	struct transport_rx rx[MR_PORT_BURST]; /* of them what the transport is to get, */
	uint32_t rx_count;
	uint32_t rx_next; /* and has not yet */
	uint32_t first;   /* of the frames that wait for the port */
	uint32_t count;
	bool kept; /* each of these has a reference of its own to its body's region */
	struct transport_frame frames[MR_PORT_BURST];
	uint8_t rooms[MR_PORT_BURST][TRANSPORT_FRAME_BYTES_MAX];
};

int link_create(struct link **created, const struct link_config *config)
{
	struct link *link = malloc(sizeof(*link)); /* rooms are touched as far as frames are long */

	if (link == NULL)
		return -ENOMEM;
	memset(link, 0, offsetof(struct link, rooms));
	link->config = *config;
	link->random = (config->seed + 1) * 0x9E3779B97F4A7C15ull;
	for (uint32_t i = 0; i < MR_PORT_BURST; i++)
		link->frames[i].head = link->rooms[i];
	if (config->seal != NULL && sealing_create(&link->sealing, config) < 0) {
		free(link);
		return -ENOMEM;
	}
	*created = link;
	return 0;
}

void link_set_tap(struct link *link, struct link_tap *tap)
{
	link->tap = tap;
}

const struct link_counters *link_counters(const struct link *link)
{
	return &link->counters;
}

/* --- Receiving ------------------------------------------------------------------------------- */

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators" (2016). */
static bool fault_strikes(struct link *link)
{
	uint64_t x = link->random;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	link->random = x;
	return (x * 0x2545F4914F6CDD1Dull >> 32) % 1000000 < link->config.drop_ppm;
}

static void tap_show(struct link *link, uint64_t now_ns, bool out, const struct port_piece *pieces,
		     uint32_t piece_count)
{
	if (link->tap->frame(link->tap, now_ns, out, pieces, piece_count))
		link->counters.tapped++;
	else
		link->counters.tap_missed++;
}

/* Frames that are to be dropped are left out of rx; returns how many remain. */
static uint32_t frames_admit(struct link *link, uint64_t now_ns, const struct port_rx *frames,
			     uint32_t count, struct transport_rx *rx)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (link->config.drop_ppm > 0 && fault_strikes(link)) {
			link->counters.drop_fault++;
			continue;
		}
		rx[n++] = (struct transport_rx){frames[i].data, frames[i].bytes};
	}
	if (link->sealing != NULL)
		n = sealing_open(link->sealing, now_ns, rx, n);
	for (uint32_t i = 0; link->tap != NULL && i < n; i++) {
		const struct port_piece piece = {rx[i].data, rx[i].bytes};

		tap_show(link, now_ns, false, &piece, 1);
	}
	return n;
}

static void burst_let_go(struct link *link)
{
	port_rx_release(link->config.port, link->taken, link->taken_count);
	link->taken_count = 0;
}

/* Once all of it was looked at, but after its answers were sent: those are waited for. */
static void burst_release(struct link *link)
{
	if (link->taken_count > 0 && link->rx_next == link->rx_count)
		burst_let_go(link);
}

static bool burst_next(struct link *link, uint64_t now_ns)
{
	burst_release(link);
	link->taken_count = port_rx(link->config.port, link->taken, MR_PORT_BURST);
	link->rx_next = 0;
	link->rx_count = frames_admit(link, now_ns, link->taken, link->taken_count, link->rx);
	if (link->taken_count == 0)
		transport_input(link->config.transport, now_ns, NULL, 0);
	return link->taken_count > 0;
}

/* False: the owner is to have its turn before the rest. */
static bool burst_input(struct link *link, uint64_t now_ns, const struct link_user *user)
{
	struct transport *t = link->config.transport;
	bool more = true;

	while (link->rx_next < link->rx_count && more) {
		link->rx_next += transport_input(t, now_ns, &link->rx[link->rx_next],
						 link->rx_count - link->rx_next);
		more = !transport_input_full(t);
		user->pump(user->opaque);
	}
	transport_input_end(t);
	return more && link->rx_next == link->rx_count;
}

bool link_receive(struct link *link, uint64_t now_ns, const struct link_user *user)
{
	bool worked = false;

	for (int turn = 0; turn < LINK_RX_BURSTS; turn++) {
		bool full;

		if (link->rx_next == link->rx_count && !burst_next(link, now_ns))
			break;
		worked = true;
		full = link->taken_count == MR_PORT_BURST;
		/* Answers that are due keep the peer going while the rest is taken. */
		if (!burst_input(link, now_ns, user) || !full ||
		    transport_output_pending(link->config.transport))
			break;
	}
	return worked;
}

/* --- Sending --------------------------------------------------------------------------------- */

/* A message may end, and its body go, while a frame of it waits for the port: the frame keeps the
 * body's region, or without one its bytes. */
static void frame_keep(struct link *link, struct transport_frame *frame)
{
	if (frame->owner != NULL) {
		region_ref(frame->owner);
	} else if (frame->body_bytes > 0) {
		memcpy(frame->head + frame->head_bytes, frame->body, frame->body_bytes);
		frame->head_bytes += frame->body_bytes;
		frame->body_bytes = 0;
		link->counters.held_copied++;
	}
}

static void frame_let_go(struct transport_frame *frame)
{
	struct region *region = frame->owner;

	region_unref(&region);
	frame->owner = NULL;
}

/* All that wait are kept, or none is. */
static void frames_keep(struct link *link)
{
	for (uint32_t i = 0; i < link->count; i++)
		frame_keep(link, &link->frames[link->first + i]);
	link->counters.held += link->count;
	link->kept = true;
}

static void frame_show(struct link *link, uint64_t now_ns, const struct transport_frame *frame)
{
	const struct port_piece pieces[] = {
	    {frame->head, frame->head_bytes},
	    {frame->body, frame->body_bytes},
	};

	tap_show(link, now_ns, true, pieces, frame->body_bytes > 0 ? 2 : 1);
}

static bool frames_refill(struct link *link, uint64_t now_ns)
{
	if (link->count > 0)
		return true;
	link->first = 0;
	link->kept = false;
	for (uint32_t i = 0; link->sealing != NULL && i < MR_PORT_BURST; i++)
		link->frames[i].head = link->rooms[i]; /* a sealed frame lay elsewhere */
	link->count = transport_output(link->config.transport, now_ns, link->frames,
				       link->sealing != NULL ? SEALING_BURST : MR_PORT_BURST);
	for (uint32_t i = 0; link->tap != NULL && i < link->count; i++)
		frame_show(link, now_ns, &link->frames[i]);
	if (link->sealing != NULL)
		link->count = sealing_seal(link->sealing, now_ns, link->frames, link->count);
	return link->count > 0;
}

static uint32_t frames_send(struct link *link)
{
	struct port_tx burst[MR_PORT_BURST];

	for (uint32_t i = 0; i < link->count; i++) {
		const struct transport_frame *frame = &link->frames[link->first + i];

		burst[i].pieces[0] = (struct port_piece){frame->head, frame->head_bytes};
		burst[i].pieces[1] =
		    (struct port_piece){frame->body, frame->body_bytes, frame->owner};
		burst[i].piece_count = frame->body_bytes > 0 ? 2 : 1;
	}
	return port_tx(link->config.port, burst, link->count);
}

static void frames_advance(struct link *link, uint32_t count)
{
	for (uint32_t i = 0; link->kept && i < count; i++)
		frame_let_go(&link->frames[link->first + i]);
	link->first += count;
	link->count -= count;
}

bool link_send(struct link *link, uint64_t now_ns)
{
	bool worked = false;

	for (int turn = 0; turn < LINK_TX_BURSTS && frames_refill(link, now_ns); turn++) {
		uint32_t sent = frames_send(link);

		frames_advance(link, sent);
		worked |= sent > 0;
		if (link->count > 0) {
			if (!link->kept)
				frames_keep(link);
			break;
		}
	}
	transport_output_end(link->config.transport);
	burst_release(link);
	return worked;
}

bool link_blocked(const struct link *link)
{
	return link->count > 0;
}

void link_tick(struct link *link, uint64_t now_ns)
{
	transport_tick(link->config.transport, now_ns);
	if (link->sealing != NULL)
		seal_tick(link->config.seal, now_ns);
}

uint64_t link_deadline(const struct link *link)
{
	uint64_t deadline = transport_deadline(link->config.transport);

	if (link->sealing != NULL && seal_deadline(link->config.seal) < deadline)
		deadline = seal_deadline(link->config.seal);
	return deadline;
}

void link_destroy(struct link **destroyed)
{
	struct link *link = *destroyed;

	*destroyed = NULL;
	if (link == NULL)
		return;
	frames_advance(link, link->count);
	burst_let_go(link);
	free(link->sealing);
	free(link);
}
