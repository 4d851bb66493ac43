/* Values to chunks that are encrypted. */
#include "encrypt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "encrypt_cipher.h"

struct encryptor {
	struct encrypt_cipher cipher;
	bool salted;
	uint8_t salt[ENCRYPT_SALT_BYTES];
	uint64_t number; /* of the next value under this salt */
	uint64_t bytes;  /* under it so far */
};

int encrypt_key_parse(const uint8_t *text, size_t bytes, uint8_t key[ENCRYPT_KEY_BYTES],
		      struct table_error *error)
{
	size_t digits = bytes > 0 && text[bytes - 1] == '\n' ? bytes - 1 : bytes;

	if (bytes == ENCRYPT_KEY_BYTES) {
		memcpy(key, text, bytes);
		return 0;
	}
	if (digits != 2 * ENCRYPT_KEY_BYTES ||
	    table_text_parse_hex((const char *)text, digits, key) < 0)
		return table_fail(error, -EINVAL,
				  "a key is 32 bytes or 64 hexadecimal digits, as of `openssl rand "
				  "-hex 32`; this one has %zu bytes",
				  bytes);
	return 0;
}

int encryptor_create(const uint8_t key[ENCRYPT_KEY_BYTES], struct encryptor **encryptor)
{
	struct encryptor *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return -ENOMEM;
	*encryptor = e;
	if (cipher_open(&e->cipher, key, true) == 0)
		return 0;
	encryptor_destroy(encryptor);
	return -ENOMEM;
}

void encryptor_destroy(struct encryptor **encryptor)
{
	if (*encryptor != NULL)
		cipher_close(&(*encryptor)->cipher);
	free(*encryptor);
	*encryptor = NULL;
}

bool encryptor_wants_salt(const struct encryptor *encryptor, size_t bytes)
{
	return !encryptor->salted || encryptor->number == MR_ENCRYPT_SALT_VALUES_MAX ||
	       encryptor->bytes + bytes > MR_ENCRYPT_SALT_BYTES_MAX;
}

int encryptor_salt(struct encryptor *encryptor, const uint8_t salt[ENCRYPT_SALT_BYTES])
{
	int rc = cipher_salt(&encryptor->cipher, salt);

	memcpy(encryptor->salt, salt, ENCRYPT_SALT_BYTES);
	encryptor->salted = rc == 0;
	encryptor->number = 0;
	encryptor->bytes = 0;
	return rc;
}

static void head_write(const struct encryptor *e, uint8_t *head)
{
	uint64_t number = __builtin_bswap64(e->number);

	memcpy(head, ENCRYPT_MAGIC, 4);
	memcpy(head + 4, e->salt, ENCRYPT_SALT_BYTES);
	memcpy(head + 4 + ENCRYPT_SALT_BYTES, &number, sizeof(number));
}

static int chunks_write(struct encryptor *e, const uint8_t *value, size_t bytes, uint8_t *to)
{
	struct encrypt_chunk chunk = {.number = e->number};

	for (;; chunk.index++) {
		size_t count = bytes < ENCRYPT_CHUNK_BYTES ? bytes : ENCRYPT_CHUNK_BYTES;
		int rc;

		chunk.last = count == bytes;
		rc = cipher_seal(&e->cipher, &chunk, value, count, to);
		if (rc < 0 || chunk.last)
			return rc;
		to += count + ENCRYPT_TAG_BYTES;
		value += count;
		bytes -= count;
	}
}

int encrypt_value(struct encryptor *encryptor, const uint8_t *value, size_t bytes,
		  struct table_bytes *out)
{
	size_t chunks = bytes == 0 ? 1 : (bytes - 1) / ENCRYPT_CHUNK_BYTES + 1;
	size_t made = ENCRYPT_HEAD_BYTES + bytes + chunks * ENCRYPT_TAG_BYTES;
	int rc;

	if (bytes > INT32_MAX || made > INT32_MAX - out->count)
		return -E2BIG;
	rc = table_bytes_reserve(out, made);
	if (rc == 0) {
		head_write(encryptor, out->at + out->count);
		rc = chunks_write(encryptor, value, bytes,
				  out->at + out->count + ENCRYPT_HEAD_BYTES);
	}
	encryptor->number++; /* after a failure, too: its nonces may have been used */
	encryptor->bytes += bytes;
	out->count += rc == 0 ? made : 0;
	return rc;
}
