/* The image checker on arbitrary bytes: no crash, and what it accepts keeps every promise. */
#include <stdlib.h>
#include <string.h>

#include "image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

static void segment_examine(const struct image_segment *segment, uint64_t low, const uint8_t *data,
			    size_t size)
{
	uint8_t *memory;

	MUST(segment->address % IMAGE_PAGE_BYTES == 0 && segment->bytes % IMAGE_PAGE_BYTES == 0);
	MUST(segment->bytes > 0 && segment->address >= low);
	MUST(segment->address + segment->bytes <= IMAGE_HIGH);
	MUST(segment->file_bytes <= segment->bytes);
	MUST(segment->file_off <= size && segment->file_bytes <= size - segment->file_off);
	MUST((segment->rights & IMAGE_READ) != 0);
	MUST((segment->rights & (IMAGE_WRITE | IMAGE_EXECUTE)) != (IMAGE_WRITE | IMAGE_EXECUTE));
	if (segment->bytes > 1 << 20)
		return;
	memory = malloc(segment->bytes);
	memset(memory, 0xa5, segment->bytes);
	image_segment_fill(segment, data, memory);
	MUST(memcmp(memory, data + segment->file_off, segment->file_bytes) == 0);
	for (uint64_t i = segment->file_bytes; i < segment->bytes; i++)
		MUST(memory[i] == 0);
	free(memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t low = IMAGE_LOW, private_bytes;
	struct image image;
	char error[256] = "";
	/* Exactly as long as it says, so that a read behind the end is seen. */
	uint8_t *file = malloc(size > 0 ? size : 1);

	memcpy(file, data, size);
	if (image_check(file, size, &image, error, sizeof(error)) != 0) {
		MUST(error[0] != 0);
		free(file);
		return 0;
	}
	MUST(image.segment_count > 0 && image.segment_count <= IMAGE_SEGMENTS_MAX);
	MUST(image.stack_bytes > 0 && image.stack_bytes <= IMAGE_STACK_BYTES_MAX);
	MUST(image.stack_bytes % IMAGE_PAGE_BYTES == 0);
	private_bytes = image_private_bytes(&image);
	MUST(private_bytes >= image.stack_bytes);
	MUST(private_bytes <= IMAGE_STACK_BYTES_MAX + (IMAGE_HIGH - IMAGE_LOW));
	for (uint32_t i = 0; i < image.segment_count; i++) {
		const struct image_segment *s = &image.segments[i];

		segment_examine(s, low, file, size);
		low = s->address + s->bytes;
		image_gave_up(&image, file, s->address + s->file_bytes - 1);
		image_gave_up(&image, file, s->address + s->bytes - 1);
	}
	image_gave_up(&image, file, image.entry);
	image_gave_up(&image, file, UINT64_MAX);
	image_gave_up(&image, file, 0);
	free(file);
	return 0;
}
