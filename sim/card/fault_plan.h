/*
 * Which faults a simulated card has, from the environment variable MILLRACE_CARD_FAULTS:
 *
 *	seed=7,hang=0.01,sync=@3,...
 *
 * For each kind a rate of its occasions, from 0 to 1, or @N: the Nth occasion since the card was
 *opened. Occasions of a kind are numbered in the order of the host's calls, and the seed and that
 *number say whether there is a fault, so that one thread's calls have the same faults again.
 */
#ifndef FAULT_PLAN_H
#define FAULT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAULT_PLAN_VARIABLE "MILLRACE_CARD_FAULTS"

enum fault_kind {
	FAULT_HANG,    /* a compute unit stops: what is queued there never ends */
	FAULT_ADDRESS, /* a run is given an address that no memory answers */
	FAULT_SYNC,    /* a transfer says that it is done, and was not */
	FAULT_LOST,    /* the card falls off the bus as a run starts */
	FAULT_BANK,    /* a buffer comes in another bank than asked for */
	FAULT_KINDS
};

struct fault_plan {
	uint64_t seed;
	struct {
		double rate;
		uint64_t at; /* 0: by rate */
		uint64_t occasions;
	} kinds[FAULT_KINDS];
};

/* Reads a plan; NULL is one without faults. 0; -EINVAL with what is wrong in error. */
int fault_plan_parse(struct fault_plan *plan, const char *text, char *error, size_t error_bytes);
/* Whether this occasion is one; counts it. */
bool fault_plan_take(struct fault_plan *plan, enum fault_kind kind);

/* Faults there were since the library was loaded, by kind, whatever was closed in between.
 * Exported: for tests, which find it in the loaded library. */
void card_faults_count(uint64_t counts[FAULT_KINDS]);

#endif
