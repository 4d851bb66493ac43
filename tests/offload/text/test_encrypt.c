/* Encryption there and back; what was cut, changed, exchanged or made with another key is refused.
 */
#include <errno.h>
#include <time.h>

#include "encrypt.h"
#include "random_table.h"
#include "table_text.h"
#include "test.h"

#define ROUNDS_DEFAULT 200
#define VALUE_BYTES_MAX (3 * ENCRYPT_CHUNK_BYTES + 100)
#define CHUNK_WHOLE_BYTES (ENCRYPT_CHUNK_BYTES + ENCRYPT_TAG_BYTES)

static struct encryptor *encryptor;
static struct decryptor *decryptor;
static struct table_error error;
static uint8_t value[VALUE_BYTES_MAX];

/* Around the edges of chunks as well. */
static size_t value_make(struct random *random)
{
	size_t bytes = random_below(random, 4) * ENCRYPT_CHUNK_BYTES;

	if (random_below(random, 2) == 0)
		bytes = random_below(random, VALUE_BYTES_MAX >> random_below(random, 15));
	else if (random_below(random, 2) == 0)
		bytes += random_below(random, 3);
	else
		bytes -= bytes > 0;
	for (size_t i = 0; i < bytes; i++)
		value[i] = (uint8_t)random_next(random);
	return bytes;
}

static void salt_give(struct random *random)
{
	uint8_t salt[ENCRYPT_SALT_BYTES];

	for (size_t i = 0; i < sizeof(salt); i++)
		salt[i] = (uint8_t)random_next(random);
	CHECK(encryptor_salt(encryptor, salt) == 0, "salt");
}

static void check_refused(const uint8_t *sealed, size_t bytes, const char *what, uint64_t seed)
{
	struct table_bytes out = {0};
	uint8_t *exact = malloc(bytes > 0 ? bytes : 1);

	memcpy(exact, sealed, bytes);
	CHECK(table_bytes_reserve(&out, 8) == 0, "memory");
	out.count = 5;
	CHECK(decrypt_value(decryptor, exact, bytes, &out, &error) == -EBADMSG && out.count == 5,
	      "seed %llu: %s is taken", (unsigned long long)seed, what);
	CHECK(error.text[0] != '\0', "nothing is said");
	table_bytes_free(&out);
	free(exact);
}

/* Chunks whole, of a value that has three at least. */
static void check_chunks(const struct table_bytes *sealed, uint64_t seed)
{
	static uint8_t other[VALUE_BYTES_MAX + 1000];
	uint8_t *first = other + ENCRYPT_HEAD_BYTES;

	if (sealed->count < ENCRYPT_HEAD_BYTES + 2 * CHUNK_WHOLE_BYTES + ENCRYPT_TAG_BYTES)
		return;
	memcpy(other, sealed->at, sealed->count);
	memcpy(first, sealed->at + ENCRYPT_HEAD_BYTES + CHUNK_WHOLE_BYTES, CHUNK_WHOLE_BYTES);
	memcpy(first + CHUNK_WHOLE_BYTES, sealed->at + ENCRYPT_HEAD_BYTES, CHUNK_WHOLE_BYTES);
	check_refused(other, sealed->count, "an exchange of chunks", seed);
	memcpy(first, sealed->at + ENCRYPT_HEAD_BYTES, CHUNK_WHOLE_BYTES);
	check_refused(other, sealed->count, "a chunk twice", seed);
	check_refused(sealed->at, ENCRYPT_HEAD_BYTES + CHUNK_WHOLE_BYTES, "a first chunk", seed);
	memmove(first, first + CHUNK_WHOLE_BYTES, sealed->count - CHUNK_WHOLE_BYTES);
	check_refused(other, sealed->count - CHUNK_WHOLE_BYTES, "a missing chunk", seed);
}

static void check_hostile(struct random *random, struct table_bytes *sealed, uint64_t seed)
{
	size_t at = random_below(random, sealed->count);
	uint8_t flip = (uint8_t)(1u << random_below(random, 8));

	check_refused(sealed->at, at, "a cut", seed);
	check_refused(sealed->at, sealed->count - 1, "a byte missing", seed);
	sealed->at[at] ^= flip;
	check_refused(sealed->at, sealed->count, "a change", seed);
	sealed->at[at] ^= flip;
	CHECK(table_bytes_add(sealed, "", 1) == 0, "memory");
	check_refused(sealed->at, sealed->count--, "a byte more", seed);
	check_chunks(sealed, seed);
}

/* The chunks of one value under the head of the next. */
static void check_grafted(struct table_bytes *sealed, size_t bytes, uint64_t seed)
{
	struct table_bytes next = {0};

	CHECK(encrypt_value(encryptor, value, bytes, &next) == 0, "encrypt");
	CHECK(memcmp(next.at + ENCRYPT_HEAD_BYTES, sealed->at + ENCRYPT_HEAD_BYTES,
		     ENCRYPT_TAG_BYTES) != 0,
	      "a nonce was used twice");
	memcpy(next.at, sealed->at, ENCRYPT_HEAD_BYTES);
	check_refused(next.at, next.count, "another value's chunks", seed);
	table_bytes_free(&next);
}

static void check_random(uint64_t seed)
{
	struct random random = {seed};
	struct table_bytes sealed = {0}, out = {0};
	size_t bytes = value_make(&random);

	if (encryptor_wants_salt(encryptor, bytes) || random_below(&random, 4) == 0)
		salt_give(&random);
	CHECK(encrypt_value(encryptor, value, bytes, &sealed) == 0, "encrypt");
	CHECK(decrypt_value(decryptor, sealed.at, sealed.count, &out, &error) == 0, "seed %llu: %s",
	      (unsigned long long)seed, error.text);
	CHECK(out.count == bytes && memcmp(out.at, value, bytes) == 0, "seed %llu: another value",
	      (unsigned long long)seed);
	check_hostile(&random, &sealed, seed);
	check_grafted(&sealed, bytes, seed);
	table_bytes_free(&sealed);
	table_bytes_free(&out);
}

/* By Python's `cryptography`, from the words of encrypt.h. */
static void check_known(const uint8_t key[ENCRYPT_KEY_BYTES])
{
	static const char wanted[] =
	    "4d524531a0a1a2a3a4a5a6a7a8a9aaabacadaeaf0000000000000001596f78c4"
	    "83358b44766cef179310f09249f555eb470b4f89";
	uint8_t salt[ENCRYPT_SALT_BYTES], bytes[sizeof(wanted) / 2];
	struct table_bytes sealed = {0};

	for (size_t i = 0; i < sizeof(salt); i++)
		salt[i] = (uint8_t)(0xa0 + i);
	CHECK(encryptor_salt(encryptor, salt) == 0, "salt");
	CHECK(encrypt_value(encryptor, key, 1, &sealed) == 0, "encrypt");
	sealed.count = 0;
	CHECK(encrypt_value(encryptor, (const uint8_t *)"millrace", 8, &sealed) == 0, "encrypt");
	CHECK(table_text_parse_hex(wanted, sizeof(wanted) - 1, bytes) == 0, "digits");
	CHECK(sealed.count == sizeof(wanted) / 2 && memcmp(sealed.at, bytes, sealed.count) == 0,
	      "another value");
	table_bytes_free(&sealed);
}

static void check_keys(uint8_t key[ENCRYPT_KEY_BYTES])
{
	static const char digits[] =
	    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
	uint8_t parsed[ENCRYPT_KEY_BYTES];
	struct table_bytes sealed = {0};

	CHECK(encrypt_key_parse((const uint8_t *)digits, 65, parsed, &error) == 0, "%s",
	      error.text);
	CHECK(memcmp(parsed, key, sizeof(parsed)) == 0, "another key");
	CHECK(encrypt_key_parse((const uint8_t *)digits, 63, parsed, &error) == -EINVAL, "63");
	CHECK(encrypt_key_parse((const uint8_t *)"", 0, parsed, &error) == -EINVAL, "empty");
	CHECK(encrypt_value(encryptor, key, 10, &sealed) == 0, "encrypt");
	decryptor_destroy(&decryptor);
	parsed[31] ^= 1;
	CHECK(decryptor_create(parsed, &decryptor) == 0, "create");
	check_refused(sealed.at, sealed.count, "another key's value", 0);
	table_bytes_free(&sealed);
}

int main(int argc, char **argv)
{
	uint64_t rounds = argc > 1 ? strtoull(argv[1], NULL, 0) : ROUNDS_DEFAULT;
	uint64_t seed = (uint64_t)time(NULL);
	uint8_t key[ENCRYPT_KEY_BYTES];

	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	printf("seeds from %llu on\n", (unsigned long long)seed);
	CHECK(encryptor_create(key, &encryptor) == 0, "create");
	CHECK(decryptor_create(key, &decryptor) == 0, "create");
	CHECK(encryptor_wants_salt(encryptor, 0), "without a salt");
	for (uint64_t i = 0; i < rounds; i++)
		check_random(seed + i);
	check_known(key);
	check_keys(key);
	encryptor_destroy(&encryptor);
	decryptor_destroy(&decryptor);
	return 0;
}
