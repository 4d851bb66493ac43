/*
 * qoi2png: each QOI image as a PNG file, with the same pixels and colour space.
 *
 * Input images; output pngs, an item NAME.png for each NAME.qoi.
 */
#include <millrace_function.h>

#include "png.h"
#include "qoi.h"

/* What is filtered, one row at a time. */
struct rows {
	uint8_t *row, *above, *spare;
	uint32_t row_bytes;
	uint8_t *filtered;
	uint64_t filtered_bytes;
};

static int rows_alloc(struct mr_call *call, const struct qoi *qoi, struct rows *rows)
{
	const uint64_t row_bytes = (uint64_t)qoi->width * qoi->channels;

	rows->filtered_bytes = (1 + row_bytes) * qoi->height;
	if (row_bytes > MR_REGION_BYTES_MAX / 8 || rows->filtered_bytes > MR_REGION_BYTES_MAX / 2)
		return mr_fail(call, "an image has more pixels than a region can hold");
	rows->row_bytes = (uint32_t)row_bytes;
	rows->row = (uint8_t *)mr_borrow(call, row_bytes);
	rows->above = (uint8_t *)mr_borrow(call, row_bytes);
	rows->spare = (uint8_t *)mr_borrow(call, 1 + row_bytes);
	rows->filtered = (uint8_t *)mr_borrow(call, rows->filtered_bytes);
	if (rows->row == NULL || rows->above == NULL || rows->spare == NULL ||
	    rows->filtered == NULL)
		return MR_FAILED;
	__builtin_memset(rows->above, 0, row_bytes);
	return 0;
}

static int row_read(struct mr_call *call, struct qoi *qoi, uint8_t *row)
{
	for (uint32_t x = 0; x < qoi->width; x++, row += qoi->channels) {
		if (!qoi_next(qoi))
			return mr_fail(call, "an image ends before its last pixel");
		__builtin_memcpy(row, &qoi->last, qoi->channels);
	}
	return 0;
}

static int rows_filter(struct mr_call *call, struct qoi *qoi, struct rows *rows)
{
	uint8_t *to = rows->filtered;

	for (uint32_t y = 0; y < qoi->height; y++, to += 1 + (uint64_t)rows->row_bytes) {
		uint8_t *done = rows->above;

		if (row_read(call, qoi, rows->row) != 0)
			return MR_FAILED;
		png_row_write(rows->row, rows->above, rows->row_bytes, qoi->channels, rows->spare,
			      to);
		rows->above = rows->row;
		rows->row = done;
	}
	return 0;
}

static int png_make(struct mr_call *call, struct qoi *qoi, struct mr_bytes *png)
{
	struct deflate_tables *tables;
	struct rows rows;
	uint8_t *start, *end;

	if (rows_alloc(call, qoi, &rows) != 0)
		return MR_FAILED;
	tables = (struct deflate_tables *)mr_borrow(call, sizeof(*tables));
	start = (uint8_t *)mr_alloc(call, deflate_bytes_max(rows.filtered_bytes) + PNG_FRAME_BYTES,
				    MR_ALIGN);
	if (tables == NULL || start == NULL || rows_filter(call, qoi, &rows) != 0)
		return MR_FAILED;
	end = png_head(start, qoi->width, qoi->height, qoi->channels == 4, qoi->linear);
	end = png_data(end, tables, rows.filtered, (uint32_t)rows.filtered_bytes);
	end = png_chunk(end, "IEND", start, 0);
	mr_trim(call, end);
	png->data = start;
	png->len = (uint32_t)(end - start);
	mr_return_all(call);
	return 0;
}

/* NAME.png for NAME.qoi, and for NAME. */
static int name_make(struct mr_call *call, struct mr_bytes name, struct mr_bytes *made)
{
	uint8_t *to;

	if (name.len >= 4 && __builtin_memcmp(name.data + name.len - 4, ".qoi", 4) == 0)
		name.len -= 4;
	to = (uint8_t *)mr_alloc(call, (uint64_t)name.len + 4, 1);
	if (to == NULL)
		return MR_FAILED;
	made->data = to;
	made->len = name.len + 4;
	if (name.len > 0)
		__builtin_memcpy(to, name.data, name.len);
	__builtin_memcpy(to + name.len, ".png", 4);
	return 0;
}

static int qoi2png(struct mr_call *call)
{
	const struct mr_set *images = mr_in(call, "images");
	struct mr_set *pngs = mr_out(call, "pngs");

	if (images == NULL || pngs == NULL)
		return MR_FAILED;
	png_crc_begin();
	for (uint32_t i = 0; i < images->item_count; i++) {
		const struct mr_item *item = mr_in_item(call, images, i);
		struct mr_bytes name, png;
		struct qoi qoi;
		const char *wrong = qoi_begin(&qoi, mr_item_bytes(call, item));

		if (wrong != NULL)
			return mr_fail(call, wrong);
		if (name_make(call, mr_item_name(call, item), &name) != 0 ||
		    png_make(call, &qoi, &png) != 0 ||
		    mr_out_add(call, pngs, name, mr_none(), png) != 0)
			return MR_FAILED;
	}
	return 0;
}

MR_ENTRY(qoi2png)
