/* A port that cannot be opened says what was wrong, where, and what to do. As an ordinary user. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "port.h"
#include "test.h"
#include "wire.h"

static const struct {
	const char *spec;
	int rc; /* 0: any error */
	const char *says[2];
} refused[] = {
    {"", -EINVAL, {"name an interface", "net_af_packet0,iface=eth0"}},
    {"nosuch0", -ENODEV, {"no network interface \"nosuch0\"", "lo"}},
    {"net_af_packet0,iface=nosuch0", -ENODEV, {"no network interface \"nosuch0\"", "lo"}},
    {"net_af_packet0", -EINVAL, {"net_af_packet0,iface=NAME"}},
    {"an interface/with a path", -EINVAL, {"not an interface name, a PCI address or"}},
    {"0000:00:1f.7", 0, {"port 0000:00:1f.7: no such device", "vfio-pci"}},
    {"net_nosuch0,key=1", 0, {"net_nosuch0", "driver"}},
    {"net_memif0,role=emperor", 0, {"net_memif0", "role"}},
    {"net_pcap0,rx_pcap=/nosuch/file.pcap", 0, {"net_pcap0", "/nosuch/file.pcap"}},
    {"lo", 0, {"lo"}},
};

static void check_refused(const char *spec, int expected, const char *const says[2])
{
	char error[MR_ERROR_BYTES_MAX] = "";
	struct port *port = NULL;
	int rc = port_dpdk_open(spec, &port, error, sizeof(error));

	printf("%-40s %s\n", spec, error);
	CHECK(rc < 0, "\"%s\" was opened", spec);
	CHECK(expected == 0 || rc == expected, "\"%s\": %d instead of %d", spec, rc, expected);
	for (int i = 0; i < 2 && says[i] != NULL; i++)
		CHECK(strstr(error, says[i]) != NULL, "\"%s\" does not say \"%s\": %s", spec,
		      says[i], error);
}

static void test_start(void)
{
	const char *specs[] = {"net_ring0"};
	struct port_eal_config config = {specs, 1, 1 << 20};
	char error[MR_ERROR_BYTES_MAX];
	char note[MR_ERROR_BYTES_MAX];

	CHECK(port_eal_start(&config, note, sizeof(note), error, sizeof(error)) == 0, "%s", error);
	CHECK(error[0] == '\0', "%s", error);
	CHECK(port_eal_start(&config, note, sizeof(note), error, sizeof(error)) == -EALREADY,
	      "started twice");
	CHECK(strstr(error, "once per process") != NULL, "%s", error);
}

/* A port that failed leaves nothing behind that would be in the way of the next. */
static void test_after(void)
{
	char error[MR_ERROR_BYTES_MAX];
	struct port *port = NULL;
	struct wire_plan plan = {.frames = 100, .bytes_min = 60, .seed = 1};

	for (int i = 0; i < 3; i++) {
		CHECK(port_dpdk_open("net_ring0", &port, error, sizeof(error)) == 0, "%s", error);
		wire_compare(port, port, &plan);
		port_close(&port);
	}
}

int main(void)
{
	wire_become_ordinary();
	test_start();
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		check_refused(refused[i].spec, refused[i].rc, refused[i].says);
	test_after();
	return 0;
}
