/* Linux interfaces under af_packet and af_xdp ports: what must be right before a driver is asked.
 */
#ifndef INTERFACE_H
#define INTERFACE_H

#include <stddef.h>
#include <stdint.h>

#include "devargs.h"

/* For a port on an interface: checks that it exists, is up and may be opened by us, and returns its
 * MTU, or the smaller one that was asked for; for other ports the one asked for, or 0. 0 or -errno
 * with error text. */
int interface_prepare(const struct port_spec *spec, uint32_t *mtu, char *error, size_t error_bytes);

/* Receive queues that the interface of the port has now; 1 where it cannot be told. */
uint32_t interface_queues(const struct port_spec *spec);

#endif
