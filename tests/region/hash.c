/* The published hash is XXH64 with seed 0, at every length and alignment; its top bits group. */
#include "test.h"

#include <millrace/hash.h>
#include <stdint.h>
#include <xxhash.h>

int main(void)
{
	static uint8_t bytes[70000];
	uint64_t seed = 7;

	for (size_t i = 0; i < sizeof(bytes); i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		bytes[i] = (uint8_t)(seed >> 56);
	}
	for (size_t off = 0; off < 16; off++)
		for (size_t len = 0; len <= 300; len++)
			CHECK(mr_hash64(bytes + off, len) == XXH64(bytes + off, len, 0), "%zu",
			      len);
	for (int i = 0; i < 2000; i++) {
		size_t off = (size_t)(seed >> 40) % 30000;
		size_t len = (size_t)(seed >> 20) % 40000;

		CHECK(mr_hash64(bytes + off, len) == XXH64(bytes + off, len, 0), "%zu", len);
		seed = seed * 6364136223846793005u + 1442695040888963407u;
	}
	for (uint32_t group = 0; group < MR_KEY_GROUPS; group++) {
		CHECK(mr_key_group(mr_key_group_hash(group)) == group);
		CHECK(group == 0 || mr_key_group(mr_key_group_hash(group) - 1) == group - 1);
	}
	return 0;
}
