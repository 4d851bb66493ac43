/* Where nodes of one host meet: a directory of this user, and a socket in it for each address. */
#include "place.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int rendezvous_directory(char *path, size_t path_bytes)
{
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	unsigned int uid = geteuid();
	int length;

	if (xdg != NULL && xdg[0] == '/')
		length = snprintf(path, path_bytes, "%s/millrace", xdg);
	else if (access("/run", W_OK) == 0)
		length = snprintf(path, path_bytes, "/run/millrace-%u", uid);
	else
		length = snprintf(path, path_bytes, "/tmp/millrace-%u-attach", uid);
	return (size_t)length < path_bytes ? 0 : -ENAMETOOLONG;
}

int place_make_directory(const char *path, char *error, size_t error_bytes)
{
	struct stat status;

	if (mkdir(path, 0700) != 0 && errno != EEXIST) {
		int rc = -errno;

		snprintf(error, error_bytes, "hand-over directory %s: %s", path, strerror(-rc));
		return rc;
	}
	if (lstat(path, &status) != 0)
		return -errno;
	if (S_ISDIR(status.st_mode) && status.st_uid == geteuid() && (status.st_mode & 077) == 0)
		return 0;
	snprintf(error, error_bytes,
		 "hand-over directory %s is not a directory that only this user can enter: remove "
		 "it, or set XDG_RUNTIME_DIR",
		 path);
	return -EPERM;
}

int place_address(struct sockaddr_un *address, const char *directory,
		  const struct rendezvous_peer *peer)
{
	int length;

	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	length = snprintf(address->sun_path, sizeof(address->sun_path), "%s/%u.%u.%u.%u-%u",
			  directory, peer->ip >> 24, peer->ip >> 16 & 255, peer->ip >> 8 & 255,
			  peer->ip & 255, peer->udp_port);
	return (size_t)length < sizeof(address->sun_path) ? 0 : -ENAMETOOLONG;
}

int place_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd >= 0 ? fd : -errno;
}

/* Does a living process answer there? */
static bool address_lives(const struct sockaddr_un *address)
{
	int fd = place_socket();
	bool lives;

	if (fd < 0)
		return true;
	lives =
	    connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN;
	close(fd);
	return lives;
}

int place_listen(struct sockaddr_un *address, int *listener, char *error, size_t error_bytes)
{
	const struct sockaddr *name = (const struct sockaddr *)address;
	int rc;

	*listener = place_socket();
	if (*listener < 0)
		return *listener;
	rc = bind(*listener, name, sizeof(*address));
	if (rc != 0 && errno == EADDRINUSE && !address_lives(address)) {
		unlink(address->sun_path);
		rc = bind(*listener, name, sizeof(*address));
	}
	if (rc == 0 && listen(*listener, PLACE_BACKLOG) == 0)
		return 0;
	rc = -errno;
	snprintf(error, error_bytes, "hand-over socket %s: %s%s", address->sun_path, strerror(-rc),
		 rc == -EADDRINUSE ? ": another node of this user has the same address" : "");
	if (rc == -EADDRINUSE)
		address->sun_path[0] = 0; /* not ours to remove */
	return rc;
}
