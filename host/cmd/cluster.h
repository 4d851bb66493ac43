/*
 * Nodes of this process: one on each port of a network, at 10.77.0.1, 10.77.0.2, ...
 */
#ifndef CLUSTER_H
#define CLUSTER_H

#include "capture.h"
#include "fabric.h"
#include "node.h"

struct cluster_config {
	uint32_t nodes;
	const struct sandbox_ops *sandbox;
	uint32_t io_cores[MR_NODES_MAX]; /* of each node; 0 is 1 */
	uint32_t io_cores_least; /* of each node, active; less than it has: a controller says how
				    many are; 0: all are */
	uint32_t workers;        /* of each node; 0: run inside node_step() */
	uint32_t slices;         /* as node_config has it; 0: MR_SLICES_DEFAULT */
	uint64_t memory_bytes;   /* of all nodes together */
	enum port_poll_mode poll;
	bool handover; /* regions change hands in memory; else everything travels as frames */
	uint64_t incarnation; /* 0: taken from the clock */
	const char *spill_dir;
	struct node_faults faults;
	struct capture *capture; /* of every node's frames; NULL: none; outlives the cluster */
};

struct cluster {
	struct fabric *fabric;
	uint32_t count;
	struct node *nodes[MR_NODES_MAX];
};

/* What --memory is when not given: a quarter of the machine's, or the least that works. */
uint64_t cluster_memory_default(uint32_t nodes);
/* What --workers is when not given: the cores, shared out. */
uint32_t cluster_workers_default(uint32_t nodes);
/* 0 when each node has enough, else -ENOMEM with error text naming the least. */
int cluster_memory_check(uint64_t memory_bytes, uint32_t nodes, char *error, size_t error_bytes);

/* The most I/O cores of any node. */
uint32_t cluster_queues(const struct cluster_config *config);
/* Creates the nodes; cluster_start() starts their threads. On success takes ownership of *fabric
 * (nulls it). 0 or -errno with error text. */
int cluster_create(struct cluster **cluster, struct fabric **fabric,
		   const struct cluster_config *config, char *error, size_t error_bytes);
int cluster_start(struct cluster *cluster, char *error, size_t error_bytes);
/* Nulls *cluster; *cluster may be NULL. */
void cluster_destroy(struct cluster **cluster);

#endif
