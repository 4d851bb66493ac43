/* One aggregate of one group: rows in, a value out. What grouped and global aggregates share. */
#ifndef REFERENCE_MEASURE_H
#define REFERENCE_MEASURE_H

#include "operator_aggregate.h"
#include "reference.h"

#define SUM_LANES 16 /* of a global sum of floats */

struct reference_measure {
	const struct operator_measure *measure;
	struct table_kind kind; /* of the column */
	bool lanes;             /* of a global aggregate: floats go to lanes, else one by one */
	uint64_t count;         /* of values, or of rows */
	__int128 high;          /* sums of integers and decimals: times 2^64, */
	unsigned __int128 low;  /* and what is below */
	/* Floats: chunks of MR_SUM_CHUNK_ROWS rows of the operator's input. */
	double total, lane[SUM_LANES];
	uint64_t chunk;
	bool any_chunk;              /* is in total */
	bool any_lane;               /* a value is in lane */
	struct reference_value best; /* min and max; its bytes are owned */
};

void reference_measure_open(struct reference_measure *m, const struct operator_measure *measure,
			    const struct table_kind *kind, bool lanes);
/* A value of the column in a row of the operator's input; of count(), any. 0 or -ENOMEM. */
int reference_measure_add(struct reference_measure *m, uint64_t row,
			  const struct reference_value *value);
/* For those who sum by themselves: adds an integer or a decimal; goes to the chunk of a row, whose
 * value is then added to m->lane[row % SUM_LANES], and any_lane set. */
void reference_measure_exact(struct reference_measure *m, __int128 value);
void reference_measure_chunk(struct reference_measure *m, uint64_t row);
/* The result: of measure->kind. 0, or -ERANGE when the total does not fit. */
int reference_measure_end(struct reference_measure *m, struct reference_value *result);
void reference_measure_close(struct reference_measure *m);

/* Those of an aggregate's step without keys, by their numbers: a device adds to them. */
struct reference_measure *reference_aggregate_measures(struct operator_step *step);

/* Emits the one row of an aggregate without keys. 0 or -errno with error. */
int reference_measures_emit(struct operator_step *step, struct reference_measure *measures,
			    uint32_t count, struct table_error *error);

#endif
