/*
 * One tenant's bytes are never another's: what a run leaves in its region, variables and stack is
 * not found by the next, not even in the rest of its last page; variables begin anew.
 */
#include "conformance.h"

#define SECRET_BYTES 32

/* How often that is found by a run in a region with so much memory. */
static uint32_t found(struct harness_function *search, uint64_t memory, const uint8_t *turned)
{
	const uint32_t *counts;
	struct harness_run run;
	uint32_t count;

	search->memory_base = memory;
	conformance_run(search, turned, 2 * SECRET_BYTES, &run);
	CHECK(run.result.outcome == SANDBOX_OK, "%s", run.result.text);
	counts = (const uint32_t *)(const void *)harness_bytes(&run, harness_items(&run));
	count = counts[0];
	CHECK(counts[1] == 42, "a variable counted on: %u", counts[1]);
	harness_release(&run);
	return count;
}

static void planted(struct harness_function *plant, uint64_t memory, const uint8_t *secret)
{
	struct harness_run run;

	plant->memory_base = memory;
	conformance_run(plant, secret, SECRET_BYTES, &run);
	CHECK(run.result.outcome == SANDBOX_OK, "%s", run.result.text);
	harness_release(&run);
}

void conformance_tenants(const struct conformance *c)
{
	struct harness_function plant, search;
	uint8_t secret[SECRET_BYTES], turned[2 * SECRET_BYTES] = {0};

	if (c->kind == KIND_NATIVE)
		return; /* its variables are this process's, from run to run: it is for debuggers */
	plant = conformance_function(c, "good_plant");
	search = conformance_function(c, "good_search");
	for (uint32_t i = 0; i < SECRET_BYTES; i++) {
		secret[i] = (uint8_t)(0x91 + 7 * i);
		turned[i] = (uint8_t)~secret[i];
	}
	/* The search is not blind. */
	memcpy(turned + SECRET_BYTES, secret, SECRET_BYTES);
	CHECK(found(&search, 4096, turned) == 1, "what is there is not found");
	memset(turned + SECRET_BYTES, 0, SECRET_BYTES);
	for (int i = 0; i < 20; i++) {
		/* Larger, so that the smaller region behind it ends within pages that were full. */
		planted(&plant, 300000, secret);
		planted(&plant, 24000, secret);
		CHECK(found(&search, 20000 + 100 * (uint64_t)i, turned) == 0, "a secret leaked");
		CHECK(found(&search, 200000 + 100 * (uint64_t)i, turned) == 0, "a secret leaked");
	}
	sandbox_release(&plant.code);
	sandbox_release(&search.code);
}
