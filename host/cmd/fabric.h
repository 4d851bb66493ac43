/*
 * What joins the nodes of a cluster, and where their data memory comes from: ring ports or DPDK
 * ports here; the simulator brings its own.
 */
#ifndef FABRIC_H
#define FABRIC_H

#include "port.h"

#define FABRIC_NOTE_BYTES 1024

/* Implementations embed this as their first member. */
struct fabric {
	/* The port of node number index, opened once: a queue for each of its I/O cores. 0 or
	 * -errno with error text. */
	int (*port_open)(struct fabric *fabric, uint32_t index, const struct port_spread *spread,
			 struct port **queues, char *error, size_t error_bytes);
	/* Data memory for one node. 0 or -errno. */
	int (*memory_open)(struct fabric *fabric, uint64_t bytes, struct region_provider *provider);
	void (*close)(struct fabric *fabric); /* its ports are closed already */
	bool shared; /* data memory is to be what other processes of this host can map */
	bool pages;  /* ... region by region, as some sandboxes do */
	char note[FABRIC_NOTE_BYTES]; /* what was degraded and why; empty when nothing was */
};

/* Nodes of this process, joined by a switch of ring ports of up to so many queues. 0 or -errno with
 * error text. */
int fabric_ring_open(struct fabric **fabric, uint32_t nodes, uint32_t queues, char *error,
		     size_t error_bytes);
/* A DPDK port of so many queues for each node; starts EAL, so only once in a process. specs outlive
 * the network. 0 or -errno with error text. */
int fabric_dpdk_open(struct fabric **fabric, const char *const *specs, uint32_t count,
		     uint32_t queues, uint64_t memory_bytes, char *error, size_t error_bytes);
/* Nulls *fabric; *fabric may be NULL. */
void fabric_close(struct fabric **fabric);
/* Memory that is no device's. What memory_open is where DPDK has no part. */
int fabric_memory_plain(struct fabric *fabric, uint64_t bytes, struct region_provider *provider);

#endif
