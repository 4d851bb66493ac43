/*
 * JSON lines (jsonlines.org, ndjson): one object a line, a row, whose keys are columns. A key that
 * is not there is null, as null is. Values that are lists or objects are refused.
 *
 * Read by YAJL, which gives numbers as they are written: cJSON makes doubles of them, which is not
 * what an int64 or a decimal128 is. What JSON has no type for is a string: dates, timestamps,
 * binary (see table_text.h), and floats that are no numbers. A utf8 column takes numbers, true and
 * false as text.
 */
#ifndef JSONL_H
#define JSONL_H

#include "table_stream.h"

/* Reads the beginning (MR_TABLE_READ_BYTES) to learn the columns and infer what is not given;
 * columns in given that are not found there are added. 0, or -errno with error, which names line
 * and column. */
int jsonl_open(const struct table_bytes_in *in, const struct table_schema *given,
	       struct table_reader **reader, struct table_error *error);
/* The same of a table that has these columns: nothing is learnt, other keys are passed over with
 * whatever they hold, and there may be no line at all. */
int jsonl_open_columns(const struct table_bytes_in *in, const struct table_schema *columns,
		       struct table_reader **reader, struct table_error *error);
/* -EINVAL when two columns have one name. */
int jsonl_writer_open(const struct table_schema *schema, const struct table_bytes_out *out,
		      struct table_writer **writer, struct table_error *error);

#endif
