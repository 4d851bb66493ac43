/* length, substr and like: of characters of utf8, of bytes of binary. */
#include "reference_parts.h"

static bool is_start(enum table_type type, uint8_t byte)
{
	return type == TABLE_BINARY || (byte & 0xc0) != 0x80;
}

int64_t reference_length(enum table_type type, const struct reference_value *text)
{
	int64_t length = 0;

	for (uint64_t i = 0; i < text->count; i++)
		length += is_start(type, text->bytes[i]);
	return length;
}

void reference_substr(enum table_type type, const struct reference_value *text, int64_t first,
		      int64_t count, struct reference_value *out)
{
	int64_t end, at = 0;
	uint64_t from = text->count, to = text->count;

	if (__builtin_add_overflow(first, count > 0 ? count : 0, &end))
		end = INT64_MAX;
	for (uint64_t i = 0; i < text->count; i++) {
		if (!is_start(type, text->bytes[i]))
			continue;
		at++;
		if (at >= first && from == text->count)
			from = i;
		if (at >= end) {
			to = i;
			break;
		}
	}
	from = from < to ? from : to;
	out->bytes = text->bytes + from;
	out->count = to - from;
}

/* Bytes of the character at i. */
static uint64_t character(enum table_type type, const struct reference_value *text, uint64_t i)
{
	uint64_t n = 1;

	while (i + n < text->count && !is_start(type, text->bytes[i + n]))
		n++;
	return n;
}

/* Each % takes as little as it can, and more when what follows does not fit: of several the last is
 * the only one that need be tried again. */
bool reference_like(enum table_type type, const struct reference_value *text,
		    const struct reference_value *pattern)
{
	uint64_t i = 0, p = 0, again_i = 0, again_p = UINT64_MAX;

	while (i < text->count || p < pattern->count) {
		uint8_t c = p < pattern->count ? pattern->bytes[p] : 0;
		bool escaped = p < pattern->count && c == '\\' && p + 1 < pattern->count;

		if (p < pattern->count && c == '%') {
			again_p = ++p;
			again_i = i;
		} else if (p < pattern->count && c == '_' && i < text->count) {
			i += character(type, text, i);
			p++;
		} else if (p < pattern->count && i < text->count && c != '_' &&
			   text->bytes[i] == (escaped ? pattern->bytes[p + 1] : c)) {
			i++;
			p += escaped ? 2 : 1;
		} else if (again_p != UINT64_MAX && again_i < text->count) {
			again_i += character(type, text, again_i);
			i = again_i;
			p = again_p;
		} else {
			return false;
		}
	}
	return true;
}
