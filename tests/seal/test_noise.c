/*
 * Noise's handshakes against published vectors: both messages, the handshake hash, and one data
 * message each way.
 *
 * All values below are those of vectors/cacophony.txt in github.com/haskell-cryptography/cacophony
 * (at commit 8ee9d41): keys and payloads are the same in all six; above each stands
 * its protocol_name there. Of its six messages these are the first four.
 */
#include <errno.h>

#include "noise.h"
#include "test.h"

#define PROLOGUE "John Galt"
#define INITIATOR "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1"
#define RESPONDER "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893"
#define RESPONDER_PUBLIC "31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62"
#define INITIATOR_EPHEMERAL "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a"
#define RESPONDER_EPHEMERAL "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b"
#define PSK "This is my Austrian perspective!"
#define BYTES_MAX 160

static const char *const payloads[] = {"Ludwig von Mises", "Murray Rothbard", "F. A. Hayek",
				       "Carl Menger"};

static const struct vector {
	enum noise_pattern pattern;
	enum seal_cipher cipher;
	const char *hash;
	const char *messages[4]; /* two of the handshake, one from each side after it */
} vectors[] = {
    /* Noise_IK_25519_AESGCM_SHA256 */
    {NOISE_IK,
     SEAL_AES_GCM,
     "669c8640d9e42a3cda2f232f78597ceefb01daa6e3df81181ccce6fc6b5026bf",
     {"ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79444e417bc55c7a8166c993"
      "356c1be41ef67818a292426f301556c7f26b21d25ddb097153891a9a956cff47b83e63ad8d701c1342c2"
      "09cff1ca5ecd43402762ac249e3bd3a4c0a145fe07cb5dae28ea13a3",
      "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843af2ccf9972e22afc67ae"
      "afcd25162f7f98c363b7762e3e4cb7d272e39f27a5",
      "66acfc92e3197de166809e6d4d5d003dcc819a84bc3522ca53c9d9",
      "71f89aa6533a6de70b0826864dd75f60806ee40170c16290189eb3"}},
    /* Noise_IK_25519_ChaChaPoly_SHA256 */
    {NOISE_IK,
     SEAL_CHACHA_POLY,
     "0b0f68fb0c27e03ce9b97565995ed4838cc0581b762ef72b062f6a546419fad7",
     {"ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944718da798efbcd9152852"
      "0204f904b9bd6c7413dccdc214d951e15253e39987f18146e8cd0873654207148333479d4d16c289f029"
      "4b29960a72f48e0b7bba2e89083169825e59642148d492020664ccf7",
      "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f1448088435361e70b2ed446e6c9ec"
      "387d1d6b3b840f194e373979d241b203c4acafccf5",
      "050e9f3c8fac16b68dbce8f8c4bfbf6617c897f9ada4aa29aa19c8",
      "344233a6cabb7141d80f3da2fedc311d9646bbb0f505afe403a667"}},
    /* Noise_IKpsk2_25519_AESGCM_SHA256 */
    {NOISE_IK_PSK2,
     SEAL_AES_GCM,
     "48c3f1eb397c797af6b139032c6074cb41282ff033ee25d5aee4a4badd3a2c3f",
     {"ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79445a1baf339186d7867062"
      "b0dd31f5de322d370165d217939b2b7ed9e2bae7840458ea65c2ce1554e0e8077fe7334c4bd514c658fd"
      "04d97b86d216f58f59714a7e24144155045c8f36bed85a2cb0fd9af7",
      "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f1448088432fe8d675e949799d2a96"
      "8211a66cc7ba2b0f4cad8eda3c2bd37eae737bbf88",
      "38cbf3835c78b7802df0dd0d9640ff8575debd0cb61cfb52590da1",
      "ffc365ff6955fc66c5d809b31ac995f812c5770bd29f0df12f0ffd"}},
    /* Noise_IKpsk2_25519_ChaChaPoly_SHA256 */
    {NOISE_IK_PSK2,
     SEAL_CHACHA_POLY,
     "8310f86394dc0dabb40beb8210031556db4403ab1202db7034c526232147a700",
     {"ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79442ec9b09893d0f5107917"
      "84c10cbc959f25b1766e0def6e301d14fbca1c7790ac829b8b3674f5f649a5f0e98479662cbfbf2b2c47"
      "cd4b09fcd266cd29d7cb675f1808849707847840f6d178ec4d3733aa",
      "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f1448088439a1b3cebf680b2c74217"
      "fcb5eba4ff58a9468cd90c4aca6194f57479b379a7",
      "a8fde7a0accec190cd306c5950d4fd8e04a205ec288aa747d8b347",
      "59caddd9984a3bbe24c4fb31a2bd455b7eba3fa0980674b1a3a5f9"}},
    /* Noise_NNpsk0_25519_AESGCM_SHA256 */
    {NOISE_NN_PSK0,
     SEAL_AES_GCM,
     "9f3b1f9afd7767767b5b9d1069844a6154fdbdcc36dfb3e31c0fffc5c973d530",
     {"ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79447c37a89fc17813788d30"
      "df2d59501d6066f5f8aecc3406bbd9829f2d24a531b1",
      "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f1448088432f29d79368ef9de4e1ae"
      "7a362fb05bf0ad668e026bf5714554497b3a720461",
      "7c01e898a6201f36aecee532e29cd0b7f8ffa29d3366ad0dce39a6",
      "a9ff535aace3db6a1da1a7fb00fe2de2622bb373abad9fb42c00e0"}},
    /* Noise_NNpsk0_25519_ChaChaPoly_SHA256 */
    {NOISE_NN_PSK0,
     SEAL_CHACHA_POLY,
     "f4d03dc34495c95729ea6de9e1b59004b59733102488b3e24bc441e0be208eaf",
     {"ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c794479b962b8aff8485742ac"
      "32f905ba45369e2465fb59e138a93d67a0d1266b6a54",
      "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843d6062704d5a9c422a8e8"
      "34423f8c1feada7e8d0d910a1a2cd030fb584221e3",
      "e632c3763d7669067383433197a3baddf146e9e70ad4b4e9e59e0f",
      "64c6bee32ea91c8474bb4c21d7a700109ad45af77b29764ba5eb1e"}},
};

static size_t unhex(uint8_t *bytes, const char *hex)
{
	size_t count = strlen(hex) / 2;

	for (size_t i = 0; i < count; i++) {
		unsigned value;

		CHECK(sscanf(hex + 2 * i, "%2x", &value) == 1, "not hex");
		bytes[i] = (uint8_t)value;
	}
	return count;
}

static void check_hex(const uint8_t *bytes, size_t count, const char *hex, const char *what)
{
	uint8_t wanted[BYTES_MAX];

	CHECK(unhex(wanted, hex) == count, "%s has %zu bytes", what, count);
	CHECK(memcmp(bytes, wanted, count) == 0, "%s differs", what);
}

static void keys_fill(struct noise_keys *keys, const char *private_key)
{
	unhex(keys->private_key, private_key);
	CHECK(x25519_public(keys->public_key, keys->private_key) == 0, "no public key");
	memcpy(keys->psk, PSK, SEAL_KEY_BYTES);
}

static void check_message(struct noise *from, struct noise *to, const char *ephemeral,
			  const char *payload, const char *wanted)
{
	uint8_t random[SEAL_KEY_BYTES], message[BYTES_MAX], read[BYTES_MAX];
	size_t bytes = strlen(payload) + noise_message_bytes(from->pattern, from->messages);

	unhex(random, ephemeral);
	CHECK(noise_write(from, random, payload, strlen(payload), message) == 0, "not written");
	check_hex(message, bytes, wanted, "a message");
	CHECK(noise_read(to, message, bytes, read) == 0, "not read");
	CHECK(memcmp(read, payload, strlen(payload)) == 0, "its payload differs");
}

static void check_data(enum seal_cipher cipher, const uint8_t *key, const char *payload,
		       const char *wanted)
{
	uint8_t sealed[BYTES_MAX];
	size_t bytes = strlen(payload);

	CHECK(aead_encrypt(cipher, key, 0, "", 0, payload, bytes, sealed) == 0, "not sealed");
	check_hex(sealed, bytes + SEAL_TAG_BYTES, wanted, "data");
}

static void check_vector(const struct vector *vector)
{
	struct noise_keys initiator_keys, responder_keys;
	struct noise initiator, responder;
	uint8_t keys[2][2][SEAL_KEY_BYTES], remote[SEAL_KEY_BYTES];

	keys_fill(&initiator_keys, INITIATOR);
	keys_fill(&responder_keys, RESPONDER);
	unhex(remote, RESPONDER_PUBLIC);
	CHECK(memcmp(remote, responder_keys.public_key, SEAL_KEY_BYTES) == 0, "X25519");
	noise_start(&initiator, vector->pattern, vector->cipher, true, &initiator_keys, remote,
		    PROLOGUE, strlen(PROLOGUE));
	noise_start(&responder, vector->pattern, vector->cipher, false, &responder_keys, NULL,
		    PROLOGUE, strlen(PROLOGUE));
	check_message(&initiator, &responder, INITIATOR_EPHEMERAL, payloads[0],
		      vector->messages[0]);
	check_message(&responder, &initiator, RESPONDER_EPHEMERAL, payloads[1],
		      vector->messages[1]);
	check_hex(initiator.hash, SEAL_KEY_BYTES, vector->hash, "the initiator's hash");
	check_hex(responder.hash, SEAL_KEY_BYTES, vector->hash, "the responder's hash");
	CHECK(noise_split(&initiator, keys[0][0], keys[0][1]) == 0, "no keys");
	CHECK(noise_split(&responder, keys[1][0], keys[1][1]) == 0, "no keys");
	CHECK(memcmp(keys[0], keys[1], sizeof(keys[0])) == 0, "the sides have different keys");
	check_data(vector->cipher, keys[0][0], payloads[2], vector->messages[2]);
	check_data(vector->cipher, keys[0][1], payloads[3], vector->messages[3]);
}

/* A point of order 1 makes every shared secret zero: RFC 7748, section 6.1. */
static void check_low_order(void)
{
	uint8_t zero[SEAL_KEY_BYTES] = {0}, key[SEAL_KEY_BYTES], secret[SEAL_KEY_BYTES];

	unhex(key, INITIATOR);
	CHECK(x25519_shared(secret, key, zero) == -EBADMSG, "a key of low order was taken");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		check_vector(&vectors[i]);
	check_low_order();
	return 0;
}
