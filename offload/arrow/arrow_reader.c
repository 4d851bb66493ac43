/* Reading tables from messages, wherever these come from. */
#include "arrow_reader.h"

#include <errno.h>
#include <string.h>

#include "arrow_format.h"

int64_t arrow_prefix_read(const uint8_t prefix[8], struct table_error *error)
{
	uint32_t words[2];

	memcpy(words, prefix, sizeof(words));
	if (words[0] != ARROW_CONTINUATION)
		return table_fail(
		    error, -EBADMSG,
		    "no message of an Arrow IPC stream (of Arrow 0.15 or later) begins here");
	if (words[1] > MR_TABLE_METADATA_BYTES_MAX)
		return table_fail(error, -EBADMSG,
				  "metadata of %u bytes is more than the %u allowed", words[1],
				  MR_TABLE_METADATA_BYTES_MAX);
	return words[1];
}

/* Says which message was wrong. */
static int message_failed(const struct arrow_reader *reader, uint64_t at, int rc,
			  struct table_error *error)
{
	struct table_error inner = *error;

	return table_fail(error, rc, "Arrow message %llu, at byte %llu: %.900s",
			  (unsigned long long)reader->decoder.counters.messages + 1,
			  (unsigned long long)at, inner.text);
}

/* One message: 1 and a batch, 0 for others and at the end, or -errno. */
static int message_take(struct arrow_reader *reader, struct table_batch **batch,
			struct table_error *error)
{
	struct arrow_message message = {0};
	uint64_t at = reader->at;
	int rc = reader->message(reader, &message, error);

	if (rc == 0)
		reader->ended = true;
	if (rc <= 0)
		return rc < 0 ? message_failed(reader, at, rc, error) : 0;
	rc = arrow_decoder_take(&reader->decoder, &message.head, message.region, message.offset,
				batch, error);
	region_unref(&message.region);
	if (rc < 0) {
		reader->decoder.counters.messages--; /* it is the number of those before */
		return message_failed(reader, at, rc, error);
	}
	return rc;
}

static int reader_next(struct table_reader *table, struct table_batch **batch,
		       struct table_error *error)
{
	struct arrow_reader *reader = (struct arrow_reader *)(void *)table;
	int rc = 0;

	while (rc == 0 && !reader->ended)
		rc = message_take(reader, batch, error);
	return rc;
}

static void reader_close(struct table_reader *table)
{
	struct arrow_reader *reader = (struct arrow_reader *)(void *)table;

	arrow_decoder_free(&reader->decoder);
	table_schema_free(&table->schema);
	reader->release(reader);
}

static const struct table_reader_ops ops = {reader_next, reader_close};

int arrow_reader_begin(struct arrow_reader *reader, struct table_reader **out,
		       struct table_error *error)
{
	struct table_batch *batch;
	int rc;

	reader->reader.ops = &ops;
	reader->decoder.schema = &reader->reader.schema;
	rc = message_take(reader, &batch, error);
	if (rc == 0 && reader->reader.schema.count == 0)
		rc = table_fail(error, -EBADMSG, "an Arrow stream without a schema");
	if (rc < 0) {
		reader_close(&reader->reader);
		return rc;
	}
	*out = &reader->reader;
	return 0;
}

const struct arrow_counters *arrow_counters(const struct table_reader *reader)
{
	return &((const struct arrow_reader *)(const void *)reader)->decoder.counters;
}
