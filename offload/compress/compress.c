/* Values to frames. */
#include "compress.h"

#include <errno.h>
#include <lz4frame.h>
#include <lz4hc.h>
#include <stdlib.h>
#include <zstd.h>

const char *const compress_format_names[COMPRESS_FORMATS] = {
    [COMPRESS_LZ4] = "lz4",
    [COMPRESS_ZSTD] = "zstd",
};

struct compressor {
	enum compress_format format;
	LZ4F_preferences_t lz4;
	ZSTD_CCtx *zstd;
};

int compress_level_max(enum compress_format format)
{
	return format == COMPRESS_LZ4 ? LZ4HC_CLEVEL_MAX : ZSTD_maxCLevel();
}

static int zstd_create(struct compressor *c, int level)
{
	c->zstd = ZSTD_createCCtx();
	if (c->zstd == NULL)
		return -ENOMEM;
	ZSTD_CCtx_setParameter(c->zstd, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(c->zstd, ZSTD_c_checksumFlag, 1);
	return 0;
}

int compressor_create(enum compress_format format, int level, struct compressor **compressor)
{
	struct compressor *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return -ENOMEM;
	c->format = format;
	c->lz4.compressionLevel = level;
	c->lz4.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
	if (format == COMPRESS_ZSTD && zstd_create(c, level) < 0) {
		free(c);
		return -ENOMEM;
	}
	*compressor = c;
	return 0;
}

void compressor_destroy(struct compressor **compressor)
{
	if (*compressor != NULL)
		ZSTD_freeCCtx((*compressor)->zstd);
	free(*compressor);
	*compressor = NULL;
}

int compress_value(struct compressor *compressor, const uint8_t *value, size_t bytes,
		   struct table_bytes *out)
{
	bool lz4 = compressor->format == COMPRESS_LZ4;
	size_t bound, count;
	int rc;

	compressor->lz4.frameInfo.contentSize = bytes;
	bound = lz4 ? LZ4F_compressFrameBound(bytes, &compressor->lz4) : ZSTD_compressBound(bytes);
	if (bytes > INT32_MAX || bound > INT32_MAX - out->count)
		return -E2BIG;
	rc = table_bytes_reserve(out, bound);
	if (rc < 0)
		return rc;
	if (lz4)
		count =
		    LZ4F_compressFrame(out->at + out->count, bound, value, bytes, &compressor->lz4);
	else
		count = ZSTD_compress2(compressor->zstd, out->at + out->count, bound, value, bytes);
	if (lz4 ? LZ4F_isError(count) : ZSTD_isError(count)) /* only memory can be missing */
		return -ENOMEM;
	out->count += count;
	return 0;
}
