/* Nodes, jobs and files for the tests of this folder. */
#include "nodes.h"

#include <errno.h>
#include <ftw.h>
#include <unistd.h>

#include "sim_port.h"

#define SIMULATED_NS_MAX (24ull * 3600 * 1000000000) /* as simulate.c: a day */
#define JOB_MS_MAX 120000                            /* no job of these tests takes so long */

struct sim_fabric {
	struct fabric fabric;
	struct sim_network *network;
};

static int sim_port(struct fabric *fabric, uint32_t index, const struct port_spread *spread,
		    struct port **queues, char *error, size_t error_bytes)
{
	return sim_port_open(((struct sim_fabric *)fabric)->network, index, queues);
}

static void sim_close(struct fabric *fabric)
{
	sim_network_destroy(&((struct sim_fabric *)fabric)->network);
	free(fabric);
}

static struct fabric *sim_fabric_open(struct nodes *nodes, uint32_t count,
				      const struct sim_config *config)
{
	struct sim_fabric *sim = calloc(1, sizeof(*sim));

	CHECK(sim != NULL);
	CHECK(sim_network_create(&sim->network, config, count) == 0);
	sim->fabric.port_open = sim_port;
	sim->fabric.memory_open = fabric_memory_plain;
	sim->fabric.close = sim_close;
	nodes->network = sim->network;
	return &sim->fabric;
}

void nodes_open(struct nodes *nodes, const struct cluster_config *config,
		const struct sim_config *sim)
{
	char error[MR_ERROR_BYTES_MAX] = "";
	struct fabric *fabric = NULL;

	*nodes = (struct nodes){0};
	if (sim != NULL)
		fabric = sim_fabric_open(nodes, config->nodes, sim);
	else
		CHECK(fabric_ring_open(&fabric, config->nodes, cluster_queues(config), error,
				       sizeof(error)) == 0,
		      "%s", error);
	CHECK(cluster_create(&nodes->cluster, &fabric, config, error, sizeof(error)) == 0, "%s",
	      error);
	if (sim == NULL)
		CHECK(cluster_start(nodes->cluster, error, sizeof(error)) == 0, "%s", error);
}

/* What each says it handed to a peer is what that one says it got. */
static void handed_check(struct nodes *nodes)
{
	static struct handover_peer_counters of[MR_NODES_MAX][MR_NODES_MAX];
	static struct node_metrics metrics;
	uint32_t count = nodes->cluster->count;

	for (uint32_t i = 0; i < count; i++) {
		node_metrics(nodes->cluster->nodes[i], &metrics);
		for (uint32_t p = 0; p < metrics.peer_count; p++)
			of[i][metrics.peers[p].node] = metrics.handed[p];
	}
	for (uint32_t from = 0; from < count; from++) {
		for (uint32_t to = 0; to < count; to++) {
			CHECK(of[from][to].handed_bytes_out == of[to][from].handed_bytes_in &&
				  of[from][to].handed_messages_out ==
				      of[to][from].handed_messages_in,
			      "%u handed %u %llu in %llu, which got %llu in %llu", from, to,
			      (unsigned long long)of[from][to].handed_bytes_out,
			      (unsigned long long)of[from][to].handed_messages_out,
			      (unsigned long long)of[to][from].handed_bytes_in,
			      (unsigned long long)of[to][from].handed_messages_in);
		}
	}
	CHECK(of[0][count - 1].handed_bytes_out > 0 && of[0][count - 1].handed_messages_out > 0,
	      "nothing is counted");
}

bool nodes_handed(struct nodes *nodes)
{
	static struct node_metrics metrics;
	uint64_t batches = 0;

	usleep(300000); /* metrics are a quarter of a second old at most */
	for (uint32_t i = 0; i < nodes->cluster->count; i++) {
		node_metrics(nodes->cluster->nodes[i], &metrics);
		batches += metrics.handover.batches_in;
	}
	if (batches > 0)
		handed_check(nodes);
	return batches > 0;
}

void nodes_close(struct nodes *nodes)
{
	cluster_destroy(&nodes->cluster);
}

/* --- Jobs ---------------------------------------------------------------------------------- */

void test_job_open(struct test_job *job, const char *file, const char *const dirs[2],
		   const char *sandbox)
{
	struct locate_places places = {file, dirs, dirs[1] != NULL ? 2 : 1};
	char error[2 * MR_ERROR_BYTES_MAX];

	memset(job, 0, sizeof(*job));
	CHECK(bundle_load(&job->bundle, &places, NULL, sandbox, error, sizeof(error)) == 0, "%s",
	      error);
	job->spec = (struct job_spec){.file = file,
				      .text = job->bundle.text,
				      .text_bytes = job->bundle.text_bytes,
				      .inputs = job->inputs,
				      .codes = job->bundle.codes,
				      .code_count = job->bundle.plan->function_count};
}

void test_job_input(struct test_job *job, const char *set, const char *uri)
{
	CHECK(job->input_count < TEST_SETS_MAX);
	snprintf(job->targets[job->input_count], sizeof(job->targets[0]), "%s", uri);
	job->inputs[job->input_count] = (struct job_binding){set, job->targets[job->input_count]};
	job->input_count++;
	job->spec.input_count = job->input_count;
}

void test_job_output(struct test_job *job, const char *set, const char *path)
{
	snprintf(job->targets[TEST_SETS_MAX], sizeof(job->targets[0]), "%s", path);
	job->output = (struct job_binding){set, job->targets[TEST_SETS_MAX]};
	job->spec.outputs = &job->output;
	job->spec.output_count = 1;
}

void test_job_close(struct test_job *job)
{
	bundle_free(&job->bundle);
}

static bool job_ended(struct nodes *nodes, uint64_t id, struct job_status *status)
{
	CHECK(node_job_status(nodes->cluster->nodes[0], id, status) == 0);
	return status->state == JOB_DONE || status->state == JOB_FAILED;
}

static void simulate(struct nodes *nodes, uint64_t id, struct job_status *status)
{
	const struct cluster *cluster = nodes->cluster;
	uint64_t now = sim_network_now(nodes->network);

	for (;;) {
		bool worked = true;
		uint64_t next;

		while (worked) {
			worked = false;
			for (uint32_t i = 0; i < cluster->count; i++)
				worked |= node_step(cluster->nodes[i], now);
		}
		if (job_ended(nodes, id, status))
			return;
		next = sim_network_next_time(nodes->network);
		for (uint32_t i = 0; i < cluster->count; i++)
			if (node_deadline(cluster->nodes[i]) < next)
				next = node_deadline(cluster->nodes[i]);
		if (nodes->cut_after > 0 && --nodes->cut_after == 0)
			sim_network_cut(nodes->network, nodes->cut_endpoint, true);
		CHECK(next < SIMULATED_NS_MAX, "stuck at %.6f s", (double)now / 1e9);
		now = next > now ? next : now + 1;
		sim_network_set_now(nodes->network, now);
	}
}

int nodes_run(struct nodes *nodes, const struct test_job *job, struct job_status *status)
{
	struct node *leader = nodes->cluster->nodes[0];
	uint64_t id;
	int rc;

	memset(status, 0, sizeof(*status));
	rc = node_job_submit(leader, &job->spec, &id, status->error, sizeof(status->error));
	if (rc < 0)
		return rc;
	if (nodes->network != NULL) {
		simulate(nodes, id, status);
		return 0;
	}
	CHECK(node_job_wait(leader, id, JOB_MS_MAX) == 0, "the job does not end");
	CHECK(job_ended(nodes, id, status));
	return 0;
}

/* --- Files --------------------------------------------------------------------------------- */

static char folder[64];

static int entry_remove(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	return remove(path);
}

static void folder_remove(void)
{
	nftw(folder, entry_remove, 8, FTW_DEPTH | FTW_PHYS);
}

const char *test_folder(void)
{
	if (folder[0] == 0) {
		strcpy(folder, "/tmp/millrace-test-XXXXXX");
		CHECK(mkdtemp(folder) != NULL, "%s", strerror(errno));
		atexit(folder_remove);
	}
	return folder;
}

const char *test_path(const char *name)
{
	static __thread char paths[4][512];
	static __thread unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", test_folder(), name);
	return path;
}

void test_write(const char *path, const void *bytes, size_t count)
{
	FILE *file = fopen(path, "wb");

	CHECK(file != NULL, "%s: %s", path, strerror(errno));
	CHECK(fwrite(bytes, 1, count, file) == count, "%s", path);
	CHECK(fclose(file) == 0, "%s", path);
}

char *test_read(const char *path, size_t *count)
{
	FILE *file = fopen(path, "rb");
	char *bytes;
	long end;

	CHECK(file != NULL, "%s: %s", path, strerror(errno));
	CHECK(fseek(file, 0, SEEK_END) == 0 && (end = ftell(file)) >= 0);
	rewind(file);
	bytes = malloc((size_t)end + 1);
	CHECK(bytes != NULL);
	*count = (size_t)end;
	CHECK(fread(bytes, 1, *count, file) == *count, "%s", path);
	bytes[*count] = 0;
	fclose(file);
	return bytes;
}
