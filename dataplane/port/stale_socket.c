/* Unix sockets that a dead process left behind, in the way of a driver that will listen there. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "stale_socket.h"

static bool spec_says(const struct port_spec *spec, const char *key, const char *expected)
{
	char value[16];

	return port_spec_value(spec, key, value, sizeof(value)) && strcmp(value, expected) == 0;
}

/* Where the port will listen, if it will; the drivers' defaults are those of DPDK 22.11. */
static bool spec_listens(const struct port_spec *spec, char *path, size_t path_bytes)
{
	if (port_spec_driver(spec, "net_memif"))
		return spec_says(spec, "role", "server") &&
		       spec_says(spec, "socket-abstract", "no") &&
		       port_spec_value(spec, "socket", path, path_bytes);
	if (port_spec_driver(spec, "net_virtio_user") || port_spec_driver(spec, "virtio_user"))
		return spec_says(spec, "server", "1") &&
		       port_spec_value(spec, "path", path, path_bytes);
	if (port_spec_driver(spec, "net_vhost") || port_spec_driver(spec, "eth_vhost"))
		return !spec_says(spec, "client", "1") &&
		       port_spec_value(spec, "iface", path, path_bytes);
	return false;
}

/*
 * 1 when a process has the socket, 0 when none has, or -errno. A datagram socket is refused by the
 * type of the stream or packet socket it finds (EPROTOTYPE), so that its owner notices nothing.
 */
static int socket_is_live(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc;

	if (fd < 0)
		return -errno;
	memcpy(address.sun_path, path, strlen(path) + 1);
	rc = connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	close(fd);
	if (rc == 0 || rc == -EPROTOTYPE)
		return 1;
	return rc == -ECONNREFUSED ? 0 : rc;
}

int stale_socket_clear(const struct port_spec *spec, char *error, size_t error_bytes)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct stat st;
	int rc;

	if (!spec_listens(spec, path, sizeof(path)))
		return 0;
	if (lstat(path, &st) < 0)
		return 0; /* nothing there; what else may be wrong, the driver will say */
	if (!S_ISSOCK(st.st_mode)) {
		snprintf(error, error_bytes,
			 "port %s: %s exists and is not a socket: name another path", spec->name,
			 path);
		return -EEXIST;
	}
	rc = socket_is_live(path);
	/* Ports of one process share a memif socket; of a foreign one, the driver will complain. */
	if (rc == 1 && port_spec_driver(spec, "net_memif"))
		return 0;
	if (rc == 1) {
		snprintf(error, error_bytes,
			 "port %s: another process listens on %s: stop it, or name another path",
			 spec->name, path);
		return -EADDRINUSE;
	}
	if (rc == 0 && unlink(path) < 0)
		rc = -errno;
	if (rc < 0)
		snprintf(error, error_bytes, "port %s: cannot clear the stale socket %s: %s",
			 spec->name, path, strerror(-rc));
	return rc;
}
