/* The table of drivers: what tests/port saw each of them do with DPDK 22.11. */
#include <string.h>

#include "dpdk_driver.h"

/*
 * Drivers that are not here may report abilities, and have never been seen to have them: they get
 * linear frames. A driver that copies a frame before its burst returns may be handed any memory.
 *
 * external: net_vhost copies into its guest's buffers, but net_virtio_user hands addresses to the
 * peer, which knows the DPDK heap only: frames from a registered memfd are lost without a trace.
 * Zero-copy memif hands out offsets into the heap's one file: foreign memory crashes its peer.
 * net_ring hands the mbufs themselves to its receiver, which would have to copy what comes in two.
 * net_af_xdp computes an offset into its own buffers: foreign memory comes out as garbage.
 *
 * rx_by_burst: eth_memif_rx of drivers/net/memif/rte_eth_memif.c. A single frame costs it 31 mbufs
 * initialised and freed for nothing, more than all else it does.
 *
 * doorbell: what tests/port/test_doorbell.c saw wake a sleeper each time, and stay silent else.
 * net_ring has nothing, as its receiver is in the same process.
 */
static const struct dpdk_driver drivers[] = {
    {
	"net_af_packet",
	.scatters = true,
	.mtu_unasked = true,
	.external = PORT_EXTERNAL_ANY,
	.doorbell = DOORBELL_SOCKET,
    },
    /* Fills a queue of 2048 at start, and what it sends is with the kernel in as many again. */
    {
	"net_af_xdp",
	.pages = true,
	.sends_received = true,
	.rx_held = 2 * 2048,
	.doorbell = DOORBELL_SOCKET,
    },
    {
	"net_memif",
	.scatters = true,
	.memory = true,
	.mtu_unasked = true,
	.copies = true,
	.rx_by_burst = true,
	.hangs_up = true,
	.external = PORT_EXTERNAL_ANY,
	.doorbell = DOORBELL_MEMIF,
    },
    {
	"net_pcap",
	.mtu_unasked = true,
	.doorbell = DOORBELL_SOCKET,
    },
    {
	"net_ring",
	.scatters = true,
	.memory = true,
	.mtu_unasked = true,
    },
    {
	"net_tap",
	.scatters = true,
	.external = PORT_EXTERNAL_ANY,
	.doorbell = DOORBELL_QUEUE,
    },
    {
	"net_vhost",
	.scatters = true,
	.memory = true,
	.mtu_unasked = true,
	.copies = true,
	.external = PORT_EXTERNAL_ANY,
	.doorbell = DOORBELL_INTERRUPT,
    },
    {
	"net_virtio_user",
	.scatters = true,
	.memory = true,
	.sent_late = true,
	.external = PORT_EXTERNAL_HEAP,
	.doorbell = DOORBELL_INTERRUPT,
    },
};

/* Of more than four frames it takes four at a time when more than four places are free in its ring
 * (drivers/net/memif/rte_eth_memif.c, eth_memif_tx_zc): with two mbufs each, the last ones go to
 * places that its peer has yet to read. */
static const struct dpdk_driver memif_zero_copy = {
    "net_memif",
    .scatters = true,
    .memory = true,
    .mtu_unasked = true,
    .hangs_up = true,
    .tx_frames_max = 4,
    .external = PORT_EXTERNAL_HEAP,
    .doorbell = DOORBELL_MEMIF,
};

/* QEMU's e1000e and vmxnet3 map each piece of a frame whole, and drop the frame where an IOMMU
 * shows them two pages that are not neighbours (hw/net/net_tx_pkt.c): again and again, as the piece
 * stays where it is. The few frames that cross are copied. */
static const struct dpdk_driver pci_scatters = {
    "",
    .scatters = true,
    .external = PORT_EXTERNAL_PAGE,
};
static const struct dpdk_driver pci_vmxnet3 = {
    "net_vmxnet3",
    .scatters = true,
    /* Fills a second ring, as long, for what it would join from several packets. */
    .rx_held = 1024,
    .external = PORT_EXTERNAL_PAGE,
};
static const struct dpdk_driver unknown = {""};

static bool memif_is_zero_copy(const struct port_spec *spec)
{
	char value[8];

	return port_spec_driver(spec, "net_memif") &&
	       port_spec_value(spec, "zero-copy", value, sizeof(value)) &&
	       strcmp(value, "yes") == 0;
}

bool port_dpdk_wants_heap(const char *text)
{
	char error[MR_ERROR_BYTES_MAX];
	struct port_spec spec;

	return port_spec_parse(text, &spec, error, sizeof(error)) == 0 &&
	       (spec.kind == SPEC_PCI || port_spec_driver(&spec, "net_virtio_user") ||
		memif_is_zero_copy(&spec));
}

const struct dpdk_driver *dpdk_driver_facts(const struct port_spec *spec,
					    const struct rte_eth_dev_info *info)
{
	/* Devices on the PCI bus are believed; what they read, EAL has mapped for them. */
	if (spec->kind == SPEC_PCI && strcmp(info->driver_name, pci_vmxnet3.name) == 0)
		return &pci_vmxnet3;
	if (spec->kind == SPEC_PCI)
		return info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS ? &pci_scatters
									     : &unknown;
	if (memif_is_zero_copy(spec))
		return &memif_zero_copy;
	for (size_t i = 0; i < RTE_DIM(drivers); i++) {
		if (strcmp(info->driver_name, drivers[i].name) == 0)
			return &drivers[i];
	}
	return &unknown;
}

enum doorbell_kind dpdk_driver_doorbell(const struct dpdk_driver *driver,
					const struct port_spec *spec)
{
	(void)spec;
	return driver->doorbell;
}
