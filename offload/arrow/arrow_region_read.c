/* Messages that lie in a region: nothing is read, nothing is moved. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arrow_format.h"
#include "arrow_reader.h"

struct placed {
	struct arrow_reader reader;
	struct region *region;
	uint64_t offset; /* of the stream in the region */
	uint64_t bytes;
};

static int cut_short(struct table_error *error)
{
	return table_fail(error, -EBADMSG, "the stream ends in the middle of a message");
}

static int region_message(struct arrow_reader *reader, struct arrow_message *message,
			  struct table_error *error)
{
	struct placed *placed = (struct placed *)(void *)reader;
	const uint8_t *at = placed->region->base + placed->offset;
	uint64_t left = placed->bytes - reader->at;
	int64_t bytes;
	int rc;

	if (left == 0)
		return 0;
	if (left < ARROW_PREFIX_BYTES)
		return cut_short(error);
	bytes = arrow_prefix_read(at + reader->at, error);
	if (bytes <= 0)
		return (int)bytes;
	left -= ARROW_PREFIX_BYTES;
	if (left < (uint64_t)bytes)
		return cut_short(error);
	rc = arrow_head_read(at + reader->at + ARROW_PREFIX_BYTES, (uint32_t)bytes, &message->head,
			     error);
	if (rc < 0)
		return rc;
	left -= (uint64_t)bytes;
	if (left < message->head.body_bytes)
		return cut_short(error);
	message->region = region_ref(placed->region);
	message->offset = placed->offset + placed->bytes - left;
	reader->at = placed->bytes - left + message->head.body_bytes;
	return 1;
}

static void region_release(struct arrow_reader *reader)
{
	struct placed *placed = (struct placed *)(void *)reader;

	region_unref(&placed->region);
	free(placed);
}

int arrow_open_region(struct region *region, uint64_t offset, uint64_t bytes,
		      struct table_reader **reader, struct table_error *error)
{
	struct placed *placed = calloc(1, sizeof(*placed));

	if (placed == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	placed->region = region_ref(region);
	placed->offset = offset;
	placed->bytes = bytes;
	placed->reader.message = region_message;
	placed->reader.release = region_release;
	if (bytes >= ARROW_FILE_MAGIC_BYTES &&
	    memcmp(region->base + offset, ARROW_FILE_MAGIC, ARROW_FILE_MAGIC_BYTES) == 0)
		placed->reader.at = ARROW_FILE_MAGIC_BYTES;
	return arrow_reader_begin(&placed->reader, reader, error);
}
