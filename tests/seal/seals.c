/* Two sealing nodes in virtual time. */
#include "seals.h"

#include "test.h"

#define DELAY_NS 50000

uint64_t seals_random(uint64_t *state)
{
	uint64_t z = *state += 0x9E3779B97F4A7C15ull; /* splitmix64 */

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
	z = (z ^ z >> 27) * 0x94D049BB133111EBull;
	return z ^ z >> 31;
}

static void random_fill(void *opaque, uint8_t *bytes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		bytes[i] = (uint8_t)seals_random(opaque);
}

static bool strikes(struct seals *seals, uint32_t ppm)
{
	return seals_random(&seals->random) % 1000000 < ppm;
}

static struct net_address address_of(uint32_t side)
{
	return (struct net_address){
	    .mac = {2, 0, 0, 0, 0, (uint8_t)side}, .ip = SEALS_IP(side), .udp_port = 7411};
}

void seals_restart(struct seals *seals, uint32_t side, uint64_t incarnation, bool keys_wrong,
		   bool psk_wrong)
{
	struct seals_side *self = &seals->sides[side];
	uint8_t psk[SEAL_KEY_BYTES], private_key[SEAL_KEY_BYTES];
	bool psk_only = seals->pattern == NOISE_NN_PSK0;
	struct seal_config config = {
	    .node = side,
	    .incarnation = incarnation,
	    .private_key = psk_only ? NULL : private_key,
	    .psk = seals->pattern == NOISE_IK ? NULL : psk,
	    .cipher = seals->cipher,
	    .aead = self->aead,
	    .random = random_fill,
	    .opaque = &self->random,
	};

	memset(psk, psk_wrong ? 'q' : 'p', sizeof(psk));
	memcpy(private_key, self->private_key, sizeof(private_key));
	private_key[9] ^= keys_wrong;
	seal_destroy(&self->seal);
	CHECK(seal_create(&self->seal, &config) == 0, "no seal");
	CHECK(seal_peer_add(self->seal, 1 - side,
			    psk_only ? NULL : seals->sides[1 - side].public_key) == 0,
	      "no peer");
	CHECK(seal_peer_at(self->seal, 1 - side, SEALS_IP(1 - side)) == 0, "no address");
}

void seals_start(struct seals *seals, enum noise_pattern pattern, enum seal_cipher cipher,
		 uint64_t seed)
{
	*seals =
	    (struct seals){.pattern = pattern,
			   .cipher = cipher,
			   .now_ns = 1000000000,
			   .random = seed,
			   .flying = malloc(SEALS_FLYING_MAX * sizeof(struct seals_packet)),
			   .captured = malloc(SEALS_CAPTURED_MAX * sizeof(struct seals_packet))};
	CHECK(seals->flying != NULL && seals->captured != NULL, "no memory");
	for (uint32_t side = 0; side < 2; side++) {
		struct seals_side *self = &seals->sides[side];

		self->random = seed * 2 + side;
		random_fill(&self->random, self->private_key, SEAL_KEY_BYTES);
		CHECK(x25519_public(self->public_key, self->private_key) == 0, "no key");
		CHECK(aead_evp_create(&self->aead) == 0, "no backend");
	}
	for (uint32_t side = 0; side < 2; side++)
		seals_restart(seals, side, 100 + side, false, false);
}

void seals_stop(struct seals *seals)
{
	for (uint32_t side = 0; side < 2; side++) {
		seal_destroy(&seals->sides[side].seal);
		aead_destroy(&seals->sides[side].aead);
	}
	free(seals->flying);
	free(seals->captured);
}

static void fly(struct seals *seals, uint32_t to, const uint8_t *data, uint32_t bytes)
{
	struct seals_packet *packet = &seals->flying[seals->flying_count];

	if (strikes(seals, seals->loss_ppm))
		return;
	CHECK(seals->flying_count < SEALS_FLYING_MAX, "too many packets under way");
	seals->flying_count++;
	packet->to = to;
	packet->bytes = bytes;
	packet->arrives_ns = seals->now_ns + DELAY_NS;
	if (seals->jitter_ns > 0)
		packet->arrives_ns += seals_random(&seals->random) % seals->jitter_ns;
	memcpy(packet->data, data, bytes);
	if (seals->captured_count < SEALS_CAPTURED_MAX)
		seals->captured[seals->captured_count++] = *packet;
}

static void transmit(struct seals *seals, uint32_t to, const uint8_t *data, uint32_t bytes)
{
	fly(seals, to, data, bytes);
	if (strikes(seals, seals->double_ppm))
		fly(seals, to, data, bytes);
}

static void side_output(struct seals *seals, uint32_t side)
{
	uint8_t packet[SEAL_OUTPUT_BYTES_MAX];
	struct net_address to;
	uint32_t bytes;

	while ((bytes = seal_output(seals->sides[side].seal, seals->now_ns, packet, &to)) > 0) {
		CHECK(to.ip == address_of(1 - side).ip, "sent to %08x", to.ip);
		transmit(seals, 1 - side, packet, bytes);
	}
}

bool seals_send(struct seals *seals, uint32_t side, const void *payload, uint32_t bytes)
{
	uint8_t out[SEALS_PACKET_BYTES_MAX];
	struct seal_tx frame = {
	    .node = 1 - side,
	    .to = address_of(1 - side),
	    .in = {{payload, bytes / 2}, {(const uint8_t *)payload + bytes / 2, bytes - bytes / 2}},
	    .out = out};

	seal_burst(seals->sides[side].seal, seals->now_ns, &frame, 1);
	if (frame.out_bytes > 0)
		transmit(seals, 1 - side, out, frame.out_bytes);
	side_output(seals, side);
	return frame.out_bytes > 0;
}

void seals_give(struct seals *seals, uint32_t side, const uint8_t *packet, uint32_t bytes)
{
	struct seals_side *self = &seals->sides[side];
	uint8_t out[SEALS_PACKET_BYTES_MAX];
	struct seal_rx frame = {
	    .in = packet, .in_bytes = bytes, .from = address_of(1 - side), .out = out};

	seal_open_burst(self->seal, seals->now_ns, &frame, 1);
	if (frame.out_bytes > 0) {
		CHECK(frame.node == 1 - side, "from node %u", frame.node);
		self->delivered++;
		self->incarnation_heard = frame.incarnation;
		if (self->deliver != NULL)
			self->deliver(self->opaque, side, out, frame.out_bytes);
	}
	side_output(seals, side);
}

/* What happens next: a packet (its number), a side's timer (-1 - side), or nothing until then. */
static int next_event(const struct seals *seals, uint64_t *when_ns)
{
	int next = 0;
	bool found = false;

	for (uint32_t i = 0; i < seals->flying_count; i++) {
		if (seals->flying[i].arrives_ns <= *when_ns) {
			*when_ns = seals->flying[i].arrives_ns;
			next = (int)i;
			found = true;
		}
	}
	for (uint32_t side = 0; side < 2; side++) {
		uint64_t deadline_ns = seal_deadline(seals->sides[side].seal);

		if (deadline_ns < *when_ns) {
			*when_ns = deadline_ns;
			next = -1 - (int)side;
			found = true;
		}
	}
	return found ? next : -3;
}

void seals_run(struct seals *seals, uint64_t until_ns)
{
	for (;;) {
		static struct seals_packet packet;
		uint64_t when_ns = until_ns;
		int event = next_event(seals, &when_ns);

		if (when_ns > seals->now_ns)
			seals->now_ns = when_ns;
		if (event == -3)
			return;
		if (event < 0) {
			seal_tick(seals->sides[-1 - event].seal, seals->now_ns);
			side_output(seals, (uint32_t)(-1 - event));
			continue;
		}
		packet = seals->flying[event];
		seals->flying[event] = seals->flying[--seals->flying_count];
		seals_give(seals, packet.to, packet.data, packet.bytes);
	}
}
