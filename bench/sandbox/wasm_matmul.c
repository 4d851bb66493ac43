/*
 * What wasm costs inside a function: a matmul in two orders of its loops, beside scalar code. A
 * module cannot read the clock: the sandbox's own time of a run is taken, with the instance's
 * set-up in it.
 */
#include "wasm_matmul.h"

#include <stdio.h>

#include "scalar_matmul.h"
#include "subject.h"
#include "worker.h"

#define SIDE 128
#define ROUNDS 30 /* of which medians are taken, in turns with the scalar loop */
#define ROUNDS_MS 300

struct order {
	const char *name;     // of the case
	const char *function; // that runs in wasm
	uint64_t (*scalar)(const uint32_t *a, const uint32_t *b, uint32_t *c, uint32_t side);
};

static const struct order orders[] = {
    {"wasm.matmul.128.rows", "matmul_timed", scalar_rows},
    {"wasm.matmul.128.columns", "matmul_columns", scalar_columns},
};
#define ORDER_COUNT (sizeof(orders) / sizeof(orders[0]))

static bool rounds_take(struct subject *subject, const struct order *order, struct samples *samples,
			struct samples *scalar)
{
	static uint32_t product[SIDE * SIDE];

	samples->count = scalar->count = 0;
	for (int i = 0; i < ROUNDS; i++) {
		samples_add(scalar, order->scalar(subject->a, subject->b, product, SIDE));
		if (subject_cold(subject, NULL) != 0)
			return false;
		samples_add(samples, subject->run_ns);
	}
	return true;
}

static void order_run(struct bench *bench, const struct order *order, const char *cache_dir,
		      struct samples *samples, struct samples *scalar)
{
	const double us_per_tick = 1e6 / (double)worker_ticks_per_s();
	struct subject subject;

	if (subject_open(&subject, "wasm", order->function, SUBJECT_POOL_BYTES, cache_dir) != 0) {
		report_skip(bench->report, order->name, "%s", subject.error);
		return;
	}
	subject.side = SIDE;
	if (rounds_take(&subject, order, samples, scalar)) {
		struct report_case *c = report_case(bench->report, order->name, "us inside");

		case_sample(c, samples_percentile(samples, 50) / 1e3);
		case_against(c, "scalar", samples_percentile(scalar, 50) * us_per_tick);
	} else {
		report_skip(bench->report, order->name, "%s", subject.error);
	}
	subject_close(&subject);
}

void wasm_matmul_run(struct bench *bench, uint32_t run, const char *cache_dir,
		     struct samples *samples, struct samples *scalar)
{
	for (size_t i = 0; i < ORDER_COUNT; i++)
		if (bench_wants(bench, orders[i].name) &&
		    bench_step(bench, orders[i].name, run, ROUNDS_MS))
			order_run(bench, &orders[i], cache_dir, samples, scalar);
}

void wasm_matmul_bars_add(struct bench *bench)
{
	report_bar(bench->report, "2: wasm, 128x128 matmul by rows inside over scalar code",
		   "wasm.matmul.128.rows", "scalar", REPORT_AT_MOST, 1.3);
	report_bar(bench->report, "2: wasm, 128x128 matmul by columns inside over scalar code",
		   "wasm.matmul.128.columns", "scalar", REPORT_AT_MOST, 1.3);
}
