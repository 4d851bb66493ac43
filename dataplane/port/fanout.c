/* Is there a packet fanout group already of the name that net_af_packet will choose? */
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>

#include "fanout.h"

/* A socket joins a group only of its own kind, and the driver's is none of ours: so this fails
 * where there is one, and makes one that goes with the socket where there is none. */
static bool group_is_there(uint32_t index, uint16_t group)
{
	const struct sockaddr_ll address = {
	    .sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_ALL),
	    .sll_ifindex = (int)index,
	};
	const uint32_t join = group | PACKET_FANOUT_CPU << 16;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	bool there = false;

	if (fd < 0)
		return false;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		there = setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &join, sizeof(join)) < 0 &&
			errno == EINVAL;
	close(fd);
	return there;
}

int fanout_check(const char *port, const char *interface, char *error, size_t error_bytes)
{
	uint32_t index = if_nametoindex(interface);
	uint16_t group = (uint16_t)((uint32_t)getpid() ^ index);

	if (index == 0 || !group_is_there(index, group))
		return 0;
	snprintf(error, error_bytes,
		 "port %s: packet fanout group %u, which the driver names by process id and "
		 "interface, is another port's in this network namespace, and they would share "
		 "their frames: start again, for another process id, or use "
		 "net_af_xdp0,iface=%s",
		 port, group, interface);
	return -EADDRINUSE;
}
