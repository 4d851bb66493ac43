/* One JSON text, parsed by simdjson: what C sees of it. */
#ifndef JSON_DOCUMENT_H
#define JSON_DOCUMENT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define JSON_DOCUMENT_PADDING 64 /* bytes behind a text that are read and not looked at */

struct json_document;
struct json_document *json_document_create(size_t bytes_max);
void json_document_destroy(struct json_document *document);
/* NULL, or what is wrong. "" means no memory. The text stays as long as it is looked into. */
const char *json_document_parse(struct json_document *document, const uint8_t *text, size_t bytes);

enum json_type {
	JSON_NOTHING, /* or null */
	JSON_BOOL,
	JSON_INTEGER, /* in int64 */
	JSON_NATURAL, /* above that, in uint64 */
	JSON_REAL,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json_value {
	enum json_type type;
	int64_t integer; /* bool: 0 or 1 */
	uint64_t natural;
	double real;
	const char *text; /* the document's, until the next one is parsed */
	size_t bytes;
};

/* A step of a path: into an object by key, or into an array by index where key is NULL. */
struct json_step {
	const char *key;
	size_t bytes; /* of the key, or the index */
};
void json_document_find(const struct json_document *document, const struct json_step *steps,
			size_t count, struct json_value *value);

#ifdef __cplusplus
}
#endif

#endif
