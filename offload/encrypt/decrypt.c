/* Chunks that were encrypted to values. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "encrypt.h"
#include "encrypt_cipher.h"

#define NUMBER_MAX ((1ull << 56) - 1)

struct decryptor {
	struct encrypt_cipher cipher;
	bool salted;
	uint8_t salt[ENCRYPT_SALT_BYTES]; /* of the value before: many have the same */
};

int decryptor_create(const uint8_t key[ENCRYPT_KEY_BYTES], struct decryptor **decryptor)
{
	struct decryptor *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return -ENOMEM;
	*decryptor = d;
	if (cipher_open(&d->cipher, key, false) == 0)
		return 0;
	decryptor_destroy(decryptor);
	return -ENOMEM;
}

void decryptor_destroy(struct decryptor **decryptor)
{
	if (*decryptor != NULL)
		cipher_close(&(*decryptor)->cipher);
	free(*decryptor);
	*decryptor = NULL;
}

static int salt_take(struct decryptor *d, const uint8_t salt[ENCRYPT_SALT_BYTES])
{
	if (d->salted && memcmp(d->salt, salt, ENCRYPT_SALT_BYTES) == 0)
		return 0;
	d->salted = cipher_salt(&d->cipher, salt) == 0;
	memcpy(d->salt, salt, ENCRYPT_SALT_BYTES);
	return d->salted ? 0 : -ENOMEM;
}

/* Returns the bytes written to out, or -EBADMSG. There are at least a tag's bytes of chunks. */
static ssize_t chunks_read(struct decryptor *d, uint64_t number, const uint8_t *at, size_t bytes,
			   uint8_t *out)
{
	struct encrypt_chunk chunk = {.number = number};
	size_t done = 0;

	for (;; chunk.index++) {
		size_t count = bytes - ENCRYPT_TAG_BYTES;

		chunk.last = count <= ENCRYPT_CHUNK_BYTES;
		count = chunk.last ? count : ENCRYPT_CHUNK_BYTES;
		if (cipher_open_chunk(&d->cipher, &chunk, at, count, out + done) < 0)
			return -EBADMSG;
		done += count;
		at += count + ENCRYPT_TAG_BYTES;
		bytes -= count + ENCRYPT_TAG_BYTES;
		if (chunk.last)
			return (ssize_t)done;
		if (bytes <= ENCRYPT_TAG_BYTES) /* the last of several is not empty */
			return -EBADMSG;
	}
}

int decrypt_value(struct decryptor *decryptor, const uint8_t *value, size_t bytes,
		  struct table_bytes *out, struct table_error *error)
{
	uint64_t number;
	ssize_t done;

	if (bytes < ENCRYPT_HEAD_BYTES + ENCRYPT_TAG_BYTES || memcmp(value, ENCRYPT_MAGIC, 4) != 0)
		return table_fail(error, -EBADMSG,
				  "%zu bytes that `encrypt` has not made, or not whole", bytes);
	memcpy(&number, value + 4 + ENCRYPT_SALT_BYTES, sizeof(number));
	number = __builtin_bswap64(number);
	if (salt_take(decryptor, value + 4) < 0 || table_bytes_reserve(out, bytes) < 0)
		return table_fail(error, -ENOMEM, "no memory");
	done = number > NUMBER_MAX ? -EBADMSG
				   : chunks_read(decryptor, number, value + ENCRYPT_HEAD_BYTES,
						 bytes - ENCRYPT_HEAD_BYTES, out->at + out->count);
	if (done < 0)
		return table_fail(error, -EBADMSG,
				  "it was encrypted with another key, or changed since, or cut");
	out->count += (size_t)done;
	return 0;
}
