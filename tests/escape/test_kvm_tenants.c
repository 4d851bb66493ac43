/*
 * One tenant's run finds nothing of another's, and pays for nothing it did.
 *
 *	test_kvm_tenants DIR [ROUNDS]
 */
#include <time.h>

#include "image.h"
#include "kvm_attacker.h"
#include "sandbox_counters.h"
#include "test.h"

#define PAGE_BYTES 4096u
#define LARGE_BYTES (5u << 20) /* a region that is mapped in large pages */
#define NEIGHBOUR_PAGES 24     /* looked at on either side of a region */
#define DEADLINE_MS 1

static struct attacker attacker, other;

static void well(const struct attacker *who)
{
	attacker_expect(who, (struct attack_order){ATTACK_WITNESS, 0, 0}, SANDBOX_OK, "");
}

/* Memory, registers and flags full of a secret; then a witness of the same code, of other code, and
 * of one whose region ends within a page that was full. */
static void leftovers_found_by_none(uint32_t rounds)
{
	for (uint32_t round = 0; round < rounds; round++) {
		struct sandbox_result result;

		CHECK(attacker_run(&attacker, (struct attack_order){ATTACK_SCRIBBLE, 0, 0}, 0,
				   &result, NULL) == SANDBOX_OK,
		      "%s", result.text);
		well(round % 2 == 0 ? &attacker : &other);
	}
}

static uint64_t word_at(const struct region *region, uint64_t off)
{
	uint64_t word;

	memcpy(&word, region->base + off, sizeof(word));
	return word;
}

static struct region *region_of_secrets(uint64_t bytes)
{
	const uint64_t secret = ATTACK_SECRET;
	struct region *region;

	CHECK(region_alloc(harness_pool(), bytes, REGION_ANY, &region) == 0);
	for (uint64_t off = 0; off + 8 <= bytes; off += 8)
		memcpy(region->base + off, &secret, sizeof(secret));
	return region;
}

/* Reads and writes on both sides of the region fault, at every page, while others' regions lie
 * there; and nothing of theirs changed. */
static void neighbours_out_of_reach(uint32_t heap_bytes)
{
	struct region *before = region_of_secrets((NEIGHBOUR_PAGES + 8) * PAGE_BYTES);
	const struct attacker near = {.code = attacker.code, .heap_bytes = heap_bytes};
	struct region *after = region_of_secrets((NEIGHBOUR_PAGES + 8) * PAGE_BYTES);
	const uint64_t end =
	    (attacker_region_bytes(&near) + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;

	for (uint64_t page = 0; page < NEIGHBOUR_PAGES; page++) {
		const uint64_t offsets[] = {-(page + 1) * PAGE_BYTES, -page * PAGE_BYTES - 1,
					    end + page * PAGE_BYTES,
					    end + (page + 1) * PAGE_BYTES - 1};

		for (int i = 0; i < 8; i++) {
			const enum attack kind = i % 2 == 0 ? ATTACK_READ : ATTACK_WRITE;

			attacker_expect(&near, (struct attack_order){kind, offsets[i / 2], 1},
					SANDBOX_OUT_OF_BOUNDS, "outside its bounds");
		}
	}
	/* And its own first and last page are its own. */
	attacker_expect(&near, (struct attack_order){ATTACK_WRITE, 0, 1}, SANDBOX_OK, "");
	attacker_expect(&near, (struct attack_order){ATTACK_WRITE, end - 1, 1}, SANDBOX_OK, "");
	for (uint64_t off = 0; off + 8 <= before->bytes; off += 8)
		CHECK(word_at(before, off) == ATTACK_SECRET &&
		      word_at(after, off) == ATTACK_SECRET);
	region_unref(&before);
	region_unref(&after);
}

/* What the pool keeps behind a region's bytes, in its last page, was somebody's. */
static void last_page_is_clean(void)
{
	const struct attacker small = {.code = attacker.code, .heap_bytes = 64};
	struct region *full[16];

	for (int round = 0; round < 64; round++) {
		for (int i = 0; i < 16; i++)
			full[i] = region_of_secrets(PAGE_BYTES);
		for (int i = 0; i < 16; i++)
			region_unref(&full[i]);
		/* The last word of the only page: past the region, but mapped. */
		for (uint64_t off = PAGE_BYTES - 64; off < PAGE_BYTES; off += 8)
			attacker_expect(
			    &small, (struct attack_order){ATTACK_ZERO, IMAGE_REGION_BASE + off, 0},
			    SANDBOX_OK, "");
	}
}

/* A run that ends about when its time does ends in one of two ways, and the next one, which has all
 * the time in the world, is not the one that the signal hits. */
static void deadlines_hit_their_own(uint32_t rounds)
{
	uint32_t late = 0, in_time = 0;

	for (uint32_t round = 0; round < rounds; round++) {
		const struct attack_order order = {ATTACK_SPIN_US, 500 + round % 64 * 64, 0};
		struct sandbox_result result;
		const enum sandbox_outcome outcome =
		    attacker_run(&attacker, order, DEADLINE_MS, &result, NULL);

		CHECK(outcome == SANDBOX_OK || outcome == SANDBOX_TIME_LIMIT, "%s", result.text);
		late += outcome == SANDBOX_TIME_LIMIT;
		in_time += outcome == SANDBOX_OK;
		well(&other);
	}
	printf("%u runs ended late, %u in time\n", late, in_time);
	CHECK(late > 0 && in_time > 0);
}

/* A stop that is meant for all runs of now harms none of later. */
static void interrupts_hit_nobody(uint32_t rounds)
{
	for (uint32_t round = 0; round < rounds; round++) {
		sandbox_interrupt();
		well(&attacker);
	}
}

int main(int argc, char **argv)
{
	const uint32_t rounds = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 500;

	CHECK(argc >= 2);
	harness_start();
	attacker_prepare(&attacker, "kvm", argv[1]);
	attacker_prepare(&other, "kvm", argv[1]);
	leftovers_found_by_none(rounds);
	neighbours_out_of_reach(8192);
	neighbours_out_of_reach(LARGE_BYTES);
	last_page_is_clean();
	deadlines_hit_their_own(rounds);
	interrupts_hit_nobody(rounds);
	CHECK(sandbox_counts.kvm_machines_replaced == 0);
	sandbox_release(&attacker.code);
	sandbox_release(&other.code);
	harness_stop();
	return 0;
}
