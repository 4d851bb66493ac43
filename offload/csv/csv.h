/*
 * CSV as RFC 4180 has it, read and written: fields between delimiters, quoted by " where they hold
 * a delimiter, a quote or the end of a line; quotes within are doubled; lines end in LF or CRLF.
 *
 * A field that is empty and not quoted is null; "" is the empty string. A line without anything is
 * a null in a table of one column, and nothing in others. Written by hand as libcsv (the one C
 * library of Debian) calls a function for each character's state, and cannot tell where an error
 * is.
 */
#ifndef CSV_H
#define CSV_H

#include "table_stream.h"

struct csv_options {
	char delimiter; /* ',' */
	bool no_header; /* the first line is values; columns are f0, f1, ... */
	const struct table_schema
	    *given; /* kinds of columns that are not to be inferred, or NULL */
	/* All columns in their order, or NULL: then nothing is inferred, a first line of just their
	 * names is passed over, whatever no_header says, and there may be no line at all. */
	const struct table_schema *columns;
};

/* Reads the beginning (MR_TABLE_READ_BYTES) and infers what is not given. 0, or -errno with error,
 * which names line and column. */
int csv_open(const struct table_bytes_in *in, const struct csv_options *options,
	     struct table_reader **reader, struct table_error *error);
/* Writes the header at once, unless options say none; values are as table_text.h says. */
int csv_writer_open(const struct table_schema *schema, const struct csv_options *options,
		    const struct table_bytes_out *out, struct table_writer **writer,
		    struct table_error *error);

#endif
