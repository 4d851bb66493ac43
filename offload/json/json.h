/*
 * json: fields of JSON texts, one text a value, by path into typed columns.
 *
 * A path is $ and steps: .name, ['any name'], [index from 0]. It leads to null where a step finds
 * nothing; of equal keys the first counts. Every text is checked whole (RFC 8259, UTF-8), also
 * beyond the fields that are asked for; integers beyond 64 bits are refused.
 *
 * A field takes null, and: bool true and false; integers a number without fraction or exponent, in
 * range; floats any number; utf8 a string; date32, timestamp, decimal128 and binary a string of
 * what docs/tables.md says, decimal128 an integer as well. Any other value is an error.
 *
 * By simdjson, whose way depends on the machine. Pure; memory grows with the longest text, at most
 * MR_TABLE_RECORD_BYTES_MAX.
 */
#ifndef JSON_H
#define JSON_H

#include "table_stream.h"

struct json_path;
/* 0; -EINVAL with error; -ENOMEM. */
int json_path_parse(const char *text, size_t bytes, struct json_path **path,
		    struct table_error *error);
void json_path_free(struct json_path **path);

struct json_field {
	const struct json_path *path;
	struct table_kind kind;
};

/* What a field has in one text: fixed width and bool in fixed, or count bytes, which are the
 * extractor's until the next text. */
struct json_result {
	bool null;
	_Alignas(16) uint8_t fixed[16];
	const uint8_t *bytes;
	size_t count;
};

struct json_extractor;
/* Refers to the fields. 0 or -ENOMEM. */
int json_extractor_create(const struct json_field *fields, uint32_t count,
			  struct json_extractor **extractor);
void json_extractor_destroy(struct json_extractor **extractor);
/* One result for each field. Behind the text, readable more bytes can be read, whatever they are:
 * where they are few, the text is copied. 0; -EINVAL with error; -ENOMEM. */
int json_extract(struct json_extractor *extractor, const uint8_t *text, size_t bytes,
		 size_t readable, struct json_result *results, struct table_error *error);

#endif
