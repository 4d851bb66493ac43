/*
 * Frames that are not what they should be: wrong keys, replays, cuts, flips, and millions of random
 * ones. Nothing changes but counters: the whole state is compared, byte for byte.
 */
#include "seal_state.h"
#include "seals.h"
#include "test.h"

#define MS 1000000ull
#define FRAMES 200000 /* random ones; or the first argument */
#define SEED 20240229
#define TEXT "a payload that is long enough to be cut in many places, and to be flipped in more"

/* What may change: counters, and how many handshakes are still taken. */
static void state_copy(struct seal *copy, const struct seal *seal)
{
	*copy = *seal;
	memset(&copy->counters, 0, sizeof(copy->counters));
	copy->initiations = 0;
	copy->initiations_ns = 0;
}

static uint64_t drops(const struct seal_counters *c)
{
	return c->drop_clear + c->drop_malformed + c->drop_unknown_index + c->drop_auth +
	       c->drop_replay + c->drop_expired + c->drop_identity + c->drop_mac +
	       c->drop_handshake + c->drop_unknown_peer + c->drop_stale + c->drop_rate +
	       c->drop_hint;
}

/* Gives side 1 a packet that is to be dropped. */
static void check_dropped(struct seals *seals, const uint8_t *packet, uint32_t bytes,
			  const char *what)
{
	static struct seal before, after;
	const struct seal *seal = seals->sides[1].seal;
	uint64_t delivered = seals->sides[1].delivered, flying = seals->flying_count;
	uint64_t dropped = drops(&seal->counters);

	state_copy(&before, seal);
	seals_give(seals, 1, packet, bytes);
	state_copy(&after, seal);
	CHECK(memcmp(&before, &after, sizeof(before)) == 0, "%s: the state changed", what);
	CHECK(seals->sides[1].delivered == delivered, "%s: delivered", what);
	CHECK(seals->flying_count == flying, "%s: answered", what);
	CHECK(drops(&seal->counters) == dropped + 1, "%s: not counted once", what);
}

static void connect_both(struct seals *seals)
{
	for (uint32_t i = 0; i < 4; i++) {
		seals_send(seals, i % 2, TEXT, sizeof(TEXT));
		seals_run(seals, seals->now_ns + MS);
	}
	CHECK(seals->sides[0].delivered == 2 && seals->sides[1].delivered == 2, "no contact");
}

/* --- Keys that do not fit -------------------------------------------------------------------- */

static void check_wrong(enum noise_pattern pattern, bool keys_wrong, bool psk_wrong)
{
	const struct seal_counters *counters;
	struct seals seals;

	seals_start(&seals, pattern, SEAL_AES_GCM, 1);
	seals_restart(&seals, 0, 100, keys_wrong, psk_wrong);
	for (uint32_t i = 0; i < 100; i++) {
		seals_send(&seals, i % 2, TEXT, sizeof(TEXT));
		seals_run(&seals, seals.now_ns + 50 * MS);
	}
	CHECK(seals.sides[0].delivered == 0 && seals.sides[1].delivered == 0,
	      "pattern %d: somebody with wrong keys was believed", pattern);
	counters = seal_counters(seals.sides[1].seal);
	CHECK(counters->drop_handshake + counters->drop_unknown_peer + counters->drop_mac > 0,
	      "pattern %d: not counted", pattern);
	CHECK(counters->sealed == 0, "pattern %d: sealed for nobody", pattern);
	seals_stop(&seals);
}

/* A node that we know, with its own good key, says it is another one. */
static void check_other_name(void)
{
	static uint8_t key_of_2[SEAL_KEY_BYTES] = {7};
	uint8_t public_of_2[SEAL_KEY_BYTES];
	struct seals seals;

	seals_start(&seals, NOISE_IK, SEAL_AES_GCM, 1);
	/* Side 1 knows node 2 by the key that side 0, node 0, really has, and node 0 by another. */
	CHECK(x25519_public(public_of_2, key_of_2) == 0, "no key");
	CHECK(seal_peer_add(seals.sides[1].seal, 2, seals.sides[0].public_key) == 0, "no peer 2");
	memcpy(seals.sides[1].seal->peers[0].public_key, public_of_2, SEAL_KEY_BYTES);
	seals_send(&seals, 0, TEXT, sizeof(TEXT));
	seals_run(&seals, seals.now_ns + MS);
	CHECK(seal_counters(seals.sides[1].seal)->drop_unknown_peer == 1, "it may be anybody");
	CHECK(seals.sides[1].delivered == 0, "delivered");
	seals_stop(&seals);
}

/* --- Captures -------------------------------------------------------------------------------- */

static void check_capture_again(struct seals *seals)
{
	for (uint32_t i = 0; i < seals->captured_count; i++) {
		const struct seals_packet *packet = &seals->captured[i];

		check_dropped(seals, packet->data, packet->bytes, "a packet that came before");
	}
	CHECK(seal_counters(seals->sides[1].seal)->drop_replay > 0, "no replay was seen as one");
	CHECK(seal_counters(seals->sides[1].seal)->drop_stale > 0, "nor an initiation");
}

static void check_cut(struct seals *seals, const uint8_t *packet, uint32_t bytes)
{
	for (uint32_t n = 0; n < bytes; n++)
		check_dropped(seals, packet, n, "a packet cut short");
}

static void check_flips(struct seals *seals, const uint8_t *packet, uint32_t bytes)
{
	uint8_t copy[SEALS_PACKET_BYTES_MAX];

	for (uint32_t bit = 0; bit < 8 * bytes; bit++) {
		memcpy(copy, packet, bytes);
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		/* The bucket of handshakes is not to be what stops a flipped one. */
		seals->now_ns += MS;
		check_dropped(seals, copy, bytes, "a packet with a bit flipped");
	}
}

/* A packet of each kind that side 1 has not seen: they are caught on their way to it. */
static void check_fresh(enum noise_pattern pattern)
{
	struct seals seals;
	struct seals_packet packet;

	seals_start(&seals, pattern, SEAL_AES_GCM, 3);
	seals_send(&seals, 0, TEXT, sizeof(TEXT));
	packet = seals.flying[0];
	check_cut(&seals, packet.data, packet.bytes); /* an initiation */
	check_flips(&seals, packet.data, packet.bytes);
	connect_both(&seals);
	seals_send(&seals, 0, TEXT, sizeof(TEXT));
	packet = seals.flying[0];
	check_cut(&seals, packet.data, packet.bytes); /* data */
	check_flips(&seals, packet.data, packet.bytes);
	seals_run(&seals, seals.now_ns + MS);
	CHECK(seals.sides[1].delivered == 3, "the unharmed packet does not pass any more");
	check_capture_again(&seals);
	seals_stop(&seals);
}

static void check_response(void)
{
	struct seals seals;
	struct seals_packet packet;

	seals_start(&seals, NOISE_IK, SEAL_AES_GCM, 3);
	seals_send(&seals, 1, TEXT, sizeof(TEXT));
	seals_run(&seals, seals.now_ns + MS / 15); /* the initiation has come, its answer has not */
	CHECK(seals.flying_count == 1 && seals.flying[0].to == 1, "where is the response?");
	packet = seals.flying[0];
	check_cut(&seals, packet.data, packet.bytes);
	check_flips(&seals, packet.data, packet.bytes);
	seals_run(&seals, seals.now_ns + MS);
	CHECK(seals.sides[0].delivered == 1, "the unharmed response does not pass any more");
	seals_stop(&seals);
}

/* --- Random frames --------------------------------------------------------------------------- */

/* Some are noise; some look right up to a point, down to indexes that are in use. */
static uint32_t random_frame(struct seals *seals, uint64_t *random, uint8_t *frame)
{
	uint64_t r = seals_random(random);
	uint32_t bytes = (uint32_t)(r >> 32) % 200;
	struct seal_head head = {.magic = SEAL_WIRE_MAGIC,
				 .version = SEAL_WIRE_VERSION,
				 .type = (uint8_t)(r & 3),
				 .index = (uint32_t)seals_random(random),
				 .counter = seals_random(random)};

	for (uint32_t i = 0; i < bytes; i += 8) {
		uint64_t word = seals_random(random);

		memcpy(frame + i, &word, sizeof(word));
	}
	if (r >> 2 & 1) {
		if (r >> 3 & 1)
			head.index = seals->sides[1].seal->peers[0].current->index;
		if (r >> 4 & 1)
			head.counter = r >> 5 & 255;
		if (head.type == SEAL_INITIATION || head.type == SEAL_RESPONSE)
			bytes = head.type == SEAL_INITIATION ? 152 : 104;
		if (head.type == SEAL_INITIATION) {
			head.suite = NOISE_IK << 4 | SEAL_AES_GCM;
			head.counter = 0;
		}
		memcpy(frame, &head, sizeof(head));
	}
	return bytes;
}

static void check_random(uint64_t frames)
{
	static struct seal before, after;
	uint8_t frame[256] = {0};
	uint64_t random = SEED;
	struct seals seals;

	seals_start(&seals, NOISE_IK, SEAL_AES_GCM, 5);
	connect_both(&seals);
	state_copy(&before, seals.sides[1].seal);
	for (uint64_t i = 0; i < frames; i++) {
		uint32_t bytes = random_frame(&seals, &random, frame);

		seals_give(&seals, 1, frame, bytes);
		if (i % 1000 == 0)
			check_dropped(&seals, frame, bytes, "a random frame");
	}
	state_copy(&after, seals.sides[1].seal);
	CHECK(memcmp(&before, &after, sizeof(before)) == 0, "random frames changed the state");
	CHECK(seals.sides[1].delivered == 2, "a random frame was delivered");
	CHECK(drops(seal_counters(seals.sides[1].seal)) == frames + (frames + 999) / 1000,
	      "not all are counted");
	CHECK(seals_send(&seals, 0, TEXT, sizeof(TEXT)), "keys were lost");
	seals_run(&seals, seals.now_ns + MS);
	CHECK(seals.sides[1].delivered == 3, "a good frame does not pass any more");
	seals_stop(&seals);
}

/* Whoever knows our public key can make us work, but only so much. */
static void check_flood(void)
{
	const struct seal_counters *counters;
	struct seals seals;

	seals_start(&seals, NOISE_IK, SEAL_AES_GCM, 6);
	for (uint32_t i = 0; i < 1000; i++) {
		uint8_t packet[SEAL_HANDSHAKE_BYTES_MAX];

		peer_due(seals.sides[0].seal, &seals.sides[0].seal->peers[1], DUE_INITIATION);
		CHECK(handshake_initiate(seals.sides[0].seal, &seals.sides[0].seal->peers[1],
					 packet) == sizeof(packet),
		      "no initiation");
		seals_give(&seals, 1, packet, sizeof(packet));
	}
	counters = seal_counters(seals.sides[1].seal);
	CHECK(counters->initiations_in == 1, "%llu of one peer were answered at once",
	      (unsigned long long)counters->initiations_in);
	CHECK(counters->drop_rate == 999, "%llu dropped", (unsigned long long)counters->drop_rate);
	seals_stop(&seals);
}

int main(int argc, char **argv)
{
	uint64_t frames = argc > 1 ? strtoull(argv[1], NULL, 10) : FRAMES;

	check_wrong(NOISE_IK, true, false);
	check_wrong(NOISE_IK_PSK2, true, false);
	check_wrong(NOISE_IK_PSK2, false, true);
	check_wrong(NOISE_NN_PSK0, false, true);
	check_other_name();
	check_fresh(NOISE_IK);
	check_fresh(NOISE_IK_PSK2);
	check_fresh(NOISE_NN_PSK0);
	check_response();
	check_flood();
	check_random(frames);
	printf("seed %d: %llu random frames\n", SEED, (unsigned long long)frames);
	return 0;
}
