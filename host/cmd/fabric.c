/* Ring ports and DPDK ports as the network of a cluster. */
#include "fabric.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine.h"

#define DPDK_OWN_BYTES (512ull << 20) /* beside data memory: frames of several ports, tables */

struct ring_fabric {
	struct fabric fabric;
	struct ring_switch *sw;
};

struct dpdk_fabric {
	struct fabric fabric;
	const char *const *specs;
	bool heap; /* data memory comes from DPDK's */
};

int fabric_memory_plain(struct fabric *fabric, uint64_t bytes, struct region_provider *provider)
{
	if (fabric->pages)
		return region_provider_pages(provider, bytes);
	return fabric->shared ? region_provider_memfd(provider, bytes)
			      : region_provider_memory(provider, bytes);
}

void fabric_close(struct fabric **fabric)
{
	if (*fabric != NULL)
		(*fabric)->close(*fabric);
	*fabric = NULL;
}

static int ring_fabric_port(struct fabric *fabric, uint32_t index, const struct port_spread *spread,
			    struct port **queues, char *error, size_t error_bytes)
{
	struct ring_fabric *ring = (struct ring_fabric *)fabric;
	int rc = ring_queues_open(ring->sw, index, spread, queues);

	if (rc < 0)
		snprintf(error, error_bytes, "ring port %u: %s", index, strerror(-rc));
	return rc;
}

static void ring_fabric_close(struct fabric *fabric)
{
	struct ring_fabric *ring = (struct ring_fabric *)fabric;

	ring_switch_destroy(&ring->sw);
	free(ring);
}

int fabric_ring_open(struct fabric **fabric, uint32_t nodes, uint32_t queues, char *error,
		     size_t error_bytes)
{
	struct ring_fabric *ring = calloc(1, sizeof(*ring));
	/* Nothing outside sees these frames: as long as they may be costs least. */
	int rc = ring ? ring_switch_create_queues(&ring->sw, nodes, queues, MR_MTU_MAX) : -ENOMEM;

	if (rc < 0) {
		snprintf(error, error_bytes, "ring ports for %u nodes: %s", nodes, strerror(-rc));
		free(ring);
		return rc;
	}
	ring->fabric.port_open = ring_fabric_port;
	ring->fabric.memory_open = fabric_memory_plain;
	ring->fabric.close = ring_fabric_close;
	*fabric = &ring->fabric;
	return 0;
}

static int dpdk_fabric_port(struct fabric *fabric, uint32_t index, const struct port_spread *spread,
			    struct port **queues, char *error, size_t error_bytes)
{
	struct dpdk_fabric *dpdk = (struct dpdk_fabric *)fabric;

	return port_dpdk_open_queues(dpdk->specs[index], spread, queues, error, error_bytes);
}

static void note_add(struct fabric *fabric, const char *text)
{
	size_t used = strlen(fabric->note);

	snprintf(fabric->note + used, sizeof(fabric->note) - used, "%s%s", used ? "; " : "", text);
}

static int dpdk_fabric_memory(struct fabric *fabric, uint64_t bytes,
			      struct region_provider *provider)
{
	struct dpdk_fabric *dpdk = (struct dpdk_fabric *)fabric;

	if (dpdk->heap && region_provider_dpdk(provider, bytes) == 0)
		return 0;
	if (dpdk->heap)
		note_add(fabric, "the DPDK heap gave no data memory: it is on ordinary pages");
	dpdk->heap = false;
	return fabric_memory_plain(fabric, bytes, provider);
}

static void dpdk_fabric_close(struct fabric *fabric)
{
	free(fabric);
}

/*
 * DPDK touches all of its heap at the start, and nobody else can map it. In huge pages that is what
 * they are for, and some ports send from where data lies only there; in ordinary ones a node would
 * hold all its memory while idle. Everywhere else memory touched when used serves better.
 */
static bool heap_wanted(const char *const *specs, uint32_t count, uint64_t memory_bytes)
{
	bool wanted = false;

	for (uint32_t i = 0; i < count; i++)
		wanted |= port_dpdk_wants_heap(specs[i]);
	return wanted && machine_huge_page_bytes() >= memory_bytes + DPDK_OWN_BYTES;
}

int fabric_dpdk_open(struct fabric **fabric, const char *const *specs, uint32_t count,
		     uint32_t queues, uint64_t memory_bytes, char *error, size_t error_bytes)
{
	bool heap = heap_wanted(specs, count, memory_bytes);
	struct port_eal_config eal = {specs, count, heap ? memory_bytes : 0, queues};
	struct dpdk_fabric *dpdk = calloc(1, sizeof(*dpdk));
	int rc;

	if (dpdk == NULL) {
		snprintf(error, error_bytes, "out of memory");
		return -ENOMEM;
	}
	rc = port_eal_start(&eal, dpdk->fabric.note, sizeof(dpdk->fabric.note), error, error_bytes);
	if (rc < 0) {
		free(dpdk);
		return rc;
	}
	dpdk->heap = heap;
	dpdk->specs = specs;
	dpdk->fabric.port_open = dpdk_fabric_port;
	dpdk->fabric.memory_open = dpdk_fabric_memory;
	dpdk->fabric.close = dpdk_fabric_close;
	*fabric = &dpdk->fabric;
	return 0;
}
