/*
 * Operators that keep or move rows, over more of them than the reference can take: tables that
 * grow, keys that collide, windows that move, chunks of sums, cuts of topk, and partitions beyond
 * the caches, each against what plain loops over arrays say. test_many_rows [ROWS]
 */
#include <inttypes.h>
#include <stdlib.h>

#include <millrace/hash.h>

#include "pipeline.h"
#include "random_table.h"
#include "table_builder.h"
#include "test.h"

/* Rows with a key, their number, and a measure. */
struct rows {
	uint64_t count;
	int64_t *keys, *numbers;
	double *reals;
};

/* What came out: columns of 8 bytes, or of 4, made 8. */
struct result {
	uint64_t count;
	uint32_t columns;
	int64_t *values; /* row by row */
	uint64_t room;
};

static struct rows rows_make(uint64_t count)
{
	struct rows rows = {count, malloc(count * 8 + 1), malloc(count * 8 + 1),
			    malloc(count * 8 + 1)};

	CHECK(rows.keys != NULL && rows.numbers != NULL && rows.reals != NULL, "memory");
	for (uint64_t i = 0; i < count; i++) {
		rows.numbers[i] = (int64_t)i;
		rows.reals[i] = (double)(i % 1000) / 7;
	}
	return rows;
}

static void rows_free(struct rows *rows)
{
	free(rows->keys);
	free(rows->numbers);
	free(rows->reals);
}

static int take(void *opaque, const struct table_batch *batch, struct table_error *error)
{
	struct result *result = opaque;
	uint32_t columns = batch->schema->count;

	result->columns = columns;
	if (result->room < (result->count + batch->rows) * columns) {
		result->room = 2 * (result->count + batch->rows) * columns;
		result->values = realloc(result->values, result->room * sizeof(int64_t));
		CHECK(result->values != NULL, "memory");
	}
	for (uint32_t c = 0; c < columns; c++) {
		bool narrow = table_type_bytes(batch->schema->fields[c].kind.type) == 4;

		for (uint64_t i = 0; i < batch->rows; i++)
			result->values[(result->count + i) * columns + c] =
			    narrow ? ((const int32_t *)batch->columns[c].values)[i]
				   : ((const int64_t *)batch->columns[c].values)[i];
	}
	result->count += batch->rows;
	return 0;
}

static int64_t at(const struct result *result, uint64_t row, uint32_t column)
{
	return result->values[row * result->columns + column];
}

static void schema_make(struct table_schema *schema, const char *key)
{
	const struct table_kind whole = {.type = TABLE_INT64}, real = {.type = TABLE_FLOAT64};

	*schema = (struct table_schema){0};
	CHECK(table_schema_add(schema, key, 1, &whole) == 0 &&
		  table_schema_add(schema, key[0] == 'k' ? "n" : "m", 1, &whole) == 0 &&
		  table_schema_add(schema, key[0] == 'k' ? "x" : "y", 1, &real) == 0,
	      "memory");
}

/* Steps over rows, and side as table t. */
static struct result run(const char *steps, const struct rows *rows, const struct rows *side)
{
	struct table_schema schema, side_schema;
	const struct operator_table tables[] = {{"t", &side_schema}, {NULL, NULL}};
	struct result result = {0};
	const struct pipeline_options options = {
	    .memory_bytes = 4ull << 30, .tables = tables, .take = take, .opaque = &result};
	struct table_column columns[3];
	struct pipeline *pipeline;
	struct operator_list list;
	struct table_error error;

	schema_make(&schema, "k");
	schema_make(&side_schema, "j");
	CHECK(operator_parse(steps, NULL, &list, &error) == 0, "%s", error.text);
	CHECK(pipeline_open(&list, &schema, &options, &pipeline, &error) == 0, "%s", error.text);
	for (uint32_t s = pipeline_sides(pipeline) + 1; s-- > 0;) {
		const struct rows *from = s == 1 ? side : rows;
		struct table_batch batch = {s == 1 ? &side_schema : &schema, from->count, columns,
					    NULL};

		columns[0] = (struct table_column){.values = from->keys};
		columns[1] = (struct table_column){.values = from->numbers};
		columns[2] = (struct table_column){.values = from->reals};
		CHECK(pipeline_push(pipeline, s, &batch, &error) == 0, "%s", error.text);
		CHECK(pipeline_end(pipeline, s, &error) == 0, "%s", error.text);
	}
	pipeline_close(&pipeline);
	operator_list_free(&list);
	table_schema_free(&schema);
	table_schema_free(&side_schema);
	return result;
}

/* Keys, of which there are count, in the order in which groups come; each is that of every
 * count-th row from its number on. */
static void groups_check(const struct rows *rows, uint64_t count)
{
	struct result result =
	    run("aggregate c = count(), a = min(n), b = max(n), s = sum(n), r = sum(x) by k", rows,
		NULL);

	CHECK(result.count == count, "%" PRIu64 " groups of %" PRIu64, result.count, count);
	for (uint64_t g = 0; g < count; g++) {
		int64_t sum = 0, rows_of = 0;
		double total = -0.0, partial = -0.0, real;

		for (uint64_t i = g, chunk = 0; i < rows->count; i += count, rows_of++) {
			if (i / MR_SUM_CHUNK_ROWS != chunk) {
				total += partial;
				partial = -0.0;
				chunk = i / MR_SUM_CHUNK_ROWS;
			}
			partial += rows->reals[i];
			sum += rows->numbers[i];
		}
		real = total + partial;
		CHECK(at(&result, g, 0) == rows->keys[g] && at(&result, g, 1) == rows_of &&
			  at(&result, g, 2) == (int64_t)g &&
			  at(&result, g, 3) == (int64_t)(g + (uint64_t)(rows_of - 1) * count) &&
			  at(&result, g, 4) == sum &&
			  memcmp(&result.values[g * 6 + 5], &real, sizeof(real)) == 0,
		      "group %" PRIu64, g);
	}
	free(result.values);
}

/* The word that the table of groups begins to look for at slot 0, whatever its size; see
 * group_word_slot(). */
static int64_t colliding(uint64_t i)
{
	uint64_t inverse = 1, word;

	for (int bits = 0; bits < 6; bits++) /* Newton, modulo 2^64 */
		inverse *= 2 - 0x9E3779B97F4A7C15ull * inverse;
	word = i * inverse;
	word ^= word >> 32;
	return (int64_t)(word ^ 1ull << 63);
}

static void groups_test(uint64_t count)
{
	struct rows rows = rows_make(count);
	const uint64_t groups[] = {1, 7, 1000, 100000, count};

	for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++) {
		uint64_t n = groups[g] < count ? groups[g] : count;

		for (uint64_t i = 0; i < count; i++) /* close together */
			rows.keys[i] = (int64_t)(i % n) - 500;
		groups_check(&rows, n);
		for (uint64_t i = 0; i < count; i++) /* anywhere */
			rows.keys[i] = (int64_t)((i % n) * 0xd1342543de82ef95ull);
		groups_check(&rows, n);
	}
	for (uint64_t i = 0; i < count; i++) /* the window moves, and gives up */
		rows.keys[i] = (int64_t)((i % 200000) / 2000 * 1000000 + i % 2000);
	groups_check(&rows, 200000 < count ? 200000 : count);
	for (uint64_t i = 0; i < count; i++)
		rows.keys[i] = colliding(i % 500);
	groups_check(&rows, 500);
	rows_free(&rows);
}

static void keys_scatter(struct rows *rows, uint64_t below, uint64_t seed)
{
	struct random random = {seed};

	for (uint64_t i = 0; i < rows->count; i++)
		rows->keys[i] = (int64_t)random_below(&random, below) - (int64_t)(below / 2);
}

static void sort_test(struct rows *rows)
{
	struct result sorted = run("sort k desc", rows, NULL), first, none;

	CHECK(sorted.count == rows->count, "rows are lost");
	for (uint64_t i = 0; i < sorted.count; i++) {
		CHECK(rows->keys[at(&sorted, i, 1)] == at(&sorted, i, 0), "row %" PRIu64, i);
		CHECK(i == 0 || at(&sorted, i - 1, 0) > at(&sorted, i, 0) ||
			  (at(&sorted, i - 1, 0) == at(&sorted, i, 0) &&
			   at(&sorted, i - 1, 1) < at(&sorted, i, 1)),
		      "row %" PRIu64 " is not behind the one before", i);
	}
	first = run("topk 3000 by k desc", rows, NULL);
	CHECK(first.count == 3000 &&
		  memcmp(first.values, sorted.values, 3000 * 3 * sizeof(int64_t)) == 0,
	      "topk differs from sort");
	none = run("topk 0 by k desc", rows, NULL);
	CHECK(none.count == 0, "topk 0 gives rows");
	free(none.values);
	free(first.values);
	free(sorted.values);
}

static void partition_test(struct rows *rows, uint32_t partitions)
{
	char steps[64];
	struct result result;
	uint64_t groups[MR_KEY_GROUPS] = {0};

	snprintf(steps, sizeof(steps), "partition by k into %u", partitions);
	result = run(steps, rows, NULL);
	CHECK(result.count == rows->count, "rows are lost");
	for (uint64_t i = 0; i < result.count; i++) {
		int64_t key = at(&result, i, 0), number = at(&result, i, 1);
		uint32_t group = mr_key_group(mr_hash64(&key, sizeof(key)));

		groups[group]++;
		CHECK(rows->keys[number] == key, "row %" PRIu64, i);
		CHECK(at(&result, i, 3) == group * partitions / MR_KEY_GROUPS, "row %" PRIu64, i);
		CHECK(i == 0 || at(&result, i - 1, 3) < at(&result, i, 3) ||
			  (at(&result, i - 1, 3) == at(&result, i, 3) &&
			   at(&result, i - 1, 1) < number),
		      "row %" PRIu64 " is not behind the one before", i);
	}
	free(result.values);
}

/* Of each key below the table's count there are two rows in the table. */
static void join_test(struct rows *rows)
{
	struct rows side = rows_make(rows->count / 4);
	uint64_t out = 0, half = side.count / 2;
	struct result result;

	for (uint64_t i = 0; i < side.count; i++)
		side.keys[i] = (int64_t)(i % half);
	result = run("join t on k = j", rows, &side);
	for (uint64_t i = 0; i < rows->count; i++) {
		for (uint64_t twice = 0; twice < 2; twice++) {
			uint64_t match = (uint64_t)rows->keys[i] + twice * half;

			if (rows->keys[i] < 0 || (uint64_t)rows->keys[i] >= half ||
			    match >= side.count)
				continue;
			CHECK(out < result.count && at(&result, out, 1) == (int64_t)i &&
				  at(&result, out, 3) == (int64_t)match,
			      "pair %" PRIu64, out);
			out++;
		}
	}
	CHECK(out == result.count, "%" PRIu64 " pairs of %" PRIu64, result.count, out);
	free(result.values);
	rows_free(&side);
}

int main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 250000;
	struct rows rows = rows_make(count);

	CHECK(count >= 100000, "at least 100000 rows are needed");
	groups_test(count);
	keys_scatter(&rows, 1000, 1);
	sort_test(&rows);
	keys_scatter(&rows, UINT64_MAX, 2);
	sort_test(&rows);
	keys_scatter(&rows, count, 3);
	join_test(&rows);
	rows_free(&rows);
	rows = rows_make(5 * count);
	keys_scatter(&rows, UINT64_MAX, 4);
	partition_test(&rows, 1);
	partition_test(&rows, 256);
	partition_test(&rows, 4096);
	rows_free(&rows);
	printf("%" PRIu64 " rows\n", count);
	return 0;
}
