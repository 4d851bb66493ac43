/*
 * The answer does not depend on faults: a word count on simulated nodes, over a network that loses,
 * repeats, reorders and harms frames, whose invocations fail after they shipped and run twice,
 *gives the same bytes for every seed; and a seed gives the same frames at the same times again.
 *
 *	faults FUNCTIONS_DIR [SEEDS] [FIRST]
 *	faults FUNCTIONS_DIR canary
 *	faults FUNCTIONS_DIR once
 *	faults FUNCTIONS_DIR (kmeans|ledger) SEEDS FIRST TEST_FUNCTIONS_DIR
 *
 * canary: functions whose second attempt puts out something else must be caught. once: what
 * succeeded has succeeded, even if it fails when it is run again. kmeans, ledger: compositions with
 * epochs instead (repeat.h).
 */
#include <inttypes.h>

#include "nodes.h"
#include "random.h"
#include "repeat.h"
#include "words.h"

#define FILES 5
#define FILE_BYTES 6000
#define CANARY_SEEDS 20
#define REPEAT_POINTS 300
#define REPEAT_LINES 200
#define WASM_EVERY 10 /* seeds */

/* As functions/wordcount, but for the retries: what fails at random must succeed in the end. */
static const char composition[] =
    "function count { in text; out words; memory 512KiB + 2.5 x input; retries 100 }\n"
    "function total { in words; out counts; memory 512KiB + 4 x input; retries 100 }\n"
    "composition wordcount {\n"
    "	in text split line 1KiB\n"
    "	out counts merge 1 number desc, 2 text asc\n"
    "	count(text = each text) -> (words)\n"
    "	total(words = key words) -> (counts)\n"
    "}\n";

struct test {
	const char *dirs[2];
	char *answer;
	size_t answer_bytes;
	const char *flow; /* the composition's file */
	const char *inputs[2];
	char uris[2][256];
	const char *output;
	uint32_t epochs; /* that it must have; 0: it does not repeat */
	struct job_counters totals;
};

/* --- The canary: a sandbox whose functions are not what they must be ------------------------ */

static int canary_prepare(const void *code, size_t bytes, const char *cache_dir,
			  struct sandbox_code **prepared, char *error, size_t error_bytes);
static void canary_release(struct sandbox_code *prepared)
{
	sandbox_backend("native")->release(prepared);
}

/* A second attempt loses the last item of its first output. */
static void canary_run(struct sandbox_code *prepared, struct region *region, uint32_t header_off,
		       uint32_t time_limit_ms, struct sandbox_result *result)
{
	const struct mr_region *header = (const void *)(region->base + header_off);
	struct mr_set *out =
	    (struct mr_set *)(void *)(region->base + header->sets_off) + header->in_count;
	uint32_t attempt = header->attempt;

	sandbox_backend("native")->run(prepared, region, header_off, time_limit_ms, result);
	if (attempt > 0 && out->item_count > 0)
		out->item_count--;
}

static const struct sandbox_ops canary = {"native", canary_prepare, canary_release, canary_run};

static int canary_prepare(const void *code, size_t bytes, const char *cache_dir,
			  struct sandbox_code **prepared, char *error, size_t error_bytes)
{
	int rc = sandbox_backend("native")->prepare(code, bytes, cache_dir, prepared, error,
						    error_bytes);

	if (rc == 0)
		(*prepared)->ops = &canary;
	return rc;
}

/* --- A sandbox that fails whatever is run a second time, as an injected repetition is -------- */

#define RUNS_MAX 4096 /* of one seed */

struct run_name {
	uint64_t partition;
	uint32_t vertex;
	uint32_t attempt;
};

static struct run_name runs[RUNS_MAX];
static uint32_t run_count;

static bool ran_before(const struct mr_region *header)
{
	const struct run_name name = {header->partition, header->vertex, header->attempt};

	for (uint32_t i = 0; i < run_count; i++)
		if (memcmp(&runs[i], &name, sizeof(name)) == 0)
			return true;
	CHECK(run_count < RUNS_MAX);
	runs[run_count++] = name;
	return false;
}

static void once_run(struct sandbox_code *prepared, struct region *region, uint32_t header_off,
		     uint32_t time_limit_ms, struct sandbox_result *result)
{
	if (!ran_before((const void *)(region->base + header_off))) {
		sandbox_backend("native")->run(prepared, region, header_off, time_limit_ms, result);
		return;
	}
	result->outcome = SANDBOX_FAILED;
	snprintf(result->text, sizeof(result->text), "it was run before");
}

static int once_prepare(const void *code, size_t bytes, const char *cache_dir,
			struct sandbox_code **prepared, char *error, size_t error_bytes);

static const struct sandbox_ops once = {"native", once_prepare, canary_release, once_run};

static int once_prepare(const void *code, size_t bytes, const char *cache_dir,
			struct sandbox_code **prepared, char *error, size_t error_bytes)
{
	int rc = sandbox_backend("native")->prepare(code, bytes, cache_dir, prepared, error,
						    error_bytes);

	if (rc == 0)
		(*prepared)->ops = &once;
	return rc;
}

/* --- One seed ------------------------------------------------------------------------------ */

static void faults_choose(uint64_t seed, struct cluster_config *config, struct sim_config *sim)
{
	struct sim_random random = {seed};

	*sim = (struct sim_config){.seed = seed,
				   .loss = (double)sim_random_below(&random, 100) / 1000,
				   .dup = (double)sim_random_below(&random, 100) / 1000,
				   .reorder = (double)sim_random_below(&random, 200) / 1000,
				   .corrupt = (double)sim_random_below(&random, 50) / 1000,
				   .delay_us = 20,
				   .jitter_us = (uint32_t)sim_random_below(&random, 100),
				   .mtu = MR_MTU_DEFAULT};
	config->nodes = 2 + (uint32_t)sim_random_below(&random, 3);
	config->memory_bytes = (uint64_t)config->nodes * MR_MEMORY_BYTES_MIN;
	config->incarnation = 1;
	config->faults = (struct node_faults){
	    .seed = seed,
	    .fail_ppm = (uint32_t)sim_random_below(&random, 400000),
	    .repeat_ppm = (uint32_t)sim_random_below(&random, 400000),
	};
}

/* Is the answer right? The trace of the network tells whether a run was the same as another. */
static bool seed_run(struct test *test, uint64_t seed, const char *name,
		     const struct sandbox_ops *sandbox, uint64_t *trace)
{
	struct cluster_config config = {.sandbox = sandbox};
	struct sim_config sim;
	struct nodes nodes;
	struct test_job job;
	struct job_status status;
	struct sim_stats stats;
	size_t bytes;
	char *result;
	bool right;

	faults_choose(seed, &config, &sim);
	test_job_open(&job, test_path(test->flow), test->dirs, name);
	for (uint32_t i = 0; i < 2 && test->inputs[i] != NULL; i++)
		test_job_input(&job, test->inputs[i], test->uris[i]);
	test_job_output(&job, test->output, test_path("result"));
	nodes_open(&nodes, &config, &sim);
	CHECK(nodes_run(&nodes, &job, &status) == 0, "seed %" PRIu64 ": %s", seed, status.error);
	CHECK(status.state == JOB_DONE, "seed %" PRIu64 ": %s", seed, status.error);
	sim_network_stats(nodes.network, &stats);
	*trace = stats.trace;
#define ADD(counter) test->totals.counter += status.counters.counter;
	JOB_COUNTERS(ADD)
#undef ADD
	nodes_close(&nodes);
	test_job_close(&job);
	result = test_read(test_path("result"), &bytes);
	right = bytes == test->answer_bytes && memcmp(result, test->answer, bytes) == 0 &&
		status.counters.epochs == test->epochs;
	free(result);
	return right;
}

static void seed_check(struct test *test, uint64_t seed)
{
	const char *name = seed % WASM_EVERY == 0 ? "wasm" : "native";
	uint64_t first, second;

	CHECK(seed_run(test, seed, name, sandbox_backend(name), &first),
	      "seed %" PRIu64 ": the answer is wrong", seed);
	CHECK(seed_run(test, seed, name, sandbox_backend(name), &second),
	      "seed %" PRIu64 ": the answer is wrong the second time", seed);
	CHECK(first == second, "seed %" PRIu64 " does not replay: trace %" PRIx64 ", then %" PRIx64,
	      seed, first, second);
}

/* --- All of it ----------------------------------------------------------------------------- */

static void test_open(struct test *test, const char *functions_dir)
{
	char *texts[FILES];

	test->dirs[0] = functions_dir;
	for (uint32_t i = 0; i < FILES; i++) {
		char name[16];

		snprintf(name, sizeof(name), "text-%u", i);
		texts[i] = words_text(i, FILE_BYTES);
		test_write(test_path(name), texts[i], strlen(texts[i]));
	}
	test->answer = words_count(texts, FILES);
	test->answer_bytes = strlen(test->answer);
	for (uint32_t i = 0; i < FILES; i++)
		free(texts[i]);
	test_write(test_path("wordcount.mr"), composition, strlen(composition));
	test->flow = "wordcount.mr";
	test->inputs[0] = "text";
	snprintf(test->uris[0], sizeof(test->uris[0]), "file:%s", test_path("text-*"));
	test->output = "counts";
}

static void repeat_open(struct test *test, struct repeat *repeat, char **argv)
{
	if (strcmp(argv[2], "kmeans") == 0)
		repeat_kmeans(repeat, 1, REPEAT_POINTS);
	else
		repeat_ledger(repeat, 1, REPEAT_LINES);
	test->dirs[0] = argv[1];
	test->dirs[1] = argv[5];
	test->flow = "repeat.mr";
	test_write(test_path(test->flow), repeat->text, strlen(repeat->text));
	for (uint32_t i = 0; i < 2 && repeat->inputs[i] != NULL; i++) {
		test->inputs[i] = repeat->inputs[i];
		test_write(test_path(repeat->inputs[i]), repeat->contents[i],
			   strlen(repeat->contents[i]));
		snprintf(test->uris[i], sizeof(test->uris[i]), "file:%s",
			 test_path(repeat->inputs[i]));
	}
	test->output = repeat->output;
	test->epochs = repeat->epochs;
	test->answer = strdup(repeat->answer);
	test->answer_bytes = strlen(repeat->answer);
}

static void canary_check(struct test *test)
{
	uint64_t trace;

	for (uint64_t seed = 1; seed <= CANARY_SEEDS; seed++) {
		if (!seed_run(test, seed, "native", &canary, &trace)) {
			printf("the canary was caught by seed %" PRIu64 "\n", seed);
			return;
		}
	}
	CHECK(false, "%d seeds did not catch the canary", CANARY_SEEDS);
}

static void once_check(struct test *test)
{
	uint64_t trace;

	for (uint64_t seed = 1; seed <= CANARY_SEEDS; seed++) {
		run_count = 0;
		CHECK(seed_run(test, seed, "native", &once, &trace),
		      "seed %" PRIu64 ": the answer is wrong", seed);
	}
}

static void seeds_check(struct test *test, uint64_t seeds, uint64_t first)
{
	for (uint64_t seed = first; seed < first + seeds; seed++)
		seed_check(test, seed);
	printf("%" PRIu64 " seeds, twice each: %" PRIu64 " invocations, %" PRIu64
	       " retries, %" PRIu64 " duplicates, %" PRIu64 " retransmits, %" PRIu64 " epochs\n",
	       seeds, test->totals.invocations, test->totals.retries, test->totals.duplicates,
	       test->totals.retransmits, test->totals.epochs);
	CHECK(test->totals.retries > 0 && test->totals.duplicates > 0 &&
		  test->totals.retransmits > 0,
	      "no fault was injected");
}

int main(int argc, char **argv)
{
	struct test test = {0};
	struct repeat repeat = {0};

	CHECK(argc > 1, "usage: faults FUNCTIONS_DIR [SEEDS] [FIRST]");
	if (argc > 5) {
		repeat_open(&test, &repeat, argv);
		seeds_check(&test, strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10));
		repeat_free(&repeat);
		free(test.answer);
		return 0;
	}
	test_open(&test, argv[1]);
	if (argc > 2 && strcmp(argv[2], "canary") == 0)
		canary_check(&test);
	else if (argc > 2 && strcmp(argv[2], "once") == 0)
		once_check(&test);
	else
		seeds_check(&test, argc > 2 ? strtoull(argv[2], NULL, 10) : 40,
			    argc > 3 ? strtoull(argv[3], NULL, 10) : 1);
	free(test.answer);
	return 0;
}
