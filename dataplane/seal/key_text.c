/* Keys in base64. */
#include "key_text.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

void key_text_write(char text[KEY_TEXT_BYTES], const uint8_t key[SEAL_KEY_BYTES])
{
	EVP_EncodeBlock((unsigned char *)text, key, SEAL_KEY_BYTES);
}

bool key_text_read(uint8_t key[SEAL_KEY_BYTES], const char *text, size_t length)
{
	uint8_t bytes[SEAL_KEY_BYTES + 1]; /* the padding is decoded as a zero */
	char again[KEY_TEXT_BYTES];
	bool good = false;

	if (length == KEY_TEXT_BYTES - 1 &&
	    EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)length) == sizeof(bytes)) {
		key_text_write(again, bytes);
		good = CRYPTO_memcmp(again, text, length) == 0;
	}
	if (good)
		memcpy(key, bytes, SEAL_KEY_BYTES);
	secret_wipe(bytes, sizeof(bytes));
	secret_wipe(again, sizeof(again));
	return good;
}
