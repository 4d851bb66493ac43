/*
 * Time slices on a node with threads: calls of a short function end while endless ones hold all
 * workers, though without slices none does; what ran on spares is right; spares park when they are
 * needed no more, and none is made where calls are short. A call that finds no memory on a spare
 * waits for it, and does not fail; spares that could not begin are replaced by others.
 *
 *	slices FUNCTIONS_DIR BAD_DIR SANDBOX
 */
#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

#include "call.h"
#include "nodes.h"

#define WORKERS 2
#define SLICES 4
#define LONGS 5       /* calls: more than workers, fewer than with all spares */
#define LARGES 12     /* of large ones: more than the pool holds, fewer than threads there may be */
#define SHORTS 20     /* one after the other */
#define STANDS_MS 300 /* for so long nothing ends without slices */
#define WAIT_MS 30000 /* for what must come */
#define BURSTS 20     /* of short calls, of which one must pass without a spare */
#define BURST 200     /* calls */

static const char loop_text[] = "function bad_loop { in given; out made; memory %s }\n"
				"composition job { in given; out made\n"
				"	bad_loop(given = all given) -> (made)\n}\n";
static const char matmul_text[] = "function matmul { in a; in b; out c; memory 4KiB + 1 x input }\n"
				  "composition product { in a; in b; out c\n"
				  "	matmul(a = all a, b = all b) -> (c)\n}\n";

static const char *functions_dir, *bad_dir, *sandbox;

/* --- Threads that find no memory ---------------------------------------------------------------
 */

static atomic_int refusals; /* to come; below 0: none */

int __real_sandbox_thread_enter(void);
int __wrap_sandbox_thread_enter(void);
int __wrap_sandbox_thread_enter(void)
{
	return atomic_fetch_sub(&refusals, 1) > 0 ? -ENOMEM : __real_sandbox_thread_enter();
}

/* --- A node and its functions ------------------------------------------------------------------
 */

struct callee {
	struct bundle bundle;
	struct node_function *function;
};

static void callee_open(struct callee *callee, struct node *node, const char *text, const char *dir)
{
	const char *const dirs[2] = {dir, NULL};
	char error[MR_ERROR_BYTES_MAX];
	struct test_job job;
	int rc;

	test_write(test_path("callee.mr"), text, strlen(text));
	test_job_open(&job, test_path("callee.mr"), dirs, sandbox);
	callee->bundle = job.bundle;
	rc = node_function_open(node, &job.bundle.plan->functions[0], &job.bundle.codes[0], NULL,
				&callee->function, error, sizeof(error));
	if (rc != 0 && strcmp(sandbox, "kvm") == 0)
		SKIP("%s", error);
	CHECK(rc == 0, "%s", error);
}

static void callee_close(struct callee *callee)
{
	node_function_close(&callee->function);
	bundle_free(&callee->bundle);
}

struct test {
	struct nodes nodes;
	struct node *node;
	struct callee loop, matmul;
};

static void test_open(struct test *test, uint32_t slices, const char *memory)
{
	struct cluster_config config = {
	    .nodes = 1,
	    .sandbox = sandbox_backend(sandbox),
	    .workers = WORKERS,
	    .slices = slices,
	    .memory_bytes = MR_MEMORY_BYTES_MIN,
	    .poll = PORT_POLL_ADAPTIVE,
	};
	char text[sizeof(loop_text) + 16];

	nodes_open(&test->nodes, &config, NULL);
	test->node = test->nodes.cluster->nodes[0];
	snprintf(text, sizeof(text), loop_text, memory);
	callee_open(&test->loop, test->node, text, bad_dir);
	callee_open(&test->matmul, test->node, matmul_text, functions_dir);
}

static void test_close(struct test *test)
{
	callee_close(&test->loop);
	callee_close(&test->matmul);
	nodes_close(&test->nodes);
}

/* 6 times 7; what never ends looks at none of it. */
static const uint32_t factors[2] = {6, 7};
static const struct mr_call_item items[2] = {{.bytes = &factors[0], .bytes_len = 4},
					     {.bytes = &factors[1], .bytes_len = 4}};
static const struct call_set sets[2] = {{&items[0], 1}, {&items[1], 1}};

static void metrics_read(struct test *test, struct node_metrics *metrics)
{
	usleep(250000); /* they are at most that old */
	node_metrics(test->node, metrics);
}

/* --- Long calls ------------------------------------------------------------------------------- */

struct longs {
	struct node_call calls[LARGES];
	atomic_uint over;
};

static void long_done(struct node_call *call)
{
	struct longs *longs = call->opaque;

	CHECK(call->rc == -EIO && call->result.outcome == SANDBOX_TIME_LIMIT, "%d: %s", call->rc,
	      call->result.text);
	atomic_fetch_add(&longs->over, 1);
}

static void longs_start(struct test *test, struct longs *longs, uint32_t count)
{
	atomic_store(&longs->over, 0);
	for (uint32_t i = 0; i < count; i++) {
		longs->calls[i] =
		    (struct node_call){.inputs = sets, .done = long_done, .opaque = longs};
		CHECK(node_call_start(test->loop.function, &longs->calls[i]) == 0);
	}
}

/* Ends them, those that have not begun as well. */
static void longs_end(struct longs *longs, uint32_t count)
{
	for (int ms = 0; atomic_load(&longs->over) < count; ms += 10) {
		CHECK(ms < WAIT_MS, "%u of %u are over", atomic_load(&longs->over), count);
		sandbox_interrupt();
		usleep(10000);
	}
}

/* --- Short calls ------------------------------------------------------------------------------ */

static void product_check(struct node_call *call)
{
	const struct mr_item *made;
	uint32_t product;

	CHECK(call->rc == 0, "%s", call->result.text);
	CHECK(call->outputs[0].item_count == 1);
	made = region_items(call->region->base, &call->outputs[0]);
	CHECK(made->bytes_len == sizeof(product));
	memcpy(&product, call->region->base + made->bytes_off, sizeof(product));
	CHECK(product == factors[0] * factors[1]);
	region_unref(&call->region);
}

static void short_run(struct test *test)
{
	struct node_call call = {.inputs = sets};

	CHECK(node_call_run(test->matmul.function, &call) == 0, "%s", call.result.text);
	product_check(&call);
}

struct late {
	struct node_call call;
	atomic_bool done;
};

static void late_done(struct node_call *call)
{
	struct late *late = call->opaque;

	product_check(call);
	atomic_store(&late->done, true);
}

/* --- What is shown ---------------------------------------------------------------------------- */

static void whole(void)
{
	struct node_metrics metrics;
	struct longs longs;
	struct test test;
	struct late late = {.call = {.inputs = sets, .done = late_done}};

	test_open(&test, 1, "256KiB");
	longs_start(&test, &longs, WORKERS);
	late.call.opaque = &late;
	CHECK(node_call_start(test.matmul.function, &late.call) == 0);
	usleep(STANDS_MS * 1000);
	CHECK(!atomic_load(&late.done) && atomic_load(&longs.over) == 0);
	longs_end(&longs, WORKERS);
	for (int ms = 0; !atomic_load(&late.done); ms++) {
		CHECK(ms < WAIT_MS);
		usleep(1000);
	}
	metrics_read(&test, &metrics);
	CHECK(metrics.spare_workers == 0 && metrics.slices_entered == 0);
	test_close(&test);
}

static void sliced(void)
{
	struct node_metrics metrics;
	struct longs longs;
	struct test test;

	test_open(&test, SLICES, "256KiB");
	longs_start(&test, &longs, LONGS);
	for (int i = 0; i < SHORTS; i++)
		short_run(&test);
	CHECK(atomic_load(&longs.over) == 0, "%u are over", atomic_load(&longs.over));
	metrics_read(&test, &metrics);
	CHECK(metrics.slices_entered > 0 && metrics.spare_workers_active > 0,
	      "%u spares, entered %llu times", metrics.spare_workers_active,
	      (unsigned long long)metrics.slices_entered);
	/* In the end those that stand behind their like are at work, too. */
	for (int i = 0; metrics.workers_busy < LONGS; i++) {
		CHECK(i < WAIT_MS / 250, "%u at work", metrics.workers_busy);
		metrics_read(&test, &metrics);
	}
	CHECK(metrics.spare_workers <= (SLICES - 1) * WORKERS, "%u spares", metrics.spare_workers);
	for (int i = 0; i < SHORTS; i++)
		short_run(&test);
	CHECK(atomic_load(&longs.over) == 0, "%u are over", atomic_load(&longs.over));
	longs_end(&longs, LONGS);
	for (int i = 0; metrics.spare_workers_active > 0; i++) {
		CHECK(i < WAIT_MS / 250, "%u spares", metrics.spare_workers_active);
		metrics_read(&test, &metrics);
	}
	for (int i = 0; i < SHORTS; i++)
		short_run(&test);
	test_close(&test);
}

static void shorts(void)
{
	struct node_metrics metrics;
	struct late *calls = calloc(BURST, sizeof(*calls));
	uint64_t entered = 0;
	bool passed = false;
	struct test test;

	CHECK(calls != NULL);
	test_open(&test, SLICES, "256KiB");
	/* Others may take both cores for longer than a slice meanwhile, on a busy machine. */
	for (int i = 0; i < BURSTS && !passed; i++) {
		for (int call = 0; call < BURST; call++) {
			calls[call].call = (struct node_call){
			    .inputs = sets, .done = late_done, .opaque = &calls[call]};
			atomic_store(&calls[call].done, false);
			CHECK(node_call_start(test.matmul.function, &calls[call].call) == 0);
		}
		for (int call = 0; call < BURST; call++)
			while (!atomic_load(&calls[call].done))
				usleep(100);
		metrics_read(&test, &metrics);
		passed = metrics.slices_entered == entered;
		entered = metrics.slices_entered;
	}
	CHECK(passed, "short calls were sliced %llu times", (unsigned long long)entered);
	test_close(&test);
	free(calls);
}

/* Each takes a tenth of the pool: spares find none, and put theirs back. */
static void memory(void)
{
	struct node_metrics metrics = {0};
	struct longs longs;
	struct test test;

	test_open(&test, 2 * SLICES, "5MiB");
	longs_start(&test, &longs, LARGES);
	for (int i = 0; metrics.spare_returns == 0; i++) {
		CHECK(i < WAIT_MS / 250, "no spare asked for memory");
		metrics_read(&test, &metrics);
	}
	CHECK(metrics.workers_busy >= WORKERS && metrics.workers_busy < LARGES, "%u at work",
	      metrics.workers_busy);
	longs_end(&longs, LARGES); /* each says that it ran */
	short_run(&test);
	test_close(&test);
}

/* As many as there may be spares are refused what a thread needs, and the short call gets one. */
static void refused(void)
{
	struct node_metrics metrics;
	struct longs longs;
	struct test test;
	struct late late = {.call = {.inputs = sets, .done = late_done, .opaque = &late}};

	test_open(&test, SLICES, "256KiB");
	longs_start(&test, &longs, WORKERS);
	atomic_store(&refusals, (SLICES - 1) * WORKERS);
	CHECK(node_call_start(test.matmul.function, &late.call) == 0);
	for (int ms = 0; !atomic_load(&late.done); ms++) {
		CHECK(ms < WAIT_MS, "%d refusals are left", atomic_load(&refusals));
		usleep(1000);
	}
	CHECK(atomic_load(&longs.over) == 0, "%u are over", atomic_load(&longs.over));
	metrics_read(&test, &metrics);
	CHECK(metrics.spare_failures == (SLICES - 1) * WORKERS, "%llu failures",
	      (unsigned long long)metrics.spare_failures);
	CHECK(metrics.spare_workers > 0 && metrics.spare_workers <= (SLICES - 1) * WORKERS,
	      "%u spares", metrics.spare_workers);
	longs_end(&longs, WORKERS);
	test_close(&test);
}

int main(int argc, char **argv)
{
	CHECK(argc == 4);
	functions_dir = argv[1];
	bad_dir = argv[2];
	sandbox = argv[3];
	sliced();
	whole();
	shorts();
	memory();
	refused();
	return 0;
}
