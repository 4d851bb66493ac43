/* Creates, starts and ends the nodes of this process. */
#include "cluster.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io_cores_open.h"
#include "machine.h"

#define CLUSTER_ADDRESS 0x0a4d0000u /* 10.77.0.0/24: private (RFC 1918), seldom used by others */
#define CLUSTER_PREFIX_LEN 24

uint64_t cluster_memory_default(uint32_t nodes)
{
	uint64_t quarter = machine_memory_bytes() / 4;
	uint64_t least = (uint64_t)MR_MEMORY_BYTES_MIN * nodes;

	return quarter > least ? quarter : least;
}

uint32_t cluster_workers_default(uint32_t nodes)
{
	uint32_t workers = machine_cores() / nodes;

	if (workers == 0)
		return 1;
	return workers < MR_WORKERS_MAX ? workers : MR_WORKERS_MAX;
}

int cluster_memory_check(uint64_t memory_bytes, uint32_t nodes, char *error, size_t error_bytes)
{
	uint64_t least = (uint64_t)MR_MEMORY_BYTES_MIN * nodes;

	if (memory_bytes >= least)
		return 0;
	snprintf(error, error_bytes,
		 "too little memory: %llu bytes for %u node%s; at least %llu MiB are needed: give "
		 "--memory %lluMiB or more",
		 (unsigned long long)memory_bytes, nodes, nodes == 1 ? "" : "s",
		 (unsigned long long)(least >> 20), (unsigned long long)(least >> 20));
	return -ENOMEM;
}

static uint32_t node_address(uint32_t node)
{
	return CLUSTER_ADDRESS + 1 + node;
}

static uint32_t peers_fill(struct node_peer *peers, uint32_t nodes, uint32_t self)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < nodes; i++) {
		if (i != self)
			peers[count++] =
			    (struct node_peer){i, node_address(i), MR_WIRE_PORT_DEFAULT};
	}
	return count;
}

static int memory_open(struct fabric *fabric, uint64_t bytes, struct region_provider *provider,
		       char *error, size_t error_bytes)
{
	int rc = fabric->memory_open(fabric, bytes, provider);

	if (rc < 0)
		snprintf(error, error_bytes, "cannot take %llu MiB of data memory for a node: %s",
			 (unsigned long long)(bytes >> 20), strerror(-rc));
	return rc;
}

static uint32_t io_cores(const struct cluster_config *config, uint32_t node)
{
	return config->io_cores[node] > 1 ? config->io_cores[node] : 1;
}

uint32_t cluster_queues(const struct cluster_config *config)
{
	uint32_t most = 1;

	for (uint32_t i = 0; i < config->nodes; i++)
		if (io_cores(config, i) > most)
			most = io_cores(config, i);
	return most;
}

static uint32_t threads_count(const struct cluster_config *config)
{
	uint32_t count = config->nodes * config->workers;

	for (uint32_t i = 0; i < config->nodes; i++)
		count += io_cores(config, i);
	return count;
}

static int node_open(struct cluster *cluster, struct fabric *fabric,
		     const struct cluster_config *config, uint32_t index, char *error,
		     size_t error_bytes)
{
	uint64_t bytes = config->memory_bytes / config->nodes / MR_PAGE_BYTES * MR_PAGE_BYTES;
	struct node_io_core cores[MR_IO_CORES_MAX];
	struct node_peer peers[MR_NODES_MAX];
	struct node_config node = {
	    .node = index,
	    .peers = peers,
	    .peer_count = peers_fill(peers, config->nodes, index),
	    .ip = node_address(index),
	    .prefix_len = CLUSTER_PREFIX_LEN,
	    .udp_port = MR_WIRE_PORT_DEFAULT,
	    .incarnation = config->incarnation,
	    .io_cores = cores + 1,
	    .io_core_count = io_cores(config, index) - 1,
	    .io_cores_least = config->io_cores_least,
	    .sandbox = config->sandbox,
	    .workers = config->workers,
	    .slices = config->slices > 0 ? config->slices : MR_SLICES_DEFAULT,
	    .poll = machine_poll(config->poll, threads_count(config)),
	    .spill_dir = config->spill_dir,
	    .faults = config->faults,
	};
	int rc =
	    io_taps_open(cores, 1 + node.io_core_count, config->capture, index, error, error_bytes);

	fabric->pages = config->sandbox->maps_regions;
	if (rc == 0)
		rc = memory_open(fabric, bytes, &node.provider, error, error_bytes);
	if (rc < 0)
		return rc;
	rc = io_ports_open(cores, 1 + node.io_core_count, fabric, index, MR_WIRE_PORT_DEFAULT,
			   error, error_bytes);
	if (rc < 0)
		goto fail_memory;
	node.port = cores[0].port;
	node.tap = cores[0].tap;
	rc = node_create(&cluster->nodes[index], &node, error, error_bytes);
	if (rc < 0)
		return rc; /* port and memory went with it */
	cluster->count++;
	return 0;

fail_memory:
	node.provider.release(&node.provider);
	return rc;
}

int cluster_create(struct cluster **cluster_out, struct fabric **fabric,
		   const struct cluster_config *config, char *error, size_t error_bytes)
{
	struct cluster *cluster;
	int rc = cluster_memory_check(config->memory_bytes, config->nodes, error, error_bytes);

	if (rc < 0)
		return rc;
	cluster = calloc(1, sizeof(*cluster));
	if (cluster == NULL) {
		snprintf(error, error_bytes, "out of memory");
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < config->nodes && rc == 0; i++)
		rc = node_open(cluster, *fabric, config, i, error, error_bytes);
	if (rc == 0 && config->capture != NULL) {
		rc = capture_start(config->capture);
		if (rc < 0)
			snprintf(error, error_bytes, "cannot start the capture's thread: %s",
				 strerror(-rc));
	}
	if (rc == 0 && config->handover) {
		rc = node_attach(cluster->nodes, cluster->count);
		if (rc < 0)
			snprintf(error, error_bytes, "hand-over between nodes: %s", strerror(-rc));
	}
	if (rc < 0) {
		cluster_destroy(&cluster);
		return rc;
	}
	cluster->fabric = *fabric;
	*fabric = NULL;
	*cluster_out = cluster;
	return 0;
}

int cluster_start(struct cluster *cluster, char *error, size_t error_bytes)
{
	for (uint32_t i = 0; i < cluster->count; i++) {
		int rc = node_start(cluster->nodes[i]);

		if (rc < 0) {
			snprintf(error, error_bytes, "node %u: cannot start its threads: %s", i,
				 strerror(-rc));
			return rc;
		}
	}
	return 0;
}

void cluster_destroy(struct cluster **cluster)
{
	if (*cluster == NULL)
		return;
	/* The leader first: it tells the others that its jobs are over. */
	for (uint32_t i = 0; i < (*cluster)->count; i++)
		node_destroy(&(*cluster)->nodes[i]);
	fabric_close(&(*cluster)->fabric);
	free(*cluster);
	*cluster = NULL;
}
