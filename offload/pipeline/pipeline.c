/* A chain of steps, bound, opened and run. */
#include "pipeline.h"

#include <errno.h>
#include <stdlib.h>

#include "collect.h"
#include "opencl_step.h"
#include "operator_partition.h"
#include "reference.h"
#include "step.h"

#define STEPS_MAX (2 * MR_OPERATOR_STEPS_MAX) /* some have a projection before them */

/* A table beside the stream, and the step that takes it. */
struct side {
	const char *name;
	struct operator_step *step;
};

struct pipeline {
	struct pipeline_options options;
	struct row_budget memory;
	struct operator_bound *bound[MR_OPERATOR_STEPS_MAX];
	uint32_t bound_count;
	struct operator_step *steps[STEPS_MAX];
	uint32_t step_count;
	struct side sides[MR_OPERATOR_STEPS_MAX];
	uint32_t side_count;
	struct collect collect;
	struct table_column *columns; // of the slice that is pushed
	uint32_t columns_room;
	uint64_t rows_in;
	bool on_device;              // the first step takes batches of any length
	uint32_t on_device_steps;    // of the list, in that step
	struct table_error fallback; // why others are not in it
};

static int next_push(void *opaque, const struct operator_rows *rows, struct table_error *error)
{
	return operator_push(opaque, 0, rows, error);
}

static int next_collect(void *opaque, const struct operator_rows *rows, struct table_error *error)
{
	return collect_push(opaque, rows, error);
}

static struct operator_context context_of(struct pipeline *p)
{
	return (struct operator_context){
	    .memory = &p->memory,
	    .parameters = p->options.parameters,
	    .going = p->options.going,
	    .going_opaque = p->options.opaque,
	};
}

/* The device's step, or the reference's; what has no reference of its own, as it is tested
 * otherwise (compression by round trips, say), is the same everywhere. */
static operator_opener *opener_find(const struct pipeline *p, enum operator_id id)
{
	operator_opener *first = step_openers[id], *second = reference_openers[id];

	if (p->options.device == PIPELINE_REFERENCE) {
		first = reference_openers[id];
		second = step_openers[id];
	}
	return first != NULL ? first : second;
}

static int step_open(struct pipeline *p, const struct operator_bound *bound,
		     struct table_error *error)
{
	const struct operator_context context = context_of(p);
	operator_opener *opener = opener_find(p, bound->kind->id);
	int rc;

	if (bound->before != NULL) {
		rc = step_open(p, bound->before, error);
		if (rc < 0)
			return rc;
	}
	if (opener == NULL)
		return operator_fail(bound, UINT64_MAX, error, -ENOTSUP, "no device has it");
	rc = opener(bound, &context, &p->steps[p->step_count], error);
	if (rc < 0)
		return rc;
	if (bound->side != NULL)
		p->sides[p->side_count++] = (struct side){bound->side, p->steps[p->step_count]};
	p->step_count++;
	return 0;
}

static int list_bind(struct pipeline *p, const struct operator_list *list,
		     const struct table_schema *input, struct table_error *error)
{
	const struct table_schema *schema = input;

	for (uint32_t i = 0; i < list->count; i++) {
		int rc =
		    operator_bind(&list->specs[i], schema, p->options.tables, &p->bound[i], error);

		if (rc < 0)
			return rc;
		p->bound_count++;
		schema = &p->bound[i]->schema;
	}
	return 0;
}

/* As many of the first steps as the device has, as one. */
static int device_open(struct pipeline *p, const struct table_schema *input,
		       struct table_error *error)
{
	const struct operator_context context = context_of(p);
	uint32_t taken = 0;
	int rc = opencl_step_open(p->options.opencl, input, p->bound, p->bound_count, &context,
				  &taken, &p->steps[0], &p->fallback);

	if (rc < 0 && rc != -ENOTSUP)
		return table_fail(error, rc, "%s", p->fallback.text);
	if (rc < 0)
		return 0;
	p->on_device = true;
	p->step_count = 1;
	p->on_device_steps = taken;
	if (taken < p->bound_count)
		table_fail(&p->fallback, 0, "%s is not for OpenCL yet, in step %u",
			   p->bound[taken]->kind->name, taken + 1);
	return 0;
}

static int steps_open(struct pipeline *p, const struct operator_list *list,
		      const struct table_schema *input, struct table_error *error)
{
	int rc = list_bind(p, list, input, error);

	if (rc == 0 && p->options.device == PIPELINE_OPENCL)
		rc = device_open(p, input, error);
	for (uint32_t i = p->on_device_steps; i < p->bound_count && rc == 0; i++)
		rc = step_open(p, p->bound[i], error);
	for (uint32_t i = 0; i < p->step_count && rc == 0; i++) {
		bool last = i + 1 == p->step_count;

		p->steps[i]->next = last ? next_collect : next_push;
		p->steps[i]->opaque = last ? (void *)&p->collect : (void *)p->steps[i + 1];
	}
	return rc;
}

int pipeline_open(const struct operator_list *list, const struct table_schema *input,
		  const struct pipeline_options *options, struct pipeline **pipeline,
		  struct table_error *error)
{
	struct pipeline *p = calloc(1, sizeof(*p));
	const struct operator_bound *last;
	int rc;

	*pipeline = p;
	if (p == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	p->options = *options;
	p->memory.limit_bytes =
	    options->memory_bytes > 0 ? options->memory_bytes : MR_OPERATOR_MEMORY_DEFAULT;
	rc = steps_open(p, list, input, error);
	if (rc == 0) {
		last = p->bound[p->bound_count - 1];
		if (collect_open(&p->collect, &last->schema, &p->options,
				 last->kind->id == OPERATOR_PARTITION) < 0)
			rc = table_fail(error, -ENOMEM, "no memory");
	}
	if (rc < 0)
		pipeline_close(pipeline);
	return rc;
}

const struct table_schema *pipeline_schema(const struct pipeline *pipeline)
{
	return &pipeline->bound[pipeline->bound_count - 1]->schema;
}

bool pipeline_parted(const struct pipeline *pipeline, uint32_t *groups)
{
	const struct operator_bound *last = pipeline->bound[pipeline->bound_count - 1];

	if (last->kind->id != OPERATOR_PARTITION)
		return false;
	*groups = operator_partition_groups(last->spec);
	return true;
}

uint32_t pipeline_sides(const struct pipeline *pipeline)
{
	return pipeline->side_count;
}

const char *pipeline_side_name(const struct pipeline *pipeline, uint32_t side)
{
	return pipeline->sides[side - 1].name;
}

static int columns_reserve(struct pipeline *p, uint32_t count, struct table_error *error)
{
	struct table_column *columns;

	if (count <= p->columns_room)
		return 0;
	columns = realloc(p->columns, count * sizeof(*columns));
	if (columns == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	p->columns = columns;
	p->columns_room = count;
	return 0;
}

int pipeline_push(struct pipeline *pipeline, uint32_t side, const struct table_batch *batch,
		  struct table_error *error)
{
	struct operator_step *step =
	    side == 0 ? pipeline->steps[0] : pipeline->sides[side - 1].step;
	/* A device takes many at once; their number is one of 32 bits. */
	const uint32_t most = pipeline->on_device && side == 0 ? 1u << 31 : MR_OPERATOR_ROWS_MAX;
	int rc = columns_reserve(pipeline, batch->schema->count, error);

	for (uint64_t first = 0; rc == 0 && first < batch->rows; first += most) {
		uint64_t left = batch->rows - first;
		struct table_batch slice;
		struct operator_rows rows = {&slice, NULL, most};

		rows.count = left < most ? (uint32_t)left : most;
		operator_slice(batch, first, rows.count, &slice, pipeline->columns);
		rc = operator_push(step, side > 0, &rows, error);
	}
	pipeline->rows_in += side == 0 ? batch->rows : 0;
	return rc;
}

int pipeline_end(struct pipeline *pipeline, uint32_t side, struct table_error *error)
{
	int rc = 0;

	if (side > 0)
		return operator_end(pipeline->sides[side - 1].step, 1, error);
	for (uint32_t i = 0; i < pipeline->step_count && rc == 0; i++)
		rc = operator_end(pipeline->steps[i], 0, error);
	return rc < 0 ? rc : collect_end(&pipeline->collect, error);
}

struct pipeline_counters pipeline_counters(const struct pipeline *pipeline)
{
	uint32_t fallen = 0;

	if (pipeline->options.device == PIPELINE_OPENCL) {
		bool device =
		    pipeline->on_device && opencl_step_fallback(pipeline->steps[0]) == NULL;

		fallen = pipeline->bound_count - (device ? pipeline->on_device_steps : 0);
	}
	return (struct pipeline_counters){pipeline->rows_in, pipeline->collect.rows,
					  pipeline->memory.peak_bytes, fallen};
}

const char *pipeline_fallback(const struct pipeline *pipeline)
{
	const char *failed = pipeline->on_device ? opencl_step_fallback(pipeline->steps[0]) : NULL;

	if (failed != NULL)
		return failed;
	return pipeline->fallback.text[0] != '\0' ? pipeline->fallback.text : NULL;
}

void pipeline_close(struct pipeline **pipeline)
{
	struct pipeline *p = *pipeline;

	*pipeline = NULL;
	if (p == NULL)
		return;
	collect_close(&p->collect);
	for (uint32_t i = 0; i < p->step_count; i++)
		operator_close(&p->steps[i]);
	for (uint32_t i = 0; i < p->bound_count; i++)
		operator_bound_free(&p->bound[i]);
	free(p->columns);
	free(p);
}
