/*
 * A node that has lost its keys says so and is met again at once; who forges that costs handshakes,
 * few, and nothing else.
 */
#include "seal_state.h"
#include "seals.h"
#include "test.h"

#define MS 1000000ull
#define SECOND 1000000000ull
#define TEXT "a payload"
#define RESEND_MS 5     /* as a transport does */
#define MET_AGAIN_MS 10 /* far below MR_SEAL_SILENCE_MS, and one resend */
#define FORGED 20000
#define FORGED_SECONDS 10

static const struct seal_counters *counters(const struct seals *seals, uint32_t side)
{
	return seal_counters(seals->sides[side].seal);
}

static void connect_both(struct seals *seals)
{
	for (uint32_t i = 0; i < 4; i++) {
		seals_send(seals, i % 2, TEXT, sizeof(TEXT));
		seals_run(seals, seals->now_ns + MS);
	}
	CHECK(seals->sides[0].delivered == 2 && seals->sides[1].delivered == 2, "no contact");
}

/* --- It helps -------------------------------------------------------------------------------- */

static void check_restart(enum noise_pattern pattern)
{
	struct seals seals;
	uint64_t sent_ns;

	seals_start(&seals, pattern, SEAL_AES_GCM, 1);
	connect_both(&seals);
	seals_restart(&seals, 1, 200, false, false);
	seals_run(&seals, seals.now_ns + 30 * SECOND);
	seals.sides[1].delivered = 0;
	sent_ns = seals.now_ns;
	while (seals.sides[1].delivered == 0 && seals.now_ns - sent_ns < SECOND) {
		seals_send(&seals, 0, TEXT, sizeof(TEXT));
		seals_run(&seals, seals.now_ns + RESEND_MS * MS);
	}
	CHECK(seals.now_ns - sent_ns <= MET_AGAIN_MS * MS, "pattern %d: met again after %llu ms",
	      pattern, (unsigned long long)((seals.now_ns - sent_ns) / MS));
	CHECK(counters(&seals, 1)->hints_out == 1 && counters(&seals, 0)->hints_in == 1,
	      "not by a hint");
	seals_stop(&seals);
}

/* --- It is given to few, and seldom ---------------------------------------------------------- */

static void data_make(uint8_t packet[SEAL_OVERHEAD_BYTES], uint32_t index)
{
	const struct seal_head head = {.magic = SEAL_WIRE_MAGIC,
				       .version = SEAL_WIRE_VERSION,
				       .type = SEAL_DATA,
				       .index = index,
				       .counter = 7};

	memset(packet, 0x5a, SEAL_OVERHEAD_BYTES);
	memcpy(packet, &head, sizeof(head));
}

static uint32_t answers_to(struct seals *seals, const uint8_t *packet, uint32_t ip)
{
	uint8_t out[SEAL_OUTPUT_BYTES_MAX];
	struct seal_rx frame = {.in = packet,
				.in_bytes = SEAL_OVERHEAD_BYTES,
				.from = {.ip = ip, .udp_port = 9},
				.out = out};
	struct net_address to;
	uint32_t bytes;

	seal_open_burst(seals->sides[1].seal, seals->now_ns, &frame, 1);
	bytes = seal_output(seals->sides[1].seal, seals->now_ns, out, &to);
	CHECK(bytes <= SEAL_OVERHEAD_BYTES, "%u bytes answer %u", bytes, SEAL_OVERHEAD_BYTES);
	CHECK(bytes == 0 || (to.ip == ip && to.udp_port == 9), "answered to %08x", to.ip);
	return bytes > 0;
}

static void check_sparing(void)
{
	uint8_t packet[SEAL_OVERHEAD_BYTES];
	struct seals seals;
	uint32_t answers = 0;

	seals_start(&seals, NOISE_IK, SEAL_AES_GCM, 2);
	for (uint32_t i = 0; i < 1000; i++) {
		data_make(packet, 0x10000000 + i);
		CHECK(answers_to(&seals, packet, 0x0a000063) == 0, "a stranger is answered");
		answers += answers_to(&seals, packet, SEALS_IP(0));
		seals.now_ns += MS;
	}
	CHECK(answers > 0 && answers <= 1000 / MR_SEAL_HINT_OUT_MS + 1, "%u in a second", answers);
	connect_both(&seals);
	data_make(packet, 0x10000000);
	seals.now_ns += SECOND;
	CHECK(answers_to(&seals, packet, SEALS_IP(0)) == 0, "answered though there are keys");
	seals_stop(&seals);
}

/* --- Forged ---------------------------------------------------------------------------------- */

/* What side 1 would say of the data that side 0 sealed last. */
static void hint_make(const struct seals *seals, uint8_t packet[SEAL_HINT_BYTES])
{
	const struct session *session = seals->sides[0].seal->peers[1].current;
	const struct seal_head head = {.magic = SEAL_WIRE_MAGIC,
				       .version = SEAL_WIRE_VERSION,
				       .type = SEAL_HINT,
				       .index = session->remote_index,
				       .counter = session->frames - 1};

	memcpy(packet, &head, sizeof(head));
	CHECK(mac_write(seals->sides[0].seal->peers[1].mac_key, packet, SEAL_HINT_BYTES) == 0, "");
}

static void check_not_believed(struct seals *seals, const uint8_t packet[SEAL_HINT_BYTES],
			       const char *what)
{
	static struct seal before, after;
	uint64_t dropped = counters(seals, 0)->drop_hint;

	before = *seals->sides[0].seal;
	seals_give(seals, 0, packet, SEAL_HINT_BYTES);
	after = *seals->sides[0].seal;
	CHECK(after.counters.drop_hint == dropped + 1, "%s: not counted", what);
	after.counters = before.counters;
	CHECK(memcmp(&before, &after, sizeof(before)) == 0, "%s: the state changed", what);
}

static void check_wrong(void)
{
	uint8_t right[SEAL_HINT_BYTES], packet[SEAL_HINT_BYTES];
	const uint8_t *mac_key;
	struct seals seals;
	uint64_t counter;

	seals_start(&seals, NOISE_IK, SEAL_AES_GCM, 3);
	connect_both(&seals);
	hint_make(&seals, right);
	mac_key = seals.sides[0].seal->peers[1].mac_key;
	for (uint32_t i = 4; i < SEAL_HINT_BYTES; i++) {
		memcpy(packet, right, sizeof(packet));
		packet[i] ^= 0x40;
		check_not_believed(&seals, packet, "changed");
	}
	memcpy(packet, right, sizeof(packet));
	packet[4] ^= 1;
	CHECK(mac_write(mac_key, packet, SEAL_HINT_BYTES) == 0, "");
	check_not_believed(&seals, packet, "another session");
	memcpy(packet, right, sizeof(packet));
	counter = seals.sides[0].seal->peers[1].current->frames;
	memcpy(packet + offsetof(struct seal_head, counter), &counter, sizeof(counter));
	CHECK(mac_write(mac_key, packet, SEAL_HINT_BYTES) == 0, "");
	check_not_believed(&seals, packet, "a frame that was never sent");
	for (uint32_t i = 0; i < MR_SEAL_HINT_FRAMES; i++) {
		seals_send(&seals, 0, TEXT, sizeof(TEXT));
		seals_run(&seals, seals.now_ns + MS / 10);
	}
	check_not_believed(&seals, right, "a frame of long ago");
	seals_stop(&seals);
}

/* Somebody on the path who knows all public keys says for seconds, after each frame, that it could
 * not be opened. Nothing is lost, and few handshakes are made. */
static void check_flood(void)
{
	uint8_t packet[SEAL_HINT_BYTES];
	struct seals seals;
	uint64_t handshakes, delivered[2];

	seals_start(&seals, NOISE_IK, SEAL_AES_GCM, 4);
	connect_both(&seals);
	handshakes = counters(&seals, 0)->handshakes;
	delivered[0] = seals.sides[0].delivered;
	delivered[1] = seals.sides[1].delivered;
	for (uint32_t i = 0; i < FORGED; i++) {
		CHECK(seals_send(&seals, 0, TEXT, sizeof(TEXT)), "keys are gone");
		CHECK(seals_send(&seals, 1, TEXT, sizeof(TEXT)), "keys of the other are gone");
		hint_make(&seals, packet);
		seals_give(&seals, 0, packet, SEAL_HINT_BYTES);
		seals_run(&seals, seals.now_ns + FORGED_SECONDS * SECOND / FORGED);
	}
	seals_run(&seals, seals.now_ns + 10 * MS);
	CHECK(seals.sides[0].delivered - delivered[0] == FORGED &&
		  seals.sides[1].delivered - delivered[1] == FORGED,
	      "frames were lost");
	handshakes = counters(&seals, 0)->handshakes - handshakes;
	CHECK(handshakes > 0 && handshakes <= FORGED_SECONDS * 1000 / MR_SEAL_HINT_IN_MS + 1,
	      "%llu handshakes", (unsigned long long)handshakes);
	CHECK(counters(&seals, 0)->hints_in == handshakes, "a handshake without a hint");
	CHECK(counters(&seals, 0)->drop_hint == FORGED - handshakes, "not all were counted");
	seals_stop(&seals);
}

int main(void)
{
	check_restart(NOISE_IK);
	check_restart(NOISE_IK_PSK2);
	check_restart(NOISE_NN_PSK0);
	check_sparing();
	check_wrong();
	check_flood();
	return 0;
}
