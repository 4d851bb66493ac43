/* Ports whose frames nobody else can see, and those that only look so. */
#include <sys/stat.h>
#include <unistd.h>

#include "exposure.h"
#include "test.h"

static char folder[] = "/tmp/exposure-XXXXXX";

static void check(bool wanted, const char *format)
{
	char spec[256];

	snprintf(spec, sizeof(spec), format, folder);
	CHECK(port_is_private(spec) == wanted, "%s: not as it should be", spec);
}

int main(void)
{
	CHECK(mkdtemp(folder) != NULL, "no folder");
	check(true, "lo");
	check(true, "net_ring0");
	check(true, "net_null0");
	check(true, "net_af_packet0,iface=lo");
	check(true, "net_af_packet0,blocksz=4096,iface=lo");
	check(false, "net_af_packet0,iface=lo1");
	check(false, "net_af_packet0,iface=eth0");
	check(false, "net_af_packet0");
	check(false, "eth0");
	check(false, "0000:00:03.0");
	check(false, "net_tap0,iface=lo");
	check(false, "net_pcap0,iface=lo");
	check(true, "net_memif0,socket=%s/s,socket-abstract=no");
	check(true, "net_memif0,socket-abstract=no,socket=%s/s,role=client");
	check(false, "net_memif0,socket=%s/s");
	check(false, "net_memif0,socket=%s/s,socket-abstract=yes");
	check(false, "net_memif0,socket-abstract=no");
	check(true, "net_vhost0,iface=%s/s");
	check(true, "net_virtio_user0,path=%s/s");
	check(false, "net_virtio_user0,path=/dev/vhost-net,iface=tap0");
	check(false, "net_vhost0,iface=/tmp/s");
	check(false, "net_vhost0,iface=%s/absent/s");
	CHECK(chmod(folder, 0711) == 0, "no chmod");
	check(false, "net_vhost0,iface=%s/s");
	check(false, "net_memif0,socket=%s/s,socket-abstract=no");
	rmdir(folder);
	return 0;
}
