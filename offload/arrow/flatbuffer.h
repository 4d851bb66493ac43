/*
 * The part of FlatBuffers that Arrow's metadata needs, read from memory that nobody vouches for and
 * written front to back (flatbuffers.dev, "Internals": tables, vtables, vectors, strings).
 *
 * Every position is checked when it is read, and each byte is read once. What is wrong makes the
 * reader bad, and what is asked of a bad reader is zero: so a caller asks for all it wants and
 * looks at bad at the end. Nothing is followed deeper than the caller asks.
 */
#ifndef FLATBUFFER_H
#define FLATBUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "table_bytes.h"

struct flat_reader {
	const uint8_t *bytes;
	uint32_t count;
	bool bad;
};

struct flat_table {
	struct flat_reader *reader;
	uint32_t at;
	uint32_t vtable; /* 0: a table that is not there, whose fields are absent */
	uint16_t vtable_bytes;
	uint16_t table_bytes;
};

struct flat_vector {
	struct flat_reader *reader;
	uint32_t at; /* of the first element */
	uint32_t count;
};

struct flat_table flat_root(struct flat_reader *reader);
/* A scalar of 1, 2, 4 or 8 bytes, sign-extended; what is not there has its default. */
int64_t flat_scalar(const struct flat_table *table, unsigned field, unsigned bytes, int64_t absent);
struct flat_table flat_child(const struct flat_table *table, unsigned field);
/* Elements of so many bytes each, all of them within the buffer. */
struct flat_vector flat_vector(const struct flat_table *table, unsigned field, uint32_t bytes);
struct flat_table flat_vector_table(const struct flat_vector *vector, uint32_t index);
int64_t flat_vector_int64(const struct flat_vector *vector, uint32_t offset);
/* Its bytes, not zero-terminated; NULL when it is not there. */
const char *flat_string(const struct flat_table *table, unsigned field, uint32_t *bytes);

/*
 * Writing. What is written is told from where it is referred to: a position of 4 bytes, 0 for the
 * root. Errors are kept in rc.
 */
struct flat_writer {
	struct table_bytes bytes;
	int rc; /* 0 or -ENOMEM */
};

#define FLAT_FIELDS_MAX 8 /* of one table: Arrow's have at most 7 */

struct flat_begun {
	uint32_t at;
	uint8_t size[FLAT_FIELDS_MAX];
	uint16_t offset[FLAT_FIELDS_MAX]; /* from at on */
};

void flat_begin(struct flat_writer *writer); /* anew, in the same memory */
/* sizes: for each field its bytes (1, 2, 4 or 8), or 0 when it is absent. Fields are 0 until set.
 */
struct flat_begun flat_table_begin(struct flat_writer *writer, uint32_t from, const uint8_t *sizes,
				   unsigned fields);
void flat_set(struct flat_writer *writer, const struct flat_begun *table, unsigned field,
	      int64_t value);
/* Where a field's reference is. */
static inline uint32_t flat_from(const struct flat_begun *table, unsigned field)
{
	return table->at + table->offset[field];
}
/* Returns where the first element is to be, aligned to align; the elements are added next. */
uint32_t flat_vector_begin(struct flat_writer *writer, uint32_t from, uint32_t count,
			   unsigned align);
void flat_add(struct flat_writer *writer, int64_t value, unsigned bytes);
void flat_string_write(struct flat_writer *writer, uint32_t from, const char *text, uint32_t bytes);

#endif
