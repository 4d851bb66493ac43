/* QOI images, read pixel by pixel. Source: The Quite OK Image Format Specification, version 1.0
 * (2022), qoiformat.org. */
#ifndef QOI_H
#define QOI_H

#include <millrace_function.h>

#define QOI_HEADER_BYTES 14
#define QOI_END_BYTES 8 /* seven zeroes and a one */

struct qoi_pixel {
	uint8_t r, g, b, a;
};

struct qoi {
	uint32_t width, height;
	uint8_t channels; /* 3 or 4 */
	bool linear;      /* no sRGB */
	const uint8_t *at, *end;
	uint32_t run; /* pixels that are still to be like the last one */
	struct qoi_pixel last;
	struct qoi_pixel seen[64];
};

static uint32_t qoi_number(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* NULL, or what is wrong with the image. */
static const char *qoi_begin(struct qoi *qoi, struct mr_bytes file)
{
	static const uint8_t end[QOI_END_BYTES] = {0, 0, 0, 0, 0, 0, 0, 1};

	if (file.len < QOI_HEADER_BYTES || __builtin_memcmp(file.data, "qoif", 4) != 0)
		return "an image is no QOI file: it does not begin with \"qoif\"";
	if (file.len < QOI_HEADER_BYTES + QOI_END_BYTES ||
	    __builtin_memcmp(file.data + file.len - QOI_END_BYTES, end, QOI_END_BYTES) != 0)
		return "an image is cut off: its end marker is missing";
	__builtin_memset(qoi, 0, sizeof(*qoi));
	qoi->width = qoi_number(file.data + 4);
	qoi->height = qoi_number(file.data + 8);
	qoi->channels = file.data[12];
	qoi->linear = file.data[13] == 1;
	qoi->at = file.data + QOI_HEADER_BYTES;
	qoi->end = file.data + file.len - QOI_END_BYTES;
	qoi->last.a = 255;
	if (qoi->width == 0 || qoi->height == 0 || qoi->width > INT32_MAX ||
	    qoi->height > INT32_MAX)
		return "an image has no pixels, or a side of more than 2147483647";
	if (qoi->channels < 3 || qoi->channels > 4 || file.data[13] > 1)
		return "an image's header is wrong: 3 or 4 channels, and colour space 0 or 1";
	return NULL;
}

/* Bytes of the chunk that begins with this one. */
static uint32_t qoi_chunk_bytes(uint8_t first)
{
	if (first == 0xff)
		return 5; /* RGBA */
	if (first == 0xfe)
		return 4; /* RGB */
	return first >> 6 == 2 ? 2 : 1;
}

static void qoi_difference(struct qoi_pixel *pixel, int r, int g, int b)
{
	pixel->r = (uint8_t)(pixel->r + r);
	pixel->g = (uint8_t)(pixel->g + g);
	pixel->b = (uint8_t)(pixel->b + b);
}

static void qoi_chunk_take(struct qoi *qoi, const uint8_t *chunk)
{
	struct qoi_pixel *pixel = &qoi->last;

	if (chunk[0] >= 0xfe) {
		pixel->r = chunk[1];
		pixel->g = chunk[2];
		pixel->b = chunk[3];
		pixel->a = chunk[0] == 0xff ? chunk[4] : pixel->a;
		return;
	}
	switch (chunk[0] >> 6) {
	case 0:
		*pixel = qoi->seen[chunk[0]];
		return;
	case 1:
		qoi_difference(pixel, (chunk[0] >> 4 & 3) - 2, (chunk[0] >> 2 & 3) - 2,
			       (chunk[0] & 3) - 2);
		return;
	case 2: {
		const int green = (chunk[0] & 63) - 32;

		qoi_difference(pixel, green - 8 + (chunk[1] >> 4), green,
			       green - 8 + (chunk[1] & 15));
		return;
	}
	default:
		qoi->run = chunk[0] & 63; /* and this one */
	}
}

/* The next pixel is qoi->last; false when the file ends before it. */
static bool qoi_next(struct qoi *qoi)
{
	const struct qoi_pixel *pixel = &qoi->last;
	const uint8_t *chunk = qoi->at;

	if (qoi->run > 0) {
		qoi->run--;
		return true;
	}
	if (chunk == qoi->end || (uint64_t)(qoi->end - chunk) < qoi_chunk_bytes(*chunk))
		return false;
	qoi->at += qoi_chunk_bytes(*chunk);
	qoi_chunk_take(qoi, chunk);
	qoi->seen[(pixel->r * 3 + pixel->g * 5 + pixel->b * 7 + pixel->a * 11) % 64] = *pixel;
	return true;
}

#endif
