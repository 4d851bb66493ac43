/* What strangers' bytes meet: frames, ciphertexts, JSON and paths, patterns, and texts of words.
 * The first byte says which. */
#include "compress.h"
#include "encrypt.h"
#include "json.h"
#include "match_ways.h"
#include "test.h"
#include "tokenise_reference.h"
#include "tokenise_ways.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUT_BYTES_MAX 100000
#define TEXT_BYTES_MAX 4096

static struct table_error error;

/* What comes out goes in again: frames of it give the same. */
static void fuzz_frames(const uint8_t *data, size_t size)
{
	static struct decompressor *decompressor;
	static struct compressor *compressor;
	struct table_bytes out = {0}, frames = {0}, again = {0};

	if (decompressor == NULL)
		CHECK(decompressor_create(&decompressor) == 0 &&
			  compressor_create(COMPRESS_ZSTD, 1, &compressor) == 0,
		      "create");
	if (decompress_value(decompressor, data, size, OUT_BYTES_MAX, &out, &error) == 0) {
		CHECK(out.count <= OUT_BYTES_MAX, "%zu bytes", out.count);
		CHECK(compress_value(compressor, out.at, out.count, &frames) == 0, "compress");
		CHECK(decompress_value(decompressor, frames.at, frames.count, OUT_BYTES_MAX, &again,
				       &error) == 0 &&
			  again.count == out.count,
		      "%s", error.text);
	} else {
		CHECK(out.count == 0, "something came out");
	}
	table_bytes_free(&out);
	table_bytes_free(&frames);
	table_bytes_free(&again);
}

/* Nobody without the key makes a value: but what the corpus has. */
static void fuzz_ciphertext(const uint8_t *data, size_t size)
{
	static const uint8_t key[ENCRYPT_KEY_BYTES] = {1, 2, 3};
	static struct decryptor *decryptor;
	struct table_bytes out = {0};

	if (decryptor == NULL)
		CHECK(decryptor_create(key, &decryptor) == 0, "create");
	if (decrypt_value(decryptor, data, size, &out, &error) < 0)
		CHECK(out.count == 0, "something came out");
	table_bytes_free(&out);
}

/* A path up to a line's end, and a text behind it. */
static void fuzz_json(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	size_t bytes = end != NULL ? (size_t)(end - data) : size;
	struct json_extractor *extractor;
	struct json_path *path;
	struct json_result result;

	if (json_path_parse((const char *)data, bytes, &path, &error) < 0)
		return;
	for (int type = 0; type < TABLE_TYPES && end != NULL; type++) {
		struct json_field field = {
		    path, {.type = (enum table_type)type, .precision = 9, .scale = 2}};

		CHECK(json_extractor_create(&field, 1, &extractor) == 0, "create");
		json_extract(extractor, end + 1, size - bytes - 1, 0, &result, &error);
		json_extractor_destroy(&extractor);
	}
	json_path_free(&path);
}

/* What passes the check, PCRE2 takes or refuses with words. */
static void fuzz_pattern(const uint8_t *data, size_t size)
{
	const struct match_pattern pattern = {(const char *)data, size};
	struct matcher *matcher = NULL;

	if (size > 200 || match_pattern_check(&pattern, &error) < 0)
		return;
	if (match_pcre2.create(&pattern, 1, false, &matcher, &error) < 0)
		CHECK(error.text[0] != '\0', "nothing is said");
	matcher_destroy(&matcher);
}

static void fuzz_words(const uint8_t *data, size_t size)
{
	static uint8_t bytes[2][TEXT_BYTES_MAX + TOKENS_BLOCK_BYTES];
	static int32_t offsets[2][TEXT_BYTES_MAX + TOKENS_BLOCK_WORDS];
	struct tokens tokens[2];
	struct token_text text = {.bytes = data, .end = size};

	if (size > TEXT_BYTES_MAX)
		return;
	for (int i = 0; i < 2; i++)
		tokens[i] = (struct tokens){.bytes = bytes[i],
					    .offsets = offsets[i],
					    .bytes_room = sizeof(bytes[i]),
					    .words_room = TEXT_BYTES_MAX + TOKENS_BLOCK_WORDS};
	tokenise(&tokens[0], &text);
	tokens_end_text(&tokens[0]);
	tokenise_reference(&tokens[1], data, size);
	CHECK(tokens[0].words == tokens[1].words && tokens[0].used == tokens[1].used, "words");
	CHECK(memcmp(bytes[0], bytes[1], tokens[0].used) == 0, "bytes");
	CHECK(memcmp(offsets[0], offsets[1], 4 * (tokens[0].words + 1)) == 0, "offsets");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const parts[])(const uint8_t *, size_t) = {
	    fuzz_frames, fuzz_ciphertext, fuzz_json, fuzz_pattern, fuzz_words};

	if (size > 0)
		parts[data[0] % 5](data + 1, size - 1);
	return 0;
}
