/* A register's rows into one aggregate. */
#ifndef AGGREGATE_MEASURE_H
#define AGGREGATE_MEASURE_H

#include "reference_measure.h"
#include "vector.h"

/* row: that of the operator's input, of the register's first. 0 or -ENOMEM. */
int aggregate_measure_add(struct reference_measure *m, const struct sum_kernels *kernels,
			  uint64_t row, const struct vector *v, uint32_t rows);

#endif
