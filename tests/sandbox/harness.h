/* Runs a function of the build tree on inputs given as bytes: what a node does, on its own. */
#ifndef HARNESS_H
#define HARNESS_H

#include "region.h"
#include "sandbox.h"

struct harness_item {
	const char *name;
	const void *bytes;
	uint32_t len;
	uint64_t key_hash;
	uint16_t flags;
};

struct harness_set {
	const char *name;
	const struct harness_item *items;
	uint32_t count;
};

struct harness_function {
	struct sandbox_code *code;
	const char *out;      /* its output set */
	bool keyed;           /* whose items are to have keys */
	uint64_t memory_base; /* as its block in the .mr file declares */
	double memory_factor;
	uint32_t time_limit_ms; /* 0: the default */
	uint64_t output_bytes_max;
	uint32_t output_items_max; /* 0, both: as if none were declared */
};

struct harness_run {
	struct region *region;
	struct mr_set out; /* of the function's output set, checked; valid when outcome is OK */
	struct sandbox_result result;
};

/* Memory of the pool: as nodes with peers have it; such that a sandbox's process can map it region
 * by region; such that it cannot. */
enum harness_memory { HARNESS_MEMFD, HARNESS_PAGES, HARNESS_PLAIN };

/* Once per process: pool and sandbox runtime, this thread entered. */
void harness_start(void);
void harness_start_with(enum harness_memory memory);
void harness_stop(void);
struct region_pool *harness_pool(void);
/* A folder of this process, removed by harness_stop(). */
const char *harness_cache(void);
/* Reads DIR/NAME.wasm, .elf or .so, whichever the backend takes, and prepares it. Exits on failure.
 */
struct sandbox_code *harness_prepare(const char *backend, const char *dir, const char *name);
/* Is there that backend, and can it prepare such a function here? If not, why. */
bool harness_backend_works(const char *backend, const char *dir, const char *name, char *why,
			   size_t why_bytes);
/* Stages the inputs and runs; the output is checked as a node checks it. */
void harness_invoke(const struct harness_function *function, const struct harness_set *in,
		    uint32_t in_count, struct harness_run *run);
void harness_release(struct harness_run *run);
/* Runs a function that echoes (good_echo) on a text that is the number, and checks the answer. */
void harness_echo(const struct harness_function *echo, uint32_t number);
const struct mr_item *harness_items(const struct harness_run *run);
const uint8_t *harness_bytes(const struct harness_run *run, const struct mr_item *item);

/* How many descriptors this process has open, and a constant: to be compared. */
long harness_descriptors(void);

#endif
