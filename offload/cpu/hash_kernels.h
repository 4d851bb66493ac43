/* Loops of hashing by columns; docs/operators.md, "Hash". No two arrays overlap. */
#ifndef HASH_KERNELS_H
#define HASH_KERNELS_H

#include "cpu.h"

/* Words are those of offload/rows; they are hashed as the values they stand for. */
enum hash_words { HASH_SIGNED, HASH_UNSIGNED, HASH_FLOAT };

struct hash_kernels {
	/* mr_hash64() of the 8 bytes of each value. */
	void (*words)(const uint64_t *words, enum hash_words kind, uint64_t count,
		      uint64_t *hashes);
	/* mr_hash64() of the values hashes have taken so far, by steps: begins with the length in
	 * bytes, which is below 32; mixes in 8 bytes each; ends. */
	void (*begin)(uint64_t bytes, uint64_t count, uint64_t *hashes);
	void (*mix)(const uint64_t *values, uint64_t count, uint64_t *hashes);
	void (*finish)(uint64_t count, uint64_t *hashes);
};
CPU_DECLARE(struct hash_kernels, hash_kernels);

#endif
