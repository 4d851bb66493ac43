/* Tables in files, whatever their format: what `millrace table` reads and writes. */
#ifndef TABLE_FILE_H
#define TABLE_FILE_H

#include <signal.h>

#include "region.h"
#include "sink.h"
#include "table_stream.h"

enum table_format { FORMAT_ARROW, FORMAT_CSV, FORMAT_JSONL, FORMAT_UNKNOWN };

/* How a file is to be read or written. */
struct table_file_options {
	enum table_format format;
	char delimiter; /* CSV */
	bool no_header;
	const struct table_schema *given;    /* kinds that are not to be inferred */
	uint64_t memory_bytes;               /* of regions for Arrow's batches */
	const volatile sig_atomic_t *cancel; /* reading ends with -EINTR when it is set */
	void (*progress)(uint64_t bytes, uint64_t total); /* of what is read; total 0: unknown */
};

/* "arrow", "csv", "tsv", "jsonl": sets the delimiter, too. False when it is none. */
bool table_format_named(const char *name, struct table_file_options *options);
/* The format that the ending of a file's name says. */
bool table_format_of(const char *path, struct table_file_options *options);

struct table_input {
	const struct table_file_options *options;
	const char *path;
	int fd;
	uint64_t bytes; /* read */
	uint64_t total; /* of the file; 0: unknown */
	struct region_pool *pool;
	struct table_reader *reader;
};

/* "-" is standard input. An Arrow file that fits a quarter of the memory is read into one region,
 * and its batches lie there; of larger ones, each message is. 0, or -errno with error, which names
 * the file; close it after either. */
int table_input_open(struct table_input *input, const char *path,
		     const struct table_file_options *options, struct table_error *error);
/* As table_read(), with the file in the error. */
int table_input_next(struct table_input *input, struct table_batch **batch,
		     struct table_error *error);
void table_input_close(struct table_input *input);

struct table_output {
	struct sink_file file;
	struct table_writer *writer;
	uint64_t bytes; /* written */
};

/* "-" is standard output; a file is there under its name when it is whole. 0 or -errno with error.
 */
int table_output_open(struct table_output *output, const char *path,
		      const struct table_schema *schema, const struct table_file_options *options,
		      struct table_error *error);
/* Ends the table and closes the file: it is whole. 0 or -errno with error. */
int table_output_commit(struct table_output *output, struct table_error *error);
/* Nothing is left of it, unless it was committed. */
void table_output_abandon(struct table_output *output);

#endif
