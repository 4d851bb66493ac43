/*
 * What a job takes with it from this machine: the composition's text, its plan, and the code of
 * every function of the plan.
 */
#ifndef BUNDLE_H
#define BUNDLE_H

#include "compose.h"
#include "locate.h"
#include "node.h"

struct bundle {
	char *text; /* zero-terminated */
	size_t text_bytes;
	struct plan *plan;
	struct job_code *codes; /* of each function of the plan, in its order */
};

/* Reads places->composition_file and plans composition (NULL: the last), without code. 0, or -errno
 * with error text. Nothing is held after an error. */
int bundle_plan(struct bundle *bundle, const struct locate_places *places, const char *composition,
		char *error, size_t error_bytes);
/* bundle_plan(), and finds and reads the code that the sandbox runs. */
int bundle_load(struct bundle *bundle, const struct locate_places *places, const char *composition,
		const char *sandbox, char *error, size_t error_bytes);
/* Zeroes *bundle, which may be zero already. */
void bundle_free(struct bundle *bundle);

#endif
