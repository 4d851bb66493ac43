/*
 * Fuzz target: a schedule of frames, times and answers against one transport that is also sending.
 *
 * The input is a list of records: an operation byte, then what it needs. Frames are given in raw,
 * or with IP, UDP and CRC made right, so that what lies behind the checks is reached.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "linear.h"
#include "net.h"
#include "transport.h"
#include "wire.h"

#define BODY_BYTES 70000
#define FRAME_BYTES_MAX 1514
#define OFFERS 8
#define ROOMS 64
#define NODES 3
#define INCARNATION 7

struct input {
	const uint8_t *data;
	size_t bytes;
};

struct fuzz {
	struct transport *t;
	uint64_t now_ns;
	uint64_t offers[OFFERS];
	uint32_t offer_count;
	uint32_t sum;        /* of small messages: their bytes can be read */
	uint64_t bodies_out; /* given to the transport and not back */
	uint8_t body[BODY_BYTES];
	uint64_t offer_bytes[OFFERS];
	uint8_t *room[ROOMS];
	uint32_t rooms;
};

static uint8_t take(struct input *input)
{
	if (input->bytes == 0)
		return 0;
	input->bytes--;
	return *input->data++;
}

static uint32_t take_bytes(struct input *input, uint8_t *to, uint32_t bytes)
{
	if (bytes > input->bytes)
		bytes = (uint32_t)input->bytes;
	memcpy(to, input->data, bytes);
	input->data += bytes;
	input->bytes -= bytes;
	return bytes;
}

static void drain(struct fuzz *fuzz)
{
	static struct transport_event event;

	while (transport_event(fuzz->t, &event)) {
		if (event.body != NULL)
			fuzz->sum += event.body[0] + event.body[event.body_bytes - 1];
		if (event.kind == TRANSPORT_OFFER) {
			fuzz->offers[fuzz->offer_count % OFFERS] = event.offer;
			fuzz->offer_bytes[fuzz->offer_count++ % OFFERS] = event.body_bytes;
		}
		if (event.kind == TRANSPORT_SENT || event.kind == TRANSPORT_FAILED) {
			assert(fuzz->bodies_out > 0);
			fuzz->bodies_out--;
		}
	}
}

/* The frame goes away behind it; the user takes small messages before, or leaves them. */
static void give(struct fuzz *fuzz, const uint8_t *frame, uint32_t bytes, bool take)
{
	uint8_t *copy = malloc(bytes + 1); /* of its exact size: reads beyond it are seen */
	const struct transport_rx rx = {copy + 1, bytes};

	memcpy(copy + 1, frame, bytes);
	transport_input(fuzz->t, fuzz->now_ns, &rx, 1);
	if (take)
		drain(fuzz);
	transport_input_end(fuzz->t);
	free(copy);
}

static void raw_frame(struct fuzz *fuzz, struct input *input)
{
	uint8_t frame[FRAME_BYTES_MAX];
	uint32_t bytes = take_bytes(input, frame, take(input));

	give(fuzz, frame, bytes, true);
}

/* A packet from node 1 or 2 whose checks all pass; its type, session, number and rest are free. */
static void sealed_frame(struct fuzz *fuzz, struct input *input)
{
	static const struct net_self peer = {
	    .mac = {2, 0, 0, 0, 0, 1}, .udp_port = 7411, .ip = 0x0a000002, .mtu = MR_MTU_DEFAULT};
	static const struct net_address self = {
	    .mac = {2, 0, 0, 0, 0, 0}, .udp_port = 7411, .ip = 0x0a000001};
	uint8_t frame[FRAME_BYTES_MAX] = {0};
	struct wire_header header = {.magic = WIRE_MAGIC, .version = WIRE_VERSION};
	uint8_t shape = take(input);
	uint32_t bytes;

	header.type = shape & 7;
	header.from_node = 1 + (shape >> 3 & 1);
	header.from_incarnation = INCARNATION + (shape >> 4 & 1);
	header.to_incarnation = shape >> 5 & 1 ? 0 : INCARNATION;
	header.session = 1 + (shape >> 6 & 1);
	header.packet = take(input);
	memcpy(frame + NET_HEAD_BYTES, &header, sizeof(header));
	bytes = take(input);
	if (shape >> 7 & 1)
		bytes *= 6;
	if (bytes > FRAME_BYTES_MAX - NET_HEAD_BYTES - sizeof(header))
		bytes = FRAME_BYTES_MAX - NET_HEAD_BYTES - sizeof(header);
	take_bytes(input, frame + NET_HEAD_BYTES + sizeof(header), bytes < 120 ? bytes : 120);
	bytes += sizeof(header);
	wire_seal(frame + NET_HEAD_BYTES, bytes, NULL, 0);
	net_write_udp(frame, &peer, &self, bytes);
	give(fuzz, frame, NET_HEAD_BYTES + bytes, bytes % 8 != 0);
}

static void accept_offer(struct fuzz *fuzz, struct input *input)
{
	uint32_t index = take(input) % OFFERS;
	uint64_t bytes = fuzz->offer_bytes[index];

	if (bytes > BODY_BYTES) {
		transport_reject(fuzz->t, fuzz->now_ns, fuzz->offers[index], 1);
		return;
	}
	if (fuzz->rooms == ROOMS)
		return;
	fuzz->room[fuzz->rooms] = malloc(bytes); /* of its exact size: writes beyond it are seen */
	transport_accept(fuzz->t, fuzz->now_ns, fuzz->offers[index], fuzz->room[fuzz->rooms++], 1);
}

static void output(struct fuzz *fuzz)
{
	static uint8_t frame[TRANSPORT_FRAME_BYTES_MAX];
	uint32_t bytes = 1;

	for (uint32_t i = 0; i < 64 && bytes > 0; i++) {
		bytes = linear_output(fuzz->t, fuzz->now_ns, frame);
		assert(bytes <= FRAME_BYTES_MAX);
	}
}

static void operate(struct fuzz *fuzz, struct input *input)
{
	uint32_t node;

	switch (take(input) % 8) {
	case 0:
		raw_frame(fuzz, input);
		break;
	case 1:
	case 2:
	case 3:
		sealed_frame(fuzz, input);
		break;
	case 4:
		fuzz->now_ns += (uint64_t)take(input) * take(input) * 100000;
		transport_tick(fuzz->t, fuzz->now_ns);
		break;
	case 5:
		node = take(input) % NODES;
		if (transport_send(fuzz->t, fuzz->now_ns, node, take(input) % 3, fuzz->body,
				   take(input), fuzz->body, 1 + take(input) * 270ull, NULL, 1) == 0)
			fuzz->bodies_out++;
		break;
	case 6:
		accept_offer(fuzz, input);
		break;
	case 7:
		output(fuzz);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct transport_config config = {.node = 0,
						.incarnation = INCARNATION,
						.mac = {2, 0, 0, 0, 0, 0},
						.ip = 0x0a000001,
						.prefix_len = 24,
						.udp_port = 7411,
						.mtu = MR_MTU_DEFAULT,
						.peer_timeout_ms = 1000,
						.small_bytes_max = MR_SMALL_BYTES_MAX};
	static struct fuzz fuzz;
	static void *memory;
	struct input input = {data, size};

	if (memory == NULL)
		memory = aligned_alloc(4096, (transport_bytes(&config) + 4095) / 4096 * 4096);
	memset(&fuzz, 0, sizeof(fuzz));
	if (transport_init(&fuzz.t, memory, &config, 0) < 0)
		abort();
	for (uint32_t node = 1; node < NODES; node++)
		transport_peer_add(fuzz.t, node, 0x0a000001 + node, 7411);
	while (input.bytes > 0) {
		operate(&fuzz, &input);
		drain(&fuzz);
	}
	fuzz.now_ns += 100000000000;
	for (uint32_t i = 0; i < 20; i++) {
		transport_tick(fuzz.t, fuzz.now_ns += 2000000000);
		drain(&fuzz);
	}
	assert(fuzz.bodies_out == 0); /* every sender is told, whatever was received */
	for (uint32_t i = 0; i < fuzz.rooms; i++)
		free(fuzz.room[i]);
	return 0;
}
