/*
 * What every backend of the sandbox does alike, one file for each concern. A behaviour that a
 * backend cannot have is left out for it where its case is listed, with the reason.
 */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include "harness.h"
#include "test.h"

/* Which column of expectations: what a run is confined by. */
enum conformance_kind { KIND_WASM, KIND_IMAGE, KIND_NATIVE, KIND_COUNT };

struct conformance {
	const char *backend;
	enum conformance_kind kind;
	const char *dir; // of the functions in tests/functions/bad
	int runs;        // of what is repeated
};

/* A function of that name, with an output set "out" whose items have keys. */
struct harness_function conformance_function(const struct conformance *c, const char *name);
/* One run of it on one item. */
void conformance_run(const struct harness_function *function, const void *bytes, uint32_t len,
		     struct harness_run *run);
/* good_echo gives back what it got: the backend, the thread and the pool are sound. */
void conformance_echo(const struct harness_function *echo);
long conformance_rss_kib(void);

void conformance_ends(const struct conformance *c);
void conformance_data(const struct conformance *c);
void conformance_time(const struct conformance *c);
void conformance_tenants(const struct conformance *c);
void conformance_threads(const struct conformance *c);

#endif
