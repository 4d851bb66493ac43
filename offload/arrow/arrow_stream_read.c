/* Messages of a stream: metadata into memory that is used again, each body into a region. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arrow_format.h"
#include "arrow_reader.h"

struct stream {
	struct arrow_reader reader;
	struct table_bytes_in in;
	struct region_pool *pool;
	struct table_bytes metadata;
};

/* As many bytes as there are, at most count: fewer only at the end. */
static ssize_t read_whole(struct stream *stream, uint8_t *to, uint64_t count,
			  struct table_error *error)
{
	uint64_t done = 0;

	while (done < count) {
		ssize_t n = stream->in.read(stream->in.opaque, to + done, count - done);

		if (n < 0)
			return table_fail(error, (int)n, "cannot be read: %s", strerror((int)-n));
		if (n == 0)
			break;
		done += (uint64_t)n;
	}
	stream->reader.at += done;
	return (ssize_t)done;
}

static int read_exact(struct stream *stream, uint8_t *to, uint64_t count, struct table_error *error)
{
	ssize_t n = read_whole(stream, to, count, error);

	if (n < 0)
		return (int)n;
	return (uint64_t)n == count
		   ? 0
		   : table_fail(error, -EBADMSG, "the stream ends in the middle of a message");
}

/* A prefix, or that of the stream behind a file's magic. 1, 0 at the end, or -errno. */
static int prefix_get(struct stream *stream, uint8_t prefix[8], struct table_error *error)
{
	bool first = stream->reader.at == 0;
	ssize_t n = read_whole(stream, prefix, ARROW_PREFIX_BYTES, error);

	if (n == ARROW_PREFIX_BYTES && first &&
	    memcmp(prefix, ARROW_FILE_MAGIC, ARROW_FILE_MAGIC_BYTES) == 0)
		n = read_whole(stream, prefix, ARROW_PREFIX_BYTES, error);
	if (n == 0 && stream->reader.at > ARROW_FILE_MAGIC_BYTES)
		return 0; /* a stream may end without saying so */
	if (n < 0)
		return (int)n;
	return n == ARROW_PREFIX_BYTES
		   ? 1
		   : table_fail(error, -EBADMSG, "the stream ends in the middle of a message");
}

static int body_get(struct stream *stream, struct arrow_message *message, struct table_error *error)
{
	uint64_t bytes = message->head.body_bytes;
	int rc = region_alloc(stream->pool, bytes > 0 ? bytes : 1, REGION_ANY, &message->region);

	if (rc < 0)
		return table_fail(
		    error, rc,
		    "no memory for a batch of %llu bytes: give more, or write smaller batches",
		    (unsigned long long)bytes);
	rc = read_exact(stream, message->region->base, bytes, error);
	if (rc < 0)
		region_unref(&message->region);
	else
		region_freeze(message->region);
	return rc;
}

/* Read in steps, so that a length that is a lie takes no memory. */
static int metadata_get(struct stream *stream, uint32_t bytes, struct table_error *error)
{
	int rc = 0;

	stream->metadata.count = 0;
	while (stream->metadata.count < bytes && rc == 0) {
		size_t step = bytes - stream->metadata.count;

		step = step < MR_TABLE_READ_BYTES ? step : MR_TABLE_READ_BYTES;
		if (table_bytes_reserve(&stream->metadata, step) < 0)
			return table_fail(error, -ENOMEM, "no memory");
		rc = read_exact(stream, stream->metadata.at + stream->metadata.count, step, error);
		stream->metadata.count += step;
	}
	return rc;
}

static int stream_message(struct arrow_reader *reader, struct arrow_message *message,
			  struct table_error *error)
{
	struct stream *stream = (struct stream *)(void *)reader;
	uint8_t prefix[ARROW_PREFIX_BYTES];
	int64_t bytes;
	int rc = prefix_get(stream, prefix, error);

	if (rc <= 0)
		return rc;
	bytes = arrow_prefix_read(prefix, error);
	if (bytes <= 0)
		return (int)bytes;
	rc = metadata_get(stream, (uint32_t)bytes, error);
	if (rc == 0)
		rc = arrow_head_read(stream->metadata.at, (uint32_t)bytes, &message->head, error);
	if (rc == 0)
		rc = body_get(stream, message, error);
	return rc < 0 ? rc : 1;
}

static void stream_release(struct arrow_reader *reader)
{
	struct stream *stream = (struct stream *)(void *)reader;

	table_bytes_free(&stream->metadata);
	free(stream);
}

int arrow_open(const struct table_bytes_in *in, struct region_pool *pool,
	       struct table_reader **reader, struct table_error *error)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (stream == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	stream->in = *in;
	stream->pool = pool;
	stream->reader.message = stream_message;
	stream->reader.release = stream_release;
	return arrow_reader_begin(&stream->reader, reader, error);
}
