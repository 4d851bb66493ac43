/* Noise: the symmetric state, and the patterns as lists of tokens. */
#include "noise.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum token { END, E, S, EE, ES, SE, SS, PSK };

#define TOKENS_MAX 5

static const struct pattern {
	const char *name;
	bool psk;    /* then an ephemeral key is mixed into the chaining key too */
	bool statik; /* the initiator knows the responder's static key beforehand */
	enum token messages[2][TOKENS_MAX];
} patterns[] = {
    [NOISE_IK] = {"IK", false, true, {{E, ES, S, SS}, {E, EE, SE}}},
    [NOISE_IK_PSK2] = {"IKpsk2", true, true, {{E, ES, S, SS}, {E, EE, SE, PSK}}},
    [NOISE_NN_PSK0] = {"NNpsk0", true, false, {{PSK, E}, {E, EE}}},
};

uint32_t noise_message_bytes(enum noise_pattern pattern, uint32_t message)
{
	const enum token *token = patterns[pattern].messages[message];
	uint32_t bytes = SEAL_TAG_BYTES; /* of the payload: every pattern has a key by then */

	for (; *token != END; token++) {
		if (*token == E)
			bytes += SEAL_KEY_BYTES;
		else if (*token == S)
			bytes += SEAL_KEY_BYTES + SEAL_TAG_BYTES;
	}
	return bytes;
}

/* --- The symmetric state: section 5.2 -------------------------------------------------------- */

static void fail_on(struct noise *noise, int rc)
{
	if (rc < 0)
		noise->rc = rc;
}

static void mix_hash(struct noise *noise, const void *data, size_t bytes)
{
	fail_on(noise, sha256_pair(noise->hash, noise->hash, SEAL_KEY_BYTES, data, bytes));
}

static void cipher_key_set(struct noise *noise, const uint8_t *key)
{
	memcpy(noise->cipher_key, key, SEAL_KEY_BYTES);
	noise->has_key = true;
	noise->counter = 0;
}

static void mix_key(struct noise *noise, const uint8_t *input)
{
	uint8_t keys[2][SEAL_KEY_BYTES];

	fail_on(noise, hkdf_derive(keys, 2, noise->chaining_key, input, SEAL_KEY_BYTES));
	memcpy(noise->chaining_key, keys[0], SEAL_KEY_BYTES);
	cipher_key_set(noise, keys[1]);
	secret_wipe(keys, sizeof(keys));
}

static void mix_key_and_hash(struct noise *noise, const uint8_t *input)
{
	uint8_t keys[3][SEAL_KEY_BYTES];

	fail_on(noise, hkdf_derive(keys, 3, noise->chaining_key, input, SEAL_KEY_BYTES));
	memcpy(noise->chaining_key, keys[0], SEAL_KEY_BYTES);
	mix_hash(noise, keys[1], SEAL_KEY_BYTES);
	cipher_key_set(noise, keys[2]);
	secret_wipe(keys, sizeof(keys));
}

static int encrypt_and_hash(struct noise *noise, const void *plain, size_t bytes, uint8_t *sealed)
{
	int rc = aead_encrypt(noise->cipher, noise->cipher_key, noise->counter++, noise->hash,
			      SEAL_KEY_BYTES, plain, bytes, sealed);

	mix_hash(noise, sealed, bytes + SEAL_TAG_BYTES);
	return rc;
}

static int decrypt_and_hash(struct noise *noise, const uint8_t *sealed, size_t bytes,
			    uint8_t *plain)
{
	int rc = aead_decrypt(noise->cipher, noise->cipher_key, noise->counter++, noise->hash,
			      SEAL_KEY_BYTES, sealed, bytes, plain);

	mix_hash(noise, sealed, bytes);
	return rc;
}

/* --- Tokens: section 5.3 --------------------------------------------------------------------- */

static int mix_shared(struct noise *noise, const uint8_t *own_private, const uint8_t *remote_public)
{
	uint8_t secret[SEAL_KEY_BYTES];
	int rc = x25519_shared(secret, own_private, remote_public);

	if (rc == 0)
		mix_key(noise, secret);
	secret_wipe(secret, sizeof(secret));
	return rc;
}

/* The first letter is the initiator's key, the second the responder's. */
static int mix_token(struct noise *noise, enum token token)
{
	bool own_static = token == SS || token == (noise->initiator ? SE : ES);
	bool remote_static = token == SS || token == (noise->initiator ? ES : SE);

	if (token == PSK) {
		mix_key_and_hash(noise, noise->keys->psk);
		return 0;
	}
	return mix_shared(noise, own_static ? noise->keys->private_key : noise->ephemeral_private,
			  remote_static ? noise->remote_static : noise->remote_ephemeral);
}

static void mix_ephemeral(struct noise *noise, const uint8_t *public_key)
{
	mix_hash(noise, public_key, SEAL_KEY_BYTES);
	if (patterns[noise->pattern].psk)
		mix_key(noise, public_key);
}

static int token_write(struct noise *noise, enum token token, uint8_t **message)
{
	int rc;

	if (token == E) {
		memcpy(*message, noise->ephemeral_public, SEAL_KEY_BYTES);
		mix_ephemeral(noise, *message);
		*message += SEAL_KEY_BYTES;
		return 0;
	}
	if (token != S)
		return mix_token(noise, token);
	rc = encrypt_and_hash(noise, noise->keys->public_key, SEAL_KEY_BYTES, *message);
	*message += SEAL_KEY_BYTES + SEAL_TAG_BYTES;
	return rc;
}

static int token_read(struct noise *noise, enum token token, const uint8_t **message)
{
	int rc;

	if (token == E) {
		memcpy(noise->remote_ephemeral, *message, SEAL_KEY_BYTES);
		mix_ephemeral(noise, *message);
		*message += SEAL_KEY_BYTES;
		return 0;
	}
	if (token != S)
		return mix_token(noise, token);
	rc = decrypt_and_hash(noise, *message, SEAL_KEY_BYTES + SEAL_TAG_BYTES,
			      noise->remote_static);
	*message += SEAL_KEY_BYTES + SEAL_TAG_BYTES;
	return rc;
}

/* --- The handshake --------------------------------------------------------------------------- */

void noise_start(struct noise *noise, enum noise_pattern pattern, enum seal_cipher cipher,
		 bool initiator, const struct noise_keys *keys,
		 const uint8_t remote_static[SEAL_KEY_BYTES], const void *prologue,
		 size_t prologue_bytes)
{
	char name[64] = {0};
	int length =
	    snprintf(name, sizeof(name), "Noise_%s_25519_%s_SHA256", patterns[pattern].name,
		     cipher == SEAL_AES_GCM ? "AESGCM" : "ChaChaPoly");

	*noise = (struct noise){
	    .pattern = pattern, .cipher = cipher, .initiator = initiator, .keys = keys};
	if (length <= SEAL_KEY_BYTES)
		memcpy(noise->hash, name, SEAL_KEY_BYTES);
	else
		fail_on(noise, sha256_pair(noise->hash, name, (size_t)length, "", 0));
	memcpy(noise->chaining_key, noise->hash, SEAL_KEY_BYTES);
	mix_hash(noise, prologue, prologue_bytes);
	if (!patterns[pattern].statik)
		return;
	if (initiator)
		memcpy(noise->remote_static, remote_static, SEAL_KEY_BYTES);
	mix_hash(noise, initiator ? remote_static : keys->public_key, SEAL_KEY_BYTES);
}

int noise_write(struct noise *noise, const uint8_t ephemeral[SEAL_KEY_BYTES], const void *payload,
		size_t payload_bytes, uint8_t *message)
{
	const enum token *token = patterns[noise->pattern].messages[noise->messages++];
	int rc;

	memcpy(noise->ephemeral_private, ephemeral, SEAL_KEY_BYTES);
	rc = x25519_public(noise->ephemeral_public, ephemeral);
	for (; rc == 0 && *token != END; token++)
		rc = token_write(noise, *token, &message);
	if (rc == 0)
		rc = encrypt_and_hash(noise, payload, payload_bytes, message);
	return noise->rc < 0 ? noise->rc : rc;
}

int noise_read(struct noise *noise, const uint8_t *message, size_t bytes, uint8_t *payload)
{
	const enum token *token = patterns[noise->pattern].messages[noise->messages];
	size_t overhead = noise_message_bytes(noise->pattern, noise->messages);
	const uint8_t *at = message;
	int rc = 0;

	noise->messages++;
	if (bytes < overhead)
		return -EBADMSG;
	for (; rc == 0 && *token != END; token++)
		rc = token_read(noise, *token, &at);
	if (rc == 0)
		rc = decrypt_and_hash(noise, at, bytes - (size_t)(at - message), payload);
	return noise->rc < 0 ? noise->rc : rc;
}

int noise_split(const struct noise *noise, uint8_t initiator_key[SEAL_KEY_BYTES],
		uint8_t responder_key[SEAL_KEY_BYTES])
{
	uint8_t keys[2][SEAL_KEY_BYTES] = {{0}};
	int rc = hkdf_derive(keys, 2, noise->chaining_key, NULL, 0);

	memcpy(initiator_key, keys[0], SEAL_KEY_BYTES);
	memcpy(responder_key, keys[1], SEAL_KEY_BYTES);
	secret_wipe(keys, sizeof(keys));
	return rc;
}
