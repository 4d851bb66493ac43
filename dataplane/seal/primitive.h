/*
 * The primitives of the handshake, by libcrypto: X25519, SHA-256, HMAC, Noise's HKDF, and the AEADs
 * with Noise's nonces. What bulk data uses is aead.h.
 *
 * Sources: RFC 7748 (X25519), RFC 2104 and 5869 (HMAC, HKDF), RFC 5116 and 8439 (AEADs); the Noise
 * Protocol Framework, revision 34, sections 4.3 and 12 (which HKDF, which nonces).
 */
#ifndef PRIMITIVE_H
#define PRIMITIVE_H

#include <stddef.h>
#include <stdint.h>

#define SEAL_KEY_BYTES 32 /* of an X25519 key, a pre-shared key, a hash, and both AEADs' keys */
#define SEAL_TAG_BYTES 16
#define SEAL_NONCE_BYTES 12

enum seal_cipher {
	SEAL_AES_GCM = 1, /* AES-256-GCM: fastest where the CPU has AES instructions */
	SEAL_CHACHA_POLY, /* ChaCha20-Poly1305: fastest where not */
};

/* The public key of private_key. 0, or -ENOMEM. */
int x25519_public(uint8_t public_key[SEAL_KEY_BYTES], const uint8_t private_key[SEAL_KEY_BYTES]);
/* 0; -EBADMSG for a public key of low order, whose secret would be all zeros; -ENOMEM. */
int x25519_shared(uint8_t secret[SEAL_KEY_BYTES], const uint8_t private_key[SEAL_KEY_BYTES],
		  const uint8_t public_key[SEAL_KEY_BYTES]);

/* These return 0 or -ENOMEM. */
int sha256_pair(uint8_t hash[SEAL_KEY_BYTES], const void *a, size_t a_bytes, const void *b,
		size_t b_bytes);
int hmac_sha256(uint8_t mac[SEAL_KEY_BYTES], const uint8_t key[SEAL_KEY_BYTES], const void *data,
		size_t bytes);
/* Noise's HKDF(chaining key, input): count (2 or 3) keys. input_bytes may be 0. */
int hkdf_derive(uint8_t keys[][SEAL_KEY_BYTES], uint32_t count,
		const uint8_t chaining_key[SEAL_KEY_BYTES], const void *input, size_t input_bytes);

/* The nonce that Noise makes of a counter: big-endian for AES-GCM, little-endian for ChaChaPoly. */
void nonce_write(uint8_t nonce[SEAL_NONCE_BYTES], enum seal_cipher cipher, uint64_t counter);

/* bytes of plaintext become bytes + SEAL_TAG_BYTES. 0 or -ENOMEM. */
int aead_encrypt(enum seal_cipher cipher, const uint8_t key[SEAL_KEY_BYTES], uint64_t counter,
		 const void *ad, size_t ad_bytes, const void *plain, size_t bytes, uint8_t *sealed);
/* bytes, of which the last SEAL_TAG_BYTES are the tag. 0, or -EBADMSG when it is not authentic:
 * then nothing of plain may be used. */
int aead_decrypt(enum seal_cipher cipher, const uint8_t key[SEAL_KEY_BYTES], uint64_t counter,
		 const void *ad, size_t ad_bytes, const uint8_t *sealed, size_t bytes,
		 uint8_t *plain);

/* Overwrites a secret, and is not optimised away. */
void secret_wipe(void *secret, size_t bytes);

#endif
