// simdjson's document model for C: no exception leaves it, as there are none.
#include "json_document.h"

#include <new>
#include <simdjson.h>

static_assert(JSON_DOCUMENT_PADDING >= simdjson::SIMDJSON_PADDING, "less is read than is there");

struct json_document {
	simdjson::dom::parser parser;
	simdjson::dom::element root;

	explicit json_document(size_t bytes_max) : parser(bytes_max)
	{
	}
};

struct json_document *json_document_create(size_t bytes_max)
{
	return new (std::nothrow) json_document(bytes_max);
}

void json_document_destroy(struct json_document *document)
{
	delete document;
}

const char *json_document_parse(struct json_document *document, const uint8_t *text, size_t bytes)
{
	const simdjson::error_code code =
	    document->parser.parse(text, bytes, false).get(document->root);

	if (code == simdjson::MEMALLOC)
		return "";
	return code == simdjson::SUCCESS ? nullptr : simdjson::error_message(code);
}

static void value_read(const simdjson::dom::element &element, struct json_value *value)
{
	using simdjson::dom::element_type;

	switch (element.type()) {
	case element_type::BOOL:
		value->type = JSON_BOOL;
		value->integer = element.get_bool().value_unsafe();
		break;
	case element_type::INT64:
		value->type = JSON_INTEGER;
		value->integer = element.get_int64().value_unsafe();
		break;
	case element_type::UINT64:
		value->type = JSON_NATURAL;
		value->natural = element.get_uint64().value_unsafe();
		break;
	case element_type::DOUBLE:
		value->type = JSON_REAL;
		value->real = element.get_double().value_unsafe();
		break;
	case element_type::STRING: {
		const std::string_view string = element.get_string().value_unsafe();

		value->type = JSON_STRING;
		value->text = string.data();
		value->bytes = string.size();
		break;
	}
	case element_type::ARRAY:
		value->type = JSON_ARRAY;
		break;
	case element_type::OBJECT:
		value->type = JSON_OBJECT;
		break;
	case element_type::NULL_VALUE:
		break;
	}
}

void json_document_find(const struct json_document *document, const struct json_step *steps,
			size_t count, struct json_value *value)
{
	simdjson::dom::element at = document->root;

	*value = {};
	for (size_t i = 0; i < count; i++) {
		simdjson::error_code code;

		if (steps[i].key == nullptr) {
			simdjson::dom::array array;

			code = at.get_array().get(array);
			if (code == simdjson::SUCCESS)
				code = array.at(steps[i].bytes).get(at);
		} else {
			code = at.at_key({steps[i].key, steps[i].bytes}).get(at);
		}
		if (code != simdjson::SUCCESS)
			return;
	}
	value_read(at, value);
}
