/* CSV and JSON lines whose columns are said beforehand: pieces of a file, of which only the first
 * has names, and objects that hold more than is asked for. */
#include <stdlib.h>

#include "csv.h"
#include "jsonl.h"
#include "random_table.h"
#include "table_infer.h"
#include "table_text.h"
#include "test.h"

static void columns_parse(const char *text, struct table_schema *schema)
{
	struct table_error error;

	CHECK(table_given_parse(text, schema, &error) == 0, "%s", error.text);
}

/* The table as CSV, or what was wrong. */
static void read_back(struct table_reader *reader, char *shown, size_t shown_bytes)
{
	const struct csv_options options = {.delimiter = ','};
	struct table_error error = {""};
	struct table_writer *writer;
	struct table_batch *batch;
	struct random_pipe pipe;
	int rc;

	random_pipe_init(&pipe, NULL);
	CHECK(csv_writer_open(&reader->schema, &options, &pipe.out, &writer, &error) == 0, "open");
	while ((rc = table_read(reader, &batch, &error)) > 0) {
		CHECK(table_write(writer, batch, &error) == 0, "%s", error.text);
		table_batch_free(&batch);
	}
	CHECK(table_write_end(writer, &error) == 0, "end");
	table_writer_close(&writer);
	table_reader_close(&reader);
	snprintf(shown, shown_bytes, "%.*s%s", (int)pipe.count, (char *)pipe.bytes,
		 rc < 0 ? error.text : "");
	random_pipe_free(&pipe);
}

static void csv_gives(const char *columns, const char *text, const char *wanted)
{
	struct csv_options options = {.delimiter = ','};
	struct table_schema schema = {0};
	struct table_reader *reader;
	struct table_error error;
	struct random_pipe pipe;
	char shown[1024];

	columns_parse(columns, &schema);
	options.columns = &schema;
	random_pipe_init(&pipe, NULL);
	CHECK(pipe.out.write(&pipe, text, strlen(text)) == 0, "pipe");
	CHECK(csv_open(&pipe.in, &options, &reader, &error) == 0, "%s: %s", text, error.text);
	read_back(reader, shown, sizeof(shown));
	CHECK(strcmp(shown, wanted) == 0, "%s gave\n%s", text, shown);
	random_pipe_free(&pipe);
	table_schema_free(&schema);
}

static void jsonl_gives(const char *columns, const char *text, const char *wanted)
{
	struct table_schema schema = {0};
	struct table_reader *reader;
	struct table_error error;
	struct random_pipe pipe;
	char shown[1024];

	columns_parse(columns, &schema);
	random_pipe_init(&pipe, NULL);
	CHECK(pipe.out.write(&pipe, text, strlen(text)) == 0, "pipe");
	CHECK(jsonl_open_columns(&pipe.in, &schema, &reader, &error) == 0, "%s: %s", text,
	      error.text);
	read_back(reader, shown, sizeof(shown));
	CHECK(strcmp(shown, wanted) == 0, "%s gave\n%s", text, shown);
	random_pipe_free(&pipe);
	table_schema_free(&schema);
}

int main(void)
{
	csv_gives("a:int8, b:utf8", "a,b\n1,x\n", "a,b\n1,x\n");
	csv_gives(" a:int8 ,b:utf8", "1,x\n2,y\n", "a,b\n1,x\n2,y\n");
	csv_gives("a:utf8,b:utf8", "\"a\",b\na,b\n", "a,b\na,b\n"); /* once */
	csv_gives("a:int8,b:utf8", "", "a,b\n");
	csv_gives("a:int8,b:utf8", "\n\n", "a,b\n");
	csv_gives("a:int8,b:utf8", "b,a\n",
		  "a,b\nline 1, column 1 (a): \"b\" is no int8: give the column another type, "
		  "like utf8");
	csv_gives("a:int8,b:utf8", "\n1\n",
		  "a,b\nline 2 has 1 fields, where the table has 2 columns");
	csv_gives("a:int8", "\n5\n", "a\n\n5\n"); /* of one column, an empty line is a null */
	jsonl_gives("b:int8,a:utf8", "{\"a\":\"x\",\"b\":1}\n", "b,a\n1,x\n");
	jsonl_gives("a:int8", "{\"b\":{\"a\":[1,{}]},\"a\":2,\"c\":[[null]],\"d\":\"\"}\n",
		    "a\n2\n");
	jsonl_gives("a:int8", "", "a\n");
	jsonl_gives("a:int8", "{\"z\":1}\n{\"a\":3}\n", "a\n\n3\n");
	jsonl_gives("a:int8", "{\"a\":[1]}\n",
		    "a\nline 1, byte 6: \"a\" holds a list, and columns hold single values: "
		    "flatten it first");
	return 0;
}
