/*
 * Nodes with several I/O cores, in the clear and sealed, as many on each node or not: the word
 * count is right, the cores that two nodes share carry batches, and no others do. With a controller
 * the count is right too, as many threads are active as before, and they do not swing between the
 * sides.
 *
 *	cores FUNCTIONS_DIR SANDBOX [JOBS]
 */
#include <unistd.h>

#include "nodes.h"
#include "words.h"

#define NODES_MAX 3
#define TEXT_BYTES 200000
#define WAIT_MS 60000
#define CONTROLLED_WORKERS 3
#define STEPS_PER_MOVE \
	5 /* of the controller, at least: it moves back and forth in fewer if it swings */

struct scene {
	const char *name;
	uint32_t nodes;
	uint32_t cores[NODES_MAX];
	bool sealed;
	uint32_t drop_ppm;
	uint32_t least; /* I/O cores that a controller leaves active; 0: there is none */
};

static const struct scene scenes[] = {
    {"two nodes of two", 2, {2, 2}, false, 0},
    {"three nodes of two", 3, {2, 2, 2}, false, 0},
    {"three nodes of two, sealed", 3, {2, 2, 2}, true, 0},
    {"one and three", 2, {1, 3}, false, 0},
    {"one, two and three, sealed, with loss", 3, {1, 2, 3}, true, 10000},
    {"two nodes of one to three", 2, {3, 3}, false, 0, 1},
    {"three nodes of up to three, sealed, with loss", 3, {1, 2, 3}, true, 10000, 1},
};

struct test {
	const char *sandbox;
	const char *dirs[2];
	uint32_t jobs;
	char uri[256];
	char *answer;
	const struct scene *scene;
	struct ring_switch *sw;
	struct node *nodes[NODES_MAX];
};

static const uint8_t psk[SEAL_KEY_BYTES] = {1, 2, 3};

static void cipher_make(const struct scene *scene, struct aead_backend **aead)
{
	if (scene->sealed)
		CHECK(aead_evp_create(aead) == 0);
}

static void ports_open(struct test *test, uint32_t node, struct node_io_core *cores)
{
	const struct scene *scene = test->scene;
	const struct port_spread spread = {(uint16_t)scene->cores[node], MR_WIRE_PORT_DEFAULT};
	struct port *queues[MR_IO_CORES_MAX];

	CHECK(ring_queues_open(test->sw, node, &spread, queues) == 0);
	for (uint32_t i = 0; i < scene->cores[node]; i++) {
		cores[i] = (struct node_io_core){.port = queues[i]};
		if (i > 0)
			cipher_make(scene, &cores[i].aead);
	}
}

static uint32_t node_ip(uint32_t node)
{
	return 0x0a4d0001 + node;
}

static void node_open(struct test *test, uint32_t number)
{
	const struct scene *scene = test->scene;
	struct node_keys keys = {.psk = psk, .cipher = SEAL_AES_GCM};
	struct node_io_core cores[MR_IO_CORES_MAX];
	struct node_peer peers[NODES_MAX];
	struct node_config config = {
	    .node = number,
	    .peers = peers,
	    .peer_count = scene->nodes - 1,
	    .ip = node_ip(number),
	    .prefix_len = 24,
	    .io_cores = cores + 1,
	    .io_core_count = scene->cores[number] - 1,
	    .sandbox = sandbox_backend(test->sandbox),
	    .io_cores_least = scene->least,
	    .workers = scene->least > 0 ? CONTROLLED_WORKERS : 1,
	    .poll = PORT_POLL_INTERRUPT,
	    .faults = {.drop_ppm = scene->drop_ppm, .seed = number},
	};
	char error[MR_ERROR_BYTES_MAX];

	for (uint32_t i = 0, n = 0; i < scene->nodes; i++)
		if (i != number)
			peers[n++] = (struct node_peer){.node = i, .ip = node_ip(i)};
	ports_open(test, number, cores);
	config.port = cores[0].port;
	cipher_make(scene, &keys.aead);
	config.keys = scene->sealed ? &keys : NULL;
	CHECK(region_provider_memory(&config.provider, MR_MEMORY_BYTES_MIN) == 0);
	CHECK(node_create(&test->nodes[number], &config, error, sizeof(error)) == 0, "%s", error);
}

/* --- Jobs ------------------------------------------------------------------------------------ */

static void job_run(struct test *test, uint32_t leader)
{
	struct node *node = test->nodes[leader];
	char error[2 * MR_ERROR_BYTES_MAX];
	struct job_status status;
	struct test_job job;
	size_t bytes;
	char *result;
	uint64_t id;

	test_job_open(&job, test_path("count.mr"), test->dirs, test->sandbox);
	test_job_input(&job, "text", test->uri);
	test_job_output(&job, "counts", test_path("counts"));
	CHECK(node_job_submit(node, &job.spec, &id, error, sizeof(error)) == 0, "%s", error);
	test_job_close(&job);
	CHECK(node_job_wait(node, id, WAIT_MS) == 0, "%s: a job does not end", test->scene->name);
	CHECK(node_job_status(node, id, &status) == 0);
	CHECK(status.state == JOB_DONE, "%s: %s", test->scene->name, status.error);
	result = test_read(test_path("counts"), &bytes);
	CHECK(strcmp(result, test->answer) == 0, "%s: the word count is wrong", test->scene->name);
	free(result);
	CHECK(unlink(test_path("counts")) == 0);
}

/* --- Which cores carried something ----------------------------------------------------------- */

/* The most cores that this node shares with another. */
static uint32_t shared_cores(const struct scene *scene, uint32_t node)
{
	uint32_t most = 1;

	for (uint32_t i = 0; i < scene->nodes; i++) {
		uint32_t both =
		    scene->cores[i] < scene->cores[node] ? scene->cores[i] : scene->cores[node];

		if (i != node && both > most)
			most = both;
	}
	return most;
}

/* Threads change sides; how many are active does not change, nor do they all the time. */
static void controller_check(const struct scene *scene, const struct node_metrics *metrics)
{
	const uint64_t steps = metrics->uptime_ns / 1000000 / MR_CONTROL_MS;
	const uint32_t cores = metrics->core_count;
	const uint32_t begin = cores > scene->least ? scene->least : cores;

	CHECK(metrics->io_cores_active >= begin && metrics->io_cores_active <= cores);
	CHECK(metrics->workers_active >= 1 && metrics->workers_active <= CONTROLLED_WORKERS);
	CHECK(metrics->io_cores_active + metrics->workers_active == begin + CONTROLLED_WORKERS,
	      "%s: %u and %u", scene->name, metrics->io_cores_active, metrics->workers_active);
	CHECK(metrics->cores_moved * STEPS_PER_MOVE <= steps + STEPS_PER_MOVE,
	      "%s: %llu moves in %llu steps", scene->name, (unsigned long long)metrics->cores_moved,
	      (unsigned long long)steps);
}

static void metrics_check(struct test *test, uint32_t number)
{
	static struct node_metrics metrics;
	const struct scene *scene = test->scene;
	uint64_t messages = 0, sealed = 0;

	node_metrics(test->nodes[number], &metrics);
	CHECK(metrics.core_count == scene->cores[number]);
	if (scene->least > 0) {
		controller_check(scene, &metrics);
		return;
	}
	for (uint32_t i = 0; i < metrics.core_count; i++) {
		const struct node_core_metrics *core = &metrics.cores[i];
		bool shared = i < shared_cores(scene, number);

		CHECK((core->transport.messages_in > 0) == shared &&
			  (core->transport.messages_out > 0) == shared,
		      "%s: core %u of node %u took %llu messages and sent %llu", scene->name, i,
		      number, (unsigned long long)core->transport.messages_in,
		      (unsigned long long)core->transport.messages_out);
		CHECK(core->transport.drop_unknown_peer == 0 && core->transport.drop_not_ours == 0,
		      "%s: frames came to a wrong core", scene->name);
		messages += core->transport.messages_in;
		sealed += core->seal.sealed;
	}
	CHECK(metrics.transport.messages_in == messages, "the sum of all cores");
	CHECK((sealed > 0) == scene->sealed);
	CHECK(metrics.messages.message_in_bytes.count == messages, "the histogram of all cores");
}

static void scene_play(struct test *test, const struct scene *scene)
{
	test->scene = scene;
	CHECK(ring_switch_create_queues(&test->sw, scene->nodes, NODES_MAX, MR_MTU_MAX) == 0);
	for (uint32_t i = 0; i < scene->nodes; i++)
		node_open(test, i);
	for (uint32_t i = 0; i < scene->nodes; i++)
		CHECK(node_start(test->nodes[i]) == 0);
	for (uint32_t i = 0; i < test->jobs; i++)
		job_run(test, i % scene->nodes);
	usleep(400000); /* metrics are a quarter of a second old at most */
	for (uint32_t i = 0; i < scene->nodes; i++)
		metrics_check(test, i);
	for (uint32_t i = 0; i < scene->nodes; i++)
		node_destroy(&test->nodes[i]);
	ring_switch_destroy(&test->sw);
	printf("%s\n", scene->name);
}

static void text_write(struct test *test)
{
	static const char composition[] =
	    "function count { in text; out words; memory 512KiB + 2.5 x input }\n"
	    "function total { in words; out counts; memory 512KiB + 4 x input }\n"
	    "composition wordcount {\n"
	    "	in text split line 4KiB\n"
	    "	out counts merge 1 number desc, 2 text asc\n"
	    "	count(text = each text) -> (words)\n"
	    "	total(words = key words) -> (counts)\n"
	    "}\n";
	char *text = words_text(1, TEXT_BYTES);

	test->answer = words_count(&text, 1);
	test_write(test_path("text"), text, strlen(text));
	test_write(test_path("count.mr"), composition, sizeof(composition) - 1);
	snprintf(test->uri, sizeof(test->uri), "file:%s", test_path("text"));
	free(text);
}

int main(int argc, char **argv)
{
	struct test test = {.jobs = argc > 3 ? (uint32_t)atoi(argv[3]) : 3};

	CHECK(argc > 2, "usage: cores FUNCTIONS_DIR SANDBOX [JOBS]");
	test.dirs[0] = argv[1];
	test.sandbox = argv[2];
	text_write(&test);
	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++)
		scene_play(&test, &scenes[i]);
	free(test.answer);
	return 0;
}
