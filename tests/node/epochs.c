/*
 * Compositions that repeat give what plain C gives, after as many epochs, on one, two and three
 * nodes; a node that is lost between epochs ends the job with its name.
 *
 *	epochs FUNCTIONS_DIR TEST_FUNCTIONS_DIR SANDBOX
 */
#include "nodes.h"
#include "repeat.h"

#define NODES_MAX 3
#define POINTS 3000
#define LINES 900
#define LOST 2

static void job_open(struct test_job *job, const struct repeat *repeat, const char *const dirs[2],
		     const char *sandbox)
{
	test_write(test_path("repeat.mr"), repeat->text, strlen(repeat->text));
	test_job_open(job, test_path("repeat.mr"), dirs, sandbox);
	for (uint32_t i = 0; i < 2 && repeat->inputs[i] != NULL; i++) {
		const char *path = test_path(repeat->inputs[i]);
		char uri[300];

		test_write(path, repeat->contents[i], strlen(repeat->contents[i]));
		snprintf(uri, sizeof(uri), "file:%s", path);
		test_job_input(job, repeat->inputs[i], uri);
	}
	test_job_output(job, repeat->output, test_path("result"));
}

static void answer_check(const struct repeat *repeat, const struct job_status *status,
			 uint32_t nodes)
{
	size_t bytes;
	char *result = test_read(test_path("result"), &bytes);

	CHECK(status->counters.epochs == repeat->epochs, "%s on %u nodes: %llu epochs, not %u",
	      repeat->name, nodes, (unsigned long long)status->counters.epochs, repeat->epochs);
	CHECK(strcmp(result, repeat->answer) == 0, "%s on %u nodes: got\n%.400s\nnot\n%.400s",
	      repeat->name, nodes, result, repeat->answer);
	free(result);
}

static void repeat_run(const struct repeat *repeat, const char *const dirs[2], const char *sandbox)
{
	for (uint32_t nodes = 1; nodes <= NODES_MAX; nodes++) {
		const struct cluster_config config = {.nodes = nodes,
						      .sandbox = sandbox_backend(sandbox),
						      .memory_bytes = nodes * MR_MEMORY_BYTES_MIN,
						      .workers = 2};
		struct test_job job;
		struct job_status status;
		struct nodes cluster;

		job_open(&job, repeat, dirs, sandbox);
		nodes_open(&cluster, &config, NULL);
		CHECK(nodes_run(&cluster, &job, &status) == 0, "%s: %s", repeat->name,
		      status.error);
		CHECK(status.state == JOB_DONE, "%s on %u nodes: %s", repeat->name, nodes,
		      status.error);
		answer_check(repeat, &status, nodes);
		CHECK(status.counters.staged_bytes == status.counters.total_bytes,
		      "%s on %u nodes read %llu bytes of %llu, in all epochs", repeat->name, nodes,
		      (unsigned long long)status.counters.staged_bytes,
		      (unsigned long long)status.counters.total_bytes);
		nodes_close(&cluster);
		test_job_close(&job);
	}
}

static void lost_run(const struct repeat *repeat, const char *const dirs[2])
{
	const struct sim_config sim = {.seed = 1, .delay_us = 50, .mtu = MR_MTU_DEFAULT};
	const struct cluster_config config = {.nodes = NODES_MAX,
					      .sandbox = sandbox_backend("native"),
					      .memory_bytes = NODES_MAX * MR_MEMORY_BYTES_MIN,
					      .incarnation = 1};
	struct test_job job;
	struct nodes nodes;
	struct job_status status;
	uint64_t latest = 0; /* epoch that it was lost in */

	job_open(&job, repeat, dirs, "native");
	nodes_open(&nodes, &config, &sim);
	for (uint32_t turns = 10; turns <= 40; turns += 10) {
		nodes.cut_endpoint = LOST;
		nodes.cut_after = turns;
		CHECK(nodes_run(&nodes, &job, &status) == 0, "%s", status.error);
		CHECK(status.state == JOB_FAILED, "it succeeded without node %u", LOST);
		CHECK(strstr(status.error, "node 2 (10.") != NULL, "%s", status.error);
		latest = status.counters.epochs > latest ? status.counters.epochs : latest;
		sim_network_cut(nodes.network, LOST, false);
		CHECK(nodes_run(&nodes, &job, &status) == 0, "%s", status.error);
		CHECK(status.state == JOB_DONE, "%s", status.error);
		answer_check(repeat, &status, NODES_MAX);
	}
	CHECK(latest > 0, "never lost after the first epoch");
	nodes_close(&nodes);
	test_job_close(&job);
}

int main(int argc, char **argv)
{
	struct repeat kmeans, ledger;

	CHECK(argc > 3, "usage: epochs FUNCTIONS_DIR TEST_FUNCTIONS_DIR SANDBOX");
	repeat_kmeans(&kmeans, 1, POINTS);
	repeat_ledger(&ledger, 1, LINES);
	CHECK(kmeans.epochs > 3 && ledger.epochs > 3, "%u and %u epochs", kmeans.epochs,
	      ledger.epochs);
	repeat_run(&kmeans, (const char *const[2]){argv[1], argv[2]}, argv[3]);
	if (strcmp(argv[3], "process") != 0) /* functions of tests are no images */
		repeat_run(&ledger, (const char *const[2]){argv[1], argv[2]}, argv[3]);
	if (strcmp(argv[3], "native") == 0)
		lost_run(&ledger, (const char *const[2]){argv[1], argv[2]});
	repeat_free(&kmeans);
	repeat_free(&ledger);
	return 0;
}
