/* Compositions with epochs, inputs for them, and the answers, reached by plain C. */
#ifndef REPEAT_H
#define REPEAT_H

#include <stddef.h>
#include <stdint.h>

struct repeat {
	const char *name;
	const char *text; /* of the composition; retries are many, for faults */
	const char *inputs[2];
	char *contents[2]; /* of the files they are read from */
	const char *output;
	char *answer;
	uint32_t epochs; /* until it ends */
};

/* k-means of points around some centres: a state that is broadcast, and one taken by `all`. */
void repeat_kmeans(struct repeat *repeat, uint64_t seed, uint32_t points);
/* Counts of lines that add up, by key, until each is counted 100 times (tests/node/functions). */
void repeat_ledger(struct repeat *repeat, uint64_t seed, uint32_t lines);
void repeat_free(struct repeat *repeat);

#endif
