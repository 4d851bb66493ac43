/*
 * Operators that keep or move rows, over random tables: the CPU at every level gives what the
 * reference gives, or the same error; with little memory, it says so. A case that fails is run with
 * fewer rows and batches as long as it fails, and shown. test_row_operators [CASES [SEED]]
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "cpu.h"
#include "query_text.h"
#include "random_table.h"
#include "row_batch.h"
#include "test.h"

#define STEPS_BYTES 2048

/* What of a case gets smaller. */
struct size {
	uint64_t rows_max;
	uint32_t batches_max;
};

/* Rows of few others, some of them often: keys are there again, in other batches as well. */
static struct table_batch *repeat(struct random *random, const struct table_schema *schema,
				  const struct table_batch *few, uint64_t rows_max)
{
	uint32_t count = (uint32_t)random_below(random, rows_max + 1);
	uint32_t *rows = malloc((count + 1) * sizeof(*rows));
	struct row_batch *batch;

	CHECK(rows != NULL, "memory");
	for (uint32_t i = 0; i < count; i++)
		rows[i] = (uint32_t)(few->rows == 0 ? 0
				     : random_below(random, 2) != 0
					 ? random_below(random, few->rows)
					 : random_below(random, few->rows / 8 + 1));
	CHECK(row_batch_plain(schema, few, rows, few->rows > 0 ? count : 0, NULL, 0, NULL,
			      &batch) == 0,
	      "memory");
	free(rows);
	return &batch->batch;
}

static uint32_t batches_make(struct random *random, const struct table_schema *schema,
			     const struct table_batch *few, bool dictionaries,
			     const struct size *size, struct table_batch **batches)
{
	uint32_t count = (uint32_t)random_below(random, size->batches_max + 1);

	for (uint32_t i = 0; i < count; i++)
		batches[i] = dictionaries || random_below(random, 4) == 0
				 ? random_batch(random, schema, size->rows_max)
				 : repeat(random, schema, few, size->rows_max);
	return count;
}

/* The table beside the stream has its types under other names, unless it is to be merged. */
static void input_make(struct random *random, const struct size *size, bool same_names,
		       struct query_input *input)
{
	struct random_limits limits = {5, 40, random_below(random, 3) == 0, false};
	struct table_batch *few;

	*input = (struct query_input){.count = 0};
	random_schema(random, &limits, &input->schema);
	CHECK(table_schema_copy(&input->side_schema, &input->schema) == 0, "memory");
	for (uint32_t i = 0; i < input->schema.count && !same_names; i++)
		input->side_schema.fields[i].name[0] = 'r';
	few = limits.dictionaries ? NULL
				  : random_batch(random, &input->schema, random_below(random, 40));
	input->count =
	    batches_make(random, &input->schema, few, limits.dictionaries, size, input->batches);
	input->side_count =
	    batches_make(random, &input->side_schema, few, limits.dictionaries, size, input->side);
	table_batch_free(&few);
}

static void input_free(struct query_input *input)
{
	for (uint32_t i = 0; i < input->count; i++)
		table_batch_free(&input->batches[i]);
	for (uint32_t i = 0; i < input->side_count; i++)
		table_batch_free(&input->side[i]);
	table_schema_free(&input->schema);
	table_schema_free(&input->side_schema);
}

/* ---- Steps ---- */

struct steps {
	char text[STEPS_BYTES];
	size_t bytes;
};

__attribute__((format(printf, 2, 3))) static void say(struct steps *steps, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	steps->bytes += (size_t)vsnprintf(steps->text + steps->bytes,
					  sizeof(steps->text) - steps->bytes, format, arguments);
	va_end(arguments);
	CHECK(steps->bytes < sizeof(steps->text), "steps are too long");
}

static uint32_t some_column(struct random *random, const struct query_input *input)
{
	return (uint32_t)random_below(random, input->schema.count);
}

static void say_keys(struct steps *steps, struct random *random, const struct query_input *input,
		     bool ordered)
{
	for (uint64_t i = 0, count = 1 + random_below(random, 4); i < count; i++) {
		say(steps, "%s c%u", i > 0 ? "," : "", some_column(random, input));
		if (ordered && random_below(random, 2) != 0)
			say(steps, " desc");
		if (ordered && random_below(random, 3) == 0)
			say(steps, " nulls first");
	}
}

static void say_aggregate(struct steps *steps, struct random *random,
			  const struct query_input *input)
{
	static const char *const functions[] = {"count", "min", "max", "sum", "avg"};

	say(steps, "aggregate n = count()");
	for (uint64_t i = 0, count = random_below(random, 5); i < count; i++) {
		uint32_t column = some_column(random, input);
		enum table_type type = input->schema.fields[column].kind.type;
		bool number = table_type_is_integer(type) || type == TABLE_FLOAT32 ||
			      type == TABLE_FLOAT64 || type == TABLE_DECIMAL128;

		say(steps, ", m%llu = %s(c%u)", (unsigned long long)i,
		    functions[random_below(random, number ? 5 : 3)], column);
	}
	say(steps, " by");
	say_keys(steps, random, input, false);
}

static void say_join(struct steps *steps, struct random *random, const struct query_input *input)
{
	static const char *const types[] = {"", "inner", "left", "semi", "anti"};

	say(steps, "join %s t on", types[random_below(random, 5)]);
	for (uint64_t i = 0, count = 1 + random_below(random, 3); i < count; i++) {
		uint32_t column = some_column(random, input);

		say(steps, "%s c%u = r%u", i > 0 ? " and" : "", column, column);
	}
}

static void say_partition(struct steps *steps, struct random *random,
			  const struct query_input *input)
{
	uint32_t column = some_column(random, input);

	say(steps, "partition by");
	if (random_below(random, 2) != 0 &&
	    table_type_is_integer(input->schema.fields[column].kind.type)) {
		say(steps, " c%u at 1, 3, 50, 100", column);
		return;
	}
	say_keys(steps, random, input, false);
	if (random_below(random, 3) != 0)
		say(steps, " into %llu", (unsigned long long)(1 + random_below(random, 700)));
}

static void say_step(struct steps *steps, struct random *random, const struct query_input *input)
{
	switch (random_below(random, 8)) {
	case 0:
		say(steps, "sort");
		say_keys(steps, random, input, true);
		break;
	case 1:
		say(steps, "topk %llu by", (unsigned long long)random_below(random, 40));
		say_keys(steps, random, input, true);
		break;
	case 2:
		say(steps, "dedup");
		if (random_below(random, 3) != 0) {
			say(steps, " by");
			say_keys(steps, random, input, false);
		}
		break;
	case 3:
		say(steps, "hash h =");
		say_keys(steps, random, input, false);
		break;
	case 4:
		say(steps, "dictionary");
		say_keys(steps, random, input, false);
		break;
	case 5:
		say_partition(steps, random, input);
		break;
	case 6:
		say_join(steps, random, input);
		break;
	default:
		say_aggregate(steps, random, input);
	}
}

struct sorted {
	struct query_input *input;
	const struct table_schema *plain;
	struct table_batch *batches[QUERY_BATCHES_MAX];
	uint32_t count;
};

static int sorted_take(void *opaque, const struct table_batch *batch, struct table_error *error)
{
	struct sorted *sorted = opaque;
	struct row_batch *plain, *copy;
	const struct table_schema *schema = sorted->plain;
	uint32_t *rows = malloc((batch->rows + 1) * sizeof(*rows));

	CHECK(rows != NULL && sorted->count < QUERY_BATCHES_MAX, "too many batches");
	for (uint32_t i = 0; i < batch->rows; i++)
		rows[i] = i;
	CHECK(row_batch_plain(schema, batch, NULL, (uint32_t)batch->rows, NULL, 0, NULL, &plain) ==
		      0 &&
		  row_batch_plain(schema, &plain->batch, rows, (uint32_t)batch->rows, NULL, 0, NULL,
				  &copy) == 0,
	      "memory");
	row_batch_destroy(&plain);
	free(rows);
	copy->batch.schema = &sorted->input->side_schema; /* which plain is to become */
	sorted->batches[sorted->count++] = &copy->batch;
	return 0;
}

/* The table beside, sorted by the reference. */
static void side_sort(struct query_input *input, const char *keys)
{
	struct table_schema plain;
	struct sorted sorted = {.input = input, .plain = &plain};
	const struct pipeline_options options = {
	    .device = PIPELINE_REFERENCE, .take = sorted_take, .opaque = &sorted};
	struct pipeline *pipeline;
	struct operator_list list;
	struct table_error error;
	char text[STEPS_BYTES + 8];

	snprintf(text, sizeof(text), "sort%s", keys);
	CHECK(row_schema_plain(&input->side_schema, &plain) == 0, "memory");
	CHECK(operator_parse(text, NULL, &list, &error) == 0, "%s", error.text);
	CHECK(pipeline_open(&list, &input->side_schema, &options, &pipeline, &error) == 0, "%s",
	      error.text);
	for (uint32_t i = 0; i < input->side_count; i++)
		CHECK(pipeline_push(pipeline, 0, input->side[i], &error) == 0, "%s", error.text);
	CHECK(pipeline_end(pipeline, 0, &error) == 0, "%s", error.text);
	pipeline_close(&pipeline);
	operator_list_free(&list);
	for (uint32_t i = 0; i < input->side_count; i++)
		table_batch_free(&input->side[i]);
	table_schema_free(&input->side_schema);
	input->side_schema = plain;
	memcpy(input->side, sorted.batches, sizeof(sorted.batches));
	input->side_count = sorted.count;
}

/* `merge` takes sorted tables; now and then one is not. */
static void say_merge(struct steps *steps, struct random *random, struct query_input *input)
{
	struct steps keys = {.bytes = 0};

	say_keys(&keys, random, input, true);
	if (random_below(random, 10) != 0)
		side_sort(input, keys.text);
	say(steps, "sort%s; merge t by%s", keys.text, keys.text);
}

static void steps_make(struct random *random, struct query_input *input, bool merge,
		       struct steps *steps)
{
	*steps = (struct steps){.bytes = 0};
	if (random_below(random, 3) == 0)
		say(steps, "select c%u is not null; ", some_column(random, input));
	if (merge)
		say_merge(steps, random, input);
	else
		say_step(steps, random, input);
}

/* ---- Cases ---- */

/* Where two texts part. */
static void show(const char *what, const struct query_result *result, size_t at)
{
	size_t from = at;

	if (result->rc < 0)
		fprintf(stderr, "%s: %d: %s\n", what, result->rc, result->error.text);
	else
		fprintf(stderr, "%s: %" PRIu64 " rows\n", what, result->rows);
	while (from > 0 && at - from < 300 && result->text[from - 1] != '\n')
		from--;
	if (result->text != NULL && from < result->bytes)
		fprintf(stderr, "%.600s\n", result->text + from);
}

static bool agree(const struct query_result *a, const struct query_result *b, bool loud)
{
	size_t at = 0;

	if (a->rc == b->rc &&
	    (a->rc < 0 || (a->bytes == b->bytes && memcmp(a->text, b->text, a->bytes) == 0)))
		return true;
	while (a->rc == 0 && b->rc == 0 && at < a->bytes && at < b->bytes &&
	       a->text[at] == b->text[at])
		at++;
	if (loud) {
		show("reference", a, at);
		show("cpu", b, at);
	}
	return false;
}

/* Little memory is an error that says so, or enough. */
static bool limited_agree(const char *steps, const struct query_input *input, uint64_t limit,
			  const struct query_result *wanted, bool loud)
{
	struct query_result result;
	bool good;

	query_run(steps, input, PIPELINE_CPU, limit, &result);
	if (result.rc == -EDQUOT || result.rc == -ENOMEM)
		good = strstr(result.error.text, "raise their memory") != NULL;
	else
		good = agree(wanted, &result, loud);
	if (!good && loud)
		fprintf(stderr, "with %" PRIu64 " bytes: %s\n", limit, result.error.text);
	query_free(&result);
	return good;
}

static bool levels_agree(const char *steps, const struct query_input *input, uint64_t limit,
			 bool loud, int *rc)
{
	struct query_result wanted, result;
	bool good = true;

	query_run(steps, input, PIPELINE_REFERENCE, 0, &wanted);
	for (int level = 0; level < CPU_LEVELS && good; level++) {
		if (!cpu_level_force((enum cpu_level)level))
			continue;
		query_run(steps, input, PIPELINE_CPU, 0, &result);
		good = agree(&wanted, &result, loud);
		if (!good && loud)
			fprintf(stderr, "at level %s\n", cpu_level_name((enum cpu_level)level));
		query_free(&result);
	}
	if (good)
		good = limited_agree(steps, input, limit, &wanted, loud);
	*rc = wanted.rc;
	query_free(&wanted);
	return good;
}

static bool case_run(uint64_t seed, const struct size *size, bool loud, int *rc)
{
	struct random random = {seed};
	bool merge = random_below(&random, 9) == 0, good;
	struct query_input input;
	struct steps steps;

	input_make(&random, size, merge, &input);
	steps_make(&random, &input, merge, &steps);
	if (loud)
		fprintf(stderr, "%s\n", steps.text);
	good = levels_agree(steps.text, &input, 1ull << (8 + random_below(&random, 16)), loud, rc);
	input_free(&input);
	return good;
}

static bool fails(uint64_t seed, const struct size *size)
{
	int rc;

	return !case_run(seed, size, false, &rc);
}

/* By halves, then row by row: other rows come with other sizes, so that each has its chance. */
static void case_shrink(uint64_t seed, struct size size)
{
	int rc;

	for (struct size less = size; less.rows_max > 1;) {
		less.rows_max = less.rows_max > 50 ? less.rows_max / 2 : less.rows_max - 1;
		if (fails(seed, &less))
			size = less;
	}
	for (struct size less = size; less.batches_max > 0;) {
		less.batches_max--;
		if (fails(seed, &less))
			size = less;
	}
	fprintf(stderr, "seed %" PRIu64 ", %" PRIu64 " rows in %u batches at most: ", seed,
		size.rows_max, size.batches_max);
	case_run(seed, &size, true, &rc);
	exit(1);
}

int main(int argc, char **argv)
{
	uint64_t cases = argc > 1 ? strtoull(argv[1], NULL, 10) : 400;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	uint64_t ran = 0, failed = 0;

	for (uint64_t i = 0; i < cases; i++) {
		const struct size size = {i % 16 == 15 ? 600 : 40, 4};
		int rc;

		if (!case_run(seed + i, &size, false, &rc))
			case_shrink(seed + i, size);
		ran += rc == 0;
		failed += rc < 0;
	}
	printf("%" PRIu64 " cases from seed %" PRIu64 " on: %" PRIu64 " ran, %" PRIu64
	       " were refused by both\n",
	       cases, seed, ran, failed);
	CHECK(2 * ran > cases, "too few cases ran to say anything");
	return 0;
}
