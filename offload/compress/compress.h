/*
 * compress and decompress: values to frames of LZ4 or Zstandard, and back within a limit.
 *
 * A compressed value is one frame with its content's size and checksum, so that `lz4` and `zstd`
 * read it. Read are one or more frames, one after the other, of either format: which is told by the
 * first bytes. An empty value is no frame. What a frame says of its size is not believed: memory
 * grows with what comes out.
 *
 * Sources: LZ4 frame format 1.6.2; RFC 8878 (Zstandard). Pure; contexts are allocated once.
 */
#ifndef COMPRESS_H
#define COMPRESS_H

#include "table_bytes.h"
#include "table_stream.h"

enum compress_format { COMPRESS_LZ4, COMPRESS_ZSTD, COMPRESS_FORMATS };

/* "lz4", "zstd". */
extern const char *const compress_format_names[COMPRESS_FORMATS];
/* Levels from 1, the fastest and the default, on. */
int compress_level_max(enum compress_format format);

struct compressor;
/* 0 or -ENOMEM. */
int compressor_create(enum compress_format format, int level, struct compressor **compressor);
void compressor_destroy(struct compressor **compressor);
/* Appends the frame of a value to out. 0, -ENOMEM, or -E2BIG where out would pass 2 GiB. */
int compress_value(struct compressor *compressor, const uint8_t *value, size_t bytes,
		   struct table_bytes *out);

struct decompressor;
/* 0 or -ENOMEM. */
int decompressor_create(struct decompressor **decompressor);
void decompressor_destroy(struct decompressor **decompressor);
/* Appends what the frames hold to out, at most limit bytes. 0; -EBADMSG when they are none, damaged
 * or cut; -EFBIG when they hold more; -ENOMEM; with error. Then nothing is appended. */
int decompress_value(struct decompressor *decompressor, const uint8_t *frames, size_t bytes,
		     size_t limit, struct table_bytes *out, struct table_error *error);

#endif
