/*
 * Several threads run jobs on the same nodes at once: word counts that must be right whatever their
 * neighbours do, jobs that fail, and jobs cancelled at random instants. At the end the nodes go
 * while jobs are under way.
 *
 *	concurrent FUNCTIONS_DIR BAD_DIR SANDBOX [JOBS [handover]]
 */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "nodes.h"
#include "random.h"
#include "words.h"

#define NODES 3
#define THREADS 4
#define TEXT_BYTES 40000
#define WAIT_MS 60000

enum kind { GOOD, FAILING, CANCELLED, KINDS };

struct test {
	const char *sandbox;
	const char *dirs[2];
	uint32_t jobs; /* of each thread */
	bool handover; /* between the nodes, instead of frames */
	struct nodes nodes;
	char uri[256];
	char good[256]; /* paths of compositions */
	char failing[256];
	char *answer;
	atomic_uint ended[KINDS];
};

struct user {
	struct test *test;
	uint32_t number;
	pthread_t thread;
	struct sim_random random;
};

static void job_open(struct test *test, struct test_job *job, enum kind kind, const char *result)
{
	test_job_open(job, kind == FAILING ? test->failing : test->good, test->dirs, test->sandbox);
	test_job_input(job, "text", test->uri);
	test_job_output(job, "counts", result);
}

static void result_check(const struct test *test, const char *path)
{
	size_t bytes;
	char *result = test_read(path, &bytes);

	CHECK(strcmp(result, test->answer) == 0, "the word count in %s is wrong", path);
	free(result);
	CHECK(unlink(path) == 0);
}

/* A cancelled job may have been faster. */
static void job_check(const struct test *test, enum kind kind, const struct job_status *status,
		      const char *result)
{
	if (status->state == JOB_DONE) {
		CHECK(kind != FAILING, "a job that must fail did not");
		result_check(test, result);
		return;
	}
	CHECK(status->state == JOB_FAILED);
	CHECK(kind != GOOD, "%s", status->error);
	CHECK(strstr(status->error, kind == FAILING ? "line 17 is not to my taste" : "cancelled"),
	      "%s", status->error);
	CHECK(access(result, F_OK) != 0, "a job that failed left a result");
}

static void job_run(struct user *user, enum kind kind, const char *result)
{
	struct test *test = user->test;
	struct node *leader = test->nodes.cluster->nodes[sim_random_below(&user->random, NODES)];
	struct test_job job;
	struct job_status status;
	char error[2 * MR_ERROR_BYTES_MAX];
	uint64_t id;

	job_open(test, &job, kind, result);
	CHECK(node_job_submit(leader, &job.spec, &id, error, sizeof(error)) == 0, "%s", error);
	test_job_close(&job);
	if (kind == CANCELLED) {
		usleep((useconds_t)sim_random_below(&user->random, 20000));
		node_job_cancel(leader, id);
	}
	CHECK(node_job_wait(leader, id, WAIT_MS) == 0, "a job does not end");
	CHECK(node_job_status(leader, id, &status) == 0);
	job_check(test, kind, &status, result);
	atomic_fetch_add(&test->ended[kind], 1);
}

static void *user_main(void *argument)
{
	struct user *user = argument;
	char result[256];

	snprintf(result, sizeof(result), "%s/counts-%u", test_folder(), user->number);
	for (uint32_t i = 0; i < user->test->jobs; i++)
		job_run(user, (enum kind)((user->number + i) % KINDS), result);
	return NULL;
}

static void users_run(struct test *test)
{
	struct user users[THREADS];

	for (uint32_t i = 0; i < THREADS; i++) {
		users[i] = (struct user){.test = test, .number = i, .random = {i}};
		CHECK(pthread_create(&users[i].thread, NULL, user_main, &users[i]) == 0);
	}
	for (uint32_t i = 0; i < THREADS; i++)
		pthread_join(users[i].thread, NULL);
}

static void nodes_start(struct test *test)
{
	const struct cluster_config config = {.nodes = NODES,
					      .workers = 2,
					      .sandbox = sandbox_backend(test->sandbox),
					      .handover = test->handover,
					      .memory_bytes = NODES * MR_MEMORY_BYTES_MIN};

	nodes_open(&test->nodes, &config, NULL);
}

/* The nodes end while a job starts, runs or ends on them. */
static void nodes_destroy_busy(struct test *test, uint64_t delay_us)
{
	struct test_job job;
	char error[2 * MR_ERROR_BYTES_MAX];

	nodes_start(test);
	for (uint32_t i = 0; i < NODES; i++) {
		uint64_t id;

		job_open(test, &job, GOOD, test_path("never"));
		CHECK(node_job_submit(test->nodes.cluster->nodes[i], &job.spec, &id, error,
				      sizeof(error)) == 0,
		      "%s", error);
		test_job_close(&job);
	}
	usleep((useconds_t)delay_us);
	nodes_close(&test->nodes);
}

static void composition_write(const char *path, const char *function, const char *made)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "function %s { in text; out %s; memory 512KiB + 2.5 x input }\n"
		 "function total { in words; out counts; memory 512KiB + 4 x input }\n"
		 "composition wordcount {\n"
		 "	in text split line 2KiB\n"
		 "	out counts merge 1 number desc, 2 text asc\n"
		 "	%s(text = each text) -> (%s)\n"
		 "	total(words = key %s) -> (counts)\n"
		 "}\n",
		 function, made, function, made, made);
	test_write(path, text, strlen(text));
}

static void test_open(struct test *test)
{
	char *text = words_text(1, TEXT_BYTES);

	snprintf(test->uri, sizeof(test->uri), "file:%s", test_path("text"));
	snprintf(test->good, sizeof(test->good), "%s", test_path("good.mr"));
	snprintf(test->failing, sizeof(test->failing), "%s", test_path("failing.mr"));
	test->answer = words_count(&text, 1);
	test_write(test_path("text"), text, strlen(text));
	composition_write(test->good, "count", "words");
	composition_write(test->failing, "bad_text", "words");
	free(text);
}

int main(int argc, char **argv)
{
	struct test test = {.jobs = argc > 4 ? (uint32_t)atoi(argv[4]) : 8};
	struct sim_random random = {1};

	CHECK(argc > 3, "usage: concurrent FUNCTIONS_DIR BAD_DIR SANDBOX [JOBS [handover]]");
	test.handover = argc > 5;
	test.dirs[0] = argv[1];
	test.dirs[1] = argv[2];
	test.sandbox = argv[3];
	test_open(&test);
	nodes_start(&test);
	users_run(&test);
	nodes_close(&test.nodes);
	for (uint32_t i = 0; i < test.jobs / 2; i++)
		nodes_destroy_busy(&test, sim_random_below(&random, 30000));
	printf("%u good jobs, %u that failed, %u cancelled\n", test.ended[GOOD],
	       test.ended[FAILING], test.ended[CANCELLED]);
	free(test.answer);
	return 0;
}
