/* The hash of a key, as docs/operators.md defines it. */
#ifndef REFERENCE_HASH_H
#define REFERENCE_HASH_H

#include "reference.h"

/* Of columns of a row, count of them. */
uint64_t reference_hash(const struct table_batch *batch, const uint32_t *columns, uint32_t count,
			uint64_t row);

#endif
