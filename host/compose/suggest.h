/* "Did you mean ...?": the known name nearest to a misspelt one. */
#ifndef COMPOSE_SUGGEST_H
#define COMPOSE_SUGGEST_H

#include "script.h"

struct suggestion {
	const char *wanted;
	uint32_t wanted_bytes;
	const char *best; /* NULL: none is near enough */
	uint32_t best_bytes;
	uint32_t best_distance;
};

void suggestion_start(struct suggestion *suggestion, const char *wanted, uint32_t bytes);
/* Offers a known name, which must outlive the suggestion. Of equally near ones the first stays. */
void suggestion_offer(struct suggestion *suggestion, const char *name, uint32_t bytes);
/* Hints at the best name, or gives the other hint when there is none; -EINVAL. */
int suggestion_hint(const struct suggestion *suggestion, const struct script *script,
		    const char *otherwise);

#endif
