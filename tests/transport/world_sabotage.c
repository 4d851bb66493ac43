/* The saboteur: plays the bugs that the world's checks must find. */
#include <string.h>

#include "net.h"
#include "world_state.h"

#define NEVER_COOKIE 0x123456789ull

const char *world_sabotage_text(enum sabotage sabotage)
{
	static const char *const texts[SABOTAGE_KINDS] = {
#define WORLD_SABOTAGE_TEXT(name, text) text,
	    WORLD_SABOTAGES(WORLD_SABOTAGE_TEXT)
#undef WORLD_SABOTAGE_TEXT
	};

	return texts[sabotage];
}

/* A good packet in a frame, which the saboteur changes and seals again. */
struct opened {
	struct wire_header header;
	uint8_t *packet;
	uint8_t *body; /* behind the header */
	uint32_t packet_bytes;
	uint32_t body_bytes;
};

static bool open_frame(uint8_t *frame, uint32_t bytes, struct opened *opened)
{
	if (bytes < NET_HEAD_BYTES + WIRE_HEADER_BYTES)
		return false;
	opened->packet = frame + NET_HEAD_BYTES;
	opened->packet_bytes = bytes - NET_HEAD_BYTES;
	opened->body = opened->packet + WIRE_HEADER_BYTES;
	opened->body_bytes = opened->packet_bytes - WIRE_HEADER_BYTES;
	return wire_open(opened->packet, opened->packet_bytes, &opened->header) == WIRE_GOOD;
}

static void seal(struct world *w, struct opened *opened)
{
	wire_seal(opened->packet, opened->packet_bytes, NULL, 0);
	w->result->sabotaged++;
}

static void change_data(struct world *w, struct opened *opened)
{
	enum sabotage kind = w->config->sabotage;
	struct wire_shape shape;
	struct wire_data data;

	if (!wire_read_data(opened->body, opened->body_bytes, &data, &shape))
		return;
	if (kind == SABOTAGE_MISPLACE && w->result->sabotaged == 0 && data.chunk > 0 &&
	    data.chunk + 2 < shape.chunk_count)
		data.chunk++;
	else if (kind == SABOTAGE_OVERTAKE && data.flow == 1 && data.flow_seq < 2)
		data.flow_seq ^= 1;
	else if (kind == SABOTAGE_MIX && w->result->sabotaged == 0)
		opened->body[opened->body_bytes - 1] ^= 1;
	else
		return;
	memcpy(opened->body, &data, sizeof(data));
	seal(w, opened);
}

static void change_ack(struct world *w, struct opened *opened, bool out)
{
	enum sabotage kind = w->config->sabotage;
	uint64_t words[WIRE_ACK_WORDS_MAX];
	uint64_t echo_words[WIRE_ECHO_WORDS_MAX];
	struct wire_echo echo;
	struct wire_ack ack;
	uint32_t at = wire_read_echo(opened->body, opened->body_bytes, &echo, echo_words);

	if (at == 0 || wire_read_ack(opened->body + at, opened->body_bytes - at, &ack, words) == 0)
		return;
	if (kind == SABOTAGE_ACK_EARLY && !out && ack.state < WIRE_DELIVERED)
		ack.state = WIRE_DELIVERED;
	else if (kind == SABOTAGE_ACK_NEVER && !out && ack.state == WIRE_DELIVERED)
		ack.state = WIRE_ACCEPTED;
	else if (kind == SABOTAGE_GRANT && !out && ack.state == WIRE_ACCEPTED)
		ack.grant += 40;
	else if (kind == SABOTAGE_OVERGRANT && out && ack.state == WIRE_ACCEPTED)
		ack.grant *= 2;
	else
		return;
	wire_write_ack(opened->body + at, &ack, words);
	seal(w, opened);
}

static void change_frame(struct world *w, uint8_t *frame, uint32_t bytes, bool out)
{
	struct opened opened;

	if (w->config->sabotage == SABOTAGE_NONE || !open_frame(frame, bytes, &opened))
		return;
	if (opened.header.type == WIRE_DATA && !out)
		change_data(w, &opened);
	else if (opened.header.type == WIRE_ACK)
		change_ack(w, &opened, out);
}

void sabotage_in(struct world *w, uint8_t *frame, uint32_t bytes)
{
	change_frame(w, frame, bytes, false);
}

/* The first message of a node that ended, or NULL. */
static struct planned *ended_message(struct world *w, uint32_t node)
{
	for (uint32_t i = 0; i < w->message_count; i++)
		if (w->messages[i].from == node && w->messages[i].told != TOLD_NOTHING)
			return &w->messages[i];
	return NULL;
}

void sabotage_out(struct world *w, uint32_t node, struct transport_frame *frame)
{
	struct planned *old;

	change_frame(w, frame->head, frame->head_bytes + frame->body_bytes, true);
	if (w->config->sabotage != SABOTAGE_OLD_BODY || frame->body_bytes == 0)
		return;
	old = ended_message(w, node);
	if (old == NULL || old->body_bytes < frame->body_bytes)
		return;
	frame->owner = old;
	frame->body = old->body;
	w->result->sabotaged++;
}

/* Of a message that ended for its receiver before: its memory is the user's again. */
static bool write_late(struct world *w, uint32_t node)
{
	for (uint32_t i = 0; i < w->message_count; i++) {
		struct planned *m = &w->messages[i];

		if (m->to != node || !m->delivered)
			continue;
		room_body(m)[m->body_bytes / 2] ^= 1;
		return true;
	}
	return false;
}

static bool overrun(struct world *w, uint32_t node)
{
	for (uint32_t i = 0; i < w->message_count; i++) {
		struct planned *m = &w->messages[i];

		if (m->to != node || !message_awaited(w, m))
			continue;
		room_body(m)[m->body_bytes] = 0;
		return true;
	}
	return false;
}

static bool ends(const struct transport_event *event)
{
	return event->kind == TRANSPORT_SENT || event->kind == TRANSPORT_FAILED;
}

/* Changes an event, or what an event could do; true when it acted. *hide keeps it from the user. */
static bool change_event(struct world *w, uint32_t node, struct transport_event *event, bool *hide)
{
	const struct transport_event death = {.kind = TRANSPORT_PEER_DOWN, .node = event->node};

	switch (w->config->sabotage) {
	case SABOTAGE_REPLAY:
		if (event->kind != TRANSPORT_MESSAGE)
			return false;
		user_event(w, node, event);
		return true;
	case SABOTAGE_SWALLOW:
		*hide = event->kind == TRANSPORT_SENT;
		return *hide;
	case SABOTAGE_SWALLOW_LOST:
		*hide = event->kind == TRANSPORT_LOST;
		return *hide;
	case SABOTAGE_STRANGER:
		if (!ends(event))
			return false;
		event->cookie = NEVER_COOKIE;
		return true;
	case SABOTAGE_LATE_WRITE:
		return ends(event) && write_late(w, node);
	case SABOTAGE_OVERRUN:
		return overrun(w, node);
	case SABOTAGE_FALSE_DEATH:
		if (event->kind != TRANSPORT_SENT)
			return false;
		user_event(w, node, &death);
		return true;
	case SABOTAGE_WRONG_REASON:
		if (event->kind != TRANSPORT_FAILED)
			return false;
		event->reason = event->reason == TRANSPORT_RESTARTED ? TRANSPORT_UNREACHABLE
								     : TRANSPORT_RESTARTED;
		return true;
	case SABOTAGE_FALSE_STALL:
	case SABOTAGE_FALSE_SHRINK:
		if (event->kind != TRANSPORT_SENT)
			return false;
		event->kind = TRANSPORT_FAILED;
		event->reason = w->config->sabotage == SABOTAGE_FALSE_STALL ? TRANSPORT_STALLED
									    : TRANSPORT_PATH_SHRUNK;
		return true;
	default:
		return false;
	}
}

/* All that a node would be told of a dead peer, again and again. */
static bool hides_death(struct world *w, const struct transport_event *event)
{
	return w->config->sabotage == SABOTAGE_HIDDEN_DEATH &&
	       (event->kind == TRANSPORT_PEER_DOWN || event->kind == TRANSPORT_LOST ||
		(event->kind == TRANSPORT_FAILED && event->reason == TRANSPORT_UNREACHABLE));
}

bool sabotage_event(struct world *w, uint32_t node, struct transport_event *event)
{
	bool hide = hides_death(w, event);

	w->result->sabotaged += hide;
	if (!hide && w->result->sabotaged == 0)
		w->result->sabotaged += change_event(w, node, event, &hide);
	return hide;
}
