/* What each backend could not be faster than. */
#include "floors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handover_floor.h"
#include "kvm_floor.h"
#include "place.h"
#include "process.h"

#define TEXT_BYTES (12u << 20) /* of MR_BENCH_SAMPLES_MAX numbers */
#define PATIENCE_S 60

/* A static program that forks, installs a filter, exits and waits. */
static bool process_floor(const struct subject *subject, struct samples *samples, uint32_t run_ms,
			  char *reason, size_t reason_bytes)
{
	char path[PATH_MAX], ms[16];
	const char *const arguments[] = {path, ms, NULL};
	char *text, *rest;
	int rc;

	(void)subject;
	snprintf(ms, sizeof(ms), "%u", run_ms);
	text = place_find("process_floor", path) ? malloc(TEXT_BYTES) : NULL;
	if (text == NULL) {
		snprintf(reason, reason_bytes, "process_floor is not beside this program");
		return false;
	}
	rc = process_run(&PROCESS_ANYWHERE, arguments, text, TEXT_BYTES, PATIENCE_S);
	rest = text;
	samples->count = 0;
	for (char *line; rc == 0 && (line = strsep(&rest, "\n")) != NULL && *line != 0;)
		samples_add(samples, strtoull(line, NULL, 10));
	free(text);
	if (rc != 0 || samples->count == 0)
		snprintf(reason, reason_bytes, "process_floor ended with %d", rc);
	return rc == 0 && samples->count > 0;
}

struct call {
	uint8_t *memory;
	uint64_t bytes;
	int (*volatile function)(uint8_t *memory);
};

static int touch(uint8_t *memory)
{
	return memory[0];
}

static int call_once(void *context)
{
	struct call *call = context;

	memset(call->memory, 0, call->bytes);
	return call->function(call->memory);
}

/* The memory of a region is cleared, and a function called. */
static bool wasm_floor(const struct subject *subject, struct samples *samples, uint32_t run_ms,
		       char *reason, size_t reason_bytes)
{
	struct call call = {.bytes = subject_region_bytes(subject), .function = touch};
	int rc = -ENOMEM;
	bool taken;

	call.memory = malloc(call.bytes);
	taken = call.memory != NULL && samples_take(samples, run_ms, call_once, &call, &rc);
	free(call.memory);
	if (!taken)
		snprintf(reason, reason_bytes, "%s", strerror(-rc));
	return taken;
}

static int kvm_floor_once(void *floor)
{
	return kvm_floor_run(floor);
}

/* KVM_RUN with one exit. */
static bool kvm_floor(const struct subject *subject, struct samples *samples, uint32_t run_ms,
		      char *reason, size_t reason_bytes)
{
	struct kvm_floor *floor;
	bool taken;
	int rc;

	(void)subject;
	if (kvm_floor_create(&floor, reason, reason_bytes) < 0)
		return false;
	taken = samples_take(samples, run_ms, kvm_floor_once, floor, &rc);
	kvm_floor_destroy(&floor);
	if (!taken)
		snprintf(reason, reason_bytes, "KVM_RUN: %s", strerror(-rc));
	return taken;
}

static int handover_floor_once(void *floor)
{
	return handover_floor_run(floor);
}

/* The same, there and back, and a turn passed between two that look for it. */
static bool wasm_process_floor(const struct subject *subject, struct samples *samples,
			       uint32_t run_ms, char *reason, size_t reason_bytes)
{
	struct handover_floor *floor;
	int rc = handover_floor_create(&floor, subject_region_bytes(subject));
	bool taken;

	if (rc < 0) {
		snprintf(reason, reason_bytes, "%s", strerror(-rc));
		return false;
	}
	taken = samples_take(samples, run_ms, handover_floor_once, floor, &rc);
	handover_floor_destroy(&floor);
	if (!taken)
		snprintf(reason, reason_bytes, "no hand-over");
	return taken;
}

bool floor_take(const struct subject *subject, struct samples *samples, uint32_t run_ms,
		char *reason, size_t reason_bytes)
{
	static const struct {
		const char *backend;
		bool (*take)(const struct subject *subject, struct samples *samples,
			     uint32_t run_ms, char *reason, size_t reason_bytes);
	} floors[] = {{"wasm", wasm_floor},
		      {"wasm-process", wasm_process_floor},
		      {"process", process_floor},
		      {"kvm", kvm_floor}};

	for (size_t i = 0; i < sizeof(floors) / sizeof(floors[0]); i++)
		if (strcmp(floors[i].backend, subject->ops->name) == 0)
			return floors[i].take(subject, samples, run_ms, reason, reason_bytes);
	snprintf(reason, reason_bytes, "nobody has said what this backend's floor is");
	return false;
}
