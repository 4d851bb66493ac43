/* Network namespaces: our own, and a second one behind a veth pair. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shell.h"
#include "wiring.h"

#define NETNS_SELF "/proc/thread-self/ns/net"

int wiring_isolate(void)
{
	char waste[256];

	if (unshare(CLONE_NEWNET) < 0)
		return -errno;
	/* Peers over loopback need it; who has no `ip` is told so when a link is to be made. */
	shell_run(waste, sizeof(waste), "ip link set lo up");
	return 0;
}

/* Makes a namespace and returns to ours. Its descriptor, or -errno. */
static int netns_make(void)
{
	int ours = open(NETNS_SELF, O_RDONLY | O_CLOEXEC);
	int other = -1;
	int rc = 0;

	if (ours < 0 || unshare(CLONE_NEWNET) < 0) {
		rc = -errno;
		goto out;
	}
	other = open(NETNS_SELF, O_RDONLY | O_CLOEXEC);
	if (other < 0)
		rc = -errno;
	if (setns(ours, CLONE_NEWNET) < 0)
		rc = -errno;
out:
	if (ours >= 0)
		close(ours);
	if (rc < 0 && other >= 0)
		close(other);
	return rc < 0 ? rc : other;
}

int wiring_lan_make(struct wiring_lan *lan, char *error, size_t error_bytes)
{
	int rc;

	*lan = (struct wiring_lan){.local = "benchlan0",
				   .remote = "benchlan1",
				   .local_ip = "10.74.12.1",
				   .remote_ip = "10.74.12.2"};
	lan->netns_fd = netns_make();
	if (lan->netns_fd < 0) {
		snprintf(error, error_bytes, "a network namespace: %s", strerror(-lan->netns_fd));
		return lan->netns_fd;
	}
	rc = shell_run(error, error_bytes,
		       "ip link add %s type veth peer name %s netns /proc/%d/fd/%d && "
		       "ip addr add %s/24 dev %s && ip link set %s up",
		       lan->local, lan->remote, (int)getpid(), lan->netns_fd, lan->local_ip,
		       lan->local, lan->local);
	if (rc == 0)
		rc = shell_run_in(lan->netns_fd, error, error_bytes,
				  "ip addr add %s/24 dev %s && ip link set %s up && "
				  "ip link set lo up",
				  lan->remote_ip, lan->remote, lan->remote);
	if (rc < 0)
		wiring_lan_remove(lan);
	return rc;
}

int wiring_lan_offloads(const struct wiring_lan *lan, bool on, char *error, size_t error_bytes)
{
	static const char command[] = "ethtool -K %s tso %s gso %s gro %s";
	const char *state = on ? "on" : "off";
	int rc = shell_run(error, error_bytes, command, lan->local, state, state, state);

	if (rc == 0)
		rc = shell_run_in(lan->netns_fd, error, error_bytes, command, lan->remote, state,
				  state, state);
	return rc;
}

/* The pair goes with either end, the namespace with its last descriptor. */
void wiring_lan_remove(struct wiring_lan *lan)
{
	char waste[256];

	shell_run(waste, sizeof(waste), "ip link del %s", lan->local);
	if (lan->netns_fd >= 0)
		close(lan->netns_fd);
	lan->netns_fd = -1;
}
