/* The text of a chain: functions of its expressions, and the kernels over them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "opencl_program.h"

static const char prelude_text[] =
#include "prelude.cl.inc"
    ;
static const char select_text[] =
#include "select.cl.inc"
    ;
static const char aggregate_text[] =
#include "aggregate.cl.inc"
    ;

/* A writer of functions, each of which computes all it needs. */
struct writer {
	struct opencl_chain *chain;
	struct generate g;
	struct generate_value *projected[2]; // the columns of a projection, and of the one before
};

bool opencl_measure_has_lanes(const struct operator_aggregate *a, uint32_t measure)
{
	const struct operator_measure *m = &a->measures[measure];

	return (m->function == AGGREGATE_SUM || m->function == AGGREGATE_AVG) &&
	       generate_class_of(&a->input->fields[m->column].kind) == GENERATE_REAL;
}

static void function_begin(struct writer *w)
{
	memset(w->g.loaded, 0, w->chain->plan.schema->count * sizeof(*w->g.loaded));
	w->g.values = NULL;
	w->g.next = 1;
}

static int row_selected_write(struct writer *w)
{
	struct generate_value value;
	int rc;

	fputs("static inline bool row_selected(COLUMN_PARAMETERS ulong row, uint *bad)\n{\n",
	      w->g.out);
	if (w->chain->plan.predicate == NULL) {
		fputs("\treturn true;\n}\n", w->g.out);
		return 0;
	}
	function_begin(w);
	fputs("\tconst bool active = true;\n", w->g.out);
	rc = generate_expression(&w->g, w->chain->plan.predicate, &value);
	fprintf(w->g.out, "\treturn !n%u && v%u != 0;\n}\n", value.id, value.id);
	return rc;
}

/* The columns that the aggregate takes, after all projections, in w->g.values. */
static int projections_write(struct writer *w)
{
	for (uint32_t i = 0; i < w->chain->plan.project_count; i++) {
		const struct operator_project *project = w->chain->plan.projects[i];
		struct generate_value *values = w->projected[i % 2];

		for (uint32_t k = 0; k < project->count; k++) {
			int rc = generate_expression(&w->g, project->expressions[k], &values[k]);

			if (rc < 0)
				return rc;
		}
		w->g.values = values;
	}
	return 0;
}

static int measure_refuse(struct writer *w, const char *what)
{
	return table_fail(w->g.error, -ENOTSUP, "%s", what);
}

static int extreme_write(struct writer *w, uint32_t m, const struct generate_value *value,
			 bool least)
{
	static const char *const keys[] = {[GENERATE_LONG] = "v%u",
					   [GENERATE_ULONG] = "(long)(v%u ^ 0x8000000000000000UL)",
					   [GENERATE_REAL] = "real_key(v%u)"};

	if (value->class == GENERATE_DECIMAL)
		return measure_refuse(w, "min and max of decimals are not for OpenCL yet");
	fprintf(w->g.out, "\tlong k%u = ", m);
	fprintf(w->g.out, keys[value->class], value->id);
	fprintf(w->g.out, ";\n\tt->best%u = p%u ? %s(t->best%u, k%u) : t->best%u;\n", m, m,
		least ? "min" : "max", m, m, m);
	return 0;
}

static void sum_write(struct writer *w, uint32_t m, const struct generate_value *value)
{
	FILE *out = w->g.out;
	uint32_t id = value->id;

	if (value->class == GENERATE_REAL)
		return; /* by lanes */
	fprintf(out, "\tt->s%u_0 += p%u ? (long)(v%u & 0xffffffff) : 0;\n", m, m, id);
	fprintf(out, "\tt->s%u_1 += p%u ? (long)(v%u >> 32) : 0;\n", m, m, id);
	if (value->class != GENERATE_DECIMAL)
		return;
	fprintf(out, "\tt->s%u_2 += p%u ? h%u & 0xffffffff : 0;\n", m, m, id);
	fprintf(out, "\tt->s%u_3 += p%u ? h%u >> 32 : 0;\n", m, m, id);
}

static int measure_write(struct writer *w, uint32_t m)
{
	const struct operator_measure *measure = &w->chain->plan.aggregate->measures[m];
	struct generate_value value;
	int rc;

	if (measure->function == AGGREGATE_COUNT_ROWS) {
		fprintf(w->g.out, "\tt->count%u += take;\n", m);
		return 0;
	}
	rc = generate_column(&w->g, measure->column, &value);
	if (rc < 0)
		return rc;
	if (value.class == GENERATE_NONE)
		return measure_refuse(w,
				      "aggregates of text and dictionaries are not for OpenCL yet");
	fprintf(w->g.out, "\tbool p%u = take && !n%u;\n\tt->count%u += p%u;\n", m, value.id, m, m);
	if (measure->function == AGGREGATE_MIN || measure->function == AGGREGATE_MAX)
		return extreme_write(w, m, &value, measure->function == AGGREGATE_MIN);
	if (measure->function != AGGREGATE_COUNT)
		sum_write(w, m, &value);
	return 0;
}

static void totals_write(struct writer *w)
{
	const struct operator_aggregate *a = w->chain->plan.aggregate;
	FILE *out = w->g.out;

	fputs("struct totals {\n", out);
	for (uint32_t m = 0; m < a->measure_count; m++)
		fprintf(out, "\tlong s%u_0, s%u_1, s%u_2, s%u_3, count%u, best%u;\n", m, m, m, m, m,
			m);
	fputs("};\nstatic inline void totals_clear(struct totals *t)\n{\n", out);
	for (uint32_t m = 0; m < a->measure_count; m++)
		fprintf(out,
			"\tt->s%u_0 = t->s%u_1 = t->s%u_2 = t->s%u_3 = t->count%u = 0;\n"
			"\tt->best%u = %s;\n",
			m, m, m, m, m, m,
			a->measures[m].function == AGGREGATE_MIN ? "LONG_MAX" : "LONG_MIN");
	fputs("}\nstatic inline void totals_store(const struct totals *t, __global long *to)\n{\n",
	      out);
	for (uint32_t m = 0; m < a->measure_count; m++) {
		for (uint32_t i = 0; i < PART_SUMS; i++)
			fprintf(out, "\tto[%u] = t->s%u_%u;\n", m * PART_LONGS + i, m, i);
		fprintf(out, "\tto[%u] = t->count%u;\n\tto[%u] = t->best%u;\n",
			m * PART_LONGS + PART_COUNT, m, m * PART_LONGS + PART_BEST, m);
	}
	fputs("}\n", out);
}

static int totals_add_write(struct writer *w)
{
	int rc;

	fputs("static inline void totals_add(COLUMN_PARAMETERS ulong row, bool take, "
	      "struct totals *t, uint *bad)\n{\n\tconst bool active = take;\n",
	      w->g.out);
	function_begin(w);
	rc = projections_write(w);
	for (uint32_t m = 0; rc == 0 && m < w->chain->measure_count; m++)
		rc = measure_write(w, m);
	fputs("}\n", w->g.out);
	return rc;
}

/* A value to be summed. Its errors were those of totals_add(). */
static int lane_write(struct writer *w, uint32_t m)
{
	struct generate_value value;
	int rc;

	fprintf(w->g.out,
		"static inline double lane_value_%u(COLUMN_PARAMETERS ulong row, bool *null)\n{\n"
		"\tconst bool active = false;\n\tuint none = 0, *bad = &none;\n",
		m);
	function_begin(w);
	rc = projections_write(w);
	if (rc == 0)
		rc = generate_column(&w->g, w->chain->plan.aggregate->measures[m].column, &value);
	if (rc < 0)
		return rc;
	fprintf(w->g.out, "\t*null = n%u;\n\treturn v%u;\n}\n", value.id, value.id);
	return 0;
}

static int functions_write(struct writer *w)
{
	const struct operator_aggregate *a = w->chain->plan.aggregate;
	int rc = row_selected_write(w);

	if (rc < 0 || a == NULL)
		return rc;
	totals_write(w);
	rc = totals_add_write(w);
	for (uint32_t m = 0; rc == 0 && m < a->measure_count; m++)
		if (opencl_measure_has_lanes(a, m))
			rc = lane_write(w, m);
	return rc;
}

static void constants_write(const struct opencl_chain *chain, FILE *out)
{
	if (chain->device->description.float64)
		fputs("#pragma OPENCL EXTENSION cl_khr_fp64 : enable\n#define HAS_DOUBLE 1\n", out);
	fprintf(out, "#define ITEM_WORDS %uul\n#define ITEM_ROWS %uul\n", chain->item_words,
		OPENCL_BLOCK_ROWS);
	fprintf(out, "#define ITEM_LANES %uu\n#define CHUNK_ROWS %uul\n",
		chain->device->description.cpu ? OPENCL_LANES : 1, MR_SUM_CHUNK_ROWS);
	fprintf(out, "#define PART_LONGS %u\n", chain->measure_count * PART_LONGS + 1);
	fprintf(out, "#define LANES_ROW(RANK) %s\n",
		chain->plan.predicate != NULL ? "row_at[RANK]" : "(RANK)");
}

static void kernels_write(const struct opencl_chain *chain, FILE *out)
{
	if (chain->plan.predicate != NULL)
		fputs(select_text, out);
	if (chain->plan.aggregate == NULL)
		return;
	fputs(aggregate_text, out);
	for (uint32_t m = 0; m < chain->measure_count; m++)
		if (opencl_measure_has_lanes(chain->plan.aggregate, m))
			fprintf(out, "LANES_KERNEL(aggregate_lanes_%u, lane_value_%u)\n", m, m);
}

static uint32_t width_max(const struct opencl_plan *plan)
{
	uint32_t most = 1;

	for (uint32_t i = 0; i < plan->project_count; i++)
		if (plan->projects[i]->count > most)
			most = plan->projects[i]->count;
	return most;
}

static int writer_open(struct writer *w, struct opencl_chain *chain, bool nulls, FILE *out,
		       struct table_error *error)
{
	uint32_t width = width_max(&chain->plan);

	*w = (struct writer){.chain = chain};
	w->g =
	    (struct generate){.out = out,
			      .device = &chain->device->description,
			      .columns = &chain->columns,
			      .loaded = calloc(chain->plan.schema->count + 1, sizeof(*w->g.loaded)),
			      .nulls = nulls,
			      .error = error};
	for (uint32_t i = 0; i < 2; i++)
		w->projected[i] = calloc(width, sizeof(*w->projected[i]));
	return w->g.loaded == NULL || w->projected[0] == NULL || w->projected[1] == NULL ? -ENOMEM
											 : 0;
}

static void writer_close(struct writer *w)
{
	free(w->g.loaded);
	free(w->projected[0]);
	free(w->projected[1]);
}

/* Functions first: they say which columns are parameters. */
static int functions_make(struct opencl_chain *chain, bool nulls, char **text,
			  struct table_error *error)
{
	struct writer writer;
	size_t bytes;
	FILE *out = open_memstream(text, &bytes);
	int rc;

	if (out == NULL)
		return table_fail(error, -ENOMEM, "no memory");
	rc = writer_open(&writer, chain, nulls, out, error);
	if (rc == 0)
		rc = functions_write(&writer);
	writer_close(&writer);
	if (fclose(out) != 0 || rc == -ENOMEM)
		rc = table_fail(error, -ENOMEM, "no memory");
	return rc;
}

int opencl_chain_write(struct opencl_chain *chain, bool nulls, char **source,
		       struct table_error *error)
{
	char *functions = NULL;
	size_t bytes;
	FILE *out;
	int rc = functions_make(chain, nulls, &functions, error);

	*source = NULL;
	out = rc == 0 ? open_memstream(source, &bytes) : NULL;
	if (out == NULL) {
		free(functions);
		return rc < 0 ? rc : table_fail(error, -ENOMEM, "no memory");
	}
	constants_write(chain, out);
	fputs(prelude_text, out);
	generate_parameters(out, &chain->columns, nulls);
	fputs(functions, out);
	kernels_write(chain, out);
	free(functions);
	return fclose(out) != 0 ? table_fail(error, -ENOMEM, "no memory") : 0;
}
