/*
 * Chunks of messages toward a peer: which go next, which are in flight, which are lost.
 *
 * The first chunk of a new message goes before anything else (it may be the whole message); then
 * the messages take turns of MR_TURN_BYTES, lost chunks first. A turn is a run of packets that
 * differ in little: what they share is done once.
 */
#include "calls.h"
#include "probe.h"

static uint64_t chunk_limit(const struct out_message *message)
{
	uint64_t window = (uint64_t)message->cumulative + MR_CHUNK_WINDOW;
	uint64_t credit = max_u64(message->grant, message->shape.unscheduled);

	return min_u64(message->shape.chunk_count, min_u64(window, credit));
}

/* While the receiver's user has not decided, more chunks would be thrown away. */
static bool sendable(const struct out_message *message)
{
	return message->remote != WIRE_OFFERED &&
	       (message->lost > 0 || message->next < chunk_limit(message));
}

void chunks_refresh(struct out_message *message)
{
	if (sendable(message) != (message->list == OUT_READY))
		send_list(message, sendable(message) ? OUT_READY : OUT_UNLISTED);
}

static bool startable(struct peer *peer)
{
	const struct wire_shape *shape;

	if (peer->out_start == peer->out_next || peer->out_started == MR_MESSAGES_IN_MAX)
		return false;
	shape = &peer->out[peer->out_slots[peer->out_start % MR_MESSAGES_OUT_MAX] - 1].shape;
	return !path_holds(peer, shape->head_bytes + shape->body_bytes);
}

bool chunks_ready(struct peer *peer)
{
	return peer->contact && flight_room(peer) &&
	       (!ready_empty(&peer->ready) || startable(peer));
}

/* --- A turn ---------------------------------------------------------------------------------- */

static uint32_t next_chunk(struct out_message *message)
{
	uint32_t chunk;

	if (message->lost == 0)
		return message->next++;
	chunk = (uint32_t)map_first(message->lost_map, message->cumulative);
	map_clear(message->lost_map, chunk);
	message->lost--;
	COUNT_PEER(message->peer, retransmits, 1);
	stall_again(message);
	PROBE_MESSAGE_RETRANSMIT(message->peer->transport->config.node, message->peer->node,
				 message->id, chunk);
	return chunk;
}

static void chunk_output(struct out_message *message, struct data_run *run,
			 struct transport_frame *frame)
{
	struct peer *peer = message->peer;
	uint32_t fresh = message->next;
	uint32_t chunk = next_chunk(message);
	uint32_t body_bytes = wire_chunk_body_bytes(&message->shape, chunk);
	uint32_t stream_bytes = body_bytes + (chunk == 0 ? message->shape.head_bytes : 0);
	bool again = chunk != fresh;
	uint32_t packet;

	if (!again)
		COUNT_PEER(peer, bytes_out, body_bytes);
	message->flight_bytes += stream_bytes;
	run->data.chunk = chunk;
	frame->body = message->body + wire_chunk_offset(&message->shape, chunk);
	frame->body_bytes = body_bytes;
	frame->owner = message->owner;
	packet = flight_send(peer, (uint32_t)message->id, chunk, stream_bytes, again);
	output_data(run, packet, flight_asks(peer, stream_bytes, again), frame);
}

uint32_t chunks_output(struct peer *peer, struct transport_frame *frames, uint32_t max)
{
	bool start = startable(peer);
	struct out_message *message = start ? send_start(peer) : ready_pick(&peer->ready);
	uint32_t turn = start ? 1 : MR_TURN_BYTES / message->shape.chunk_bytes;
	struct data_run run;
	uint32_t count = 0;

	output_run(&run, message);
	do {
		chunk_output(message, &run, &frames[count++]);
	} while (count < max && count < turn && flight_room(peer) && sendable(message));
	send_list(message, sendable(message) ? OUT_READY : OUT_UNLISTED);
	send_quiet_set(message);
	return count;
}

/* --- In flight ------------------------------------------------------------------------------- */

static struct out_message *chunk_message(struct peer *peer, const struct flight_packet *packet)
{
	uint16_t slot = peer->out_slots[packet->message % MR_MESSAGES_OUT_MAX];
	struct out_message *message = slot == 0 ? NULL : &peer->out[slot - 1];

	if (message == NULL || (uint32_t)message->id != packet->message ||
	    message->state != OUT_STARTED)
		return NULL;
	return message;
}

bool chunk_in_flight(struct peer *peer, const struct flight_packet *packet)
{
	const struct out_message *message;

	if (packet->chunk >= FLIGHT_LANE)
		return lane_in_flight(peer, packet);
	message = chunk_message(peer, packet);
	return message != NULL && packet->chunk >= message->cumulative &&
	       !map_test(message->acked_map, packet->chunk) &&
	       !map_test(message->lost_map, packet->chunk);
}

bool chunk_lost(struct peer *peer, const struct flight_packet *packet)
{
	struct out_message *message;
	uint32_t bytes;

	if (packet->chunk >= FLIGHT_LANE) {
		lane_lost(peer, packet);
		return true;
	}
	message = chunk_message(peer, packet);
	bytes = chunk_stream_bytes(&message->shape, packet->chunk);
	map_set(message->lost_map, packet->chunk);
	message->lost++;
	message->flight_bytes -= bytes;
	peer->flight.bytes -= bytes;
	chunks_refresh(message);
	if (packet->chunk + 1 < message->shape.chunk_count)
		path_lost(peer, message->shape.chunk_bytes);
	/* A receiver whose user has not decided keeps little: that says nothing of the network. */
	return message->remote != WIRE_OFFERED;
}
