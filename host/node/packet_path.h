/* The packet path of one I/O core: a port, and the link, seal and transport on it, all of which one
 * thread owns. */
#ifndef PACKET_PATH_H
#define PACKET_PATH_H

#include "packet_link.h"

struct node;
struct node_config;
struct node_core_metrics;

struct packet_path {
	struct port *port;
	struct transport *transport;
	struct link *link;
	struct seal *seal; /* NULL: frames are clear */
	struct aead_backend *aead;
	void *transport_memory;
	size_t transport_memory_bytes;
};

/* That of core number core; path->port and path->aead are there already. 0 or -errno; what was
 * opened then is still packet_path_close()'s. */
int packet_path_open(struct packet_path *path, const struct node *node,
		     const struct node_config *config, uint32_t core, uint64_t now_ns);
/* Closes the port too. */
void packet_path_close(struct packet_path *path);

/* The counters of all its parts. */
void packet_path_metrics(const struct packet_path *path, struct node_core_metrics *metrics);

/* UDP port of core number core, where that of the first is as configured; 0: none is left. */
uint16_t packet_path_udp_port(uint16_t configured, uint32_t core);

#endif
