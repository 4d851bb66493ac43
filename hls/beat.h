/*
 * A beat: the 512 bits that a kernel moves to or from memory in one cycle, and the check of a
 * stream of them, by which the host knows that a kernel has seen what it sent and that it got back
 * what the kernel wrote. C as Vitis HLS takes it: no allocation, no recursion, bounded loops.
 */
#ifndef BEAT_H
#define BEAT_H

#include <assert.h>

#include <millrace/hash.h>

#define BEAT_BYTES 64
#define BEAT_WORDS 8   /* of 64 bits */
#define BEAT_HALVES 16 /* of 32 bits */
#define BEAT_BITS 512

struct beat {
	uint64_t word[BEAT_WORDS];
};

static_assert(sizeof(struct beat) == BEAT_BYTES, "a flat struct of 512 bits");

static inline uint64_t beats_of(uint64_t bytes)
{
	return (bytes + BEAT_BYTES - 1) / BEAT_BYTES;
}

/* The half of that number, with zeros there before. */
static inline void beat_half_put(struct beat *beat, uint32_t half, uint32_t value)
{
	beat->word[half / 2] |= (uint64_t)value << half % 2 * 32;
}

static inline uint32_t beat_half(const struct beat *beat, uint32_t half)
{
	return (uint32_t)(beat->word[half / 2] >> half % 2 * 32);
}

static inline uint32_t beat_bit(const struct beat *beat, uint32_t bit)
{
	return (uint32_t)(beat->word[bit / 64] >> bit % 64) & 1;
}

/*
 * Eight sums, of the words at each place, turned by the number of their beat: an adder for each
 * lane in hardware, and whatever the order in which beats are written, one result. Stale, poisoned,
 * cut and moved data give another one; it is no code against deliberate changes.
 */
struct beat_check {
	uint64_t lane[BEAT_WORDS];
};

static inline void beat_check_begin(struct beat_check *check)
{
	for (int i = 0; i < BEAT_WORDS; i++) {
		check->lane[i] = 0;
	}
}

static inline void beat_check_add(struct beat_check *check, const struct beat *beat, uint64_t index)
{
	const uint32_t turn = index & 63;

	for (int i = 0; i < BEAT_WORDS; i++) {
		check->lane[i] += beat->word[i] << turn | beat->word[i] >> ((0u - turn) & 63);
	}
}

/* Takes a stream's check into the sum of those before it. */
static inline uint64_t beat_check_fold(uint64_t sum, const struct beat_check *check)
{
	for (int i = 0; i < BEAT_WORDS; i++)
		sum = mr_xxh_round(sum, check->lane[i]);
	return sum;
}

#endif
