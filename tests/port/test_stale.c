/* Sockets of dead processes are cleared away; live ones and other files never are. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "port.h"
#include "test.h"
#include "wire.h"

static char folder[] = "/tmp/millrace-stale-XXXXXX";
static char path[64];

static void folder_remove(void)
{
	unlink(path);
	rmdir(folder);
}

/* A socket bound to the path; closing it leaves the path behind, as a crash does. */
static int socket_bind(int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	CHECK(fd >= 0, "socket");
	CHECK(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "%s: %s", path,
	      strerror(errno));
	CHECK(listen(fd, 1) == 0, "listen");
	return fd;
}

static bool path_exists(void)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static int open_close(const char *format, char *error, size_t error_bytes)
{
	char spec[256];
	struct port *port;
	int rc;

	snprintf(spec, sizeof(spec), format, path);
	rc = port_dpdk_open(spec, &port, error, error_bytes);
	if (rc == 0)
		port_close(&port);
	return rc;
}

static void test_stale(const char *spec, int type)
{
	char error[MR_ERROR_BYTES_MAX] = "";

	close(socket_bind(type));
	CHECK(path_exists(), "a stale socket");
	CHECK(open_close(spec, error, sizeof(error)) == 0, "%s", error);
	unlink(path);
}

static void test_live(const char *spec, int type)
{
	char error[MR_ERROR_BYTES_MAX] = "";
	int fd = socket_bind(type);
	struct pollfd owner = {.fd = fd, .events = POLLIN};

	CHECK(open_close(spec, error, sizeof(error)) < 0, "took a live socket");
	printf("%s\n", error);
	CHECK(path_exists(), "unlinked a live socket");
	CHECK(type == SOCK_SEQPACKET || poll(&owner, 1, 0) == 0, "its owner noticed");
	close(fd);
	unlink(path);
}

static void test_file(const char *spec)
{
	char error[MR_ERROR_BYTES_MAX] = "";
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && close(fd) == 0, "%s", path);
	CHECK(open_close(spec, error, sizeof(error)) == -EEXIST, "%s", error);
	CHECK(strstr(error, "is not a socket") != NULL, "%s", error);
	CHECK(path_exists(), "unlinked a file");
	unlink(path);
}

int main(void)
{
	static const char vhost[] = "net_vhost0,iface=%s";
	static const char memif[] = "net_memif0,role=server,socket-abstract=no,socket=%s";
	const char *specs[] = {vhost, memif};
	struct port_eal_config config = {specs, 2, 1 << 20};
	char error[MR_ERROR_BYTES_MAX];
	char note[MR_ERROR_BYTES_MAX];

	CHECK(mkdtemp(folder) != NULL, "%s", folder);
	atexit(folder_remove);
	snprintf(path, sizeof(path), "%s/port.sock", folder);
	CHECK(port_eal_start(&config, note, sizeof(note), error, sizeof(error)) == 0, "%s", error);
	test_stale(vhost, SOCK_STREAM);
	test_stale(memif, SOCK_SEQPACKET);
	test_live(vhost, SOCK_STREAM);
	test_live(memif, SOCK_SEQPACKET);
	test_file(vhost);
	test_file(memif);
	return 0;
}
