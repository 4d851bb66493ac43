/* The columns of one message's body, in place. */
#ifndef ARROW_COLUMN_H
#define ARROW_COLUMN_H

#include "arrow.h"
#include "flatbuffer.h"

/* What a batch or dictionary points to: its owner. */
struct arrow_memory {
	struct region *region; /* a reference */
	void **copies;
	uint32_t copy_count;
};
void arrow_memory_free(struct arrow_memory *memory);

/* A table RecordBatch and the body that goes with it. */
struct arrow_body {
	const uint8_t *at;
	uint64_t bytes;
	uint64_t rows;
	struct flat_vector nodes;
	struct flat_vector buffers;
	uint32_t node; /* next ones */
	uint32_t buffer;
	struct arrow_memory *memory;
	struct arrow_counters *counters;
};

/* 0, or -errno with error; memory gets a reference of region. */
int arrow_body_init(struct arrow_body *body, const struct flat_table *batch, struct region *region,
		    uint64_t offset, uint64_t bytes, struct arrow_memory *memory,
		    struct arrow_counters *counters, struct table_error *error);
/* The next column, of values (or indices) of that type. 0, or -EBADMSG or -ENOMEM with error. */
int arrow_column_read(struct arrow_body *body, enum table_type type, struct table_column *column,
		      struct table_error *error);
/* Nothing is left over? */
int arrow_body_end(const struct arrow_body *body, struct table_error *error);

#endif
