/* FlatBuffers written front to back: references lead forward, so parents come first. */
#include "flatbuffer.h"

/* Zeros until what follows after more bytes is aligned. */
static void pad(struct flat_writer *writer, unsigned align, unsigned more)
{
	while (writer->rc == 0 && (writer->bytes.count + more) % align != 0)
		flat_add(writer, 0, 1);
}

void flat_add(struct flat_writer *writer, int64_t value, unsigned bytes)
{
	if (writer->rc == 0)
		writer->rc = table_bytes_add(&writer->bytes, &value, bytes);
}

static void store(struct flat_writer *writer, uint32_t at, int64_t value, unsigned bytes)
{
	if (writer->rc == 0)
		memcpy(writer->bytes.at + at, &value, bytes);
}

void flat_begin(struct flat_writer *writer)
{
	writer->bytes.count = 0;
	writer->rc = 0;
	flat_add(writer, 0, 4);
}

/* Large fields first, behind the 4 bytes that lead to the vtable. Returns the table's bytes. */
static unsigned fields_place(struct flat_begun *table, unsigned fields)
{
	unsigned at = 4;

	for (unsigned size = 8; size >= 1; size /= 2) {
		for (unsigned i = 0; i < fields; i++) {
			if (table->size[i] != size)
				continue;
			at = (at + size - 1) / size * size;
			table->offset[i] = (uint16_t)at;
			at += size;
		}
	}
	return at;
}

struct flat_begun flat_table_begin(struct flat_writer *writer, uint32_t from, const uint8_t *sizes,
				   unsigned fields)
{
	struct flat_begun table = {0};
	unsigned vtable_bytes = 4 + 2 * fields;
	unsigned table_bytes;
	uint32_t vtable;

	memcpy(table.size, sizes, fields);
	table_bytes = fields_place(&table, fields);
	pad(writer, 8, vtable_bytes); /* so that the table begins at a multiple of 8 */
	vtable = (uint32_t)writer->bytes.count;
	flat_add(writer, vtable_bytes, 2);
	flat_add(writer, table_bytes, 2);
	for (unsigned i = 0; i < fields; i++)
		flat_add(writer, table.offset[i], 2);
	table.at = (uint32_t)writer->bytes.count;
	store(writer, from, (int64_t)table.at - from, 4);
	flat_add(writer, (int64_t)table.at - vtable, 4);
	for (unsigned i = 4; i < table_bytes; i++)
		flat_add(writer, 0, 1);
	return table;
}

void flat_set(struct flat_writer *writer, const struct flat_begun *table, unsigned field,
	      int64_t value)
{
	store(writer, flat_from(table, field), value, table->size[field]);
}

uint32_t flat_vector_begin(struct flat_writer *writer, uint32_t from, uint32_t count,
			   unsigned align)
{
	pad(writer, align > 4 ? align : 4, 4);
	store(writer, from, (int64_t)writer->bytes.count - from, 4);
	flat_add(writer, count, 4);
	return (uint32_t)writer->bytes.count;
}

void flat_string_write(struct flat_writer *writer, uint32_t from, const char *text, uint32_t bytes)
{
	flat_vector_begin(writer, from, bytes, 1);
	if (writer->rc == 0)
		writer->rc = table_bytes_add(&writer->bytes, text, bytes);
	flat_add(writer, 0, 1);
}
