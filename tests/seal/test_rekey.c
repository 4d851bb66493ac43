/*
 * Keys wear out by frames and by bytes, long before either is dangerous: they are renewed beside
 * the traffic, and never used beyond the last frame allowed.
 *
 * So many frames are not sent here: the counts of a session are set to just below.
 */
#include "seal_state.h"
#include "seals.h"
#include "test.h"

#define MS 1000000ull
#define TEXT "hello"
#define TEXT_BYTES 5

static struct seals seals;

static struct session *current(uint32_t side)
{
	return seals.sides[side].seal->peers[!side].current;
}

static uint64_t handshakes(uint32_t side)
{
	return seal_counters(seals.sides[side].seal)->handshakes;
}

static void pass(uint64_t ms)
{
	seals_run(&seals, seals.now_ns + ms * MS);
}

static void start(enum seal_cipher cipher)
{
	seals_start(&seals, NOISE_IK, cipher, 1);
	seals_send(&seals, 0, TEXT, TEXT_BYTES);
	pass(MR_SEAL_INITIATION_MS_MIN); /* then another one is taken */
	CHECK(handshakes(0) == 1 && handshakes(1) == 1 && seals.sides[1].delivered == 1);
}

/* Payloads from a side, one each millisecond; all are sealed at once, and arrive. */
static void talk(uint32_t side, uint32_t count)
{
	uint64_t before = seals.sides[!side].delivered;

	for (uint32_t i = 0; i < count; i++) {
		CHECK(seals_send(&seals, side, TEXT, TEXT_BYTES), "no keys");
		pass(1);
	}
	CHECK(seals.sides[!side].delivered == before + count, "%lu of %u",
	      seals.sides[!side].delivered - before, count);
}

static void expect_renewed(uint32_t side, const struct session *old, uint64_t times)
{
	CHECK(handshakes(0) == times && handshakes(1) == times, "%lu and %lu handshakes",
	      handshakes(0), handshakes(1));
	CHECK(current(side) != old, "the old keys are still used");
	CHECK(current(side)->frames < 100 && current(side)->bytes < 10000, "counted anew");
}

/* Either side, whoever made the session, renews what it has worn out. */
static void test_frames(enum seal_cipher cipher, uint32_t side)
{
	const struct session *old;

	start(cipher);
	talk(!side, 3);
	old = current(side);
	current(side)->frames = MR_SEAL_REKEY_FRAMES - 3;
	talk(side, 3);
	CHECK(handshakes(0) == 1, "too early");
	talk(side, 10);
	talk(!side, 10);
	expect_renewed(side, old, 2);
	seals_stop(&seals);
}

static void test_bytes(enum seal_cipher cipher)
{
	const struct session *old;

	start(cipher);
	old = current(0);
	current(0)->bytes = MR_SEAL_REKEY_BYTES - TEXT_BYTES * 3;
	talk(0, 3);
	CHECK(handshakes(0) == 1, "too early");
	talk(0, 10);
	talk(1, 10);
	expect_renewed(0, old, 2);
	seals_stop(&seals);
}

/* Nobody answers: old keys seal up to the last frame allowed, then nothing leaves. */
static void test_last_frame(void)
{
	const struct session *old;
	uint64_t delivered;

	start(SEAL_AES_GCM);
	old = current(0);
	current(0)->frames = MR_SEAL_REJECT_FRAMES - 3;
	seals.loss_ppm = 1000000;
	for (uint32_t i = 0; i < 3; i++)
		CHECK(seals_send(&seals, 0, TEXT, TEXT_BYTES), "frame %u", i);
	CHECK(!seals_send(&seals, 0, TEXT, TEXT_BYTES), "sealed beyond the last frame");
	pass(50);
	CHECK(!seals_send(&seals, 0, TEXT, TEXT_BYTES), "sealed beyond the last frame");
	CHECK(current(0) == old && old->frames == MR_SEAL_REJECT_FRAMES);
	delivered = seals.sides[1].delivered;
	seals.loss_ppm = 0;
	pass(2 * MR_SEAL_RETRY_MS_MAX);
	CHECK(seals.sides[1].delivered > delivered, "what was held came when keys did");
	talk(0, 10);
	expect_renewed(0, old, 2);
	seals_stop(&seals);
}

int main(void)
{
	for (enum seal_cipher cipher = SEAL_AES_GCM; cipher <= SEAL_CHACHA_POLY; cipher++) {
		test_frames(cipher, 0);
		test_frames(cipher, 1);
		test_bytes(cipher);
	}
	test_last_frame();
	return 0;
}
