/* The saboteur: plays the bugs that the world's checks must find. */
#include <string.h>

#include "net.h"
#include "world_state.h"

static void reseal(uint8_t *packet, uint32_t bytes)
{
	wire_seal(packet, bytes, NULL, 0);
}

static bool open_frame(struct sim_frame *frame, uint8_t **packet, uint32_t *bytes,
		       struct wire_header *header)
{
	if (frame->bytes < NET_HEAD_BYTES)
		return false;
	*packet = (uint8_t *)(frame + 1) + NET_HEAD_BYTES;
	*bytes = frame->bytes - NET_HEAD_BYTES;
	return wire_open(*packet, *bytes, header) == WIRE_GOOD;
}

static void change_data(struct world *w, uint8_t *packet, uint32_t bytes)
{
	uint8_t *body = packet + WIRE_HEADER_BYTES;
	struct wire_shape shape;
	struct wire_data data;

	if (!wire_read_data(body, bytes - WIRE_HEADER_BYTES, &data, &shape))
		return;
	if (w->config->sabotage == SABOTAGE_MISPLACE && w->result->sabotaged == 0 &&
	    data.chunk > 0 && data.chunk + 2 < shape.chunk_count)
		data.chunk++;
	else if (w->config->sabotage == SABOTAGE_OVERTAKE && data.flow == 1 && data.flow_seq < 2)
		data.flow_seq ^= 1;
	else
		return;
	memcpy(body, &data, sizeof(data));
	reseal(packet, bytes);
	w->result->sabotaged++;
}

static void change_ack(struct world *w, uint8_t *packet, uint32_t bytes)
{
	uint8_t *entry = packet + WIRE_HEADER_BYTES;
	uint64_t words[WIRE_ACK_WORDS_MAX];
	struct wire_echo echo;
	struct wire_ack ack;
	uint32_t length;

	bytes -= WIRE_HEADER_BYTES;
	length = wire_read_echo(entry, bytes, &echo, words);
	if (length == 0 || wire_read_ack(entry + length, bytes - length, &ack, words) == 0)
		return;
	entry += length;
	if (w->config->sabotage == SABOTAGE_ACK_EARLY && ack.state < WIRE_DELIVERED)
		ack.state = WIRE_DELIVERED;
	else if (w->config->sabotage == SABOTAGE_GRANT && ack.state == WIRE_ACCEPTED)
		ack.grant += 40;
	else
		return;
	wire_write_ack(entry, &ack, words);
	reseal(packet, WIRE_HEADER_BYTES + bytes);
	w->result->sabotaged++;
}

void sabotage_frame(struct world *w, struct sim_frame *frame)
{
	struct wire_header header;
	uint8_t *packet;
	uint32_t bytes;

	if (w->config->sabotage == SABOTAGE_NONE || !open_frame(frame, &packet, &bytes, &header))
		return;
	if (header.type == WIRE_DATA)
		change_data(w, packet, bytes);
	else if (header.type == WIRE_ACK)
		change_ack(w, packet, bytes);
}

bool sabotage_event(struct world *w, uint32_t node, struct transport_event *event)
{
	if (w->result->sabotaged > 0)
		return false;
	if (w->config->sabotage == SABOTAGE_REPLAY && event->kind == TRANSPORT_MESSAGE) {
		w->result->sabotaged++;
		user_event(w, node, event);
	} else if (w->config->sabotage == SABOTAGE_SWALLOW && event->kind == TRANSPORT_SENT) {
		w->result->sabotaged++;
		return true;
	}
	return false;
}
