/*
 * The word count of nodes that seal their frames, with threads over ring ports: by keys of their
 * own and by a key they share, the answer is the reference's, and nothing went clear.
 *
 *	sealed FUNCTIONS_DIR
 */
#include <unistd.h>

#include "aead.h"
#include "nodes.h"
#include "primitive.h"
#include "words.h"

#define NODES 3
#define TEXT_BYTES 2000000
#define SUBNET 0x0a4d0000u /* 10.77.0.0/24 */

static const char composition[] =
    "function count { in text; out words; memory 512KiB + 2.5 x input }\n"
    "function total { in words; out counts; memory 512KiB + 4 x input }\n"
    "composition wordcount { in text split line 64KiB\n"
    "out counts merge 1 number desc, 2 text asc\n"
    "count(text = each text) -> (words)\n"
    "total(words = key words) -> (counts) }\n";

struct keys {
	bool shared; /* one for all, else one each */
	uint8_t shared_key[SEAL_KEY_BYTES];
	uint8_t private_keys[NODES][SEAL_KEY_BYTES];
	uint8_t public_keys[NODES][SEAL_KEY_BYTES];
};

static void keys_make(struct keys *keys, bool shared)
{
	keys->shared = shared;
	memset(keys->shared_key, 7, SEAL_KEY_BYTES);
	for (uint32_t i = 0; i < NODES; i++) {
		memset(keys->private_keys[i], 40 + (int)i, SEAL_KEY_BYTES);
		CHECK(x25519_public(keys->public_keys[i], keys->private_keys[i]) == 0);
	}
}

static void node_make(struct cluster *cluster, const struct keys *keys, uint32_t index)
{
	const struct port_spread one_queue = {.queues = 1};
	struct fabric *fabric = cluster->fabric;
	struct node_peer peers[NODES];
	struct node_keys node_keys = {.cipher = aead_cipher_default()};
	struct node_config config = {
	    .node = index,
	    .peers = peers,
	    .ip = SUBNET + 1 + index,
	    .prefix_len = 24,
	    .udp_port = MR_WIRE_PORT_DEFAULT,
	    .sandbox = sandbox_backend("native"),
	    .workers = 1,
	    .keys = &node_keys,
	};
	char error[MR_ERROR_BYTES_MAX];

	for (uint32_t i = 0; i < NODES; i++) {
		struct node_peer *peer = &peers[config.peer_count];

		if (i == index)
			continue;
		*peer = (struct node_peer){i, SUBNET + 1 + i, MR_WIRE_PORT_DEFAULT, {0}};
		memcpy(peer->public_key, keys->public_keys[i], SEAL_KEY_BYTES);
		config.peer_count++;
	}
	if (keys->shared)
		node_keys.psk = keys->shared_key;
	else
		node_keys.private_key = keys->private_keys[index];
	CHECK(aead_evp_create(&node_keys.aead) == 0);
	CHECK(fabric->memory_open(fabric, MR_MEMORY_BYTES_MIN, &config.provider) == 0);
	CHECK(fabric->port_open(fabric, index, &one_queue, &config.port, error, sizeof(error)) == 0,
	      "%s", error);
	CHECK(node_create(&cluster->nodes[index], &config, error, sizeof(error)) == 0, "%s", error);
	cluster->count++;
}

static void cluster_make(struct nodes *nodes, const struct keys *keys)
{
	char error[MR_ERROR_BYTES_MAX];

	*nodes = (struct nodes){.cluster = calloc(1, sizeof(*nodes->cluster))};
	CHECK(nodes->cluster != NULL);
	CHECK(fabric_ring_open(&nodes->cluster->fabric, NODES, 1, error, sizeof(error)) == 0, "%s",
	      error);
	for (uint32_t i = 0; i < NODES; i++)
		node_make(nodes->cluster, keys, i);
	CHECK(cluster_start(nodes->cluster, error, sizeof(error)) == 0, "%s", error);
}

static void check_sealed(struct nodes *nodes)
{
	static struct node_metrics metrics;

	usleep(300000); /* metrics are a quarter of a second old at most */
	for (uint32_t i = 0; i < NODES; i++) {
		node_metrics(nodes->cluster->nodes[i], &metrics);
		CHECK(metrics.sealed && metrics.seal.handshakes > 0);
		CHECK(metrics.seal.sealed > 10 && metrics.seal.opened > 10,
		      "node %u: %lu sealed, %lu opened", i, metrics.seal.sealed,
		      metrics.seal.opened);
		CHECK(metrics.seal.drop_clear == 0 && metrics.seal.drop_auth == 0 &&
		      metrics.seal.drop_failed == 0);
	}
}

static void run(const struct test_job *job, const char *answer, bool shared)
{
	struct job_status status;
	struct nodes nodes;
	struct keys keys;
	size_t bytes;
	char *result;

	keys_make(&keys, shared);
	cluster_make(&nodes, &keys);
	CHECK(nodes_run(&nodes, job, &status) == 0, "%s", status.error);
	CHECK(status.state == JOB_DONE, "%s", status.error);
	result = test_read(test_path("counts"), &bytes);
	CHECK(strcmp(result, answer) == 0, "the word count is wrong");
	free(result);
	check_sealed(&nodes);
	nodes_close(&nodes);
}

int main(int argc, char **argv)
{
	const char *dirs[2] = {argc > 1 ? argv[1] : NULL};
	char *text = words_text(1, TEXT_BYTES);
	char *answer = words_count(&text, 1);
	struct test_job job;
	char uri[300];

	CHECK(argc > 1, "usage: sealed FUNCTIONS_DIR");
	test_write(test_path("text"), text, strlen(text));
	test_write(test_path("wordcount.mr"), composition, strlen(composition));
	snprintf(uri, sizeof(uri), "file:%s", test_path("text"));
	test_job_open(&job, test_path("wordcount.mr"), dirs, "native");
	test_job_input(&job, "text", uri);
	test_job_output(&job, "counts", test_path("counts"));
	run(&job, answer, false);
	run(&job, answer, true);
	test_job_close(&job);
	free(answer);
	free(text);
	return 0;
}
