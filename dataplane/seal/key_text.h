/* Keys as people hold them: one line of base64 (RFC 4648), 44 characters, as WireGuard's. */
#ifndef KEY_TEXT_H
#define KEY_TEXT_H

#include <stdbool.h>

#include "primitive.h"

#define KEY_TEXT_BYTES 45 /* with its zero */

void key_text_write(char text[KEY_TEXT_BYTES], const uint8_t key[SEAL_KEY_BYTES]);
/* text of that length is a key and nothing else? Only the one way to write a key is accepted. */
bool key_text_read(uint8_t key[SEAL_KEY_BYTES], const char *text, size_t length);

#endif
