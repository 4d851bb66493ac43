/* Operators on a device as a step of a pipeline; the CPU's steps are inside, in the same state. */
#include "opencl_step.h"

#include <errno.h>
#include <stdlib.h>

#include "opencl_chain.h"
#include "operator_select.h"
#include "reference.h"
#include "step.h"

#define INNER_MAX (MR_OPERATOR_STEPS_MAX + 1) /* an aggregate has a projection before it */

struct opencl_step {
	struct operator_step step;
	struct opencl_device *device;
	struct opencl_chain *chain;
	struct operator_step *inner[INNER_MAX];
	uint32_t inner_count;
	bool selects;                       // the first of them is a select
	struct reference_measure *measures; // of the last of them, or NULL
	struct table_column *columns;       // of a slice that is passed on
	bool passed_failed;                 // who comes next failed, not the device
	bool fallen;                        // to the CPU, and why:
	struct table_error reason;
};

/* ---- Rows on the CPU ---- */

static int inner_next(void *opaque, const struct operator_rows *rows, struct table_error *error)
{
	return operator_push(opaque, 0, rows, error);
}

static int inner_last(void *opaque, const struct operator_rows *rows, struct table_error *error)
{
	return operator_emit(opaque, rows, error);
}

/* The batch from a row on. */
static int rest_push(struct opencl_step *s, const struct table_batch *batch, uint64_t first,
		     struct table_error *error)
{
	int rc = 0;

	for (; first < batch->rows && rc == 0; first += MR_OPERATOR_ROWS_MAX) {
		uint64_t left = batch->rows - first;
		struct table_batch slice;
		struct operator_rows rows = {&slice, NULL, MR_OPERATOR_ROWS_MAX};

		rows.count = left < MR_OPERATOR_ROWS_MAX ? (uint32_t)left : MR_OPERATOR_ROWS_MAX;
		operator_slice(batch, first, rows.count, &slice, s->columns);
		rc = operator_push(s->inner[0], 0, &rows, error);
	}
	return rc;
}

/* ---- Rows on the device ---- */

struct passing {
	struct opencl_step *step;
	const struct table_batch *batch;
};

static uint64_t block_rows(const struct opencl_selection *selection, uint32_t block)
{
	const uint64_t left = selection->rows - (uint64_t)block * MR_OPERATOR_ROWS_MAX;

	return left < MR_OPERATOR_ROWS_MAX ? left : MR_OPERATOR_ROWS_MAX;
}

/* A device's word is believed no further than the rows reach. */
static bool selection_sound(const struct opencl_selection *selection)
{
	uint32_t beyond = 0;

	for (uint32_t b = 0; b < selection->blocks; b++) {
		const uint32_t end = opencl_selection_start(selection, b + 1);
		const uint64_t rows = block_rows(selection, b);

		for (uint32_t i = opencl_selection_start(selection, b); i < end; i++)
			beyond |= selection->selection[i] >= rows;
	}
	return beyond == 0;
}

/* What a run has selected, a block at a time. */
static int selection_pass(void *opaque, const struct opencl_selection *selection,
			  struct table_error *error)
{
	const struct passing *passing = opaque;
	struct opencl_step *s = passing->step;
	int rc = 0;

	if (!selection_sound(selection))
		return table_fail(error, -EIO, "it selected rows that there are not");
	for (uint32_t b = 0; b < selection->blocks && rc == 0; b++) {
		uint64_t at = (uint64_t)b * MR_OPERATOR_ROWS_MAX;
		uint32_t start = opencl_selection_start(selection, b);
		struct table_batch slice;
		struct operator_rows rows = {&slice, selection->selection + start,
					     opencl_selection_start(selection, b + 1) - start};

		if (rows.count == 0)
			continue;
		operator_slice(passing->batch, selection->first + at, block_rows(selection, b),
			       &slice, s->columns);
		rc = operator_emit(&s->step, &rows, error);
	}
	s->passed_failed = rc < 0;
	return rc;
}

/* The steps inside know of the rows they would have had: errors and sums go by their numbers. */
static void inner_count_rows(struct opencl_step *s, uint64_t rows, uint64_t ranks)
{
	for (uint32_t i = 0; i < s->inner_count; i++)
		if (i == 0 && s->selects)
			s->inner[i]->rows_in += rows;
		else
			s->inner[i]->rows_in = ranks;
}

static int device_push(struct opencl_step *s, const struct table_batch *batch, uint64_t *done,
		       struct table_error *error)
{
	struct passing passing = {s, batch};
	uint64_t ranks = s->inner[s->inner_count - 1]->rows_in;
	int rc;

	if (s->measures != NULL)
		rc = opencl_aggregate(s->chain, batch, done, s->measures, &ranks, error);
	else
		rc = opencl_select(s->chain, batch, done, selection_pass, &passing, error);
	inner_count_rows(s, *done, ranks);
	return rc;
}

/* An overflow is the batch's: its row is found by the CPU's steps, which end with the error. */
static int step_push(struct operator_step *step, uint32_t side, const struct operator_rows *rows,
		     struct table_error *error)
{
	struct opencl_step *s = (struct opencl_step *)(void *)step;
	uint64_t done = 0;
	int rc;

	if (!s->fallen) {
		rc = device_push(s, rows->batch, &done, &s->reason);
		if (s->passed_failed) {
			*error = s->reason;
			return rc;
		}
		s->fallen = rc < 0 && rc != -ERANGE;
	}
	return rest_push(s, rows->batch, done, error);
}

static int step_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	struct opencl_step *s = (struct opencl_step *)(void *)step;
	int rc = 0;

	for (uint32_t i = 0; i < s->inner_count && rc == 0; i++)
		rc = operator_end(s->inner[i], 0, error);
	return rc;
}

static void step_close(struct operator_step *step)
{
	struct opencl_step *s = (struct opencl_step *)(void *)step;

	for (uint32_t i = 0; i < s->inner_count; i++)
		operator_close(&s->inner[i]);
	opencl_chain_destroy(&s->chain);
	free(s->columns);
	free(s);
}

const char *opencl_step_fallback(const struct operator_step *step)
{
	const struct opencl_step *s = (const struct opencl_step *)(const void *)step;

	return s->fallen ? s->reason.text : NULL;
}

/* ---- Opening ---- */

static int inner_open(struct opencl_step *s, const struct operator_bound *bound,
		      const struct operator_context *context, struct table_error *error)
{
	enum operator_id id = bound->kind->id;
	operator_opener *opener = reference_openers[id];
	int rc;

	if (bound->before != NULL) {
		rc = inner_open(s, bound->before, context, error);
		if (rc < 0)
			return rc;
	}
	if (id != OPERATOR_AGGREGATE && step_openers[id] != NULL)
		opener = step_openers[id];
	rc = opener(bound, context, &s->inner[s->inner_count], error);
	if (rc < 0)
		return rc;
	if (id == OPERATOR_AGGREGATE)
		s->measures = reference_aggregate_measures(s->inner[s->inner_count]);
	s->inner_count++;
	return 0;
}

static int inner_chain(struct opencl_step *s, struct operator_bound *const *bound, uint32_t count,
		       const struct operator_context *context, struct table_error *error)
{
	for (uint32_t i = 0; i < count; i++) {
		int rc = inner_open(s, bound[i], context, error);

		if (rc < 0)
			return rc;
	}
	for (uint32_t i = 0; i < s->inner_count; i++) {
		bool last = i + 1 == s->inner_count;

		s->inner[i]->next = last ? inner_last : inner_next;
		s->inner[i]->opaque = last ? (void *)s : (void *)s->inner[i + 1];
	}
	return 0;
}

/* How many steps there are from the first on: select, projects, a global aggregate. */
static uint32_t chain_length(struct operator_bound *const *bound, uint32_t count)
{
	uint32_t at = bound[0]->kind->id == OPERATOR_SELECT;
	uint32_t selected = at;
	const struct operator_aggregate *aggregate;

	while (at < count && bound[at]->kind->id == OPERATOR_PROJECT)
		at++;
	if (at == count || bound[at]->kind->id != OPERATOR_AGGREGATE)
		return selected;
	aggregate = bound[at]->detail;
	return aggregate->key_count == 0 ? at + 1 : selected;
}

static void plan_make(struct opencl_plan *plan, const struct table_schema *schema,
		      struct operator_bound *const *bound, uint32_t count)
{
	*plan = (struct opencl_plan){.schema = schema};
	for (uint32_t i = 0; i < count; i++) {
		if (bound[i]->kind->id == OPERATOR_SELECT) {
			const struct operator_select *select = bound[i]->detail;

			plan->predicate = select->predicate;
		} else if (bound[i]->kind->id == OPERATOR_PROJECT) {
			plan->projects[plan->project_count++] = bound[i]->detail;
		} else {
			plan->aggregate = bound[i]->detail;
			if (bound[i]->before != NULL)
				plan->projects[plan->project_count++] = bound[i]->before->detail;
		}
	}
}

static int steps_open(struct opencl_step *s, const struct table_schema *schema,
		      struct operator_bound *const *bound, uint32_t count,
		      const struct operator_context *context, struct table_error *error)
{
	static const struct operator_step_ops ops = {step_push, step_end, step_close};
	struct opencl_plan plan;
	int rc;

	s->step =
	    (struct operator_step){.ops = &ops, .bound = bound[count - 1], .context = *context};
	s->selects = bound[0]->kind->id == OPERATOR_SELECT;
	s->columns = calloc(schema->count + 1, sizeof(*s->columns));
	if (s->columns == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	plan_make(&plan, schema, bound, count);
	rc = opencl_chain_create(s->device, &plan, &s->chain, error);
	return rc < 0 ? rc : inner_chain(s, bound, count, context, error);
}

int opencl_step_open(struct opencl_device *device, const struct table_schema *schema,
		     struct operator_bound *const *bound, uint32_t count,
		     const struct operator_context *context, uint32_t *taken,
		     struct operator_step **step, struct table_error *error)
{
	struct opencl_step *s;
	int rc = -ENOTSUP;

	for (*taken = chain_length(bound, count); *taken > 0;) {
		s = calloc(1, sizeof(*s));
		if (s == NULL)
			return table_fail(error, -ENOMEM, "no memory");
		s->device = device;
		rc = steps_open(s, schema, bound, *taken, context, error);
		*step = &s->step;
		if (rc == 0)
			return 0;
		step_close(&s->step);
		*step = NULL;
		/* The select alone may do. */
		if (rc != -ENOTSUP || *taken == 1 || bound[0]->kind->id != OPERATOR_SELECT)
			return rc;
		*taken = 1;
	}
	return table_fail(error, -ENOTSUP, "%s is not for OpenCL yet", bound[0]->kind->name);
}
