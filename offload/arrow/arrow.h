/*
 * Arrow IPC streams, read and written where they lie (arrow.apache.org/docs/format/Columnar.html,
 * "Serialization and Interprocess Communication"; github.com/apache/arrow, format/Message.fbs).
 *
 * Reading: a message's body is in a region, and the batch's columns point into it. A buffer at a
 * multiple of 8 bytes stays where it is (ours are at multiples of 64); others are copied, and
 * counted. All that came is checked before it is shown: lengths, offsets, indices, UTF-8. What a
 * check saw must not change: a region of another process is copied before it is read here.
 *
 * Read: V4 and V5, streams, and files in the order of their messages (their footer is not looked
 * at). Refused with words: compressed bodies, big-endian, nested and other types, tensors.
 */
#ifndef ARROW_H
#define ARROW_H

#include "region.h"
#include "table_stream.h"

struct arrow_counters {
	uint64_t messages;
	uint64_t batches;
	uint64_t dictionaries;       /* batches of them: whole ones and deltas */
	uint64_t buffers_in_place;   /* at multiples of 64 bytes */
	uint64_t buffers_in_place_8; /* at other multiples of 8 */
	uint64_t buffers_copied;     /* at none */
	uint64_t bytes_copied;       /* of these, and of dictionaries that deltas were added to */
};

/* Reads the schema of a stream or a file. Bodies are read into regions of the pool, one for each
 * message, as many at a time as the caller holds batches and the stream has dictionaries. 0, or
 * -errno with error. */
int arrow_open(const struct table_bytes_in *in, struct region_pool *pool,
	       struct table_reader **reader, struct table_error *error);
/* The same of a stream that is whole in a region, at offset, of at most bytes: nothing is read and
 * batches hold references of region, which is frozen. */
int arrow_open_region(struct region *region, uint64_t offset, uint64_t bytes,
		      struct table_reader **reader, struct table_error *error);
/* Of a reader that one of these has made. */
const struct arrow_counters *arrow_counters(const struct table_reader *reader);

/* Writes a stream: the schema at once, dictionaries whenever a batch has others than the last one.
 */
int arrow_writer_open(const struct table_schema *schema, const struct table_bytes_out *out,
		      struct table_writer **writer, struct table_error *error);

#endif
