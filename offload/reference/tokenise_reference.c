/* Words, byte by byte. */
#include "tokenise_reference.h"

static bool in_word(uint8_t byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= 'a' && byte <= 'z');
}

void tokenise_reference(struct tokens *tokens, const uint8_t *text, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++) {
		bool inside = in_word(text[i]);

		if (inside && !tokens->inside)
			tokens->offsets[tokens->words++] = (int32_t)tokens->used;
		if (inside)
			tokens->bytes[tokens->used++] =
			    text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i];
		tokens->inside = inside;
	}
	tokens->inside = false;
	tokens->offsets[tokens->words] = (int32_t)tokens->used;
}
