/* Compression there and back, and frames that are cut, damaged, forged, or bombs. */
#include <errno.h>
#include <time.h>

#include "compress.h"
#include "random_table.h"
#include "test.h"

#define ROUNDS_DEFAULT 300
#define VALUE_BYTES_MAX 200000

static uint8_t value[VALUE_BYTES_MAX];
static struct decompressor *decompressor;
static struct table_error error;

static size_t value_make(struct random *random)
{
	size_t bytes = random_below(random, 1 + (VALUE_BYTES_MAX >> random_below(random, 18)));
	uint64_t kinds = 1 + random_below(random, 256);

	for (size_t i = 0; i < bytes; i++)
		value[i] = (uint8_t)random_below(random, kinds);
	return bytes;
}

static int decompressed(const struct table_bytes *frames, size_t limit, struct table_bytes *out)
{
	out->count = 3; /* what was there stays */
	return decompress_value(decompressor, frames->at, frames->count, limit, out, &error);
}

static void check_back(const struct table_bytes *frames, size_t bytes, size_t times, uint64_t seed)
{
	struct table_bytes out = {0};
	int rc;

	CHECK(table_bytes_reserve(&out, 8) == 0, "memory");
	rc = decompressed(frames, times * bytes, &out);
	CHECK(rc == 0, "seed %llu: %s", (unsigned long long)seed, error.text);
	CHECK(out.count == times * bytes + 3, "seed %llu: %zu bytes", (unsigned long long)seed,
	      out.count);
	for (size_t i = 0; i < times; i++)
		CHECK(memcmp(out.at + 3 + i * bytes, value, bytes) == 0, "seed %llu",
		      (unsigned long long)seed);
	if (bytes > 0) {
		rc = decompressed(frames, times * bytes - 1, &out);
		CHECK(rc == -EFBIG && out.count == 3 && strstr(error.text, "more than") != NULL,
		      "seed %llu: %d, %s", (unsigned long long)seed, rc, error.text);
	}
	table_bytes_free(&out);
}

/* Any cut is told; any change is told or changes nothing. */
static void check_hostile(struct random *random, struct table_bytes *frames, size_t bytes,
			  uint64_t seed)
{
	struct table_bytes out = {0};
	size_t whole = frames->count, at = random_below(random, whole);
	uint8_t flip = (uint8_t)(1u << random_below(random, 8));

	CHECK(table_bytes_reserve(&out, 8) == 0, "memory");
	frames->count = at;
	CHECK(decompressed(frames, VALUE_BYTES_MAX, &out) == -EBADMSG && out.count == 3,
	      "seed %llu: cut at %zu of %zu", (unsigned long long)seed, at, whole);
	frames->count = whole;
	frames->at[at] ^= flip;
	if (decompressed(frames, VALUE_BYTES_MAX, &out) == 0)
		CHECK(out.count == bytes + 3 && memcmp(out.at + 3, value, bytes) == 0,
		      "seed %llu: byte %zu changed, and so the value", (unsigned long long)seed,
		      at);
	else
		CHECK(out.count == 3, "something came out");
	frames->at[at] ^= flip;
	table_bytes_free(&out);
}

static void check_random(enum compress_format format, uint64_t seed)
{
	struct random random = {seed};
	int level = 1 + (int)random_below(&random, 4);
	struct table_bytes frames = {0};
	struct compressor *compressor;
	size_t bytes = value_make(&random);

	CHECK(compressor_create(format, level, &compressor) == 0, "create");
	CHECK(compress_value(compressor, value, bytes, &frames) == 0, "compress");
	check_back(&frames, bytes, 1, seed);
	check_hostile(&random, &frames, bytes, seed);
	CHECK(compress_value(compressor, value, bytes, &frames) == 0, "compress");
	check_back(&frames, bytes, 2, seed);
	compressor_destroy(&compressor);
	table_bytes_free(&frames);
}

/* Zeros, a thousand times the limit: memory stays small. */
static void check_bomb(enum compress_format format)
{
	static const size_t bytes = 16u << 20, limit = 100000;
	struct table_bytes frames = {0}, out = {0};
	uint8_t *zeros = calloc(1, bytes);
	struct compressor *compressor;

	CHECK(zeros != NULL && compressor_create(format, 1, &compressor) == 0, "create");
	CHECK(table_bytes_reserve(&out, 8) == 0, "memory");
	for (int i = 0; i < 6; i++)
		CHECK(compress_value(compressor, zeros, bytes, &frames) == 0, "compress");
	CHECK(decompressed(&frames, limit, &out) == -EFBIG, "%s", error.text);
	CHECK(strstr(error.text, "100000 bytes") != NULL, "%s", error.text);
	CHECK(out.room <= 4 * limit, "%zu bytes of memory", out.room);
	compressor_destroy(&compressor);
	table_bytes_free(&frames);
	table_bytes_free(&out);
	free(zeros);
}

/* What `zstd` 1.5.4 and `lz4` 1.9.4 make of "millrace\n". */
static void check_known(void)
{
	static const uint8_t frames[] = {
	    0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x49, 0x00, 0x00, 'm',  'i',  'l',  'l',
	    'r',  'a',  'c',  'e',  '\n', 0xf5, 0x28, 0x4c, 0x5b, 0x04, 0x22, 0x4d, 0x18,
	    0x64, 0x40, 0xa7, 0x09, 0x00, 0x00, 0x80, 'm',  'i',  'l',  'l',  'r',  'a',
	    'c',  'e',  '\n', 0x00, 0x00, 0x00, 0x00, 0x66, 0x1c, 0x83, 0xf2,
	};
	const size_t zstd_bytes = 22;
	struct table_bytes out = {0};

	CHECK(decompress_value(decompressor, frames, zstd_bytes, 100, &out, &error) == 0 &&
		  decompress_value(decompressor, frames + zstd_bytes, sizeof(frames) - zstd_bytes,
				   100, &out, &error) == 0,
	      "%s", error.text);
	CHECK(out.count == 18 && memcmp(out.at, "millrace\nmillrace\n", 18) == 0, "value");
	CHECK(decompress_value(decompressor, frames + 9, 8, 100, &out, &error) == -EBADMSG,
	      "no frame");
	CHECK(decompress_value(decompressor, frames, 0, 100, &out, &error) == -EBADMSG, "empty");
	CHECK(decompress_value(decompressor, frames, sizeof(frames), 100, &out, &error) == -EBADMSG,
	      "one format behind the other");
	table_bytes_free(&out);
}

int main(int argc, char **argv)
{
	uint64_t rounds = argc > 1 ? strtoull(argv[1], NULL, 0) : ROUNDS_DEFAULT;
	uint64_t seed = (uint64_t)time(NULL);

	printf("seeds from %llu on\n", (unsigned long long)seed);
	CHECK(decompressor_create(&decompressor) == 0, "create");
	for (uint64_t i = 0; i < rounds; i++)
		check_random(i % COMPRESS_FORMATS, seed + i);
	check_bomb(COMPRESS_LZ4);
	check_bomb(COMPRESS_ZSTD);
	check_known();
	decompressor_destroy(&decompressor);
	return 0;
}
