/* Runs kvm_attack.c in a sandbox and checks how that ended. */
#include "kvm_attacker.h"

#include <errno.h>

#include "kvm_device.h"
#include "test.h"

#define TIME_LIMIT_MS 1000

void attacker_prepare(struct attacker *attacker, const char *backend, const char *dir)
{
	const struct kvm_device *device;
	char error[MR_ERROR_BYTES_MAX];

	if (strcmp(backend, "kvm") == 0 && kvm_device_open(&device, error, sizeof(error)) < 0)
		SKIP("%s", error);
	attacker->code = harness_prepare(backend, dir, "kvm_attack");
	attacker->heap_bytes = 8192;
}

uint64_t attacker_region_bytes(const struct attacker *attacker)
{
	const struct region_set_spec in = {
	    .name = "order",
	    .item_count = 1,
	    .bytes = region_item_bytes(0, 0, sizeof(struct attack_order)),
	};
	const char *out = "out";

	return attacker->code->header_off + region_image_bytes(&in, 1, &out, 1) +
	       attacker->heap_bytes;
}

enum sandbox_outcome attacker_run(const struct attacker *attacker, struct attack_order order,
				  uint32_t time_limit_ms, struct sandbox_result *result,
				  int32_t *status)
{
	const struct harness_function function = {
	    .code = attacker->code,
	    .out = "out",
	    .memory_base = attacker->heap_bytes,
	    .time_limit_ms = time_limit_ms,
	};
	const struct harness_item item = {.bytes = &order, .len = sizeof(order)};
	const struct harness_set in = {"order", &item, 1};
	struct harness_run run;

	harness_invoke(&function, &in, 1, &run);
	*result = run.result;
	if (status != NULL)
		memcpy(status,
		       run.region->base + attacker->code->header_off +
			   offsetof(struct mr_region, status),
		       sizeof(*status));
	harness_release(&run);
	return result->outcome;
}

void attacker_expect(const struct attacker *attacker, struct attack_order order,
		     enum sandbox_outcome outcome, const char *words)
{
	struct sandbox_result result;

	CHECK(attacker_run(attacker, order, TIME_LIMIT_MS, &result, NULL) == outcome,
	      "attack %llu with %#llx, %llu: %s (%s)", (unsigned long long)order.kind,
	      (unsigned long long)order.number, (unsigned long long)order.extra,
	      sandbox_outcome_text(result.outcome), result.text);
	CHECK(strstr(result.text, words) != NULL, "%s, not: %s", result.text, words);
}
