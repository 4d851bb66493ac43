/* Columns of a message's body: each buffer is found, checked and, mostly, left where it is. */
#include "arrow_column.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arrow_format.h"
#include "table_text.h"

#define IN_PLACE_ALIGN 8 /* what values and offsets need; 64 is a recommendation */

static const int32_t no_offsets[1];
static const uint8_t no_bytes[1];

void arrow_memory_free(struct arrow_memory *memory)
{
	for (uint32_t i = 0; i < memory->copy_count; i++)
		free(memory->copies[i]);
	free(memory->copies);
	region_unref(&memory->region);
}

int arrow_body_init(struct arrow_body *body, const struct flat_table *batch, struct region *region,
		    uint64_t offset, uint64_t bytes, struct arrow_memory *memory,
		    struct arrow_counters *counters, struct table_error *error)
{
	int64_t rows = flat_scalar(batch, BATCH_LENGTH, 8, 0);

	*body = (struct arrow_body){
	    .at = region->base + offset,
	    .bytes = bytes,
	    .rows = (uint64_t)rows,
	    .nodes = flat_vector(batch, BATCH_NODES, ARROW_NODE_BYTES),
	    .buffers = flat_vector(batch, BATCH_BUFFERS, ARROW_BUFFER_BYTES),
	    .memory = memory,
	    .counters = counters,
	};
	if (flat_child(batch, BATCH_COMPRESSION).vtable != 0)
		return table_fail(
		    error, -ENOTSUP,
		    "compressed buffers are not read here: write it without compression");
	if (batch->reader->bad || batch->vtable == 0 || rows < 0 ||
	    (uint64_t)rows > MR_TABLE_ROWS_MAX)
		return table_fail(error, -EBADMSG, "damaged metadata");
	memory->region = region_ref(region);
	return 0;
}

static void *memory_copy(struct arrow_memory *memory, const uint8_t *from, uint64_t bytes)
{
	size_t room = (bytes + TABLE_ALIGN) / TABLE_ALIGN * TABLE_ALIGN;
	void **copies =
	    realloc(memory->copies, (memory->copy_count + 1ull) * sizeof(*memory->copies));
	void *copy;

	if (copies == NULL)
		return NULL;
	memory->copies = copies;
	copy = aligned_alloc(TABLE_ALIGN, room);
	if (copy == NULL)
		return NULL;
	memcpy(copy, from, bytes);
	copies[memory->copy_count++] = copy;
	return copy;
}

/* The next buffer, which must have so many bytes; *have is how many it has. */
static int buffer_take(struct arrow_body *body, uint64_t need, const uint8_t **at, uint64_t *have,
		       struct table_error *error)
{
	int64_t offset, length;

	if (body->buffer == body->buffers.count)
		return table_fail(error, -EBADMSG, "fewer buffers than its columns have");
	offset = flat_vector_int64(&body->buffers, body->buffer * ARROW_BUFFER_BYTES);
	length = flat_vector_int64(&body->buffers, body->buffer * ARROW_BUFFER_BYTES + 8);
	body->buffer++;
	if (offset < 0 || length < 0 || (uint64_t)offset > body->bytes ||
	    (uint64_t)length > body->bytes - (uint64_t)offset)
		return table_fail(error, -EBADMSG, "buffer %u is not within the message",
				  body->buffer);
	if ((uint64_t)length < need)
		return table_fail(error, -EBADMSG,
				  "buffer %u has %lld bytes of the %llu that its rows need",
				  body->buffer, (long long)length, (unsigned long long)need);
	*have = (uint64_t)length;
	*at = body->at + offset;
	if (length == 0) {
		*at = no_bytes;
	} else if ((uintptr_t)*at % TABLE_ALIGN == 0) {
		body->counters->buffers_in_place++;
	} else if ((uintptr_t)*at % IN_PLACE_ALIGN == 0) {
		body->counters->buffers_in_place_8++;
	} else {
		*at = memory_copy(body->memory, *at, *have);
		body->counters->buffers_copied++;
		body->counters->bytes_copied += *have;
	}
	return *at != NULL ? 0 : table_fail(error, -ENOMEM, "no memory");
}

/* A null_count of 0 makes the bitmap void, and of -1 unknown; any other is to be true. */
static int validity_read(struct arrow_body *body, struct table_column *column,
			 struct table_error *error)
{
	int64_t rows, nulls;
	uint64_t have;
	int rc;

	if (body->node == body->nodes.count)
		return table_fail(error, -EBADMSG, "fewer columns than its schema has");
	rows = flat_vector_int64(&body->nodes, body->node * ARROW_NODE_BYTES);
	nulls = flat_vector_int64(&body->nodes, body->node * ARROW_NODE_BYTES + 8);
	body->node++;
	if (rows < 0 || (uint64_t)rows != body->rows)
		return table_fail(error, -EBADMSG, "column %u has other rows than its batch",
				  body->node);
	rc = buffer_take(body, nulls > 0 ? (body->rows + 7) / 8 : 0, &column->validity, &have,
			 error);
	if (rc < 0)
		return rc;
	if (nulls == 0 || have < (body->rows + 7) / 8) {
		column->validity = NULL;
		return 0;
	}
	column->nulls = table_nulls(column->validity, body->rows);
	if (nulls != -1 && column->nulls != (uint64_t)nulls)
		return table_fail(error, -EBADMSG, "column %u has other nulls than it says",
				  body->node);
	if (column->nulls == 0)
		column->validity = NULL;
	return 0;
}

/* Each string by itself: bytes of null rows may be anything. */
static bool rows_are_utf8(const struct table_column *column, uint64_t rows)
{
	for (uint64_t row = 0; row < rows; row++) {
		int32_t from = column->offsets[row], to = column->offsets[row + 1];

		if (!table_is_null(column, row) &&
		    !table_utf8_valid(column->bytes + from, (size_t)(to - from)))
			return false;
	}
	return true;
}

/* All bytes at once, and no string begins or ends within a character. */
static bool is_utf8(const struct table_column *column, uint64_t rows)
{
	int32_t first = column->offsets[0], end = column->offsets[rows];
	bool whole = table_utf8_valid(column->bytes + first, (size_t)(end - first));

	for (uint64_t row = 0; row < rows && whole; row++)
		whole = column->offsets[row] == end ||
			(column->bytes[column->offsets[row]] & 0xc0) != 0x80;
	return whole || rows_are_utf8(column, rows);
}

static int text_read(struct arrow_body *body, enum table_type type, struct table_column *column,
		     struct table_error *error)
{
	const uint8_t *offsets;
	uint64_t have;
	bool falls = false;
	int rc =
	    buffer_take(body, body->rows > 0 ? (body->rows + 1) * 4 : 0, &offsets, &have, error);

	if (rc < 0)
		return rc;
	column->offsets = body->rows > 0 ? (const int32_t *)(const void *)offsets : no_offsets;
	for (uint64_t row = 0; row < body->rows; row++)
		falls |= column->offsets[row] > column->offsets[row + 1];
	if (falls || column->offsets[0] < 0)
		return table_fail(error, -EBADMSG, "column %u has offsets that fall", body->node);
	rc = buffer_take(body, (uint64_t)column->offsets[body->rows], &column->bytes, &have, error);
	if (rc == 0 && type == TABLE_UTF8 && !is_utf8(column, body->rows))
		rc = table_fail(error, -EBADMSG, "column %u is not UTF-8", body->node);
	return rc;
}

int arrow_column_read(struct arrow_body *body, enum table_type type, struct table_column *column,
		      struct table_error *error)
{
	uint64_t bytes =
	    type == TABLE_BOOL ? (body->rows + 7) / 8 : body->rows * table_type_bytes(type);
	const uint8_t *values;
	uint64_t have;
	int rc;

	*column = (struct table_column){0};
	rc = validity_read(body, column, error);
	if (rc < 0)
		return rc;
	if (table_type_is_text(type))
		return text_read(body, type, column, error);
	rc = buffer_take(body, bytes, &values, &have, error);
	column->values = values;
	return rc;
}

int arrow_body_end(const struct arrow_body *body, struct table_error *error)
{
	if (body->nodes.reader->bad)
		return table_fail(error, -EBADMSG, "damaged metadata");
	if (body->node != body->nodes.count || body->buffer != body->buffers.count)
		return table_fail(error, -EBADMSG, "more columns or buffers than its schema has");
	return 0;
}
