/* Runs an operator: its inputs, read where they lie, through a pipeline, into the heap of the
 * region. */
#include "operator_backend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <millrace/hash.h>

#include "guest.h"
#include "operator_input.h"
#include "operator_output.h"
#include "operator_partition.h"
#include "pipeline.h"
#include "time_limit.h"

#define LOOK_EVERY                                                                    \
	64 /* pieces of up to 4,096 rows: some 100 us, where a look takes half of one \
	    */

struct operator_run {
	const struct operator_code *code;
	struct region *region;
	struct mr_call call;
	struct operator_input *inputs[MR_SETS_MAX];
	struct operator_table tables[MR_SETS_MAX + 1];
	struct pipeline *pipeline;
	struct operator_output *output;
	uint64_t begun_ns;      /* by the clock */
	uint64_t begun_used_ns; /* and of the processor's time of this thread */
	uint64_t limit_ns;
	uint64_t interrupts; /* of sandboxes, when it began */
	uint32_t passed;     /* pieces of rows, between looks at the clocks */
};

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now = {0};

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int time_check(const struct operator_run *run, struct table_error *error)
{
	const uint64_t used_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - run->begun_used_ns;
	const uint64_t elapsed_ns = clock_ns(CLOCK_MONOTONIC) - run->begun_ns;

	if (time_left_ns(run->limit_ns, used_ns, elapsed_ns) == 0 ||
	    run->interrupts != watchdog_interrupts())
		return table_fail(error, -ETIME, "time is over");
	return 0;
}

/* Steps may multiply a batch before anything comes out of them. */
static int going(void *opaque, struct table_error *error)
{
	struct operator_run *run = opaque;

	return ++run->passed % LOOK_EVERY == 0 ? time_check(run, error) : 0;
}

static int rows_take(void *opaque, const struct table_batch *batch, struct table_error *error)
{
	struct operator_run *run = opaque;
	int rc = time_check(run, error);

	return rc == 0 ? operator_output_write(run->output, batch, error) : rc;
}

static int inputs_open(struct operator_run *run, struct table_error *error)
{
	const struct operator_code *code = run->code;
	int rc = 0;

	for (uint32_t i = 0; i < code->in_count && rc == 0; i++) {
		rc = operator_input_open(&code->in[i], run->region, code->base.header_off, i,
					 &run->inputs[i], error);
		if (rc < 0)
			break;
		if (i > 0)
			run->tables[i - 1] = (struct operator_table){
			    .name = code->in[i].name,
			    .schema = operator_input_schema(run->inputs[i]),
			};
	}
	return rc;
}

static int pipeline_begin(struct operator_run *run, struct table_error *error)
{
	const struct operator_code *code = run->code;
	const struct pipeline_options options = {
	    .device = PIPELINE_CPU,
	    .memory_bytes = mr_heap_left(&run->call) + 1, /* 0 would be the default */
	    .tables = run->tables,
	    .take = rows_take,
	    .going = going,
	    .opaque = run,
	};
	int rc = pipeline_open(&code->steps, operator_input_schema(run->inputs[0]), &options,
			       &run->pipeline, error);

	return rc == 0 ? operator_output_open(&run->call, &code->out, run->pipeline, &run->output,
					      error)
		       : rc;
}

/* All of an input into a side of the pipeline. */
static int side_push(struct operator_run *run, struct operator_input *input, uint32_t side,
		     struct table_error *error)
{
	struct table_batch *batch;
	int rc;

	while ((rc = operator_input_read(input, &batch, error)) > 0) {
		rc = time_check(run, error);
		if (rc == 0)
			rc = pipeline_push(run->pipeline, side, batch, error);
		table_batch_free(&batch);
		if (rc < 0)
			return rc;
	}
	return rc == 0 ? pipeline_end(run->pipeline, side, error) : rc;
}

static struct operator_input *input_find(const struct operator_run *run, const char *name)
{
	for (uint32_t i = 0; i < run->code->in_count; i++)
		if (strcmp(run->code->in[i].name, name) == 0)
			return run->inputs[i];
	return NULL;
}

static int pipeline_run(struct operator_run *run, struct table_error *error)
{
	const uint32_t sides = pipeline_sides(run->pipeline);
	int rc = 0;

	for (uint32_t side = 1; side <= sides && rc == 0; side++) {
		const char *name = pipeline_side_name(run->pipeline, side);
		struct operator_input *input = input_find(run, name);

		/* A table that two steps join would be read twice. */
		for (uint32_t other = 1; other < side; other++)
			if (strcmp(pipeline_side_name(run->pipeline, other), name) == 0)
				return table_fail(error, -ENOTSUP,
						  "%s is used by two steps: name "
						  "the set twice, as inputs of other names",
						  name);
		rc = side_push(run, input, side, error);
	}
	if (rc == 0)
		rc = side_push(run, run->inputs[0], 0, error);
	return rc == 0 ? operator_output_end(run->output, error) : rc;
}

static void run_close(struct operator_run *run)
{
	operator_output_close(&run->output);
	pipeline_close(&run->pipeline);
	for (uint32_t i = 0; i < run->code->in_count; i++)
		operator_input_close(&run->inputs[i]);
}

static void result_fill(const struct operator_run *run, int rc, uint32_t time_limit_ms,
			const struct table_error *error, struct sandbox_result *result)
{
	result->run_ns = clock_ns(CLOCK_MONOTONIC) - run->begun_ns;
	result->outcome = rc == 0 ? SANDBOX_OK : SANDBOX_FAILED;
	result->text[0] = '\0';
	if (rc == -ETIME) {
		result->outcome = SANDBOX_TIME_LIMIT;
		snprintf(result->text, sizeof(result->text),
			 "it ran for %u ms, its time limit; raise it with a `time` line in the "
			 "operator's block",
			 time_limit_ms);
	} else if (rc < 0) {
		snprintf(result->text, sizeof(result->text), "%s", error->text);
	}
}

static void backend_run(struct sandbox_code *prepared, struct region *region, uint32_t header_off,
			uint32_t time_limit_ms, struct sandbox_result *result)
{
	struct mr_region *header = (void *)(region->base + header_off);
	struct operator_run run = {
	    .code = (const struct operator_code *)(const void *)prepared,
	    .region = region,
	    .call = {.base = region->base,
		     .header = header,
		     .sets = (void *)(region->base + header->sets_off),
		     .heap_end = header->heap_end},
	    .begun_ns = clock_ns(CLOCK_MONOTONIC),
	    .begun_used_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID),
	    .interrupts = watchdog_interrupts(),
	};
	struct table_error error = {""};
	int rc;

	if (time_limit_ms == 0)
		time_limit_ms = MR_TIME_LIMIT_MS_DEFAULT;
	run.limit_ns = time_limit_ms * 1000000ull;
	rc = inputs_open(&run, &error);
	if (rc == 0)
		rc = pipeline_begin(&run, &error);
	if (rc == 0)
		rc = pipeline_run(&run, &error);
	run_close(&run);
	result_fill(&run, rc, time_limit_ms, &error, result);
}

static int backend_prepare(const void *bytes, size_t len, const char *cache_dir,
			   struct sandbox_code **prepared, char *text, size_t text_bytes)
{
	struct operator_code *code = NULL;
	struct table_error error;
	int rc = operator_code_parse(bytes, len, &code, &error);

	(void)cache_dir;
	if (rc < 0) {
		if (text_bytes > 0)
			snprintf(text, text_bytes, "%s", error.text);
		return rc;
	}
	code->base.ops = &sandbox_operator;
	code->base.hash = mr_hash64(bytes, len);
	code->base.header_off = MR_ALIGN; /* offset 0 means "none" */
	*prepared = &code->base;
	return 0;
}

uint32_t operator_groups(const struct plan_function *function)
{
	struct operator_code *code;
	const struct operator_spec *last;
	struct table_error error;
	uint32_t groups = 0;

	if (function->operator_text == NULL)
		return MR_KEY_GROUPS;
	if (operator_code_parse(function->operator_text, strlen(function->operator_text), &code,
				&error) < 0)
		return 0;
	last = &code->steps.specs[code->steps.count - 1];
	if (last->kind->id == OPERATOR_PARTITION)
		groups = operator_partition_groups(last);
	operator_code_free(&code);
	return groups;
}

static void backend_release(struct sandbox_code *prepared)
{
	struct operator_code *code = (struct operator_code *)(void *)prepared;

	operator_code_free(&code);
}

const struct sandbox_ops sandbox_operator = {
    .name = "operator",
    .prepare = backend_prepare,
    .release = backend_release,
    .run = backend_run,
};
