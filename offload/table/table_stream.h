/*
 * Tables as streams of record batches, whatever they are made of: readers and writers of each
 * format implement these. Bytes come and go by the caller's functions: offload/ opens no file.
 */
#ifndef TABLE_STREAM_H
#define TABLE_STREAM_H

#include <stddef.h>
#include <sys/types.h>

#include "table.h"

/* What was wrong, where, and what to do. */
struct table_error {
	char text[MR_ERROR_BYTES_MAX];
};
/* Writes the text; returns rc. */
int table_fail(struct table_error *error, int rc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

struct table_bytes_in {
	/* How many were read, 0 only at the end, or -errno. */
	ssize_t (*read)(void *opaque, void *to, size_t bytes);
	void *opaque;
};
struct table_bytes_out {
	int (*write)(void *opaque, const void *bytes, size_t count); /* all of them: 0 or -errno */
	void *opaque;
};

struct table_reader;
struct table_reader_ops {
	int (*next)(struct table_reader *reader, struct table_batch **batch,
		    struct table_error *error);
	void (*close)(struct table_reader *reader);
};
struct table_reader {
	const struct table_reader_ops *ops;
	struct table_schema schema;
};

/* 1 and a batch that the caller frees before the reader; 0 at the end; or -errno, after which the
 * reader can only be closed. */
static inline int table_read(struct table_reader *reader, struct table_batch **batch,
			     struct table_error *error)
{
	return reader->ops->next(reader, batch, error);
}
/* Nulls *reader, which may be NULL. */
void table_reader_close(struct table_reader **reader);

struct table_writer;
struct table_writer_ops {
	int (*write)(struct table_writer *writer, const struct table_batch *batch,
		     struct table_error *error);
	int (*end)(struct table_writer *writer, struct table_error *error);
	void (*close)(struct table_writer *writer);
};
struct table_writer {
	const struct table_writer_ops *ops;
};

/* A batch of the schema that the writer was opened with, which outlives it. 0 or -errno. */
static inline int table_write(struct table_writer *writer, const struct table_batch *batch,
			      struct table_error *error)
{
	return writer->ops->write(writer, batch, error);
}
/* Writes what ends a table, after the last batch. 0 or -errno. */
static inline int table_write_end(struct table_writer *writer, struct table_error *error)
{
	return writer->ops->end(writer, error);
}
void table_writer_close(struct table_writer **writer);

#endif
