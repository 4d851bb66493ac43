/* `sort` and `topk`. */
#include <errno.h>
#include <stdlib.h>

#include "kept.h"
#include "operator_sort.h"
#include "row_sorter.h"
#include "row_steps.h"

struct sort_step {
	struct operator_step step;
	struct row_sorter sorter;
};

static int failed(const struct sort_step *s, struct table_error *error, int rc)
{
	return step_kept_fail(s->step.bound, &s->step.context, "its rows", error, rc);
}

static int sort_push(struct operator_step *step, uint32_t side, const struct operator_rows *rows,
		     struct table_error *error)
{
	struct sort_step *s = (struct sort_step *)(void *)step;
	struct row_batch *plain;
	int rc = row_batch_plain(&step->bound->schema, rows->batch, rows->selection, rows->count,
				 NULL, 0, step->context.memory, &plain);

	if (rc < 0)
		return failed(s, error, rc);
	rc = row_sorter_add(&s->sorter, &plain->batch);
	row_batch_destroy(&plain);
	return rc < 0 ? failed(s, error, rc) : 0;
}

static int sort_end(struct operator_step *step, uint32_t side, struct table_error *error)
{
	struct sort_step *s = (struct sort_step *)(void *)step;
	uint64_t count;
	row_ref *refs;
	int rc = row_sorter_sort(&s->sorter, &refs, &count);

	if (rc < 0)
		return failed(s, error, rc);
	for (uint64_t i = 0; i < count; i++)
		refs[i] = row_store_ref(refs[i]);
	rc = step_store_emit(step, &s->sorter.store, NULL, refs, count, error);
	row_sorter_end(&s->sorter, &refs);
	return rc;
}

static void sort_close(struct operator_step *step)
{
	struct sort_step *s = (struct sort_step *)(void *)step;

	row_sorter_free(&s->sorter);
	free(s);
}

int step_sort_open(const struct operator_bound *bound, const struct operator_context *context,
		   struct operator_step **step, struct table_error *error)
{
	static const struct operator_step_ops ops = {sort_push, sort_end, sort_close};
	const struct operator_sort *sort = bound->detail;
	struct sort_step *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	s->step = (struct operator_step){.ops = &ops, .bound = bound, .context = *context};
	row_sorter_init(&s->sorter, &bound->schema, sort->order, sort->key_count, sort->rows,
			context->memory);
	*step = &s->step;
	return 0;
}
