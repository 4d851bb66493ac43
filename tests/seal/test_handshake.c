/* Handshakes in virtual time: every pattern, both at once, loss, restarts, silence, renewal. */
#include "seals.h"
#include "test.h"

#define MS 1000000ull
#define SECOND 1000000000ull
#define SEEDS 100 /* or the first argument */
#define HELLO "hello"

static const struct seal_counters *counters(const struct seals *seals, uint32_t side)
{
	return seal_counters(seals->sides[side].seal);
}

/* One round trip, and the payload that waited is there: no timer is needed. */
static void check_contact(enum noise_pattern pattern, enum seal_cipher cipher)
{
	struct seals seals;

	seals_start(&seals, pattern, cipher, 1);
	CHECK(!seals_send(&seals, 0, HELLO, 5), "sealed without keys");
	seals_run(&seals, seals.now_ns + MS);
	CHECK(seals.sides[1].delivered == 1, "the payload that was held");
	CHECK(seals.sides[1].incarnation_heard == 100, "the initiator's incarnation");
	CHECK(seals_send(&seals, 1, HELLO, 5), "the responder has no keys");
	seals_run(&seals, seals.now_ns + MS);
	CHECK(seals.sides[0].delivered == 1, "the answer");
	CHECK(seals.sides[0].incarnation_heard == 101, "the responder's incarnation");
	CHECK(counters(&seals, 0)->handshakes == 1 && counters(&seals, 1)->handshakes == 1,
	      "one handshake");
	CHECK(seals.captured[1].bytes <= seals.captured[0].bytes,
	      "%u bytes answer %u of an address that proved nothing", seals.captured[1].bytes,
	      seals.captured[0].bytes);
	seals_stop(&seals);
}

static void check_both_at_once(void)
{
	struct seals seals;

	seals_start(&seals, NOISE_IK, SEAL_AES_GCM, 2);
	seals_send(&seals, 0, HELLO, 5);
	seals_send(&seals, 1, HELLO, 5);
	seals_run(&seals, seals.now_ns + 10 * MS);
	for (uint32_t i = 0; i < 100; i++) {
		CHECK(seals_send(&seals, i % 2, HELLO, 5), "no keys");
		seals_run(&seals, seals.now_ns + MS);
	}
	CHECK(seals.sides[0].delivered == 51 && seals.sides[1].delivered == 51, "%llu and %llu",
	      (unsigned long long)seals.sides[0].delivered,
	      (unsigned long long)seals.sides[1].delivered);
	seals_stop(&seals);
}

struct seen {
	uint8_t times[2][512];
};

static void deliver(void *opaque, uint32_t side, const uint8_t *payload, uint32_t bytes)
{
	struct seen *seen = opaque;
	uint32_t number;

	CHECK(bytes == 100, "%u bytes", bytes);
	memcpy(&number, payload, sizeof(number));
	CHECK(seen->times[side][number]++ == 0, "payload %u came twice", number);
}

/* As a transport would, both sides send all the while: what is lost is, the rest comes once. */
static void check_loss(uint64_t seed)
{
	static struct seen seen;
	struct seals seals;
	uint8_t payload[100] = {0};

	memset(&seen, 0, sizeof(seen));
	seals_start(&seals, (enum noise_pattern)(NOISE_IK + seed % 3), SEAL_AES_GCM, seed);
	seals.loss_ppm = 200000;
	seals.double_ppm = 200000;
	seals.jitter_ns = 20 * MS;
	for (uint32_t side = 0; side < 2; side++) {
		seals.sides[side].deliver = deliver;
		seals.sides[side].opaque = &seen;
	}
	for (uint32_t i = 0; i < 512; i++) {
		memcpy(payload, &i, sizeof(i));
		seals_send(&seals, 0, payload, sizeof(payload));
		seals_send(&seals, 1, payload, sizeof(payload));
		seals_run(&seals, seals.now_ns + 10 * MS);
		if (i == 256)
			seals_restart(&seals, (uint32_t)seed % 2, 200, false, false);
	}
	for (uint32_t side = 0; side < 2; side++) {
		uint32_t last = 0;

		for (uint32_t i = 512 - 64; i < 512; i++)
			last += seen.times[side][i];
		CHECK(last > 64 / 2, "seed %llu: %u of the last 64 came to side %u",
		      (unsigned long long)seed, last, side);
	}
	seals_stop(&seals);
}

/* Nobody there: it is tried a while, then it is quiet, and begins anew with the next payload. */
static void check_absent(void)
{
	struct seals seals;
	uint64_t tried;

	seals_start(&seals, NOISE_IK, SEAL_AES_GCM, 3);
	seals.loss_ppm = 1000000;
	seals_send(&seals, 0, HELLO, 5);
	seals_run(&seals, seals.now_ns + 60 * SECOND);
	tried = counters(&seals, 0)->initiations_out;
	CHECK(tried >= 16 && tried <= 30, "%llu initiations", (unsigned long long)tried);
	CHECK(seal_deadline(seals.sides[0].seal) == UINT64_MAX, "it does not give up");
	seals.loss_ppm = 0;
	seals_send(&seals, 0, HELLO, 5);
	seals_run(&seals, seals.now_ns + MS);
	CHECK(seals.sides[1].delivered == 1, "it does not begin anew");
	seals_stop(&seals);
}

/* The one that goes on notices by silence that its keys are no longer known. */
static void check_restart(void)
{
	struct seals seals;
	uint64_t start_ns;

	seals_start(&seals, NOISE_IK, SEAL_AES_GCM, 4);
	seals_send(&seals, 0, HELLO, 5);
	seals_run(&seals, seals.now_ns + SECOND);
	seals_restart(&seals, 1, 200, false, false);
	start_ns = seals.now_ns;
	while (seals.sides[1].delivered < 2) {
		seals_send(&seals, 0, HELLO, 5);
		seals_run(&seals, seals.now_ns + 10 * MS);
		CHECK(seals.now_ns - start_ns < SECOND, "not met again within a second");
	}
	CHECK(counters(&seals, 1)->drop_unknown_index > 0, "old keys were taken");
	seals_send(&seals, 1, HELLO, 5);
	seals_run(&seals, seals.now_ns + MS);
	CHECK(seals.sides[0].incarnation_heard == 200, "not the new life");
	seals_stop(&seals);
}

/* A transport's questions to a peer that it misses: at once, then 3 ms, 6 ms, ... later. */
static uint64_t ask(struct seals *seals, uint64_t enough, uint64_t ms_max)
{
	uint64_t next_ms = 0, wait_ms = 3, ms = 0;

	for (; ms < ms_max && seals->sides[1].delivered < enough; ms++) {
		if (ms == next_ms) {
			seals_send(seals, 0, HELLO, 5);
			next_ms += wait_ms;
			wait_ms = wait_ms < 187 / 2 ? 2 * wait_ms : 187;
		}
		seals_run(seals, seals->now_ns + MS);
	}
	return ms;
}

/* One that was found dead is met again in far less than the time by which it is taken for dead,
 * whether handshakes with it are still tried then, or were given up. */
static void check_reborn(uint64_t dead_ms, uint64_t ms_max)
{
	struct seals seals;
	uint64_t took_ms;

	seals_start(&seals, NOISE_IK, SEAL_AES_GCM, 7 + dead_ms);
	seals_send(&seals, 0, HELLO, 5);
	seals_run(&seals, seals.now_ns + SECOND);
	seals.loss_ppm = 1000000;
	ask(&seals, UINT64_MAX, MR_PEER_TIMEOUT_MS_CLUSTER);
	seals_run(&seals, seals.now_ns + dead_ms * MS);
	seals.loss_ppm = 0;
	seals_restart(&seals, 1, 200, false, false);
	took_ms = ask(&seals, 2, SECOND / MS);
	CHECK(seals.sides[1].delivered == 2 && took_ms <= ms_max,
	      "dead for %llu ms, then met after %llu", (unsigned long long)dead_ms,
	      (unsigned long long)took_ms);
	seals_stop(&seals);
}

/* Keys are renewed in the middle of traffic, and no payload is lost by it. */
static void check_renewal(void)
{
	struct seals seals;
	uint64_t sent = 0;

	seals_start(&seals, NOISE_IK_PSK2, SEAL_CHACHA_POLY, 5);
	seals.jitter_ns = 3 * MS;
	seals_send(&seals, 0, HELLO, 5);
	seals_run(&seals, seals.now_ns + 20 * MS);
	for (uint32_t i = 0; i < 500 * 100; i++) {
		sent += seals_send(&seals, 0, HELLO, 5);
		if (i % 16 == 0)
			seals_send(&seals, 1, HELLO, 5);
		seals_run(&seals, seals.now_ns + 10 * MS);
	}
	seals_run(&seals, seals.now_ns + SECOND);
	CHECK(sent == 50000 && seals.sides[1].delivered == sent + 1, "%llu of %llu",
	      (unsigned long long)seals.sides[1].delivered, (unsigned long long)sent);
	CHECK(counters(&seals, 0)->handshakes == 1 + 500 / 120, "%llu handshakes in 500 s",
	      (unsigned long long)counters(&seals, 0)->handshakes);
	seals_stop(&seals);
}

/* Traffic that ends is answered by an empty frame, and begins no handshake. */
static void check_quiet(void)
{
	struct seals seals;

	seals_start(&seals, NOISE_IK, SEAL_AES_GCM, 6);
	seals_send(&seals, 0, HELLO, 5);
	seals_run(&seals, seals.now_ns + SECOND);
	seals_send(&seals, 0, HELLO, 5);
	seals_run(&seals, seals.now_ns + 100 * SECOND);
	CHECK(counters(&seals, 0)->keepalives_in == 2, "%llu keepalives",
	      (unsigned long long)counters(&seals, 0)->keepalives_in);
	CHECK(counters(&seals, 0)->initiations_out == 1, "a handshake for nothing");
	seals_run(&seals, seals.now_ns + 200 * SECOND);
	CHECK(seal_deadline(seals.sides[0].seal) == UINT64_MAX &&
		  seal_deadline(seals.sides[1].seal) == UINT64_MAX,
	      "old keys are kept");
	CHECK(!seals_send(&seals, 0, HELLO, 5), "sealed by keys too old");
	seals_run(&seals, seals.now_ns + SECOND);
	CHECK(seals.sides[1].delivered == 3, "no new keys");
	seals_stop(&seals);
}

int main(int argc, char **argv)
{
	uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : SEEDS;

	for (int pattern = NOISE_IK; pattern <= NOISE_NN_PSK0; pattern++) {
		check_contact((enum noise_pattern)pattern, SEAL_AES_GCM);
		check_contact((enum noise_pattern)pattern, SEAL_CHACHA_POLY);
	}
	check_both_at_once();
	for (uint64_t seed = 1; seed <= seeds; seed++)
		check_loss(seed);
	check_absent();
	check_restart();
	for (uint64_t dead_ms = 0; dead_ms <= 6000; dead_ms += 50)
		check_reborn(dead_ms, MR_PEER_TIMEOUT_MS_CLUSTER * 2 / 3);
	check_reborn(20000, 20);
	check_renewal();
	check_quiet();
	return 0;
}
