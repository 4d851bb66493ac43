/*
 * `millrace bench operators`: steps over a table in memory, on one core, beside memcpy of the same
 * bytes in the same run, and grouped sums beside pyarrow, DuckDB and Polars where they are
 * installed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "numbers.h"
#include "peers.h"
#include "pipeline.h"
#include "process.h"
#include "step.h"

#define TABLE_BYTES_DEFAULT (64ull << 20) /* of its int64 column v */
#define PEERS_MS 4000                     /* about: one of them starts, makes the table and sums */

static const struct subject {
	const char *name;
	const char *steps;
	double of_memcpy; /* the bar: bytes read a second, over memcpy's; 0: none */
} subjects[] = {
    {"select.1%", "select v < 10000", 0.7},
    {"select.50%", "select v < 500000", 0.7},
    {"select.99%", "select v < 990000", 0.7},
    {"sum", "aggregate s = sum(v)", 0.7},
    {"fused", "select v < 500000; project w = v * 3 + 1; aggregate s = sum(w)", 0},
    {"partition.256", "partition by v into 256", 0.35},
    {"group.1000", "aggregate s = sum(v) by k", 0},
    {"sort", "sort v", 0},
    {"topk.100", "topk 100 by v", 0},
};
#define SUBJECTS (sizeof(subjects) / sizeof(subjects[0]))

struct operators {
	struct bench *bench;
	struct numbers *numbers;
	uint64_t table_bytes;
	uint8_t *copy; /* where memcpy puts them */
	struct table_error error;
};

static uint64_t deadline_ns(const struct operators *self)
{
	return process_now_ns() + self->bench->options->run_ms * 1000000ull;
}

static void sample(struct operators *self, const char *name, uint64_t passes, uint64_t ns)
{
	case_sample(report_case(self->bench->report, name, "GB/s"),
		    (double)(passes * self->table_bytes) / (double)ns);
}

/* Bytes are read once and written once; it is the reading that is counted, as of the others. */
static void memcpy_run(struct operators *self)
{
	const uint8_t *from = numbers_column(self->numbers, 0)->values;
	const uint64_t start_ns = process_now_ns(), end_ns = deadline_ns(self);
	uint64_t passes = 0, now_ns;

	do {
		memcpy(self->copy, from, self->table_bytes);
		__asm__ volatile("" ::: "memory");
		passes++;
		now_ns = process_now_ns();
	} while (now_ns < end_ns);
	sample(self, "memcpy", passes, now_ns - start_ns);
}

/* What comes out of the last step is there, and goes no further: rows by a selection vector. */
static int rows_count(void *opaque, const struct operator_rows *rows, struct table_error *error)
{
	*(uint64_t *)opaque += rows->count;
	return 0;
}

/* A chain of steps, opened without what gathers their rows behind them. */
struct chain {
	struct operator_list list;
	struct operator_bound *bound[8];
	struct operator_step *steps[8];
	uint32_t count;
	struct row_budget memory;
	uint64_t rows_out;
};

static void chain_close(struct chain *chain)
{
	for (uint32_t i = 0; i < chain->count; i++) {
		operator_close(&chain->steps[i]);
		operator_bound_free(&chain->bound[i]);
	}
	operator_list_free(&chain->list);
}

static int rows_next(void *opaque, const struct operator_rows *rows, struct table_error *error)
{
	return operator_push(opaque, 0, rows, error);
}

static int chain_open(struct operators *self, const char *steps, struct chain *chain)
{
	const struct table_schema *schema = numbers_schema(self->numbers);
	const struct operator_context context = {.memory = &chain->memory};
	int rc = operator_parse(steps, NULL, &chain->list, &self->error);

	chain->memory.limit_bytes = UINT64_MAX;
	for (uint32_t i = 0; i < chain->list.count && rc == 0; i++) {
		const struct operator_spec *spec = &chain->list.specs[i];
		operator_opener *opener = step_openers[spec->kind->id];

		chain->count++;
		rc = operator_bind(spec, schema, NULL, &chain->bound[i], &self->error);
		if (rc == 0 && opener == NULL)
			rc = table_fail(&self->error, -ENOTSUP, "only the reference has it");
		if (rc == 0)
			rc = opener(chain->bound[i], &context, &chain->steps[i], &self->error);
		if (rc < 0)
			return rc;
		schema = &chain->bound[i]->schema;
		chain->steps[i]->next = rows_count;
		chain->steps[i]->opaque = &chain->rows_out;
		if (i > 0) {
			chain->steps[i - 1]->next = rows_next;
			chain->steps[i - 1]->opaque = chain->steps[i];
		}
	}
	return rc;
}

/* The table once through the chain. */
static int chain_pass(struct operators *self, const char *steps)
{
	struct chain chain = {0};
	int rc = chain_open(self, steps, &chain);

	if (rc == 0)
		rc = numbers_push(self->numbers, chain.steps[0], &self->error);
	for (uint32_t i = 0; i < chain.count && rc == 0; i++)
		rc = operator_end(chain.steps[i], 0, &self->error);
	if (rc == 0 && chain.rows_out == 0)
		rc = table_fail(&self->error, -EIO, "nothing came out");
	chain_close(&chain);
	return rc;
}

static int subject_run(struct operators *self, const struct subject *subject)
{
	const uint64_t start_ns = process_now_ns(), end_ns = deadline_ns(self);
	uint64_t passes = 0, now_ns;
	int rc;

	do {
		rc = chain_pass(self, subject->steps);
		passes++;
		now_ns = process_now_ns();
	} while (rc == 0 && now_ns < end_ns);
	if (rc == -ENOTSUP) {
		report_skip(self->bench->report, subject->name, "%s", self->error.text);
		return 0;
	}
	if (rc == 0)
		sample(self, subject->name, passes, now_ns - start_ns);
	return rc;
}

/* Each in turn, so that all see the same machine. */
static int run_once(struct operators *self, uint32_t run)
{
	struct bench *bench = self->bench;
	const uint32_t ms = bench->options->run_ms;
	int rc = 0;

	if (bench_wants(bench, "memcpy") && bench_step(bench, "memcpy", run, ms))
		memcpy_run(self);
	for (size_t i = 0; i < SUBJECTS && rc == 0; i++)
		if (bench_wants(bench, subjects[i].name) &&
		    bench_step(bench, subjects[i].name, run, ms))
			rc = subject_run(self, &subjects[i]);
	for (uint32_t i = 0; i < PEERS && rc == 0; i++)
		if (bench_wants(bench, peer_names[i]) &&
		    bench_step(bench, peer_names[i], run, PEERS_MS))
			rc = peer_run(bench->report, i, self->table_bytes);
	return rc;
}

static void bars_set(struct bench *bench)
{
	char text[REPORT_REASON_BYTES];

	for (size_t i = 0; i < SUBJECTS; i++) {
		bench_beside(bench, subjects[i].name, "memcpy", "memcpy");
		if (subjects[i].of_memcpy == 0)
			continue;
		snprintf(text, sizeof(text), "2: %s of int64: bytes read over memcpy's",
			 subjects[i].name);
		report_bar(bench->report, text, subjects[i].name, "memcpy", REPORT_AT_LEAST,
			   subjects[i].of_memcpy);
	}
	for (uint32_t i = 0; i < PEERS; i++) {
		bench_beside(bench, "group.1000", peer_names[i], peer_names[i]);
		snprintf(text, sizeof(text), "2: sums of 1,000 groups over those of %s",
			 peer_names[i]);
		report_bar(bench->report, text, "group.1000", peer_names[i], REPORT_AT_LEAST, 1.5);
	}
}

int bench_operators(struct bench *bench)
{
	struct operators self = {.bench = bench};
	int rc = 0;

	self.table_bytes =
	    bench->options->size_count > 0 ? bench->options->sizes[0] : TABLE_BYTES_DEFAULT;
	self.table_bytes &= ~(uint64_t)511; /* whole words of bitmaps */
	if (!bench_planning(bench)) {
		self.numbers = numbers_create(self.table_bytes / sizeof(int64_t));
		self.copy = malloc(self.table_bytes);
		rc = self.numbers == NULL || self.copy == NULL ? -ENOMEM : 0;
	}
	if (rc == 0 && self.copy != NULL)
		memset(self.copy, 1, self.table_bytes);
	for (uint32_t run = 0; run < bench->options->runs && rc == 0; run++)
		rc = run_once(&self, run);
	if (rc == 0)
		bars_set(bench);
	else
		fprintf(stderr, "\nmillrace bench: operators: %s\n",
			self.error.text[0] != '\0' ? self.error.text : strerror(-rc));
	free(self.copy);
	numbers_destroy(&self.numbers);
	return rc;
}
