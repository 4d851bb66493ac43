/*
 * Functions called from this process's memory: from several threads at once, beside each other and
 * waiting or not; right products, errors of their own for what is wrong, counters, and nothing left
 * in the pool. Also in simulation.
 *
 *	calls FUNCTIONS_DIR BAD_DIR SANDBOX [CALLS]
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "call.h"
#include "nodes.h"
#include "random.h"

#define THREADS 3
#define SIDE_MAX 24
#define BURST 64 /* calls of one thread that do not wait for each other */

static const char matmul_text[] = "function matmul { in a; in b; out c; memory 4KiB + 1 x input }\n"
				  "composition product { in a; in b; out c\n"
				  "	matmul(a = all a, b = all b) -> (c)\n}\n";
static const char bad_text[] = "function bad_division { in given; out made; memory 256KiB }\n"
			       "composition job { in given; out made\n"
			       "	bad_division(given = all given) -> (made)\n}\n";

struct callee {
	struct bundle bundle;
	struct node_function *function;
};

static void callee_open(struct callee *callee, struct node *node, const char *text, const char *dir,
			const char *sandbox)
{
	const char *const dirs[2] = {dir, NULL};
	char error[MR_ERROR_BYTES_MAX];
	struct test_job job;

	test_write(test_path("callee.mr"), text, strlen(text));
	test_job_open(&job, test_path("callee.mr"), dirs, sandbox);
	callee->bundle = job.bundle;
	CHECK(node_function_open(node, &job.bundle.plan->functions[0], &job.bundle.codes[0], NULL,
				 &callee->function, error, sizeof(error)) == 0,
	      "%s", error);
}

static void callee_close(struct callee *callee)
{
	node_function_close(&callee->function);
	bundle_free(&callee->bundle);
}

/* One product that is asked for, and what comes back. */
struct product {
	struct node_call call;
	struct mr_call_item items[2];
	struct call_set sets[2];
	uint32_t side;
	uint32_t a[SIDE_MAX * SIDE_MAX], b[SIDE_MAX * SIDE_MAX];
	atomic_uint *left; // those of the burst that are not done
};

static void product_make(struct product *product, struct sim_random *random)
{
	product->side = 1 + (uint32_t)(sim_random_next(random) % SIDE_MAX);
	for (uint32_t i = 0; i < product->side * product->side; i++) {
		product->a[i] = (uint32_t)sim_random_next(random);
		product->b[i] = (uint32_t)sim_random_next(random);
	}
	for (uint32_t s = 0; s < 2; s++) {
		product->items[s] =
		    (struct mr_call_item){.bytes = s == 0 ? product->a : product->b,
					  .bytes_len = product->side * product->side * 4};
		product->sets[s] = (struct call_set){&product->items[s], 1};
	}
	product->call.inputs = product->sets;
}

static void product_check(struct product *product)
{
	struct node_call *call = &product->call;
	const uint32_t side = product->side;
	const struct mr_item *item;
	const uint32_t *c;

	CHECK(call->rc == 0, "%s", call->result.text);
	CHECK(call->outputs[0].item_count == 1);
	item = region_items(call->region->base, &call->outputs[0]);
	CHECK(item->bytes_len == side * side * 4);
	c = (const uint32_t *)(const void *)(call->region->base + item->bytes_off);
	for (uint32_t row = 0; row < side; row++) {
		for (uint32_t column = 0; column < side; column++) {
			uint32_t sum = 0;

			for (uint32_t k = 0; k < side; k++)
				sum += product->a[row * side + k] * product->b[k * side + column];
			CHECK(c[row * side + column] == sum, "wrong at %u, %u", row, column);
		}
	}
	region_unref(&call->region);
}

static void product_done(struct node_call *call)
{
	struct product *product = call->opaque;

	product_check(product);
	atomic_fetch_sub(product->left, 1);
}

struct user {
	struct callee *callee;
	uint32_t calls;
	struct sim_random random;
	pthread_t thread;
};

/* Bursts that nobody waits for, and between them calls that are waited for. */
static void *user_main(void *argument)
{
	struct user *user = argument;
	struct product *products = calloc(BURST, sizeof(*products));
	atomic_uint left = 0;

	CHECK(products != NULL);
	for (uint32_t done = 0; done < user->calls; done += BURST + 1) {
		atomic_store(&left, BURST);
		for (uint32_t i = 0; i < BURST; i++) {
			product_make(&products[i], &user->random);
			products[i].left = &left;
			products[i].call.opaque = &products[i];
			products[i].call.done = product_done;
			CHECK(node_call_start(user->callee->function, &products[i].call) == 0);
		}
		while (atomic_load(&left) > 0)
			usleep(100);
		product_make(&products[0], &user->random);
		CHECK(node_call_run(user->callee->function, &products[0].call) == 0);
		product_check(&products[0]);
	}
	free(products);
	return NULL;
}

static void many(struct callee *callee, uint32_t calls)
{
	struct user users[THREADS];

	for (uint32_t i = 0; i < THREADS; i++) {
		users[i] = (struct user){callee, calls, .random = {.state = 17 + i}};
		CHECK(pthread_create(&users[i].thread, NULL, user_main, &users[i]) == 0);
	}
	for (uint32_t i = 0; i < THREADS; i++)
		pthread_join(users[i].thread, NULL);
}

static void one_right(struct callee *callee)
{
	struct product product = {0};
	struct sim_random random = {.state = 5};

	product_make(&product, &random);
	CHECK(node_call_run(callee->function, &product.call) == 0);
	product_check(&product);
}

/* What is wrong with a call is said, and keeps to it. */
static void wrongs(struct callee *matmul, struct callee *bad)
{
	static const uint32_t byte;
	struct mr_call_item item = {.bytes = &byte, .bytes_len = 1};
	const struct call_set sets[2] = {{&item, 1}, {NULL, 0}};
	struct node_call call = {.inputs = sets};

	CHECK(node_call_run(matmul->function, &call) == -EINVAL);
	CHECK(strstr(call.result.text, "empty") != NULL && call.region == NULL);
	if (bad != NULL) {
		CHECK(node_call_run(bad->function, &call) == -EIO);
		CHECK(call.result.outcome == SANDBOX_DIVISION && call.region == NULL);
	}
	item.bytes_len = MR_MEMORY_BYTES_MIN; /* more than one may have; not read */
	CHECK(node_call_run(matmul->function, &call) == -EINVAL);
	CHECK(node_call_run(matmul->function,
			    &(struct node_call){.inputs = (const struct call_set[]){
						    {&item, 1}, {&item, 1}}}) == -E2BIG);
	one_right(matmul);
}

static void counters_check(struct node *node, uint64_t done, uint64_t failed)
{
	static struct node_metrics metrics;

	for (int i = 0; i < 100; i++) {
		node_metrics(node, &metrics);
		if (metrics.calls.calls_done == done && metrics.pool.regions == 0)
			break;
		usleep(50000);
	}
	CHECK(metrics.calls.calls_done == done, "%llu, not %llu",
	      (unsigned long long)metrics.calls.calls_done, (unsigned long long)done);
	CHECK(metrics.calls.calls_failed == failed && metrics.calls.calls_refused == 0);
	CHECK(metrics.pool.regions == 0, "%llu regions are left",
	      (unsigned long long)metrics.pool.regions);
}

int main(int argc, char **argv)
{
	const char *sandbox = argc > 3 ? argv[3] : "wasm";
	const uint32_t calls = argc > 4 ? (uint32_t)atoi(argv[4]) : 500;
	const struct sim_config sim = {.seed = 3, .delay_us = 50, .mtu = MR_MTU_DEFAULT};
	struct cluster_config config = {.nodes = 1,
					.sandbox = sandbox_backend(sandbox),
					.workers = 2,
					.memory_bytes = MR_MEMORY_BYTES_MIN};
	const bool wasm = strncmp(sandbox, "wasm", 4) == 0; /* native code that traps is the end */
	struct callee matmul, bad;
	struct nodes nodes;
	uint64_t rounds;

	CHECK(argc >= 3, "calls FUNCTIONS_DIR BAD_DIR SANDBOX [CALLS]");
	nodes_open(&nodes, &config, NULL);
	callee_open(&matmul, nodes.cluster->nodes[0], matmul_text, argv[1], sandbox);
	callee_open(&bad, nodes.cluster->nodes[0], bad_text, argv[2], sandbox);
	many(&matmul, calls);
	wrongs(&matmul, wasm ? &bad : NULL);
	rounds = (calls + BURST) / (BURST + 1);
	counters_check(nodes.cluster->nodes[0], THREADS * rounds * (BURST + 1) + 4 + wasm,
		       3 + wasm);
	callee_close(&bad);
	callee_close(&matmul);
	nodes_close(&nodes);

	config.workers = 0;
	nodes_open(&nodes, &config, &sim);
	callee_open(&matmul, nodes.cluster->nodes[0], matmul_text, argv[1], sandbox);
	one_right(&matmul);
	callee_close(&matmul);
	nodes_close(&nodes);
	return 0;
}
