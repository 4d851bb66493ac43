/* Runs kvm_attack.c in a sandbox and checks how that ended. */
#ifndef KVM_ATTACKER_H
#define KVM_ATTACKER_H

#include "harness.h"
#include "kvm_attack.h"

struct attacker {
	struct sandbox_code *code;
	uint32_t heap_bytes; /* beside the order */
};

/* Skips the test, with the reason, where the backend cannot work. */
void attacker_prepare(struct attacker *attacker, const char *backend, const char *dir);
/* Of the region that it runs in. */
uint64_t attacker_region_bytes(const struct attacker *attacker);
/* Runs, and releases the region. What the function returned is in *status, if not NULL. */
enum sandbox_outcome attacker_run(const struct attacker *attacker, struct attack_order order,
				  uint32_t time_limit_ms, struct sandbox_result *result,
				  int32_t *status);
/* Exits unless the outcome is that one, and the text has these words. */
void attacker_expect(const struct attacker *attacker, struct attack_order order,
		     enum sandbox_outcome outcome, const char *words);

#endif
