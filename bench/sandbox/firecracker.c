/* A snapshot is loaded and resumed over the API socket of a process made for it. */
#include "firecracker.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "process.h"

#define SNAPSHOT_ENV "MILLRACE_FIRECRACKER_SNAPSHOT"
#define SOCKET_NAME "firecracker.socket"
#define CONNECT_NS_MAX 2000000000ull /* until its socket is there */

int firecracker_prepare(const char *folder, char *reason, size_t reason_bytes)
{
	static const char *const files[] = {"snapshot", "memory"};
	const char *snapshot = getenv(SNAPSHOT_ENV);
	char path[PATH_MAX];

	if (snapshot == NULL) {
		snprintf(reason, reason_bytes,
			 "firecracker is installed, but " SNAPSHOT_ENV " names no folder with a "
			 "snapshot");
		return -ENOENT;
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", snapshot, files[i]);
		if (access(path, R_OK) != 0) {
			snprintf(reason, reason_bytes, "%s: %s", path, strerror(errno));
			return -ENOENT;
		}
	}
	return 0;
}

static int api_connect(const char *path)
{
	const uint64_t until_ns = process_now_ns() + CONNECT_NS_MAX;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0)
		return -errno;
	while (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		if (process_now_ns() > until_ns) {
			close(fd);
			return -ETIMEDOUT;
		}
		usleep(100);
	}
	return fd;
}

/* The answer is "204 No Content" when the guest runs. */
static int snapshot_load(int fd, const char *snapshot)
{
	char body[2 * PATH_MAX + 256], request[sizeof(body) + 256], answer[512] = "";
	int rc = 0;
	ssize_t n;

	snprintf(body, sizeof(body),
		 "{\"snapshot_path\": \"%s/snapshot\", \"mem_backend\": {\"backend_path\": "
		 "\"%s/memory\", \"backend_type\": \"File\"}, \"resume_vm\": true}",
		 snapshot, snapshot);
	snprintf(request, sizeof(request),
		 "PUT /snapshot/load HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
		 "application/json\r\nContent-Length: %zu\r\n\r\n%s",
		 strlen(body), body);
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) != (ssize_t)strlen(request))
		return -errno;
	n = recv(fd, answer, sizeof(answer) - 1, 0);
	if (n <= 0)
		return n < 0 ? -errno : -EPIPE;
	if (strncmp(answer, "HTTP/1.1 204", 12) != 0)
		rc = -EIO;
	return rc;
}

int firecracker_once(void *folder)
{
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	const char *const arguments[] = {"firecracker", "--api-sock", path, NULL};
	struct process process;
	int rc, fd;

	snprintf(path, sizeof(path), "%s/" SOCKET_NAME, (const char *)folder);
	rc = process_start(&process, &PROCESS_ANYWHERE, arguments);
	if (rc != 0)
		return rc;
	fd = api_connect(path);
	rc = fd < 0 ? fd : snapshot_load(fd, getenv(SNAPSHOT_ENV));
	if (fd >= 0)
		close(fd);
	process_kill(&process);
	unlink(path);
	return rc;
}
