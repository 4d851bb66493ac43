/*
 * Tables: schemas, columns and record batches.
 *
 * A column lies in memory as Arrow lays it out (arrow.apache.org/docs/format/Columnar.html), so
 * that an Arrow message in a region is a batch of views, and nothing is copied. Pure: no input or
 * output.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <millrace/limits.h>

/* What a value is, without parameters. */
enum table_type {
	TABLE_BOOL,
	TABLE_INT8,
	TABLE_INT16,
	TABLE_INT32,
	TABLE_INT64,
	TABLE_UINT8,
	TABLE_UINT16,
	TABLE_UINT32,
	TABLE_UINT64,
	TABLE_FLOAT32,
	TABLE_FLOAT64,
	TABLE_DATE32,     /* int32: days since 1970-01-01, proleptic Gregorian */
	TABLE_TIMESTAMP,  /* int64: units since 1970-01-01 00:00, without leap seconds */
	TABLE_DECIMAL128, /* two's complement times 10^-scale; 8-byte aligned: read it by memcpy()
			   */
	TABLE_UTF8,
	TABLE_BINARY,
	TABLE_TYPES,
};

enum table_unit { TABLE_SECOND, TABLE_MILLISECOND, TABLE_MICROSECOND, TABLE_NANOSECOND };

/* What the values of a column are. */
struct table_kind {
	enum table_type type;
	enum table_unit unit; /* timestamp */
	char
	    zone[MR_TABLE_ZONE_BYTES_MAX]; /* timestamp: "" is no instant but a wall clock's time */
	uint8_t precision;                 /* decimal128: 1 to 38 digits, */
	uint8_t scale;                     /* 0 to 38 of them behind the point */
};

struct table_field {
	char *name; /* UTF-8; owned by the schema */
	struct table_kind kind;
	bool nullable;
	bool dictionary; /* the column holds indices of type index into values of that kind */
	bool ordered;    /* the dictionary's order means something */
	enum table_type index;
	int64_t dictionary_id; /* columns with the same one share a dictionary */
};

struct table_schema {
	struct table_field *fields;
	uint32_t count;
};

struct table_dictionary;

/* A view: whoever made the batch owns what it points to. */
struct table_column {
	const uint8_t
	    *validity;      /* bit row % 8 of byte row / 8 is 1: a value; NULL: no row is null */
	const void *values; /* fixed width (bool: bits, as above), or indices; else NULL */
	const int32_t *offsets; /* utf8, binary: rows + 1, never falling, the first not negative */
	const uint8_t *bytes; /* utf8, binary: row i is bytes[offsets[i]] to bytes[offsets[i+1]] */
	struct table_dictionary *dictionary; /* where the field has one */
	uint64_t nulls;
};

/* Values that columns point to; immutable, shared by reference. An index of a row that is not null
 * is less than rows; that of a null row is anything. */
struct table_dictionary {
	struct table_kind kind;
	uint64_t rows;
	struct table_column values;
	atomic_uint refs;
	void (*release)(
	    struct table_dictionary *dictionary); /* frees it, with the last reference */
};

struct table_batch {
	const struct table_schema *schema; /* its maker's, who outlives the batch */
	uint64_t rows;
	struct table_column *columns; /* schema->count */
	void (*release)(struct table_batch *batch);
};

/* Bytes of one value; 0 for bool (a bit) and for utf8 and binary, which have offsets. */
uint32_t table_type_bytes(enum table_type type);
static inline bool table_type_is_text(enum table_type type)
{
	return type == TABLE_UTF8 || type == TABLE_BINARY;
}
static inline bool table_type_is_integer(enum table_type type)
{
	return type >= TABLE_INT8 && type <= TABLE_UINT64;
}
bool table_kind_equal(const struct table_kind *a, const struct table_kind *b);

/* Schemas. table_schema_add() takes a copy of name, of bytes bytes; its field is nullable. 0,
 * -ENOMEM, or -E2BIG over MR_TABLE_COLUMNS_MAX. */
int table_schema_add(struct table_schema *schema, const char *name, size_t bytes,
		     const struct table_kind *kind);
int table_schema_copy(struct table_schema *to, const struct table_schema *from);
void table_schema_free(struct table_schema *schema);
/* The first field of that name, or -1. */
int64_t table_schema_find(const struct table_schema *schema, const char *name, size_t bytes);

/* Frees the batch and drops what it refers to. Nulls *batch, which may be NULL. */
void table_batch_free(struct table_batch **batch);
/* Keeps the first rows, of no more than there are. */
void table_batch_cut(struct table_batch *batch, uint64_t rows);
/* Bits that are 0 among the first rows of a bitmap. */
uint64_t table_nulls(const uint8_t *validity, uint64_t rows);
struct table_dictionary *table_dictionary_ref(struct table_dictionary *dictionary);
void table_dictionary_unref(struct table_dictionary **dictionary);

static inline bool table_bit(const uint8_t *bits, uint64_t i)
{
	return bits[i / 8] >> (i % 8) & 1;
}
static inline bool table_is_null(const struct table_column *column, uint64_t row)
{
	return column->validity != NULL && !table_bit(column->validity, row);
}
/* The index of a row that is not null, in a column with a dictionary. */
uint64_t table_index(const struct table_column *column, enum table_type type, uint64_t row);

/* A row's value, looked up where there is a dictionary: fixed width ones, and bool as a byte, are
 * copied to fixed; of utf8 and binary, bytes points to count bytes. False when it is null. */
struct table_value {
	_Alignas(16) uint8_t fixed[16];
	const uint8_t *bytes;
	uint64_t count;
};
bool table_value_get(const struct table_field *field, const struct table_column *column,
		     uint64_t row, struct table_value *value);

#endif
