/* FlatBuffers read from bytes that nobody vouches for. */
#include "flatbuffer.h"

#include <string.h>

static const struct flat_table no_table = {0};

static bool inside(struct flat_reader *reader, uint64_t at, uint64_t bytes)
{
	if (at + bytes > reader->count)
		reader->bad = true;
	return !reader->bad;
}

static uint64_t load(struct flat_reader *reader, uint64_t at, unsigned bytes)
{
	uint64_t value = 0;

	if (inside(reader, at, bytes))
		memcpy(&value, reader->bytes + at, bytes);
	return value;
}

/* Where the reference at position at leads; references lead forward. */
static uint64_t follow(struct flat_reader *reader, uint64_t at)
{
	uint64_t to = at + load(reader, at, 4);

	inside(reader, to, 4);
	return reader->bad || to == at ? (reader->bad = true, 0) : to;
}

static struct flat_table table_at(struct flat_reader *reader, uint64_t at)
{
	struct flat_table table = {.reader = reader, .at = (uint32_t)at};
	int64_t vtable = (int64_t)at - (int32_t)load(reader, at, 4);

	if (reader->bad || vtable < 4 || !inside(reader, (uint64_t)vtable, 4)) {
		reader->bad = true;
		return no_table;
	}
	table.vtable = (uint32_t)vtable;
	table.vtable_bytes = (uint16_t)load(reader, (uint64_t)vtable, 2);
	table.table_bytes = (uint16_t)load(reader, (uint64_t)vtable + 2, 2);
	if (table.vtable_bytes < 4 || table.table_bytes < 4 ||
	    !inside(reader, table.vtable, table.vtable_bytes) ||
	    !inside(reader, at, table.table_bytes)) {
		reader->bad = true;
		return no_table;
	}
	return table;
}

struct flat_table flat_root(struct flat_reader *reader)
{
	uint64_t at = follow(reader, 0);

	return reader->bad ? no_table : table_at(reader, at);
}

/* Where a field's bytes are, or 0 when it is absent. */
static uint32_t field_at(const struct flat_table *table, unsigned field, unsigned bytes)
{
	uint32_t entry = 4 + 2 * field;
	uint16_t offset;

	if (table->vtable == 0 || table->reader->bad || entry + 2 > table->vtable_bytes)
		return 0;
	offset = (uint16_t)load(table->reader, table->vtable + entry, 2);
	if (offset == 0)
		return 0;
	if (offset < 4 || offset + bytes > table->table_bytes) {
		table->reader->bad = true;
		return 0;
	}
	return table->at + offset;
}

int64_t flat_scalar(const struct flat_table *table, unsigned field, unsigned bytes, int64_t absent)
{
	uint32_t at = field_at(table, field, bytes);
	uint64_t value;

	if (at == 0)
		return absent;
	value = load(table->reader, at, bytes);
	if (bytes < 8 && value >> (8 * bytes - 1) != 0)
		value |= UINT64_MAX << (8 * bytes);
	return (int64_t)value;
}

struct flat_table flat_child(const struct flat_table *table, unsigned field)
{
	uint32_t at = field_at(table, field, 4);
	uint64_t to = at > 0 ? follow(table->reader, at) : 0;

	return to > 0 ? table_at(table->reader, to) : no_table;
}

struct flat_vector flat_vector(const struct flat_table *table, unsigned field, uint32_t bytes)
{
	struct flat_vector vector = {.reader = table->reader};
	uint32_t at = field_at(table, field, 4);
	uint64_t to = at > 0 ? follow(table->reader, at) : 0;

	if (to == 0)
		return vector;
	vector.at = (uint32_t)to + 4;
	vector.count = (uint32_t)load(table->reader, to, 4);
	if (!inside(table->reader, vector.at, (uint64_t)vector.count * bytes))
		vector.count = 0;
	return vector;
}

struct flat_table flat_vector_table(const struct flat_vector *vector, uint32_t index)
{
	uint64_t to = follow(vector->reader, vector->at + 4ull * index);

	return to > 0 ? table_at(vector->reader, to) : no_table;
}

int64_t flat_vector_int64(const struct flat_vector *vector, uint32_t offset)
{
	return (int64_t)load(vector->reader, (uint64_t)vector->at + offset, 8);
}

const char *flat_string(const struct flat_table *table, unsigned field, uint32_t *bytes)
{
	struct flat_vector vector = flat_vector(table, field, 1);

	*bytes = vector.count;
	return vector.at > 0 && !table->reader->bad ? (const char *)vector.reader->bytes + vector.at
						    : NULL;
}
