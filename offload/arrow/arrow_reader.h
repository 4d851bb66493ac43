/* What the reader of a stream and that of a region have in common. */
#ifndef ARROW_READER_H
#define ARROW_READER_H

#include "arrow_decoder.h"

/* Where messages come from: one is looked for, and said where its parts are. */
struct arrow_message {
	struct arrow_head head;
	struct region *region; /* of the body, a reference; NULL where there is none */
	uint64_t offset;
};

struct arrow_reader {
	struct table_reader reader;
	struct arrow_decoder decoder;
	bool ended;
	uint64_t at; /* bytes of the stream before the next message */

	/* 1 and a message, 0 at the end, or -errno with error. */
	int (*message)(struct arrow_reader *reader, struct arrow_message *message,
		       struct table_error *error);
	void (*release)(struct arrow_reader *reader);
};

/* Reads on until the schema is there. On failure the reader is closed. 0 or -errno with error. */
int arrow_reader_begin(struct arrow_reader *reader, struct table_reader **out,
		       struct table_error *error);
/* Of a message's first 8 bytes: how long its metadata is, 0 at the end of the stream, -EBADMSG. */
int64_t arrow_prefix_read(const uint8_t prefix[8], struct table_error *error);

#endif
