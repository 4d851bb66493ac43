/* AES-256-GCM and HKDF by libcrypto: contexts are made once, and given a key for each salt. */
#include "encrypt_cipher.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <string.h>

#define NONCE_BYTES 12
#define HKDF_INFO "millrace encrypt 1"

int cipher_open(struct encrypt_cipher *cipher, const uint8_t key[ENCRYPT_KEY_BYTES], bool seals)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);

	memcpy(cipher->key, key, ENCRYPT_KEY_BYTES);
	cipher->seals = seals;
	cipher->context = EVP_CIPHER_CTX_new();
	cipher->kdf = EVP_KDF_CTX_new(kdf);
	EVP_KDF_free(kdf);
	return cipher->context != NULL && cipher->kdf != NULL ? 0 : -ENOMEM;
}

void cipher_close(struct encrypt_cipher *cipher)
{
	EVP_CIPHER_CTX_free(cipher->context);
	EVP_KDF_CTX_free(cipher->kdf);
	OPENSSL_cleanse(cipher->key, sizeof(cipher->key));
}

int cipher_salt(struct encrypt_cipher *cipher, const uint8_t salt[ENCRYPT_SALT_BYTES])
{
	uint8_t key[ENCRYPT_KEY_BYTES];
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char[]){"SHA256"}, 0),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, cipher->key, ENCRYPT_KEY_BYTES),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)salt,
					      ENCRYPT_SALT_BYTES),
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (char[]){HKDF_INFO},
					      sizeof(HKDF_INFO) - 1),
	    OSSL_PARAM_construct_end(),
	};
	int good = EVP_KDF_derive(cipher->kdf, key, sizeof(key), params) == 1 &&
		   EVP_CipherInit_ex(cipher->context, EVP_aes_256_gcm(), NULL, key, NULL,
				     cipher->seals) == 1;

	OPENSSL_cleanse(key, sizeof(key));
	return good ? 0 : -ENOMEM;
}

static bool nonce_set(struct encrypt_cipher *cipher, const struct encrypt_chunk *chunk)
{
	uint64_t number = __builtin_bswap64(chunk->number << 8);
	uint32_t index = __builtin_bswap32(chunk->index);
	uint8_t nonce[NONCE_BYTES];

	memcpy(nonce, &number, 7);
	memcpy(nonce + 7, &index, sizeof(index));
	nonce[11] = chunk->last;
	return EVP_CipherInit_ex(cipher->context, NULL, NULL, NULL, nonce, cipher->seals) == 1;
}

int cipher_seal(struct encrypt_cipher *cipher, const struct encrypt_chunk *chunk, const uint8_t *in,
		size_t bytes, uint8_t *out)
{
	bool good = nonce_set(cipher, chunk);
	int n;

	if (bytes > 0)
		good &= EVP_EncryptUpdate(cipher->context, out, &n, in, (int)bytes) == 1;
	good &= EVP_EncryptFinal_ex(cipher->context, out + bytes, &n) == 1;
	good &= EVP_CIPHER_CTX_ctrl(cipher->context, EVP_CTRL_AEAD_GET_TAG, ENCRYPT_TAG_BYTES,
				    out + bytes) == 1;
	return good ? 0 : -ENOMEM;
}

int cipher_open_chunk(struct encrypt_cipher *cipher, const struct encrypt_chunk *chunk,
		      const uint8_t *in, size_t bytes, uint8_t *out)
{
	uint8_t tag[ENCRYPT_TAG_BYTES], end[ENCRYPT_TAG_BYTES];
	bool good = nonce_set(cipher, chunk);
	int n;

	memcpy(tag, in + bytes, sizeof(tag)); /* libcrypto's parameter is not const */
	if (bytes > 0)
		good &= EVP_DecryptUpdate(cipher->context, out, &n, in, (int)bytes) == 1;
	good &= EVP_CIPHER_CTX_ctrl(cipher->context, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) == 1;
	good &= EVP_DecryptFinal_ex(cipher->context, end, &n) == 1;
	return good ? 0 : -EBADMSG;
}
