/* Encoding and decoding of packets: the only place that knows which bytes lie where. */
#include "wire.h"

#include <string.h>

#include "crc32c.h"

void wire_shape_init(struct wire_shape *shape, uint64_t body_bytes, uint32_t head_bytes,
		     uint32_t chunk_bytes)
{
	uint64_t stream = body_bytes + head_bytes;

	*shape = (struct wire_shape){
	    .body_bytes = body_bytes,
	    .head_bytes = head_bytes,
	    .chunk_bytes = chunk_bytes,
	    .chunk_count = (uint32_t)((stream + chunk_bytes - 1) / chunk_bytes),
	};
	shape->unscheduled = MR_UNSCHEDULED_BYTES / chunk_bytes;
	if (shape->unscheduled > shape->chunk_count)
		shape->unscheduled = shape->chunk_count;
}

uint64_t wire_chunk_offset(const struct wire_shape *shape, uint32_t chunk)
{
	return chunk == 0 ? 0 : (uint64_t)chunk * shape->chunk_bytes - shape->head_bytes;
}

uint32_t wire_chunk_body_bytes(const struct wire_shape *shape, uint32_t chunk)
{
	uint64_t left = shape->body_bytes - wire_chunk_offset(shape, chunk);
	uint32_t room = shape->chunk_bytes - (chunk == 0 ? shape->head_bytes : 0);

	return left < room ? (uint32_t)left : room;
}

uint32_t wire_covered(const uint8_t *packet, uint32_t bytes)
{
	const uint8_t *data = packet + WIRE_HEADER_BYTES;
	uint32_t covered = WIRE_HEADER_BYTES + WIRE_DATA_BYTES;
	uint16_t flags, head_bytes;
	uint32_t chunk;

	memcpy(&flags, packet + offsetof(struct wire_header, flags), sizeof(flags));
	if (packet[offsetof(struct wire_header, type)] != WIRE_DATA ||
	    (flags & WIRE_PAYLOAD_CHECKED) != 0 || bytes < covered)
		return bytes;
	memcpy(&chunk, data + offsetof(struct wire_data, chunk), sizeof(chunk));
	memcpy(&head_bytes, data + offsetof(struct wire_data, head_bytes), sizeof(head_bytes));
	covered += chunk == 0 ? head_bytes : 0;
	return covered < bytes ? covered : bytes;
}

/* Of a packet whose own CRC is yet to come, or is not to count. */
static uint32_t crc_without(const uint8_t *packet, uint32_t bytes)
{
	return crc32c_without(packet, bytes, offsetof(struct wire_header, crc));
}

void wire_seal(uint8_t *packet, uint32_t bytes, const void *payload, uint32_t payload_bytes)
{
	uint32_t covered = wire_covered(packet, bytes + payload_bytes);
	uint32_t crc = crc_without(packet, covered < bytes ? covered : bytes);

	if (covered > bytes)
		crc = crc32c(crc, payload, covered - bytes);
	memcpy(packet + offsetof(struct wire_header, crc), &crc, sizeof(crc));
}

enum wire_verdict wire_open(const uint8_t *packet, uint32_t bytes, struct wire_header *header)
{
	if (bytes < WIRE_HEADER_BYTES)
		return WIRE_SHORT;
	memcpy(header, packet, sizeof(*header));
	if (header->magic != WIRE_MAGIC)
		return WIRE_MALFORMED;
	if (header->version != WIRE_VERSION)
		return WIRE_BAD_VERSION;
	if (crc_without(packet, wire_covered(packet, bytes)) != header->crc)
		return WIRE_BAD_CHECKSUM;
	return (header->flags & (uint16_t)~WIRE_FLAGS) == 0 ? WIRE_GOOD : WIRE_MALFORMED;
}

bool wire_read_data(const uint8_t *body, uint32_t bytes, struct wire_data *data,
		    struct wire_shape *shape)
{
	uint32_t head;

	if (bytes < WIRE_DATA_BYTES)
		return false;
	memcpy(data, body, sizeof(*data));
	if (data->message == 0 || data->body_bytes == 0 || data->body_bytes > MR_MESSAGE_BYTES_MAX)
		return false;
	if (data->chunk_bytes < WIRE_CHUNK_BYTES_MIN || data->chunk_bytes > MR_MTU_MAX)
		return false;
	if (data->head_bytes > WIRE_CHUNK_BYTES_MIN || data->flow >= MR_FLOWS_MAX)
		return false;
	wire_shape_init(shape, data->body_bytes, data->head_bytes, data->chunk_bytes);
	if (data->chunk >= shape->chunk_count || data->unscheduled == 0 ||
	    data->unscheduled > shape->unscheduled)
		return false;
	shape->unscheduled = data->unscheduled;
	head = data->chunk == 0 ? data->head_bytes : 0;
	return bytes == WIRE_DATA_BYTES + head + wire_chunk_body_bytes(shape, data->chunk);
}

uint32_t wire_read_ack(const uint8_t *entry, uint32_t bytes, struct wire_ack *ack,
		       uint64_t words[WIRE_ACK_WORDS_MAX])
{
	if (bytes < WIRE_ACK_BYTES)
		return 0;
	memcpy(ack, entry, WIRE_ACK_BYTES);
	if (ack->message == 0 || ack->state < WIRE_OFFERED || ack->state > WIRE_REJECTED)
		return 0;
	if (ack->words > WIRE_ACK_WORDS_MAX || bytes - WIRE_ACK_BYTES < ack->words * 8u)
		return 0;
	memcpy(words, entry + WIRE_ACK_BYTES, ack->words * 8u);
	return WIRE_ACK_BYTES + ack->words * 8u;
}

uint32_t wire_write_ack(uint8_t *entry, const struct wire_ack *ack, const uint64_t *words)
{
	memcpy(entry, ack, WIRE_ACK_BYTES);
	memcpy(entry + WIRE_ACK_BYTES, words, ack->words * 8u);
	return WIRE_ACK_BYTES + ack->words * 8u;
}

uint32_t wire_read_echo(const uint8_t *at, uint32_t bytes, struct wire_echo *echo,
			uint64_t words[WIRE_ECHO_WORDS_MAX])
{
	if (bytes < WIRE_ECHO_BYTES)
		return 0;
	memcpy(echo, at, WIRE_ECHO_BYTES);
	if (echo->words > WIRE_ECHO_WORDS_MAX || bytes - WIRE_ECHO_BYTES < echo->words * 8u)
		return 0;
	if (echo->words > 0)
		memcpy(words, at + WIRE_ECHO_BYTES, echo->words * 8u);
	return WIRE_ECHO_BYTES + echo->words * 8u;
}

uint32_t wire_write_echo(uint8_t *at, const struct wire_echo *echo, const uint64_t *words)
{
	memcpy(at, echo, WIRE_ECHO_BYTES);
	if (echo->words > 0)
		memcpy(at + WIRE_ECHO_BYTES, words, echo->words * 8u);
	return WIRE_ECHO_BYTES + echo->words * 8u;
}
