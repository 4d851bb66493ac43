/* The handshake's primitives, by libcrypto. */
#include "primitive.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

int x25519_public(uint8_t public_key[SEAL_KEY_BYTES], const uint8_t private_key[SEAL_KEY_BYTES])
{
	EVP_PKEY *key =
	    EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private_key, SEAL_KEY_BYTES);
	size_t bytes = SEAL_KEY_BYTES;
	int good = key != NULL && EVP_PKEY_get_raw_public_key(key, public_key, &bytes) == 1;

	EVP_PKEY_free(key);
	return good ? 0 : -ENOMEM;
}

static int shared_derive(uint8_t *secret, EVP_PKEY *own, EVP_PKEY *other)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(own, NULL);
	size_t bytes = SEAL_KEY_BYTES;
	int rc = -ENOMEM;

	if (context != NULL && EVP_PKEY_derive_init(context) == 1 &&
	    EVP_PKEY_derive_set_peer(context, other) == 1)
		rc = EVP_PKEY_derive(context, secret, &bytes) == 1 ? 0 : -EBADMSG;
	EVP_PKEY_CTX_free(context);
	return rc;
}

int x25519_shared(uint8_t secret[SEAL_KEY_BYTES], const uint8_t private_key[SEAL_KEY_BYTES],
		  const uint8_t public_key[SEAL_KEY_BYTES])
{
	EVP_PKEY *own =
	    EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private_key, SEAL_KEY_BYTES);
	EVP_PKEY *other =
	    EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, public_key, SEAL_KEY_BYTES);
	int rc = own != NULL && other != NULL ? shared_derive(secret, own, other) : -ENOMEM;

	EVP_PKEY_free(own);
	EVP_PKEY_free(other);
	return rc;
}

int sha256_pair(uint8_t hash[SEAL_KEY_BYTES], const void *a, size_t a_bytes, const void *b,
		size_t b_bytes)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int good = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1 &&
		   EVP_DigestUpdate(context, a, a_bytes) == 1 &&
		   EVP_DigestUpdate(context, b, b_bytes) == 1 &&
		   EVP_DigestFinal_ex(context, hash, NULL) == 1;

	EVP_MD_CTX_free(context);
	return good ? 0 : -ENOMEM;
}

int hmac_sha256(uint8_t mac[SEAL_KEY_BYTES], const uint8_t key[SEAL_KEY_BYTES], const void *data,
		size_t bytes)
{
	if (HMAC(EVP_sha256(), key, SEAL_KEY_BYTES, data, bytes, mac, NULL) == NULL)
		return -ENOMEM;
	return 0;
}

int hkdf_derive(uint8_t keys[][SEAL_KEY_BYTES], uint32_t count,
		const uint8_t chaining_key[SEAL_KEY_BYTES], const void *input, size_t input_bytes)
{
	uint8_t temporary[SEAL_KEY_BYTES], block[SEAL_KEY_BYTES + 1];
	int rc = hmac_sha256(temporary, chaining_key, input_bytes > 0 ? input : "", input_bytes);

	block[0] = 1;
	if (rc == 0)
		rc = hmac_sha256(keys[0], temporary, block, 1);
	for (uint32_t i = 1; rc == 0 && i < count; i++) {
		memcpy(block, keys[i - 1], SEAL_KEY_BYTES);
		block[SEAL_KEY_BYTES] = (uint8_t)(i + 1);
		rc = hmac_sha256(keys[i], temporary, block, sizeof(block));
	}
	secret_wipe(temporary, sizeof(temporary));
	secret_wipe(block, sizeof(block));
	return rc;
}

void nonce_write(uint8_t nonce[SEAL_NONCE_BYTES], enum seal_cipher cipher, uint64_t counter)
{
	uint64_t ordered = cipher == SEAL_AES_GCM ? htobe64(counter) : htole64(counter);

	memset(nonce, 0, SEAL_NONCE_BYTES - sizeof(ordered));
	memcpy(nonce + SEAL_NONCE_BYTES - sizeof(ordered), &ordered, sizeof(ordered));
}

static EVP_CIPHER_CTX *aead_context(enum seal_cipher cipher, const uint8_t *key, uint64_t counter,
				    int encrypt)
{
	const EVP_CIPHER *type =
	    cipher == SEAL_AES_GCM ? EVP_aes_256_gcm() : EVP_chacha20_poly1305();
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	uint8_t nonce[SEAL_NONCE_BYTES];

	nonce_write(nonce, cipher, counter);
	if (context != NULL && EVP_CipherInit_ex(context, type, NULL, key, nonce, encrypt) == 1)
		return context;
	EVP_CIPHER_CTX_free(context);
	return NULL;
}

int aead_encrypt(enum seal_cipher cipher, const uint8_t key[SEAL_KEY_BYTES], uint64_t counter,
		 const void *ad, size_t ad_bytes, const void *plain, size_t bytes, uint8_t *sealed)
{
	EVP_CIPHER_CTX *context = aead_context(cipher, key, counter, 1);
	int n, good = context != NULL;

	good = good && EVP_EncryptUpdate(context, NULL, &n, ad, (int)ad_bytes) == 1;
	good = good && (bytes == 0 || EVP_EncryptUpdate(context, sealed, &n, plain, (int)bytes));
	good = good && EVP_EncryptFinal_ex(context, sealed + bytes, &n) == 1;
	good = good && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG_BYTES,
					   sealed + bytes) == 1;
	EVP_CIPHER_CTX_free(context);
	return good ? 0 : -ENOMEM;
}

int aead_decrypt(enum seal_cipher cipher, const uint8_t key[SEAL_KEY_BYTES], uint64_t counter,
		 const void *ad, size_t ad_bytes, const uint8_t *sealed, size_t bytes,
		 uint8_t *plain)
{
	uint8_t end[SEAL_TAG_BYTES], tag[SEAL_TAG_BYTES];
	EVP_CIPHER_CTX *context;
	int n, good;

	if (bytes < SEAL_TAG_BYTES)
		return -EBADMSG;
	bytes -= SEAL_TAG_BYTES;
	memcpy(tag, sealed + bytes, sizeof(tag));
	context = aead_context(cipher, key, counter, 0);
	good = context != NULL;
	good = good && EVP_DecryptUpdate(context, NULL, &n, ad, (int)ad_bytes) == 1;
	good = good && (bytes == 0 || EVP_DecryptUpdate(context, plain, &n, sealed, (int)bytes));
	good =
	    good && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, SEAL_TAG_BYTES, tag) == 1;
	good = good && EVP_DecryptFinal_ex(context, end, &n) == 1;
	EVP_CIPHER_CTX_free(context);
	return good ? 0 : -EBADMSG;
}

void secret_wipe(void *secret, size_t bytes)
{
	OPENSSL_cleanse(secret, bytes);
}
