/* Messages of one stream, one after the other: its schema, its dictionaries, its batches. */
#ifndef ARROW_DECODER_H
#define ARROW_DECODER_H

#include "arrow.h"
#include "flatbuffer.h"

/* A dictionary that columns name; replaced and added to as the stream goes on. */
struct arrow_slot {
	int64_t id;
	struct table_kind kind;
	struct table_dictionary *current;
};

struct arrow_decoder {
	struct table_schema *schema; /* filled by the schema's message: the reader's */
	struct arrow_slot *slots;
	uint32_t slot_count;
	struct arrow_counters counters;
};

/* A message's metadata, which must stay until the message is taken. */
struct arrow_head {
	struct flat_reader reader;
	struct flat_table header;
	int64_t type;
	uint64_t body_bytes;
};

int arrow_head_read(const uint8_t *metadata, uint32_t bytes, struct arrow_head *head,
		    struct table_error *error);
/* Takes a message whose body, of head->body_bytes, is in region at offset; a schema has none. 1 and
 * a batch; 0 for other messages; or -errno with error. */
int arrow_decoder_take(struct arrow_decoder *decoder, const struct arrow_head *head,
		       struct region *region, uint64_t offset, struct table_batch **batch,
		       struct table_error *error);
void arrow_decoder_free(struct arrow_decoder *decoder);

/* arrow_dictionary.c: what a DictionaryBatch says, and the slots of a schema. */
int arrow_slots_create(struct arrow_decoder *decoder);
int arrow_dictionary_take(struct arrow_decoder *decoder, const struct arrow_head *head,
			  struct region *region, uint64_t offset, struct table_error *error);
struct arrow_slot *arrow_slot_find(struct arrow_decoder *decoder, int64_t id);

#endif
