/*
 * Nodes that cannot be reached, in virtual time: a job says so within the peer timeout, whether the
 * node was never there or went away in the middle; when it is back, jobs succeed again.
 *
 *	lost FUNCTIONS_DIR
 */
#include "nodes.h"
#include "words.h"

#define NODES 3
#define LOST 2
#define TEXT_BYTES 20000
/* Beside the silence itself: the end of the job, told to who does not answer. */
#define SLACK_NS (2 * 1000000ull * MR_PEER_TIMEOUT_MS_DEFAULT)

static const char composition[] =
    "function count { in text; out words; memory 512KiB + 2.5 x input }\n"
    "function total { in words; out counts; memory 512KiB + 4 x input }\n"
    "composition wordcount { in text split line 1KiB\n"
    "out counts merge 1 number desc, 2 text asc\n"
    "count(text = each text) -> (words)\n"
    "total(words = key words) -> (counts) }\n";

static char *answer;

static void lost_check(struct nodes *nodes, const struct test_job *job)
{
	uint64_t before = sim_network_now(nodes->network);
	struct job_status status;

	CHECK(nodes_run(nodes, job, &status) == 0, "%s", status.error);
	CHECK(status.state == JOB_FAILED, "it succeeded without node %u", LOST);
	/* Whoever misses it first names it: the leader, or its other neighbour. */
	CHECK(strstr(status.error, "node 2 (10.") != NULL, "%s", status.error);
	CHECK(strstr(status.error, "is dead: nothing heard for 10000 ms") != NULL, "%s",
	      status.error);
	CHECK(sim_network_now(nodes->network) - before <=
		  1000000ull * MR_PEER_TIMEOUT_MS_DEFAULT + SLACK_NS,
	      "it took %.3f s", (double)(sim_network_now(nodes->network) - before) / 1e9);
}

static void found_check(struct nodes *nodes, const struct test_job *job)
{
	struct job_status status;
	size_t bytes;
	char *result;

	CHECK(nodes_run(nodes, job, &status) == 0, "%s", status.error);
	CHECK(status.state == JOB_DONE, "%s", status.error);
	result = test_read(test_path("counts"), &bytes);
	CHECK(strcmp(result, answer) == 0, "the word count is wrong");
	free(result);
}

int main(int argc, char **argv)
{
	const struct sim_config sim = {.seed = 1, .delay_us = 50, .mtu = MR_MTU_DEFAULT};
	const struct cluster_config config = {.nodes = NODES,
					      .sandbox = sandbox_backend("native"),
					      .memory_bytes = NODES * MR_MEMORY_BYTES_MIN,
					      .incarnation = 1};
	const char *dirs[2] = {argc > 1 ? argv[1] : NULL};
	char *text = words_text(1, TEXT_BYTES);
	struct test_job job;
	struct nodes nodes;
	char uri[300];

	CHECK(argc > 1, "usage: lost FUNCTIONS_DIR");
	answer = words_count(&text, 1);
	test_write(test_path("text"), text, strlen(text));
	test_write(test_path("wordcount.mr"), composition, strlen(composition));
	snprintf(uri, sizeof(uri), "file:%s", test_path("text"));
	test_job_open(&job, test_path("wordcount.mr"), dirs, "native");
	test_job_input(&job, "text", uri);
	test_job_output(&job, "counts", test_path("counts"));
	nodes_open(&nodes, &config, &sim);
	sim_network_cut(nodes.network, LOST, true);
	lost_check(&nodes, &job);
	sim_network_cut(nodes.network, LOST, false);
	found_check(&nodes, &job);
	for (uint32_t turns = 2; turns <= 6; turns += 2) { /* while it starts, and while it runs */
		nodes.cut_endpoint = LOST;
		nodes.cut_after = turns;
		lost_check(&nodes, &job);
		sim_network_cut(nodes.network, LOST, false);
		found_check(&nodes, &job);
	}
	nodes_close(&nodes);
	test_job_close(&job);
	free(answer);
	free(text);
	return 0;
}
