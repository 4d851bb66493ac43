/* qoi2png: images written by the reference encoder of QOI and read back by libpng, pixel by pixel;
 * damaged ones, beside the reference decoder; and what it refuses. */
#include "harness.h"
#include "test.h"

#if __has_include(<png.h>) && __has_include(<qoi.h>)
#include <png.h>
#define QOI_IMPLEMENTATION
#define QOI_NO_STDIO
#include <qoi.h>

#define QOI_HEADER 14
#define QOI_END 8
#define SIDE_MAX 300
#define DAMAGED 300 /* images: a second, with ASan */

static struct harness_function qoi2png;
static uint64_t state = 1;

static uint32_t random_next(void)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(state >> 33);
}

/* --- Pixels ---------------------------------------------------------------------------------- */

enum content { NOISE, GRADIENT, FLAT, TILES, CONTENTS };

static uint8_t sample(enum content content, uint32_t x, uint32_t y, uint32_t channel)
{
	switch (content) {
	case NOISE:
		return (uint8_t)random_next();
	case GRADIENT:
		return (uint8_t)(x * (channel + 1) / 2 + y);
	case FLAT:
		return (uint8_t)(77 * channel);
	default:
		return (uint8_t)((x / 8 * 31 + y / 8 * 17 + channel * 50) % 7 * 36);
	}
}

/* The caller's to free. */
static uint8_t *pixels_make(const qoi_desc *image, enum content content)
{
	const uint32_t channels = image->channels;
	uint8_t *pixels = malloc((size_t)image->width * image->height * channels);

	for (uint32_t y = 0; y < image->height; y++)
		for (uint32_t x = 0; x < image->width; x++)
			for (uint32_t c = 0; c < channels; c++)
				pixels[((size_t)y * image->width + x) * channels + c] =
				    sample(content, x, y, c);
	return pixels;
}

/* --- Reading PNG ----------------------------------------------------------------------------- */

struct reading {
	const uint8_t *at;
	size_t left;
};

static void png_wrong(png_structp png, png_const_charp words)
{
	CHECK(false, "libpng: %s", words);
	abort();
}

static void png_bytes_read(png_structp png, png_bytep to, size_t bytes)
{
	struct reading *reading = png_get_io_ptr(png);

	CHECK(bytes <= reading->left, "the file ends too early");
	memcpy(to, reading->at, bytes);
	reading->at += bytes;
	reading->left -= bytes;
}

/* The file is whole, its checksums are right, and it holds these pixels in that colour space. */
static void png_verify(const uint8_t *file, size_t bytes, const qoi_desc *image,
		       const uint8_t *pixels)
{
	png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, png_wrong, png_wrong);
	png_infop info = png_create_info_struct(png);
	const size_t row_bytes = (size_t)image->width * image->channels;
	struct reading reading = {file, bytes};
	double gamma = 0;
	int intent;

	png_set_read_fn(png, &reading, png_bytes_read);
	png_read_png(png, info, PNG_TRANSFORM_IDENTITY, NULL);
	CHECK(reading.left == 0, "%zu bytes behind the end", reading.left);
	CHECK(png_get_image_width(png, info) == image->width);
	CHECK(png_get_image_height(png, info) == image->height);
	CHECK(png_get_channels(png, info) == image->channels && png_get_bit_depth(png, info) == 8);
	CHECK((png_get_sRGB(png, info, &intent) != 0) == (image->colorspace == QOI_SRGB));
	CHECK(image->colorspace == QOI_SRGB ||
	      (png_get_gAMA(png, info, &gamma) != 0 && gamma == 1));
	for (uint32_t y = 0; y < image->height; y++)
		CHECK(memcmp(png_get_rows(png, info)[y], pixels + y * row_bytes, row_bytes) == 0,
		      "row %u of %u", y, image->height);
	png_destroy_read_struct(&png, &info, NULL);
}

/* --- Whole images ---------------------------------------------------------------------------- */

static void run(const char *name, const uint8_t *file, uint32_t bytes, struct harness_run *done)
{
	const struct harness_item item = {.name = name, .bytes = file, .len = bytes};
	const struct harness_set in[] = {{"images", &item, 1}};

	harness_invoke(&qoi2png, in, 1, done);
}

static void image_verify(const qoi_desc *image, enum content content)
{
	const size_t pixel_bytes = (size_t)image->width * image->height * image->channels;
	uint8_t *pixels = pixels_make(image, content);
	int bytes;
	uint8_t *file = qoi_encode(pixels, image, &bytes);
	struct harness_run done;
	const struct mr_item *item;

	run("a/b.qoi", file, (uint32_t)bytes, &done);
	CHECK(done.result.outcome == SANDBOX_OK, "%ux%u: %s", image->width, image->height,
	      done.result.text);
	CHECK(done.out.item_count == 1);
	item = harness_items(&done);
	CHECK(item->name_len == 7 && memcmp(done.region->base + item->name_off, "a/b.png", 7) == 0);
	png_verify(harness_bytes(&done, item), item->bytes_len, image, pixels);
	/* Repetitions are found: near and far, in rows and across them. */
	if (content != NOISE && pixel_bytes > 100000)
		CHECK(item->bytes_len < pixel_bytes / 20, "%u bytes of %zu", item->bytes_len,
		      pixel_bytes);
	CHECK(item->bytes_len <= pixel_bytes * 9 / 8 + image->height * 2 + 140);
	harness_release(&done);
	free(file);
	free(pixels);
}

static void images_verify(void)
{
	static const unsigned int sides[][2] = {{1, 1},   {1, 7},     {7, 1},
						{64, 64}, {257, 129}, {SIDE_MAX, SIDE_MAX}};

	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++)
		for (int content = NOISE; content < CONTENTS; content++)
			for (uint8_t channels = 3; channels <= 4; channels++) {
				const qoi_desc image = {sides[i][0], sides[i][1], channels,
							i % 2 == 0 ? QOI_SRGB : QOI_LINEAR};

				image_verify(&image, content);
			}
}

/* --- Damage ---------------------------------------------------------------------------------- */

/* Any chunks: the function fails, or makes of them what the reference does. */
static void damaged_verify(void)
{
	const qoi_desc image = {40, 30, 4, QOI_SRGB};
	uint8_t *pixels = pixels_make(&image, TILES);
	uint32_t taken = 0;
	int bytes;
	uint8_t *file = qoi_encode(pixels, &image, &bytes);

	for (uint32_t i = 0; i < DAMAGED; i++) {
		struct harness_run done;
		qoi_desc found;
		uint8_t *wanted;

		for (uint32_t n = random_next() % 3; n < 3; n++)
			file[QOI_HEADER + random_next() % ((uint32_t)bytes - QOI_HEADER -
							   QOI_END)] = (uint8_t)random_next();
		run("x", file, (uint32_t)bytes, &done);
		if (done.result.outcome == SANDBOX_OK) {
			wanted = qoi_decode(file, bytes, &found, 0);
			png_verify(harness_bytes(&done, harness_items(&done)),
				   harness_items(&done)->bytes_len, &image, wanted);
			free(wanted);
			taken++;
		} else {
			CHECK(done.result.outcome == SANDBOX_FAILED, "%s", done.result.text);
			CHECK(strstr(done.result.text, "before its last pixel") != NULL, "%s",
			      done.result.text);
		}
		harness_release(&done);
	}
	CHECK(taken > 0 && taken < DAMAGED, "%u of %d", taken, DAMAGED);
	free(file);
	free(pixels);
}

/* A header of so many pixels, and whatever chunks. */
static void refused(const char *magic, uint32_t width, uint32_t height, uint8_t channels,
		    const char *chunks, const char *words)
{
	uint8_t file[64] = {0};
	uint32_t bytes = QOI_HEADER + (uint32_t)strlen(chunks);
	struct harness_run done;

	memcpy(file, magic, 4);
	file[6] = (uint8_t)(width >> 8), file[7] = (uint8_t)width;
	file[10] = (uint8_t)(height >> 8), file[11] = (uint8_t)height;
	file[12] = channels;
	memcpy(file + QOI_HEADER, chunks, strlen(chunks));
	if (words[0] != '-') { /* with an end marker */
		file[bytes + 7] = 1;
		bytes += QOI_END;
	} else {
		words++;
	}
	run("x", file, bytes, &done);
	CHECK(done.result.outcome == SANDBOX_FAILED, "%s", words);
	CHECK(strstr(done.result.text, words) != NULL, "%s", done.result.text);
	harness_release(&done);
}

static void refused_verify(void)
{
	refused("qoi!", 1, 1, 3, "\xc0", "no QOI file");
	refused("qoif", 1, 1, 3, "\xc0", "-cut off");
	refused("qoif", 0, 1, 3, "\xc0", "no pixels");
	refused("qoif", 1, 0, 3, "\xc0", "no pixels");
	refused("qoif", 1, 1, 2, "\xc0", "3 or 4 channels");
	refused("qoif", 2, 1, 3, "\xc0", "before its last pixel");
	refused("qoif", 1, 1, 4, "\xff\x01\x02\x03", "before its last pixel");
	refused("qoif", 1, 1, 3, "\x80", "before its last pixel");
	refused("qoif", 65535, 65535, 4, "\xc0", "more pixels than a region can hold");
	refused("qoif", 6000, 6000, 3, "\xc0", "raise `memory`");
}

int main(int argc, char **argv)
{
	harness_start();
	qoi2png = (struct harness_function){.code = harness_prepare(argv[1], argv[2], "qoi2png"),
					    .out = "pngs",
					    .memory_base = 16 << 20,
					    .memory_factor = 12};
	images_verify();
	damaged_verify();
	refused_verify();
	sandbox_release(&qoi2png.code);
	harness_stop();
	return 0;
}
#else
int main(void)
{
	SKIP("no libpng or no qoi.h: install libpng-dev and libqoi-dev");
}
#endif
