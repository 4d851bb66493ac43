/* Linux interfaces under af_packet and af_xdp ports: what must be right before a driver is asked.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>

#include <millrace/limits.h>

#include "fanout.h"
#include "interface.h"

static void list_interfaces(char *text, size_t text_bytes)
{
	struct if_nameindex *list = if_nameindex();
	size_t used = 0;

	text[0] = '\0';
	for (uint32_t i = 0; list != NULL && list[i].if_index != 0 && used < text_bytes; i++)
		used += (size_t)snprintf(text + used, text_bytes - used, "%s%s", i > 0 ? ", " : "",
					 list[i].if_name);
	if_freenameindex(list);
}

/* 0 or -errno; asks the kernel through any socket. */
static int interface_query(const char *name, bool *up, uint32_t *mtu)
{
	struct ifreq request = {0};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int rc = 0;

	if (fd < 0)
		return -errno;
	memcpy(request.ifr_name, name, strlen(name) + 1);
	if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		rc = -errno;
	*up = (request.ifr_flags & IFF_UP) != 0;
	if (rc == 0 && ioctl(fd, SIOCGIFMTU, &request) < 0)
		rc = -errno;
	if (rc == 0)
		*mtu = (uint32_t)request.ifr_mtu;
	close(fd);
	return rc;
}

static int interface_check(const char *port, const char *name, uint32_t *mtu, char *error,
			   size_t error_bytes)
{
	char list[256];
	bool up = false;
	int rc = strlen(name) < IFNAMSIZ ? interface_query(name, &up, mtu) : -ENODEV;

	if (rc == -ENODEV) {
		list_interfaces(list, sizeof(list));
		snprintf(error, error_bytes,
			 "port %s: there is no network interface \"%s\" here; there are: %s", port,
			 name, list);
		return rc;
	}
	if (rc < 0) {
		snprintf(error, error_bytes, "port %s: interface %s: %s", port, name,
			 strerror(-rc));
		return rc;
	}
	if (!up) {
		snprintf(error, error_bytes, "port %s: interface %s is down: ip link set %s up",
			 port, name, name);
		return -ENETDOWN;
	}
	return 0;
}

static int permission_check(const char *port, char *error, size_t error_bytes)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 && errno == EPERM) {
		snprintf(error, error_bytes,
			 "port %s: no permission for raw packets (CAP_NET_RAW): run as root, or in "
			 "a network namespace of your own (unshare -Urn)",
			 port);
		return -EPERM;
	}
	if (fd >= 0)
		close(fd);
	return 0; /* any other trouble, the driver will name */
}

uint32_t interface_queues(const struct port_spec *spec)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	struct ifreq request = {.ifr_data = (char *)&channels};
	char name[DEVARGS_NAME_MAX];
	int fd, rc;

	if (!port_spec_value(spec, "iface", name, sizeof(name)) || strlen(name) >= IFNAMSIZ)
		return 1;
	memcpy(request.ifr_name, name, strlen(name) + 1);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 1;
	rc = ioctl(fd, SIOCETHTOOL, &request);
	close(fd);
	if (rc < 0)
		return 1; /* it has no such thing */
	/* net_af_xdp counts these only: a veth, which has separate ones, is one queue to it. */
	return channels.combined_count > 1 ? channels.combined_count : 1;
}

int interface_prepare(const struct port_spec *spec, uint32_t *mtu, char *error, size_t error_bytes)
{
	bool af_packet = spec->kind == SPEC_INTERFACE || port_spec_driver(spec, "net_af_packet");
	char name[DEVARGS_NAME_MAX];
	int rc;

	*mtu = spec->mtu;
	if (!af_packet && !port_spec_driver(spec, "net_af_xdp"))
		return 0;
	if (!port_spec_value(spec, "iface", name, sizeof(name))) {
		snprintf(error, error_bytes, "port %s: say which interface: %s,iface=NAME",
			 spec->name, spec->name);
		return -EINVAL;
	}
	rc = interface_check(spec->name, name, mtu, error, error_bytes);
	if (rc == 0)
		rc = permission_check(spec->name, error, error_bytes);
	if (rc == 0 && af_packet)
		rc = fanout_check(spec->name, name, error, error_bytes);
	if (rc == 0 && spec->mtu > *mtu) {
		snprintf(error, error_bytes,
			 "port %s: interface %s has an MTU of %u, less than mtu=%u: ip link set %s "
			 "mtu %u",
			 spec->name, name, *mtu, spec->mtu, name, spec->mtu);
		rc = -EMSGSIZE;
	}
	if (*mtu > MR_MTU_MAX)
		*mtu = MR_MTU_MAX; /* loopback's 65536: more than we ever send */
	if (spec->mtu != 0)
		*mtu = spec->mtu;
	return rc;
}
