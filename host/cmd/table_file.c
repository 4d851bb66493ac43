/* Files of tables: formats by their names, bytes in and out, memory for what is read. */
#include "table_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arrow.h"
#include "csv.h"
#include "descriptor.h"
#include "jsonl.h"

#define WHOLE_SHARE 4 /* of the memory, that a file read whole may take one part of */

static const struct {
	const char *name;
	enum table_format format;
	char delimiter;
} formats[] = {
    {"arrow", FORMAT_ARROW, 0}, {"arrows", FORMAT_ARROW, 0}, {"feather", FORMAT_ARROW, 0},
    {"ipc", FORMAT_ARROW, 0},   {"csv", FORMAT_CSV, ','},    {"tsv", FORMAT_CSV, '\t'},
    {"jsonl", FORMAT_JSONL, 0}, {"ndjson", FORMAT_JSONL, 0}, {"json", FORMAT_JSONL, 0},
};

bool table_format_named(const char *name, struct table_file_options *options)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(name, formats[i].name) == 0) {
			options->format = formats[i].format;
			options->delimiter = formats[i].delimiter;
			return true;
		}
	}
	return false;
}

bool table_format_of(const char *path, struct table_file_options *options)
{
	const char *slash = strrchr(path, '/');
	const char *dot = strrchr(slash != NULL ? slash : path, '.');

	return dot != NULL && table_format_named(dot + 1, options);
}

/* "FILE: what"; rc. */
static int input_failed(const struct table_input *input, int rc, struct table_error *error)
{
	struct table_error inner = *error;

	return table_fail(error, rc, "%.100s: %.900s",
			  strcmp(input->path, "-") == 0 ? "standard input" : input->path,
			  inner.text);
}

static ssize_t input_read(void *opaque, void *to, size_t bytes)
{
	struct table_input *input = opaque;
	ssize_t n;

	do {
		if (*input->options->cancel)
			return -EINTR;
		n = read(input->fd, to, bytes);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	input->bytes += (uint64_t)n;
	if (input->options->progress != NULL)
		input->options->progress(input->bytes, input->total);
	return n;
}

static int file_open(struct table_input *input, struct table_error *error)
{
	struct stat st;

	input->fd = strcmp(input->path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
						  : open(input->path, O_RDONLY | O_CLOEXEC);
	if (input->fd < 0 || fstat(input->fd, &st) < 0)
		return table_fail(error, -errno, "%s", strerror(errno));
	if (S_ISDIR(st.st_mode))
		return table_fail(error, -EISDIR, "a folder: name a file in it");
	input->total = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	return 0;
}

static int pool_create(struct table_input *input, struct table_error *error)
{
	uint64_t bytes = input->options->memory_bytes / MR_PAGE_BYTES * MR_PAGE_BYTES;
	struct region_provider provider;
	int rc = region_provider_memory(&provider, bytes);

	if (rc == 0) {
		rc = region_pool_create(&input->pool, &provider, 0);
		if (rc < 0)
			provider.release(&provider);
	}
	return rc < 0 ? table_fail(error, rc, "no memory for regions: %s", strerror(-rc)) : 0;
}

/* As much of the file as it had when it was opened. */
static int whole_open(struct table_input *input, const struct table_bytes_in *in,
		      struct table_error *error)
{
	struct region *region;
	uint64_t done = 0;
	int rc = region_alloc(input->pool, input->total, REGION_ANY, &region);

	if (rc < 0)
		return table_fail(error, rc, "no memory for the file: give --memory more");
	while (done < input->total && rc == 0) {
		ssize_t n = in->read(in->opaque, region->base + done, input->total - done);

		if (n < 0)
			rc = table_fail(error, (int)n, "cannot be read: %s", strerror((int)-n));
		else if (n == 0)
			rc = table_fail(error, -EIO, "became shorter while it was read");
		else
			done += (uint64_t)n;
	}
	if (rc == 0) {
		region_freeze(region);
		rc = arrow_open_region(region, 0, done, &input->reader, error);
	}
	region_unref(&region);
	return rc;
}

static int reader_open(struct table_input *input, struct table_error *error)
{
	const struct table_file_options *options = input->options;
	const struct table_bytes_in in = {input_read, input};
	const struct csv_options csv = {options->delimiter, options->no_header, options->given};
	int rc;

	switch (options->format) {
	case FORMAT_CSV:
		return csv_open(&in, &csv, &input->reader, error);
	case FORMAT_JSONL:
		return jsonl_open(&in, options->given, &input->reader, error);
	default:
		rc = pool_create(input, error);
		if (rc < 0)
			return rc;
		if (input->total > 0 && input->total <= options->memory_bytes / WHOLE_SHARE)
			return whole_open(input, &in, error);
		return arrow_open(&in, input->pool, &input->reader, error);
	}
}

int table_input_open(struct table_input *input, const char *path,
		     const struct table_file_options *options, struct table_error *error)
{
	int rc;

	*input = (struct table_input){.options = options, .path = path, .fd = -1};
	rc = file_open(input, error);
	if (rc == 0)
		rc = reader_open(input, error);
	return rc < 0 ? input_failed(input, rc, error) : 0;
}

int table_input_next(struct table_input *input, struct table_batch **batch,
		     struct table_error *error)
{
	int rc = table_read(input->reader, batch, error);

	return rc < 0 ? input_failed(input, rc, error) : rc;
}

void table_input_close(struct table_input *input)
{
	table_reader_close(&input->reader);
	if (input->pool != NULL)
		region_pool_destroy(&input->pool);
	if (input->fd >= 0)
		close(input->fd);
	input->fd = -1;
}

static int output_write(void *opaque, const void *bytes, size_t count)
{
	struct table_output *output = opaque;

	output->bytes += count;
	return descriptor_write(output->file.fd, bytes, count);
}

static int writer_open(struct table_output *output, const struct table_schema *schema,
		       const struct table_file_options *options, struct table_error *error)
{
	const struct table_bytes_out out = {output_write, output};
	const struct csv_options csv = {options->delimiter, options->no_header, NULL};

	switch (options->format) {
	case FORMAT_CSV:
		return csv_writer_open(schema, &csv, &out, &output->writer, error);
	case FORMAT_JSONL:
		return jsonl_writer_open(schema, &out, &output->writer, error);
	default:
		return arrow_writer_open(schema, &out, &output->writer, error);
	}
}

int table_output_open(struct table_output *output, const char *path,
		      const struct table_schema *schema, const struct table_file_options *options,
		      struct table_error *error)
{
	int rc;

	*output = (struct table_output){0};
	rc = sink_open(&output->file, path, error->text, sizeof(error->text));
	return rc < 0 ? rc : writer_open(output, schema, options, error);
}

int table_output_commit(struct table_output *output, struct table_error *error)
{
	int rc = table_write_end(output->writer, error);

	return rc < 0 ? rc : sink_commit(&output->file, error->text, sizeof(error->text));
}

void table_output_abandon(struct table_output *output)
{
	table_writer_close(&output->writer);
	sink_abandon(&output->file);
}
