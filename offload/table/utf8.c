/* Whether bytes are UTF-8, as RFC 3629 says. */
#include <string.h>

#include "table_text.h"

/* Bytes of the character at text, of at most bytes; 0 when it is none. The second byte's bounds
 * leave out overlong forms, surrogates and what is above U+10FFFF (the table of RFC 3629, section
 * 4). */
static size_t character(const uint8_t *text, size_t bytes)
{
	uint8_t first = text[0], low = 0x80, high = 0xbf;
	size_t length;

	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	if (length > bytes || text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

bool table_utf8_valid(const uint8_t *text, size_t bytes)
{
	size_t i = 0;

	while (i < bytes) {
		uint64_t eight;
		size_t length;

		if (bytes - i >= sizeof(eight)) {
			memcpy(&eight, text + i, sizeof(eight));
			if ((eight & 0x8080808080808080ull) == 0) {
				i += sizeof(eight);
				continue;
			}
		}
		length = character(text + i, bytes - i);
		if (length == 0)
			return false;
		i += length;
	}
	return true;
}
