/* A table through the steps of a pipeline: `millrace table query`. */
#include "table_query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "opencl_open.h"
#include "table_params.h"

#define TABLES_MAX 64 /* beside the stream: each is an open file */

struct side {
	char *path;
	struct table_file_options options;
	struct table_input input;
	bool open;
};

struct run {
	const struct table_query *query;
	const char *to;
	char *text; // of query->tables, cut into names and paths
	struct side sides[TABLES_MAX];
	struct operator_table tables[TABLES_MAX + 1];
	uint32_t count;
	struct table_params params;
	struct operator_list list;
	struct table_input input;
	struct table_output output;
	struct pipeline *pipeline;
	struct opencl_device *opencl;
	struct table_error fallback; // why there is none
};

/* "NAME=FILE": the file is opened, so that its schema is known. */
static int side_open(struct run *run, char *text, struct table_error *error)
{
	char *equals = strchr(text, '=');
	struct side *side = &run->sides[run->count];
	int rc;

	if (equals == NULL || equals == text || equals[1] == '\0' || run->count == TABLES_MAX)
		return table_fail(error, -EINVAL, "--tables: NAME=FILE,... is needed, not %.200s",
				  text);
	*equals = '\0';
	side->path = equals + 1;
	side->options = run->query->in;
	side->options.progress = NULL;
	side->options.given = NULL; /* --schema is of the stream */
	if (!table_format_of(side->path, &side->options))
		return table_fail(error, -EINVAL,
				  "--tables: the name %.200s does not say its format: it is to end "
				  "in .arrow, .csv, .tsv or .jsonl",
				  side->path);
	rc = table_input_open(&side->input, side->path, &side->options, error);
	side->open = true;
	run->count++;
	if (rc == 0)
		run->tables[run->count - 1] =
		    (struct operator_table){text, &side->input.reader->schema};
	return rc;
}

static int sides_open(struct run *run, struct table_error *error)
{
	char *rest, *text;
	int rc = 0;

	if (run->query->tables == NULL)
		return 0;
	run->text = strdup(run->query->tables);
	if (run->text == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	rest = run->text;
	while (rc == 0 && (text = strsep(&rest, ",")) != NULL)
		rc = side_open(run, text, error);
	return rc;
}

static int batch_take(void *opaque, const struct table_batch *batch, struct table_error *error)
{
	struct run *run = opaque;

	return table_write(run->output.writer, batch, error);
}

static int input_push(struct run *run, uint32_t side, struct table_input *input,
		      struct table_error *error)
{
	struct table_batch *batch = NULL;
	int rc;

	while ((rc = table_input_next(input, &batch, error)) > 0) {
		rc = pipeline_push(run->pipeline, side, batch, error);
		table_batch_free(&batch);
		if (rc < 0)
			return rc;
	}
	return rc < 0 ? rc : pipeline_end(run->pipeline, side, error);
}

static struct table_input *side_input(struct run *run, const char *name)
{
	for (uint32_t i = 0; i < run->count; i++)
		if (strcmp(run->tables[i].name, name) == 0)
			return &run->sides[i].input;
	return NULL;
}

/* A table may be named by one step only: it is read once. */
static int sides_push(struct run *run, struct table_error *error)
{
	uint32_t count = pipeline_sides(run->pipeline);
	int rc = 0;

	for (uint32_t i = 1; i <= count && rc == 0; i++) {
		const char *name = pipeline_side_name(run->pipeline, i);

		for (uint32_t k = 1; k < i; k++)
			if (strcmp(pipeline_side_name(run->pipeline, k), name) == 0)
				return table_fail(error, -EINVAL,
						  "two steps take the table %.64s, which is read "
						  "once: give it two names by --tables",
						  name);
		rc = input_push(run, i, side_input(run, name), error);
	}
	return rc;
}

/* Without a device the CPU does it all. */
static enum pipeline_device device_open(struct run *run)
{
	enum pipeline_device device = run->query->device;

	if (device != PIPELINE_OPENCL)
		return device;
	return opencl_open(&run->opencl, run->query->opencl_index, &run->fallback) < 0
		   ? PIPELINE_CPU
		   : PIPELINE_OPENCL;
}

static int run_open(struct run *run, const char *from, struct table_error *error)
{
	const struct table_query *query = run->query;
	enum pipeline_device device = device_open(run); /* sets run->opencl */
	struct pipeline_options options = {.device = device,
					   .opencl = run->opencl,
					   .memory_bytes = query->in.memory_bytes,
					   .tables = run->tables,
					   .take = batch_take,
					   .opaque = run};
	int rc = operator_parse(query->steps, NULL, &run->list, error);

	if (rc == 0)
		rc = table_params_read(query->params, &run->params, error);
	options.parameters = run->params.list;
	if (rc == 0)
		rc = sides_open(run, error);
	if (rc == 0)
		rc = table_input_open(&run->input, from, &query->in, error);
	if (rc == 0)
		rc = pipeline_open(&run->list, &run->input.reader->schema, &options, &run->pipeline,
				   error);
	if (rc == 0)
		rc = table_output_open(&run->output, run->to, pipeline_schema(run->pipeline),
				       &query->out, error);
	return rc;
}

static void run_close(struct run *run)
{
	table_output_abandon(&run->output);
	pipeline_close(&run->pipeline);
	opencl_device_close(&run->opencl);
	table_input_close(&run->input);
	for (uint32_t i = 0; i < run->count; i++)
		if (run->sides[i].open)
			table_input_close(&run->sides[i].input);
	operator_list_free(&run->list);
	table_params_free(&run->params);
	free(run->text);
	free(run);
}

static void fallback_tell(const struct run *run, const struct pipeline_counters *all,
			  struct table_query_counters *counters)
{
	const char *why = pipeline_fallback(run->pipeline);

	counters->steps_fallen = all->steps_fallen;
	if (run->query->device == PIPELINE_OPENCL && run->opencl == NULL) {
		counters->steps_fallen = run->list.count;
		why = run->fallback.text;
	}
	table_fail(&counters->fallback, 0, "%s", why != NULL ? why : "");
}

int table_query(const struct table_query *query, const char *from, const char *to,
		struct table_query_counters *counters, struct table_error *error)
{
	struct run *run = calloc(1, sizeof(*run));
	struct pipeline_counters all;
	int rc;

	if (run == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	run->query = query;
	run->to = to;
	run->input.fd = -1;
	run->output.file.fd = -1;
	rc = run_open(run, from, error);
	if (rc == 0)
		rc = sides_push(run, error);
	if (rc == 0)
		rc = input_push(run, 0, &run->input, error);
	if (rc == 0)
		rc = table_output_commit(&run->output, error);
	if (rc == 0) {
		all = pipeline_counters(run->pipeline);
		*counters =
		    (struct table_query_counters){all.rows_in, all.rows_out, run->input.bytes,
						  run->output.bytes, all.memory_peak_bytes};
		fallback_tell(run, &all, counters);
	}
	run_close(run);
	return rc;
}
