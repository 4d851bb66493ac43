/* Random steps over random tables: the CPU at every level gives the reference's bits, and the same
 * errors. What fails is made smaller before it is shown. test_operators [TABLES [SEED]] */
#include <errno.h>
#include <stdlib.h>

#include "operator_store.h"
#include "pipelines.h"
#include "random_steps.h"
#include "table_text.h"
#include "test.h"

#define BATCHES 2
#define STEPS_EACH 12 /* texts over one table */

struct table {
	struct table_schema schema;
	struct table_batch *batches[BATCHES];
};

/* ---- Smaller ---- */

/* Rows first to first + count of a batch, in one of its own. */
static struct table_batch *rows_of(const struct table_batch *batch, uint64_t first, uint64_t count)
{
	struct operator_store *store;
	struct table_batch *part;
	uint32_t *selection = malloc((count + 1) * sizeof(*selection));
	const struct operator_rows rows = {batch, selection, (uint32_t)count};

	CHECK(selection != NULL && operator_store_create(batch->schema, &store) == 0, "memory");
	for (uint64_t i = 0; i < count; i++)
		selection[i] = (uint32_t)(first + i);
	CHECK(operator_store_append(store, &rows, NULL) == 0, "append");
	CHECK(operator_store_take(store, &part) == 0, "take");
	operator_store_destroy(&store);
	free(selection);
	return part;
}

static bool fails(const struct table *table, const char *text, struct table_error *why)
{
	int rc;

	return !pipelines_agree(text, &table->schema, table->batches, BATCHES, &rc, why);
}

/* Leaves out as many rows as it can, by halves, then fewer. */
static void rows_shrink(struct table *table, const char *text)
{
	struct table_error why;

	for (uint32_t b = 0; b < BATCHES; b++) {
		for (uint64_t step = (table->batches[b]->rows + 1) / 2; step > 0; step /= 2) {
			for (uint64_t first = 0; first + step <= table->batches[b]->rows;) {
				struct table_batch *whole = table->batches[b];
				struct table_batch *parts[2] = {
				    rows_of(whole, 0, first),
				    rows_of(whole, first + step, whole->rows - first - step)};
				const struct operator_rows behind = {parts[1], NULL,
								     (uint32_t)parts[1]->rows};
				struct operator_store *store;

				CHECK(operator_store_create(whole->schema, &store) == 0, "store");
				CHECK(operator_store_append(
					  store,
					  &(struct operator_rows){parts[0], NULL,
								  (uint32_t)parts[0]->rows},
					  NULL) == 0 &&
					  operator_store_append(store, &behind, NULL) == 0 &&
					  operator_store_take(store, &table->batches[b]) == 0,
				      "parts");
				operator_store_destroy(&store);
				table_batch_free(&parts[0]);
				table_batch_free(&parts[1]);
				if (fails(table, text, &why)) {
					table_batch_free(&whole);
				} else {
					table_batch_free(&table->batches[b]);
					table->batches[b] = whole;
					first += step;
				}
			}
		}
	}
}

/* Replaces a part in parentheses by what is in one smaller pair of them, or leaves out a step. */
static bool text_shrink_once(const struct table *table, char *text)
{
	static char smaller[sizeof(((struct random_text *)0)->text)];
	struct table_error why;
	size_t length = strlen(text);

	for (size_t from = 0; from < length; from++) {
		for (size_t to = length; to > from; to--) {
			bool opens = text[from] == '(' || from == 0;
			bool closes =
			    text[to - 1] == ')' || text[to - 1] == ';' || text[to - 1] == ',';

			if (!opens || !closes || to - from < 2)
				continue;
			memcpy(smaller, text, from);
			strcpy(smaller + from, text + to);
			for (int with = 0; with < 2; with++) {
				if (with == 1) { /* a constant in its place */
					memmove(smaller + from + 1, smaller + from,
						strlen(smaller + from) + 1);
					smaller[from] = '1';
				}
				if (fails(table, smaller, &why)) {
					strcpy(text, smaller);
					return true;
				}
			}
		}
	}
	return false;
}

static void report(struct table *table, char *text, uint64_t seed)
{
	struct table_error why;
	char kind[TABLE_KIND_BYTES_MAX];

	rows_shrink(table, text);
	while (text_shrink_once(table, text))
		rows_shrink(table, text);
	CHECK(fails(table, text, &why), "shrunk too far");
	fprintf(stderr, "seed %llu: %s\n%s\n", (unsigned long long)seed, text, why.text);
	for (uint32_t i = 0; i < table->schema.count; i++) {
		table_field_format(&table->schema.fields[i], kind);
		fprintf(stderr, "  %s %s\n", table->schema.fields[i].name, kind);
	}
	for (uint32_t b = 0; b < BATCHES; b++)
		fprintf(stderr, "  batch %u: %llu rows\n", b,
			(unsigned long long)table->batches[b]->rows);
	exit(1);
}

/* ---- Random ---- */

static void table_make(struct random *random, struct table *table)
{
	static const uint64_t rows[] = {3, 30, 200, 9000};
	const struct random_limits limits = {
	    6, rows[random_below(random, 16) == 0 ? 3 : random_below(random, 3)], true, false};

	random_schema(random, &limits, &table->schema);
	for (uint32_t b = 0; b < BATCHES; b++)
		table->batches[b] = random_batch(random, &table->schema, limits.rows_max);
}

static void table_drop(struct table *table)
{
	for (uint32_t b = 0; b < BATCHES; b++)
		table_batch_free(&table->batches[b]);
	table_schema_free(&table->schema);
}

struct tally {
	uint64_t good, failed, refused;
};

static void seed_run(uint64_t seed, struct tally *tally)
{
	struct random random = {seed};
	struct random_text steps;
	struct table_error why;
	struct table table;
	int rc;

	table_make(&random, &table);
	for (uint32_t i = 0; i < STEPS_EACH; i++) {
		random_steps(&random, &table.schema, &steps);
		if (!pipelines_agree(steps.text, &table.schema, table.batches, BATCHES, &rc, &why))
			report(&table, steps.text, seed);
		tally->good += rc == 0;
		tally->failed += rc == -ERANGE;
		tally->refused += rc < 0 && rc != -ERANGE;
	}
	table_drop(&table);
}

int main(int argc, char **argv)
{
	uint64_t tables = argc > 1 ? strtoull(argv[1], NULL, 10) : 150;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	struct tally tally = {0};

	for (uint64_t i = 0; i < tables; i++)
		seed_run(seed + i, &tally);
	printf(
	    "%llu tables from seed %llu on: %llu texts ran, %llu overflowed, %llu were refused\n",
	    (unsigned long long)tables, (unsigned long long)seed, (unsigned long long)tally.good,
	    (unsigned long long)tally.failed, (unsigned long long)tally.refused);
	CHECK(tally.good * 4 > tables * STEPS_EACH, "too few texts ran to say anything");
	return 0;
}
