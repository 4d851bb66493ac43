/* Queues and taps for the I/O cores of a node. */
#include "io_cores_open.h"

#include <stdio.h>
#include <string.h>

int io_taps_open(struct node_io_core *cores, uint32_t count, struct capture *capture, uint32_t node,
		 char *error, size_t error_bytes)
{
	char name[48];
	int rc = 0;

	memset(cores, 0, count * sizeof(cores[0]));
	for (uint32_t i = 0; rc == 0 && capture != NULL && i < count; i++) {
		if (i == 0)
			snprintf(name, sizeof(name), "node %u", node);
		else
			snprintf(name, sizeof(name), "node %u core %u", node, i);
		rc = capture_tap(capture, name, &cores[i].tap);
	}
	if (rc < 0)
		snprintf(error, error_bytes, "cannot capture frames of %s: %s", name,
			 strerror(-rc));
	return rc;
}

int io_ports_open(struct node_io_core *cores, uint32_t count, struct fabric *fabric, uint32_t index,
		  uint16_t udp_port, char *error, size_t error_bytes)
{
	const struct port_spread spread = {.queues = (uint16_t)count, .udp_port = udp_port};
	struct port *queues[MR_IO_CORES_MAX];
	int rc = fabric->port_open(fabric, index, &spread, queues, error, error_bytes);

	for (uint32_t i = 0; rc == 0 && i < count; i++)
		cores[i].port = queues[i];
	return rc;
}

void io_ports_close(struct node_io_core *cores, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		port_close(&cores[i].port);
}
