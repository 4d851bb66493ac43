/* `millrace table`: converts tables between Arrow, CSV and JSON lines, and shows what is in one. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "command_line.h"
#include "commands.h"
#include "human.h"
#include "table_file.h"
#include "table_infer.h"
#include "table_query.h"
#include "table_show.h"

#define PROGRESS_NS 200000000 /* between two: five a second, as of `millrace run` */

static const char table_help[] =
    "Usage: millrace table convert IN OUT [options]\n"
    "       millrace table show FILE [options]\n"
    "       millrace table query STEPS IN [OUT] [options]\n"
    "Converts a table between Arrow IPC streams, CSV and JSON lines, shows its columns, or passes "
    "it\n"
    "through the steps of a pipeline (docs/operators.md). Files larger than memory are converted\n"
    "batch by batch. - is standard input or output; of a query, it is OUT unless given, as CSV.\n"
    "\n"
    "  --from FORMAT         of what is read: arrow (a stream or a file), csv, tsv or jsonl;\n"
    "                        the name's ending says it otherwise\n"
    "  --to FORMAT           of what is written: the same\n"
    "  --schema NAME:TYPE,...\n"
    "                        types of columns of CSV and JSON lines that are not to be inferred\n"
    "                        from the first MiB: bool, int8 ... int64, uint8 ... uint64, float32,\n"
    "                        float64, date32, timestamp[s|ms|us|ns], timestamp[us, UTC],\n"
    "                        decimal128(PRECISION, SCALE), utf8, binary\n"
    "  --delimiter CHARACTER of CSV that is read: , unless given\n"
    "  --no-header           CSV has no names of columns in its first line\n"
    "  --rows N              convert: only the first N rows\n"
    "  --memory SIZE         for batches of Arrow that is read, and as much again for what the\n"
    "                        steps of a query keep (512MiB)\n"
    "  --tables NAME=FILE,...\n"
    "                        query: tables beside the one that is read, such as `join` names\n"
    "  --params NAME=FILE,...\n"
    "                        query: files that steps name, such as the keys of `encrypt`\n"
    "  --device DEVICE       query: cpu; opencl, or opencl:N of several (`millrace devices`), "
    "with\n"
    "                        the CPU for what it can't do; reference, row by row (cpu)\n"
    "  --json                show: as one JSON object; query: the summary, so, on standard output\n"
    "  --quiet               no progress and no summary\n"
    "  --help                this text\n"
    "\n"
    "Exit codes: 0 good, 1 not to be read or written, 2 wrong usage, 130 interrupted.\n"
    "\n"
    "Example:\n"
    "  millrace table convert measurements.csv measurements.arrow\n"
    "  millrace table show measurements.arrow\n"
    "  millrace table query 'select level > 3; aggregate n = count(), top = max(level)'\\\n"
    "      measurements.arrow -\n";

struct table_options {
	const char *from, *to, *schema, *delimiter, *rows, *memory, *tables, *params, *device;
	bool no_header, json, quiet;
	struct table_schema given;
	uint64_t rows_max;
	enum pipeline_device device_found;
	uint32_t opencl_index;
	struct table_file_options in, out;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = 1;
}

/* Without SA_RESTART: a read that waits ends. */
static void signals_watch(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void progress_show(uint64_t bytes, uint64_t total)
{
	static uint64_t shown_ns;
	uint64_t now_ns = run_clock_ns();

	if (now_ns - shown_ns < PROGRESS_NS)
		return;
	shown_ns = now_ns;
	/* Return to the first column, erase to the end of the line (ECMA-48 EL). */
	if (total > 0)
		fprintf(stderr, "\r\033[K%s of %s read (%.0f %%)", human_bytes((double)bytes).text,
			human_bytes((double)total).text, 100.0 * (double)bytes / (double)total);
	else
		fprintf(stderr, "\r\033[K%s read", human_bytes((double)bytes).text);
	fflush(stderr);
}

static int failed(const struct command_line *line, int rc, const struct table_error *error)
{
	if (rc == -EINTR && interrupted)
		return RUN_INTERRUPTED;
	return command_line_failed(line, error->text, RUN_JOB_FAILED);
}

/* Batch after batch, as many rows as are wanted. 0 or -errno with error. */
static int rows_convert(const struct table_options *options, struct table_input *input,
			struct table_output *output, uint64_t *rows, struct table_error *error)
{
	struct table_batch *batch = NULL;
	int rc = 1;

	while (*rows < options->rows_max && (rc = table_input_next(input, &batch, error)) > 0) {
		if (batch->rows > options->rows_max - *rows)
			table_batch_cut(batch, options->rows_max - *rows);
		*rows += batch->rows;
		rc = table_write(output->writer, batch, error);
		table_batch_free(&batch);
		if (rc < 0)
			return rc;
	}
	return rc < 0 ? rc : 0;
}

static void summary_show(const struct table_input *input, const struct table_output *output,
			 uint64_t rows, double seconds)
{
	fprintf(stderr, "%" PRIu64 " rows: %s read, %s written, %.3f s, %s/s\n", rows,
		human_bytes((double)input->bytes).text, human_bytes((double)output->bytes).text,
		seconds, human_bytes(seconds > 0 ? (double)input->bytes / seconds : 0).text);
}

static int convert(const struct command_line *line, const struct table_options *options,
		   const char *from, const char *to)
{
	struct table_input input;
	struct table_output output = {.file.fd = -1};
	struct table_error error;
	uint64_t start_ns = run_clock_ns(), rows = 0;
	int rc = table_input_open(&input, from, &options->in, &error);

	if (rc == 0)
		rc = table_output_open(&output, to, &input.reader->schema, &options->out, &error);
	if (rc == 0)
		rc = rows_convert(options, &input, &output, &rows, &error);
	if (rc == 0)
		rc = table_output_commit(&output, &error);
	if (options->in.progress != NULL)
		fputs("\r\033[K", stderr);
	if (rc == 0 && !options->quiet)
		summary_show(&input, &output, rows, (double)(run_clock_ns() - start_ns) / 1e9);
	table_output_abandon(&output);
	table_input_close(&input);
	return rc < 0 ? failed(line, rc, &error) : RUN_OK;
}

static int show(const struct command_line *line, const struct table_options *options,
		const char *path)
{
	struct table_input input;
	struct table_error error;
	int rc = table_input_open(&input, path, &options->in, &error);

	if (rc == 0)
		rc = table_show(&input, options->json, &error);
	table_input_close(&input);
	return rc < 0 ? failed(line, rc, &error) : RUN_OK;
}

static void query_show(const struct table_query_counters *counters, bool json, double seconds)
{
	if (json)
		printf("{\"rows_in\":%" PRIu64 ",\"rows_out\":%" PRIu64 ",\"bytes_in\":%" PRIu64
		       ",\"bytes_out\":%" PRIu64 ",\"memory_peak_bytes\":%" PRIu64
		       ",\"steps_fallen\":%" PRIu32 ",\"seconds\":%.6f}\n",
		       counters->rows_in, counters->rows_out, counters->bytes_in,
		       counters->bytes_out, counters->memory_peak_bytes, counters->steps_fallen,
		       seconds);
	else
		fprintf(stderr,
			"%" PRIu64 " rows in, %" PRIu64 " out: %s read, %s written, %.3f s\n",
			counters->rows_in, counters->rows_out,
			human_bytes((double)counters->bytes_in).text,
			human_bytes((double)counters->bytes_out).text, seconds);
	if (!json && counters->steps_fallen > 0)
		fprintf(stderr, "%" PRIu32 " step%s ran on the CPU instead: %s\n",
			counters->steps_fallen, counters->steps_fallen == 1 ? "" : "s",
			counters->fallback.text);
}

static int query(const struct command_line *line, const struct table_options *options, char **names,
		 const char *to)
{
	const struct table_query wanted = {.steps = names[0],
					   .tables = options->tables,
					   .params = options->params,
					   .device = options->device_found,
					   .opencl_index = options->opencl_index,
					   .in = options->in,
					   .out = options->out};
	struct table_query_counters counters;
	struct table_error error;
	uint64_t start_ns = run_clock_ns();
	int rc = table_query(&wanted, names[1], to, &counters, &error);

	if (options->in.progress != NULL)
		fputs("\r\033[K", stderr);
	if (rc < 0)
		return failed(line, rc, &error);
	if (options->json || !options->quiet)
		query_show(&counters, options->json, (double)(run_clock_ns() - start_ns) / 1e9);
	return RUN_OK;
}

static int format_find(const struct command_line *line, const char *option, const char *name,
		       const char *path, struct table_file_options *options)
{
	char text[256];

	if (name != NULL ? table_format_named(name, options) : table_format_of(path, options))
		return RUN_OK;
	if (name != NULL)
		snprintf(text, sizeof(text), "%s: \"%.100s\" is not allowed: ", option, name);
	else
		snprintf(text, sizeof(text), "the name %.100s does not say its format: give %s ",
			 path, option);
	return command_line_wrong(line, text, "arrow, csv, tsv or jsonl");
}

/* What the options say, checked. */
static bool device_parse(struct table_options *options)
{
	static const char *const names[] = {"cpu", "reference", "opencl"};
	const char *text = options->device, *colon = strchr(text, ':');
	size_t bytes = colon != NULL ? (size_t)(colon - text) : strlen(text);
	uint64_t index = 0;
	uint32_t i = 0;

	while (i < 3 && (strlen(names[i]) != bytes || strncmp(names[i], text, bytes) != 0))
		i++;
	if (i == 3 || (colon != NULL && i != PIPELINE_OPENCL))
		return false;
	if (colon != NULL && !argument_number(colon + 1, 0, MR_OPENCL_DEVICES_MAX - 1, &index))
		return false;
	options->device_found = (enum pipeline_device)i;
	options->opencl_index = (uint32_t)index;
	return true;
}

static int options_check(const struct command_line *line, struct table_options *options)
{
	struct table_error error;
	const char *delimiter = options->delimiter;

	options->rows_max = UINT64_MAX;
	if (options->rows != NULL &&
	    !argument_number(options->rows, 0, UINT64_MAX - 1, &options->rows_max))
		return command_line_wrong(line, "--rows: a number is needed, not ", options->rows);
	options->in.memory_bytes = MR_TABLE_MEMORY_DEFAULT;
	if (options->memory != NULL &&
	    (!argument_size(options->memory, &options->in.memory_bytes) ||
	     options->in.memory_bytes < MR_PAGE_BYTES))
		return command_line_wrong(
		    line, "--memory: bytes are needed, plain or with KiB, MiB or GiB, not ",
		    options->memory);
	if (delimiter != NULL && (strlen(delimiter) != 1 || strchr("\"\r\n", *delimiter) != NULL))
		return command_line_wrong(
		    line, "--delimiter: one character is needed, which ends no line, not ",
		    delimiter);
	if (options->device != NULL && !device_parse(options))
		return command_line_wrong(
		    line, "--device: cpu, opencl, opencl:NUMBER or reference is needed, not ",
		    options->device);
	if (options->schema != NULL &&
	    table_given_parse(options->schema, &options->given, &error) < 0)
		return command_line_wrong(line, "--schema: ", error.text);
	return RUN_OK;
}

static void options_spread(struct table_options *options)
{
	if (options->delimiter != NULL)
		options->in.delimiter = *options->delimiter;
	options->in.no_header = options->out.no_header = options->no_header;
	options->in.given = options->schema != NULL ? &options->given : NULL;
	options->in.cancel = &interrupted;
	if (!options->quiet && isatty(STDERR_FILENO))
		options->in.progress = progress_show;
}

/* STEPS IN [OUT]; what is written is CSV unless something says otherwise. */
static int query_do(const struct command_line *line, struct table_options *options, char **names,
		    uint32_t count)
{
	const char *to = count > 2 ? names[2] : "-";
	bool standard = strcmp(to, "-") == 0;
	int code;

	if (count < 2)
		return command_line_wrong(line, "STEPS IN", " is missing");
	if (options->json && standard)
		return command_line_wrong(line, "--json", ": name OUT, standard output is taken");
	if (options->to == NULL && standard)
		options->to = "csv";
	code = options_check(line, options);
	if (code == RUN_OK)
		code = format_find(line, "--from", options->from, names[1], &options->in);
	if (code == RUN_OK)
		code = format_find(line, "--to", options->to, to, &options->out);
	if (code != RUN_OK)
		return code;
	options_spread(options);
	signals_watch();
	return query(line, options, names, to);
}

static int table_do(const struct command_line *line, struct table_options *options,
		    const struct command_operands *operands)
{
	char **names = operands->values + 1;
	bool converts = strcmp(operands->values[0], "convert") == 0;
	int code;

	if (strcmp(operands->values[0], "query") == 0)
		return query_do(line, options, names, operands->count - 1);
	if (!converts && strcmp(operands->values[0], "show") != 0)
		return command_line_wrong(line, "convert, show or query is needed, not ",
					  operands->values[0]);
	if (operands->count < 2u + converts)
		return command_line_wrong(line, converts ? "IN OUT" : "FILE", " is missing");
	if (operands->count > 2u + converts)
		return command_line_wrong(line, "that is enough, not also ", names[1 + converts]);
	code = options_check(line, options);
	if (code == RUN_OK)
		code = format_find(line, "--from", options->from, names[0], &options->in);
	if (code == RUN_OK && converts)
		code = format_find(line, "--to", options->to, names[1], &options->out);
	if (code != RUN_OK)
		return code;
	options_spread(options);
	signals_watch();
	return converts ? convert(line, options, names[0], names[1])
			: show(line, options, names[0]);
}

int command_table(int argc, char **argv)
{
	struct table_options values = {0};
	const struct command_option options[] = {{"from", &values.from, NULL},
						 {"to", &values.to, NULL},
						 {"schema", &values.schema, NULL},
						 {"delimiter", &values.delimiter, NULL},
						 {"rows", &values.rows, NULL},
						 {"memory", &values.memory, NULL},
						 {"no-header", NULL, &values.no_header},
						 {"json", NULL, &values.json},
						 {"tables", &values.tables, NULL},
						 {"params", &values.params, NULL},
						 {"device", &values.device, NULL},
						 {"quiet", NULL, &values.quiet},
						 {0}};
	const struct command_line line = {"table", table_help, "convert, show or query",
					  1,       4,          options};
	struct command_operands operands;
	int code;

	if (!command_line_read(&line, argc, argv, &operands, &code))
		return code;
	code = table_do(&line, &values, &operands);
	table_schema_free(&values.given);
	return code;
}
