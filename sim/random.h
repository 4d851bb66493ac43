/*
 * The simulator's own random numbers: the same on every machine.
 *
 * Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (OOPSLA'14).
 */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct sim_random {
	uint64_t state; /* any value is a seed */
};

static inline uint64_t sim_random_next(struct sim_random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

/* 0..limit-1; 0 when limit is 0. */
static inline uint64_t sim_random_below(struct sim_random *random, uint64_t limit)
{
	uint64_t value = sim_random_next(random);

	return limit == 0 ? 0 : value % limit;
}

static inline bool sim_random_chance(struct sim_random *random, double probability)
{
	return (double)(sim_random_next(random) >> 11) * 0x1p-53 < probability;
}

#endif
