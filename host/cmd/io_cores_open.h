/* What each I/O core of a node has of its own: a queue of the port, a tap of the capture. The first
 * of cores is the node's own. */
#ifndef IO_CORES_OPEN_H
#define IO_CORES_OPEN_H

#include "capture.h"
#include "fabric.h"
#include "node.h"

/* Clears the cores; without a capture, that is all. 0 or -errno with error text. */
int io_taps_open(struct node_io_core *cores, uint32_t count, struct capture *capture, uint32_t node,
		 char *error, size_t error_bytes);
/* The queues of the fabric's port number index. 0 or -errno with error text. */
int io_ports_open(struct node_io_core *cores, uint32_t count, struct fabric *fabric, uint32_t index,
		  uint16_t udp_port, char *error, size_t error_bytes);
void io_ports_close(struct node_io_core *cores, uint32_t count);

#endif
