/* Unix sockets that a dead process left behind, in the way of a driver that will listen there. */
#ifndef STALE_SOCKET_H
#define STALE_SOCKET_H

#include <stddef.h>

#include "devargs.h"

/* When the port will listen on a path: unlinks a socket there that nobody answers. Never touches a
 * live socket or anything but a socket. 0, or -errno with error text. */
int stale_socket_clear(const struct port_spec *spec, char *error, size_t error_bytes);

#endif
