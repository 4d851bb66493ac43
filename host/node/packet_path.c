/* Opens and closes the packet path of one I/O core. */
#include "packet_path.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "node_internal.h"

uint16_t packet_path_udp_port(uint16_t configured, uint32_t core)
{
	uint32_t udp_port = (configured != 0 ? configured : MR_WIRE_PORT_DEFAULT) + core;

	return udp_port <= UINT16_MAX ? (uint16_t)udp_port : 0;
}

/* What a frame may wait until an idle node takes it. */
static uint32_t sleep_us(const struct node *node, const struct port *port)
{
	return node->simulated ? 0 : port_poll_wait_us(node->poll.mode, port->wake_fd >= 0);
}

static void wire_fill(struct transport_config *wire, const struct packet_path *path,
		      const struct node *node, const struct node_config *config, uint32_t core)
{
	const struct port_abilities *abilities = &path->port->abilities;

	*wire = (struct transport_config){
	    .node = config->node,
	    .incarnation = node->incarnation,
	    .ip = config->ip,
	    .prefix_len = config->prefix_len,
	    .gateway = config->gateway,
	    .udp_port = packet_path_udp_port(config->udp_port, core),
	    .mtu = abilities->mtu < MR_MTU_MAX ? abilities->mtu : MR_MTU_MAX,
	    .overhead_bytes = config->keys != NULL ? SEAL_OVERHEAD_BYTES : 0,
	    .peer_timeout_ms = node->peer_timeout_ms,
	    .sleep_us = sleep_us(node, path->port),
	    .seed = config->faults.seed ^ node->incarnation ^ config->node ^ (uint64_t)core << 32,
	    .payload_checksum = config->keys == NULL && !abilities->memory,
	    .delay_us_target = abilities->memory ? MR_DELAY_US_TARGET_MEMORY : 0,
	    /* Batches may wait for memory; beyond the first core there is nothing else. */
	    .small_bytes_max = core == 0 ? MR_SMALL_BYTES_MAX : 0,
	    .offered_flows = 1ull << MESSAGE_FLOW_DATA,
	};
	memcpy(wire->mac, abilities->mac, sizeof(wire->mac));
}

static int peers_add(struct packet_path *path, const struct node_config *config, uint32_t core)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < config->peer_count; i++) {
		const struct node_peer *peer = &config->peers[i];
		uint16_t udp_port = packet_path_udp_port(peer->udp_port, core);

		if (udp_port != 0)
			rc = transport_peer_add(path->transport, peer->node, peer->ip, udp_port);
	}
	return rc;
}

static int transport_open(struct packet_path *path, const struct node *node,
			  const struct node_config *config, uint32_t core, uint64_t now_ns)
{
	struct transport_config wire;
	int rc;

	wire_fill(&wire, path, node, config, core);
	path->transport_memory_bytes = transport_bytes(&wire);
	path->transport_memory = mmap(NULL, path->transport_memory_bytes, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (path->transport_memory == MAP_FAILED) {
		path->transport_memory = NULL;
		return -ENOMEM;
	}
	rc = transport_init(&path->transport, path->transport_memory, &wire, now_ns);
	return rc == 0 ? peers_add(path, config, core) : rc;
}

static int link_open(struct packet_path *path, const struct node *node,
		     const struct node_config *config, uint32_t core)
{
	const struct link_config link = {
	    .port = path->port,
	    .transport = path->transport,
	    .drop_ppm = node->faults.drop_ppm,
	    .seed = node->fault_random + core,
	    .seal = path->seal,
	    .ip = config->ip,
	    .udp_port = packet_path_udp_port(config->udp_port, core),
	};
	int rc = link_create(&path->link, &link);

	if (rc == 0)
		link_set_tap(path->link, core == 0 ? config->tap : config->io_cores[core - 1].tap);
	return rc;
}

int packet_path_open(struct packet_path *path, const struct node *node,
		     const struct node_config *config, uint32_t core, uint64_t now_ns)
{
	int rc = transport_open(path, node, config, core, now_ns);

	if (rc == 0)
		rc = keys_apply(path, node, config, core);
	return rc == 0 ? link_open(path, node, config, core) : rc;
}

void packet_path_close(struct packet_path *path)
{
	link_destroy(&path->link);
	seal_destroy(&path->seal);
	aead_destroy(&path->aead);
	port_close(&path->port);
	if (path->transport_memory != NULL)
		munmap(path->transport_memory, path->transport_memory_bytes);
	path->transport_memory = NULL;
}

void packet_path_metrics(const struct packet_path *path, struct node_core_metrics *metrics)
{
	metrics->transport = *transport_counters(path->transport);
	metrics->port = path->port->counters;
	metrics->link = *link_counters(path->link);
	if (path->seal != NULL)
		metrics->seal = *seal_counters(path->seal);
}
