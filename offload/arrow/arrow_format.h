/*
 * Numbers of Arrow's IPC format: github.com/apache/arrow, format/Schema.fbs, Message.fbs and
 * docs/source/format/Columnar.rst (encapsulated message format). Names are those of the schemas;
 * numbers of fields are their order there, a union taking two.
 */
#ifndef ARROW_FORMAT_H
#define ARROW_FORMAT_H

#define ARROW_CONTINUATION \
	0xffffffffu                 /* before a message's length; a length of 0 ends the stream */
#define ARROW_PREFIX_BYTES 8        /* these two */
#define ARROW_FILE_MAGIC "ARROW1\0" /* and a zero: 8 bytes before the stream that a file holds */
#define ARROW_FILE_MAGIC_BYTES 8

enum arrow_version { ARROW_V4 = 3, ARROW_V5 = 4 };

enum arrow_message_fields {
	MESSAGE_VERSION,
	MESSAGE_HEADER_TYPE,
	MESSAGE_HEADER,
	MESSAGE_BODY_LENGTH
};
enum arrow_header { HEADER_SCHEMA = 1, HEADER_DICTIONARY_BATCH, HEADER_RECORD_BATCH };
enum arrow_schema_fields { SCHEMA_ENDIANNESS, SCHEMA_FIELDS };
enum arrow_field_fields {
	FIELD_NAME,
	FIELD_NULLABLE,
	FIELD_TYPE_TYPE,
	FIELD_TYPE,
	FIELD_DICTIONARY,
	FIELD_CHILDREN,
};
enum arrow_encoding_fields { ENCODING_ID, ENCODING_INDEX_TYPE, ENCODING_IS_ORDERED };
enum arrow_record_batch_fields { BATCH_LENGTH, BATCH_NODES, BATCH_BUFFERS, BATCH_COMPRESSION };
enum arrow_dictionary_batch_fields { DICTIONARY_ID, DICTIONARY_DATA, DICTIONARY_IS_DELTA };
#define ARROW_NODE_BYTES 16   /* struct FieldNode: length, null_count */
#define ARROW_BUFFER_BYTES 16 /* struct Buffer: offset, length */

enum arrow_type {
	ARROW_NULL = 1,
	ARROW_INT,
	ARROW_FLOATING_POINT,
	ARROW_BINARY,
	ARROW_UTF8,
	ARROW_BOOL,
	ARROW_DECIMAL,
	ARROW_DATE,
	ARROW_TIME,
	ARROW_TIMESTAMP,
	ARROW_INTERVAL,
	ARROW_LIST,
	ARROW_STRUCT,
	ARROW_UNION,
	ARROW_FIXED_SIZE_BINARY,
	ARROW_FIXED_SIZE_LIST,
	ARROW_MAP,
	ARROW_DURATION,
	ARROW_LARGE_BINARY,
	ARROW_LARGE_UTF8,
	ARROW_LARGE_LIST,
	ARROW_RUN_END_ENCODED,
	ARROW_BINARY_VIEW,
	ARROW_UTF8_VIEW,
	ARROW_LIST_VIEW,
	ARROW_LARGE_LIST_VIEW,
	ARROW_TYPES,
};
enum arrow_int_fields { INT_BIT_WIDTH, INT_IS_SIGNED };
enum arrow_precision { PRECISION_HALF, PRECISION_SINGLE, PRECISION_DOUBLE };
enum arrow_decimal_fields { DECIMAL_PRECISION, DECIMAL_SCALE, DECIMAL_BIT_WIDTH };
enum arrow_date_unit { DATE_DAY, DATE_MILLISECOND };
enum arrow_timestamp_fields { TIMESTAMP_UNIT, TIMESTAMP_TIMEZONE };

#endif
