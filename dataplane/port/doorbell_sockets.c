/* Which packet sockets this process has: how a socket that a driver hides is found. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#include <sys/socket.h>

#include "doorbell.h"

static bool is_packet_socket(int fd)
{
	socklen_t bytes = sizeof(int);
	int domain;

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &bytes) == 0 &&
	       (domain == AF_PACKET || domain == AF_XDP);
}

void doorbell_sockets_list(struct doorbell_sockets *sockets)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;

	sockets->count = 0;
	if (directory == NULL)
		return;
	while ((entry = readdir(directory)) != NULL && sockets->count < DOORBELL_SOCKETS_MAX) {
		char *end;
		int fd = (int)strtol(entry->d_name, &end, 10);

		if (end != entry->d_name && is_packet_socket(fd))
			sockets->fds[sockets->count++] = fd;
	}
	closedir(directory);
}

static bool sockets_have(const struct doorbell_sockets *sockets, int fd)
{
	for (uint32_t i = 0; i < sockets->count; i++) {
		if (sockets->fds[i] == fd)
			return true;
	}
	return false;
}

void doorbell_sockets_subtract(struct doorbell_sockets *sockets,
			       const struct doorbell_sockets *before)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < sockets->count; i++) {
		if (!sockets_have(before, sockets->fds[i]))
			sockets->fds[kept++] = sockets->fds[i];
	}
	sockets->count = kept;
}
