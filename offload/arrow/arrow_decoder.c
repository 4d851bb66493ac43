/* Messages into schemas and batches. */
#include "arrow_decoder.h"

#include <errno.h>
#include <stdlib.h>

#include "arrow_column.h"
#include "arrow_format.h"
#include "arrow_schema.h"

/* A batch and what it points to. */
struct decoded {
	struct table_batch batch;
	struct arrow_memory memory;
};

int arrow_head_read(const uint8_t *metadata, uint32_t bytes, struct arrow_head *head,
		    struct table_error *error)
{
	struct flat_table message;
	int64_t version, body;

	*head = (struct arrow_head){.reader = {metadata, bytes, false}};
	message = flat_root(&head->reader);
	if (head->reader.bad)
		return table_fail(error, -EBADMSG, "damaged metadata");
	version = flat_scalar(&message, MESSAGE_VERSION, 2, 0);
	head->type = flat_scalar(&message, MESSAGE_HEADER_TYPE, 1, 0);
	head->header = flat_child(&message, MESSAGE_HEADER);
	body = flat_scalar(&message, MESSAGE_BODY_LENGTH, 8, 0);
	if (head->reader.bad || head->header.vtable == 0 || body < 0)
		return table_fail(error, -EBADMSG, "damaged metadata");
	if (version != ARROW_V4 && version != ARROW_V5)
		return table_fail(error, -ENOTSUP,
				  "metadata version V%lld is not read here, only V4 and V5",
				  (long long)version + 1);
	head->body_bytes = (uint64_t)body;
	return 0;
}

static void decoded_release(struct table_batch *batch)
{
	struct decoded *decoded = (struct decoded *)(void *)batch;

	for (uint32_t i = 0; i < batch->schema->count; i++)
		table_dictionary_unref(&batch->columns[i].dictionary);
	free(batch->columns);
	arrow_memory_free(&decoded->memory);
	free(decoded);
}

/* As table_index(), but of a negative one too large. */
static uint64_t index_unchecked(const struct table_column *column, enum table_type type,
				uint64_t row)
{
	uint64_t index = table_index(column, type, row);
	unsigned bits = 8 * table_type_bytes(type);

	return type <= TABLE_INT64 && index >> (bits - 1) != 0 ? UINT64_MAX : index;
}

static int indices_check(const struct table_field *field, const struct table_column *column,
			 uint64_t rows, struct table_error *error)
{
	uint64_t values = column->dictionary->rows;

	for (uint64_t row = 0; row < rows; row++) {
		uint64_t index;

		if (table_is_null(column, row))
			continue;
		index = index_unchecked(column, field->index, row);
		if (index >= values)
			return table_fail(
			    error, -EBADMSG,
			    "row %llu of %s is none of the %llu values of its dictionary",
			    (unsigned long long)row + 1, field->name, (unsigned long long)values);
	}
	return 0;
}

static int column_take(struct arrow_decoder *decoder, struct arrow_body *body, uint32_t i,
		       struct table_column *column, struct table_error *error)
{
	const struct table_field *field = &decoder->schema->fields[i];
	int rc = arrow_column_read(body, field->dictionary ? field->index : field->kind.type,
				   column, error);

	if (rc < 0 || !field->dictionary)
		return rc;
	column->dictionary =
	    table_dictionary_ref(arrow_slot_find(decoder, field->dictionary_id)->current);
	return indices_check(field, column, body->rows, error);
}

static int batch_take(struct arrow_decoder *decoder, const struct arrow_head *head,
		      struct region *region, uint64_t offset, struct table_batch **batch,
		      struct table_error *error)
{
	struct decoded *decoded = calloc(1, sizeof(*decoded));
	struct table_column *columns = calloc(decoder->schema->count, sizeof(*columns));
	struct arrow_body body;
	int rc;

	if (decoded == NULL || columns == NULL) {
		free(decoded);
		free(columns);
		return table_fail(error, -ENOMEM, "no memory");
	}
	decoded->batch = (struct table_batch){decoder->schema, 0, columns, decoded_release};
	rc = arrow_body_init(&body, &head->header, region, offset, head->body_bytes,
			     &decoded->memory, &decoder->counters, error);
	for (uint32_t i = 0; i < decoder->schema->count && rc == 0; i++)
		rc = column_take(decoder, &body, i, &columns[i], error);
	if (rc == 0)
		rc = arrow_body_end(&body, error);
	if (rc < 0) {
		decoded_release(&decoded->batch);
		return rc;
	}
	decoded->batch.rows = body.rows;
	decoder->counters.batches++;
	*batch = &decoded->batch;
	return 1;
}

static int schema_take(struct arrow_decoder *decoder, const struct arrow_head *head,
		       struct table_error *error)
{
	int rc;

	if (decoder->schema->count > 0)
		return table_fail(error, -EBADMSG, "a second schema");
	rc = arrow_schema_read(&head->header, decoder->schema, error);
	if (rc == 0 && arrow_slots_create(decoder) < 0)
		rc = table_fail(error, -ENOMEM, "no memory");
	return rc;
}

int arrow_decoder_take(struct arrow_decoder *decoder, const struct arrow_head *head,
		       struct region *region, uint64_t offset, struct table_batch **batch,
		       struct table_error *error)
{
	decoder->counters.messages++;
	if (head->type == HEADER_SCHEMA)
		return schema_take(decoder, head, error);
	if (decoder->schema->count == 0)
		return table_fail(error, -EBADMSG, "a batch before the schema");
	if (head->type == HEADER_DICTIONARY_BATCH)
		return arrow_dictionary_take(decoder, head, region, offset, error);
	if (head->type == HEADER_RECORD_BATCH)
		return batch_take(decoder, head, region, offset, batch, error);
	return table_fail(error, -ENOTSUP,
			  "a message of type %lld, a tensor's perhaps, is not read here",
			  (long long)head->type);
}

void arrow_decoder_free(struct arrow_decoder *decoder)
{
	for (uint32_t i = 0; i < decoder->slot_count; i++)
		table_dictionary_unref(&decoder->slots[i].current);
	free(decoder->slots);
}
