/* Two ports never share a packet fanout group, which would share out their frames: the second is
 * refused and says why, on the same interface and on another. */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>

#include "test.h"
#include "wire.h"

/* What net_af_packet of a process with our id, in another PID namespace, would have there. */
static int rival_open(const char *interface, uint32_t group)
{
	const struct sockaddr_ll address = {
	    .sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_ALL),
	    .sll_ifindex = (int)if_nametoindex(interface),
	};
	const uint32_t kind =
	    PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_DEFRAG | PACKET_FANOUT_FLAG_ROLLOVER;
	const uint32_t join = group | kind << 16;
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	CHECK(fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0,
	      "a rival on %s: %s", interface, strerror(errno));
	CHECK(setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &join, sizeof(join)) == 0, "fanout: %s",
	      strerror(errno));
	return fd;
}

static void check_rival(const char *rivals)
{
	uint32_t group = ((uint32_t)getpid() ^ if_nametoindex("mra")) & 0xffff;
	char error[MR_ERROR_BYTES_MAX] = "";
	int rival = rival_open(rivals, group);
	struct port *port = NULL;

	CHECK(port_dpdk_open("mra", &port, error, sizeof(error)) == -EADDRINUSE, "%s", error);
	printf("%s\n", error);
	CHECK(strstr(error, "fanout group") != NULL && strstr(error, "start again") != NULL, "%s",
	      error);
	close(rival);
	CHECK(port_dpdk_open("mra", &port, error, sizeof(error)) == 0, "%s", error);
	port_close(&port);
}

int main(void)
{
	const char *specs[] = {"mra"};
	struct port_eal_config config = {specs, 1, 1 << 20};
	char error[MR_ERROR_BYTES_MAX], note[MR_ERROR_BYTES_MAX];
	struct port *port = NULL;
	struct port *other = NULL;

	wire_namespace_enter();
	wire_command("ip link add mra type veth peer name mrb && "
		     "ip link set mra up && ip link set mrb up");
	CHECK(port_eal_start(&config, note, sizeof(note), error, sizeof(error)) == 0, "%s", error);
	check_rival("mra");
	check_rival("mrb");
	/* Of one process, ports on two interfaces have two groups, and on one the same. */
	CHECK(port_dpdk_open("mra", &port, error, sizeof(error)) == 0, "%s", error);
	CHECK(port_dpdk_open("mrb", &other, error, sizeof(error)) == 0, "%s", error);
	port_close(&other);
	CHECK(port_dpdk_open("net_af_packet9,iface=mra", &other, error, sizeof(error)) ==
		  -EADDRINUSE,
	      "%s", error);
	port_close(&port);
	return 0;
}
