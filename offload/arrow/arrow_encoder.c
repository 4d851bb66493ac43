/* Messages laid out: metadata first, each buffer at a multiple of 64 bytes behind it. */
#include "arrow_encoder.h"

#include <errno.h>
#include <string.h>

#include "arrow_format.h"
#include "arrow_schema.h"

static uint64_t padded(uint64_t bytes)
{
	return (bytes + TABLE_ALIGN - 1) / TABLE_ALIGN * TABLE_ALIGN;
}

static uint64_t bits_bytes(uint64_t rows)
{
	return (rows + 7) / 8;
}

/* The buffers of one column: validity, then values, or offsets and bytes. */
struct buffers {
	uint64_t bytes[3];
	unsigned count;
};

static struct buffers column_buffers(const struct table_field *field,
				     const struct table_column *column, uint64_t rows)
{
	enum table_type type = field->dictionary ? field->index : field->kind.type;
	struct buffers buffers = {.count = 2};

	buffers.bytes[0] = column->validity != NULL ? bits_bytes(rows) : 0;
	if (table_type_is_text(type)) {
		buffers.count = 3;
		buffers.bytes[1] = (rows + 1) * sizeof(int32_t);
		buffers.bytes[2] = (uint64_t)(column->offsets[rows] - column->offsets[0]);
	} else {
		buffers.bytes[1] =
		    type == TABLE_BOOL ? bits_bytes(rows) : rows * table_type_bytes(type);
	}
	return buffers;
}

static struct flat_begun message_begin(struct flat_writer *metadata, enum arrow_header type,
				       uint64_t body_bytes)
{
	struct flat_begun message;

	flat_begin(metadata);
	message = flat_table_begin(metadata, 0, (uint8_t[]){2, 1, 4, 8}, 4);
	flat_set(metadata, &message, MESSAGE_VERSION, ARROW_V5);
	flat_set(metadata, &message, MESSAGE_HEADER_TYPE, type);
	flat_set(metadata, &message, MESSAGE_BODY_LENGTH, (int64_t)body_bytes);
	return message;
}

static uint64_t metadata_bytes(const struct arrow_encoder *encoder)
{
	return padded(ARROW_PREFIX_BYTES + encoder->metadata.bytes.count);
}

static int64_t message_bytes(const struct arrow_encoder *encoder)
{
	if (encoder->metadata.rc < 0)
		return encoder->metadata.rc;
	return (int64_t)(metadata_bytes(encoder) + encoder->body_bytes);
}

int64_t arrow_encode_schema(struct arrow_encoder *encoder, const struct table_schema *schema)
{
	struct flat_begun message = message_begin(&encoder->metadata, HEADER_SCHEMA, 0);

	arrow_schema_write(&encoder->metadata, flat_from(&message, MESSAGE_HEADER), schema);
	encoder->schema = NULL;
	encoder->body_bytes = 0;
	return message_bytes(encoder);
}

static void nodes_write(struct arrow_encoder *encoder, uint32_t from)
{
	flat_vector_begin(&encoder->metadata, from, encoder->schema->count, 8);
	for (uint32_t i = 0; i < encoder->schema->count; i++) {
		flat_add(&encoder->metadata, (int64_t)encoder->rows, 8);
		flat_add(&encoder->metadata, (int64_t)encoder->columns[i].nulls, 8);
	}
}

static void buffers_write(struct arrow_encoder *encoder, uint32_t from, uint32_t count)
{
	uint64_t offset = 0;

	flat_vector_begin(&encoder->metadata, from, count, 8);
	for (uint32_t i = 0; i < encoder->schema->count; i++) {
		struct buffers buffers = column_buffers(&encoder->schema->fields[i],
							&encoder->columns[i], encoder->rows);

		for (unsigned b = 0; b < buffers.count; b++) {
			flat_add(&encoder->metadata, (int64_t)offset, 8);
			flat_add(&encoder->metadata, (int64_t)buffers.bytes[b], 8);
			offset += padded(buffers.bytes[b]);
		}
	}
}

/* What is to be filled in; returns the number of buffers. */
static uint32_t contents_set(struct arrow_encoder *encoder, const struct table_schema *schema,
			     const struct table_column *columns, uint64_t rows)
{
	uint32_t count = 0;

	encoder->schema = schema;
	encoder->columns = columns;
	encoder->rows = rows;
	encoder->body_bytes = 0;
	for (uint32_t i = 0; i < schema->count; i++) {
		struct buffers buffers = column_buffers(&schema->fields[i], &columns[i], rows);

		count += buffers.count;
		for (unsigned b = 0; b < buffers.count; b++)
			encoder->body_bytes += padded(buffers.bytes[b]);
	}
	return count;
}

static void record_batch_write(struct arrow_encoder *encoder, uint32_t from, uint32_t buffers)
{
	struct flat_begun batch =
	    flat_table_begin(&encoder->metadata, from, (uint8_t[]){8, 4, 4}, 3);

	flat_set(&encoder->metadata, &batch, BATCH_LENGTH, (int64_t)encoder->rows);
	nodes_write(encoder, flat_from(&batch, BATCH_NODES));
	buffers_write(encoder, flat_from(&batch, BATCH_BUFFERS), buffers);
}

int64_t arrow_encode_batch(struct arrow_encoder *encoder, const struct table_batch *batch)
{
	uint32_t buffers = contents_set(encoder, batch->schema, batch->columns, batch->rows);
	struct flat_begun message =
	    message_begin(&encoder->metadata, HEADER_RECORD_BATCH, encoder->body_bytes);

	record_batch_write(encoder, flat_from(&message, MESSAGE_HEADER), buffers);
	return message_bytes(encoder);
}

int64_t arrow_encode_dictionary(struct arrow_encoder *encoder, int64_t id,
				const struct table_schema *values,
				const struct table_dictionary *dictionary)
{
	uint32_t buffers = contents_set(encoder, values, &dictionary->values, dictionary->rows);
	struct flat_begun message =
	    message_begin(&encoder->metadata, HEADER_DICTIONARY_BATCH, encoder->body_bytes);
	struct flat_begun batch = flat_table_begin(
	    &encoder->metadata, flat_from(&message, MESSAGE_HEADER), (uint8_t[]){8, 4}, 2);

	flat_set(&encoder->metadata, &batch, DICTIONARY_ID, id);
	record_batch_write(encoder, flat_from(&batch, DICTIONARY_DATA), buffers);
	return message_bytes(encoder);
}

/* Returns where the next buffer goes. */
static uint8_t *bytes_fill(uint8_t *to, const void *from, uint64_t bytes)
{
	if (bytes > 0)
		memcpy(to, from, bytes);
	memset(to + bytes, 0, padded(bytes) - bytes);
	return to + padded(bytes);
}

/* Bits behind the last row are 0, whatever they were. */
static uint8_t *bits_fill(uint8_t *to, const void *from, uint64_t rows)
{
	uint8_t *next = bytes_fill(to, from, bits_bytes(rows));

	if (rows % 8 != 0)
		to[rows / 8] &= (uint8_t)((1u << rows % 8) - 1);
	return next;
}

/* Offsets begin at 0, whatever part of its bytes the column shows. */
static uint8_t *text_fill(uint8_t *to, const struct table_column *column, uint64_t rows)
{
	int32_t first = column->offsets[0];
	int32_t *offsets = (int32_t *)(void *)to;
	uint64_t bytes = (rows + 1) * sizeof(*offsets);

	for (uint64_t row = 0; row <= rows; row++)
		offsets[row] = column->offsets[row] - first;
	memset(to + bytes, 0, padded(bytes) - bytes);
	return bytes_fill(to + padded(bytes), column->bytes + first,
			  (uint64_t)(column->offsets[rows] - first));
}

static uint8_t *column_fill(uint8_t *to, const struct table_field *field,
			    const struct table_column *column, uint64_t rows)
{
	enum table_type type = field->dictionary ? field->index : field->kind.type;

	if (column->validity != NULL)
		to = bits_fill(to, column->validity, rows);
	if (table_type_is_text(type))
		return text_fill(to, column, rows);
	if (type == TABLE_BOOL)
		return bits_fill(to, column->values, rows);
	return bytes_fill(to, column->values, rows * table_type_bytes(type));
}

void arrow_encode_fill(const struct arrow_encoder *encoder, uint8_t *to)
{
	const struct table_bytes *metadata = &encoder->metadata.bytes;
	uint32_t bytes = (uint32_t)(metadata_bytes(encoder) - ARROW_PREFIX_BYTES);
	uint32_t prefix[2] = {ARROW_CONTINUATION, bytes};

	memcpy(to, prefix, sizeof(prefix));
	memcpy(to + ARROW_PREFIX_BYTES, metadata->at, metadata->count);
	memset(to + ARROW_PREFIX_BYTES + metadata->count, 0, bytes - metadata->count);
	to += metadata_bytes(encoder);
	for (uint32_t i = 0; encoder->schema != NULL && i < encoder->schema->count; i++)
		to = column_fill(to, &encoder->schema->fields[i], &encoder->columns[i],
				 encoder->rows);
}

void arrow_encoder_free(struct arrow_encoder *encoder)
{
	table_bytes_free(&encoder->metadata.bytes);
}

void arrow_encode_end(uint8_t to[ARROW_END_BYTES])
{
	uint32_t prefix[2] = {ARROW_CONTINUATION, 0};

	memcpy(to, prefix, sizeof(prefix));
}
