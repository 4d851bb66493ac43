/* XXH64 of values side by side: <millrace/hash.h> in steps that compilers turn into vectors. */
#include "hash_kernels.h"

#include <millrace/hash.h>

#define SIGN (1ull << 63)

static inline uint64_t mixed(uint64_t hash, uint64_t value)
{
	return mr_xxh_rotl(hash ^ mr_xxh_round(0, value), 27) * MR_XXH_P1 + MR_XXH_P4;
}

static inline uint64_t finished(uint64_t hash)
{
	hash = (hash ^ (hash >> 33)) * MR_XXH_P2;
	hash = (hash ^ (hash >> 29)) * MR_XXH_P3;
	return hash ^ (hash >> 32);
}

/* The bits of the value that a word stands for. */
static inline uint64_t word_bits(uint64_t word, enum hash_words kind)
{
	uint64_t negative = (uint64_t)((int64_t)~word >> 63); /* all ones, or none */

	switch (kind) {
	case HASH_SIGNED:
		return word ^ SIGN;
	case HASH_FLOAT:
		return word ^ (negative | SIGN);
	default:
		return word;
	}
}

static inline void words_hash(const uint64_t *restrict words, enum hash_words kind, uint64_t count,
			      uint64_t *restrict hashes)
{
	for (uint64_t i = 0; i < count; i++)
		hashes[i] = finished(mixed(MR_XXH_P5 + 8, word_bits(words[i], kind)));
}

/* One loop for each kind: a branch inside would keep it from being vectors. */
static void words(const uint64_t *restrict words, enum hash_words kind, uint64_t count,
		  uint64_t *restrict hashes)
{
	if (kind == HASH_SIGNED)
		words_hash(words, HASH_SIGNED, count, hashes);
	else if (kind == HASH_FLOAT)
		words_hash(words, HASH_FLOAT, count, hashes);
	else
		words_hash(words, HASH_UNSIGNED, count, hashes);
}

static void begin(uint64_t bytes, uint64_t count, uint64_t *hashes)
{
	for (uint64_t i = 0; i < count; i++)
		hashes[i] = MR_XXH_P5 + bytes;
}

static void mix(const uint64_t *restrict values, uint64_t count, uint64_t *restrict hashes)
{
	for (uint64_t i = 0; i < count; i++)
		hashes[i] = mixed(hashes[i], values[i]);
}

static void finish(uint64_t count, uint64_t *hashes)
{
	for (uint64_t i = 0; i < count; i++)
		hashes[i] = finished(hashes[i]);
}

const struct hash_kernels CPU_NAME(hash_kernels) = {words, begin, mix, finish};
