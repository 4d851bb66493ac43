/*
 * Jobs that run at the same time, of the same code, share no worker process (--sandbox
 *wasm-process), also where the one's stands idle.
 *
 *	tenants FUNCTIONS_DIR BAD_DIR
 */
#include <unistd.h>

#include "nodes.h"
#include "sandbox.h"

#define JOBS 3
#define PATIENCE_MS 20000

static uint64_t workers_started(void)
{
	struct sandbox_counters counters;

	sandbox_counters_read(&counters);
	return counters.wasm_workers;
}

/* Its first function has run, and the second, which does not end, runs: in a worker each. */
static void stages_await(struct node *leader, uint64_t id, uint64_t workers)
{
	struct job_status status;

	for (int ms = 0; ms < PATIENCE_MS; ms++) {
		CHECK(node_job_status(leader, id, &status) == 0);
		CHECK(status.state != JOB_FAILED, "%s", status.error);
		if (status.counters.invocations == 1 && workers_started() >= workers)
			break;
		usleep(1000);
	}
	CHECK(status.counters.invocations == 1, "it does not run");
	usleep(50000); /* any more would have been started by then */
	CHECK(workers_started() == workers, "%llu worker processes, not %llu",
	      (unsigned long long)workers_started(), (unsigned long long)workers);
}

int main(int argc, char **argv)
{
	static const char text[] =
	    "function count { in text; out words; memory 512KiB }\n"
	    "function bad_loop { in words; out counts; memory 512KiB; time 20s }\n"
	    "composition job {\n"
	    "	in text\n"
	    "	out counts\n"
	    "	count(text = each text) -> (words)\n"
	    "	bad_loop(words = all words) -> (counts)\n"
	    "}\n";
	const struct cluster_config config = {.nodes = 1,
					      .workers = JOBS + 1,
					      .sandbox = sandbox_backend("wasm-process"),
					      .memory_bytes = MR_MEMORY_BYTES_MIN};
	struct test_job jobs[JOBS];
	struct nodes nodes;
	uint64_t ids[JOBS];

	CHECK(argc > 2, "usage: tenants FUNCTIONS_DIR BAD_DIR");
	test_write(test_path("job.mr"), text, strlen(text));
	test_write(test_path("text"), "some words\n", 11);
	nodes_open(&nodes, &config, NULL);
	for (uint32_t i = 0; i < JOBS; i++) {
		char error[2 * MR_ERROR_BYTES_MAX], uri[300];

		snprintf(uri, sizeof(uri), "file:%s", test_path("text"));
		test_job_open(&jobs[i], test_path("job.mr"),
			      (const char *const[2]){argv[1], argv[2]}, "wasm-process");
		test_job_input(&jobs[i], "text", uri);
		snprintf(uri, sizeof(uri), "counts-%u", i);
		test_job_output(&jobs[i], "counts", test_path(uri));
		CHECK(node_job_submit(nodes.cluster->nodes[0], &jobs[i].spec, &ids[i], error,
				      sizeof(error)) == 0,
		      "%s", error);
		stages_await(nodes.cluster->nodes[0], ids[i], 2 * (i + 1));
	}
	for (uint32_t i = 0; i < JOBS; i++) {
		node_job_cancel(nodes.cluster->nodes[0], ids[i]);
		test_job_close(&jobs[i]);
	}
	/* What runs yet is not waited for. */
	for (int i = 0; i < 20; i++) {
		sandbox_interrupt();
		usleep(10000);
	}
	nodes_close(&nodes);
	return 0;
}
