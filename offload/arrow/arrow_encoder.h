/*
 * One message at a time, in two passes: the first one makes the metadata and tells how many bytes
 * the message has, the second one fills them in, wherever the caller has them: a region, a buffer.
 * Where that is at a multiple of 64, so is every buffer in it.
 */
#ifndef ARROW_ENCODER_H
#define ARROW_ENCODER_H

#include "flatbuffer.h"
#include "table_stream.h"

struct arrow_encoder {
	struct flat_writer metadata;
	const struct table_schema *schema; /* what is to be filled in: borrowed */
	const struct table_column *columns;
	uint64_t rows;
	uint64_t body_bytes;
};

/* First passes: the message's bytes, or -ENOMEM. What they are given must stay until the second. */
int64_t arrow_encode_schema(struct arrow_encoder *encoder, const struct table_schema *schema);
int64_t arrow_encode_batch(struct arrow_encoder *encoder, const struct table_batch *batch);
/* values: a schema of one column, of the kind of the dictionary's values. */
int64_t arrow_encode_dictionary(struct arrow_encoder *encoder, int64_t id,
				const struct table_schema *values,
				const struct table_dictionary *dictionary);
/* The second pass. */
void arrow_encode_fill(const struct arrow_encoder *encoder, uint8_t *to);
void arrow_encoder_free(struct arrow_encoder *encoder);

/* What ends a stream. */
#define ARROW_END_BYTES 8
void arrow_encode_end(uint8_t to[ARROW_END_BYTES]);

#endif
