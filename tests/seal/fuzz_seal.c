/*
 * Fuzz target: a schedule of packets, times and payloads between two seals, of which one is ours.
 *
 * The input is a list of records: an operation byte, then what it needs. Packets are given in raw,
 * or made by the peer and then changed, with their MAC made right again, so that what lies behind
 * the cheap checks is reached. Whatever comes: only payloads that the peer sealed are opened, each
 * once, and nothing we send by ourselves is longer than what it answers.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "seal_state.h"

#define SENT_MAX 1024
#define PACKET_BYTES_MAX 512
#define IP(node) (0x0a000001u + (node))

struct input {
	const uint8_t *data;
	size_t bytes;
};

struct fuzz {
	struct seal *seals[2]; /* the peer, and ours */
	struct aead_backend *aead;
	uint64_t random;
	uint64_t now_ns;
	uint32_t sent;
	uint8_t opened[SENT_MAX];
	uint8_t packet[PACKET_BYTES_MAX]; /* the peer's latest */
	uint32_t packet_bytes;
};

static uint8_t take(struct input *input)
{
	if (input->bytes == 0)
		return 0;
	input->bytes--;
	return *input->data++;
}

static void random_fill(void *opaque, uint8_t *bytes, uint32_t count)
{
	uint64_t *state = opaque;

	for (uint32_t i = 0; i < count; i++) {
		*state = *state * 6364136223846793005ull + 1442695040888963407ull;
		bytes[i] = (uint8_t)(*state >> 56);
	}
}

static void side_create(struct fuzz *fuzz, uint32_t node, bool psk_only)
{
	static uint8_t private_keys[2][SEAL_KEY_BYTES] = {{1}, {2}};
	static const uint8_t psk[SEAL_KEY_BYTES] = {3};
	uint8_t remote[SEAL_KEY_BYTES];
	const struct seal_config config = {
	    .node = node,
	    .incarnation = 7 + node,
	    .private_key = psk_only ? NULL : private_keys[node],
	    .psk = psk_only ? psk : NULL,
	    .cipher = SEAL_AES_GCM,
	    .aead = fuzz->aead,
	    .random = random_fill,
	    .opaque = &fuzz->random,
	};

	if (x25519_public(remote, private_keys[1 - node]) < 0 ||
	    seal_create(&fuzz->seals[node], &config) < 0 ||
	    seal_peer_add(fuzz->seals[node], 1 - node, psk_only ? NULL : remote) < 0 ||
	    seal_peer_at(fuzz->seals[node], 1 - node, IP(1 - node)) < 0)
		abort();
}

/* Gives a packet to one side. */
static void give(struct fuzz *fuzz, uint32_t to, const uint8_t *packet, uint32_t bytes)
{
	uint8_t *in = malloc(bytes); /* of its exact size: reads beyond it are seen */
	uint8_t *out = malloc(bytes);
	struct seal_rx frame = {
	    .in = in, .in_bytes = bytes, .from = {.ip = IP(1 - to)}, .out = out};
	uint64_t answered = seal_counters(fuzz->seals[to])->initiations_in;

	if (bytes > 0)
		memcpy(in, packet, bytes);
	seal_open_burst(fuzz->seals[to], fuzz->now_ns, &frame, 1);
	if (frame.out_bytes > 0) {
		uint32_t number;

		assert(frame.node == 1 - to && frame.incarnation == 7 + (1 - to));
		assert(frame.out_bytes == sizeof(number));
		memcpy(&number, out, sizeof(number));
		assert(number < fuzz->sent && fuzz->opened[number]++ == 0);
	}
	if (seal_counters(fuzz->seals[to])->initiations_in > answered)
		assert(fuzz->seals[to]->peers[1 - to].response_bytes <= bytes);
	free(in);
	free(out);
}

static void output(struct fuzz *fuzz, uint32_t from, bool arrives)
{
	uint8_t out[SEAL_OUTPUT_BYTES_MAX];
	struct net_address to;
	uint32_t bytes = seal_output(fuzz->seals[from], fuzz->now_ns, out, &to);

	assert(bytes <= sizeof(out));
	if (bytes == 0)
		return;
	if (from == 0) {
		memcpy(fuzz->packet, out, bytes);
		fuzz->packet_bytes = bytes;
	}
	if (arrives)
		give(fuzz, 1 - from, out, bytes);
}

static void send_payload(struct fuzz *fuzz, uint32_t from, bool arrives)
{
	uint8_t out[sizeof(uint32_t) + SEAL_OVERHEAD_BYTES];
	uint32_t number = fuzz->sent;
	struct seal_tx frame = {.node = 1 - from, .in = {{&number, sizeof(number)}}, .out = out};

	if (number == SENT_MAX)
		return;
	fuzz->sent++;
	seal_burst(fuzz->seals[from], fuzz->now_ns, &frame, 1);
	if (frame.out_bytes == 0)
		return;
	if (from == 0) {
		memcpy(fuzz->packet, out, frame.out_bytes);
		fuzz->packet_bytes = frame.out_bytes;
	}
	if (arrives)
		give(fuzz, 1 - from, out, frame.out_bytes);
}

static void give_raw(struct fuzz *fuzz, struct input *input)
{
	uint32_t bytes = take(input);

	if (bytes > input->bytes)
		bytes = (uint32_t)input->bytes;
	give(fuzz, 1, input->data, bytes);
	input->data += bytes;
	input->bytes -= bytes;
}

static void mac_mend(struct fuzz *fuzz, uint8_t *packet, uint32_t bytes)
{
	uint8_t mac[SEAL_KEY_BYTES];

	if (bytes < SEAL_OVERHEAD_BYTES || packet[2] == SEAL_DATA)
		return;
	hmac_sha256(mac, fuzz->seals[packet[2] == SEAL_HINT ? 0 : 1]->mac_key, packet,
		    bytes - SEAL_MAC_BYTES);
	memcpy(packet + bytes - SEAL_MAC_BYTES, mac, SEAL_MAC_BYTES);
}

/* The peer's latest packet with some bytes changed, and its length perhaps. */
static void give_changed(struct fuzz *fuzz, struct input *input)
{
	uint8_t copy[PACKET_BYTES_MAX];
	uint32_t bytes = fuzz->packet_bytes, changes = take(input) % 4;

	memcpy(copy, fuzz->packet, bytes);
	for (uint32_t i = 0; i < changes && bytes > 0; i++) {
		uint32_t at = take(input) % bytes;

		copy[at] ^= take(input);
	}
	if (take(input) & 1)
		bytes -= take(input) % (bytes + 1);
	mac_mend(fuzz, copy, bytes);
	give(fuzz, 1, copy, bytes);
}

static void operate(struct fuzz *fuzz, struct input *input)
{
	uint8_t operation = take(input);

	switch (operation % 8) {
	case 0:
		give_raw(fuzz, input);
		break;
	case 1:
	case 2:
		give_changed(fuzz, input);
		break;
	case 3:
		fuzz->now_ns += (uint64_t)take(input) * take(input) * 10000000;
		seal_tick(fuzz->seals[0], fuzz->now_ns);
		seal_tick(fuzz->seals[1], fuzz->now_ns);
		break;
	case 4:
	case 5:
		send_payload(fuzz, operation >> 3 & 1, operation >> 4 & 1);
		break;
	default:
		output(fuzz, operation >> 3 & 1, operation >> 4 & 1);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct fuzz fuzz;
	struct input input = {data, size};
	bool psk_only = take(&input) & 1;

	memset(&fuzz, 0, sizeof(fuzz));
	fuzz.now_ns = 1000000000;
	if (aead_evp_create(&fuzz.aead) < 0)
		abort();
	side_create(&fuzz, 0, psk_only);
	side_create(&fuzz, 1, psk_only);
	while (input.bytes > 0)
		operate(&fuzz, &input);
	seal_destroy(&fuzz.seals[0]);
	seal_destroy(&fuzz.seals[1]);
	aead_destroy(&fuzz.aead);
	return 0;
}
