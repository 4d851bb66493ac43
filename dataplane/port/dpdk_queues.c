/* The queues of a DPDK device, shared out to its ports. */
#include <stdlib.h>

#include "dpdk_port.h"

#define QUEUE_FRAMES 1024 /* descriptors of a receive or send queue */

/* Checksums that the device verifies need no second look; frames longer than its largest buffer
 * come in several. UDP's is not used on our wire, and IPv4's over 20 bytes costs less to write than
 * to ask for: nothing is offloaded on the way out. */
static uint64_t offloads_rx(const struct dpdk_port *self, const struct rte_eth_dev_info *info)
{
	uint64_t wanted = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM;

	if (self->port.abilities.mtu > RTE_ETHER_MTU)
		wanted |= RTE_ETH_RX_OFFLOAD_SCATTER;
	return wanted & info->rx_offload_capa;
}

/* What was sent comes back from virtio's queues only when so few descriptors are free. It must be
 * nearly always, or regions stay lent, and mbufs grow cold. */
static uint16_t virtio_free_frames(const struct port_spec *spec, uint16_t tx_frames)
{
	char value[16];
	uint16_t queue_frames = tx_frames;

	if (port_spec_value(spec, "queue_size", value, sizeof(value)))
		queue_frames = (uint16_t)strtoul(value, NULL, 10);
	return RTE_MIN(queue_frames, tx_frames) - 4;
}

/* Which queues each port has. Where there are fewer to send through, ports share them, and copy
 * what they send: whoever is given what a device has freed is to be its owner. */
static void queues_share_out(struct dpdk_device *device, const struct rte_eth_dev_info *info)
{
	device->rx_queues = RTE_MIN(device->port_count, info->max_rx_queues);
	device->tx_queues = RTE_MIN(device->port_count, info->max_tx_queues);
	for (uint16_t i = 0; i < device->port_count; i++) {
		struct dpdk_port *port = device->ports[i];

		port->rx_queue = i < device->rx_queues ? i : DPDK_NO_QUEUE;
		port->tx_queue = i % device->tx_queues;
		if (device->tx_queues == device->port_count)
			continue;
		port->tx_lock = &device->tx_locks[port->tx_queue].lock;
		port->port.abilities.external = PORT_EXTERNAL_NONE;
	}
}

/* What no rule sorts, RSS spreads by addresses and UDP ports, if it can. */
static void rss_ask(struct rte_eth_conf *conf, const struct dpdk_device *device,
		    const struct rte_eth_dev_info *info)
{
	uint64_t types = RTE_ETH_RSS_NONFRAG_IPV4_UDP & info->flow_type_rss_offloads;

	if (device->rx_queues == 1 || types == 0)
		return;
	conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	conf->rx_adv_conf.rss_conf.rss_hf = types;
}

static void doorbells_choose(struct rte_eth_conf *conf, struct dpdk_device *device,
			     const struct port_spec *spec)
{
	enum doorbell_kind kind = dpdk_driver_doorbell(device->driver, spec);

	for (uint16_t i = 0; i < device->port_count; i++)
		device->ports[i]->doorbell.kind = i < device->rx_queues ? kind : DOORBELL_OTHERS;
	conf->intr_conf.rxq = kind == DOORBELL_INTERRUPT || kind == DOORBELL_QUEUE;
}

static int port_setup(struct dpdk_port *self, const struct rte_eth_dev_info *info,
		      const struct rte_eth_txconf *tx_conf, uint16_t rx_frames, uint16_t tx_frames)
{
	const struct dpdk_device *device = self->device;
	int socket = rte_eth_dev_socket_id(self->id);
	int rc = dpdk_pools_create(self, rx_frames, tx_frames);

	if (rc == 0 && self->rx_queue != DPDK_NO_QUEUE)
		rc = rte_eth_rx_queue_setup(self->id, self->rx_queue, rx_frames, socket,
					    &info->default_rxconf, self->rx_pool);
	if (rc == 0 && self == device->ports[self->tx_queue])
		rc = rte_eth_tx_queue_setup(self->id, self->tx_queue, tx_frames, socket, tx_conf);
	return rc;
}

int dpdk_queues_setup(struct dpdk_device *device, const struct port_spec *spec,
		      const struct rte_eth_dev_info *info)
{
	const struct dpdk_port *first = device->ports[0];
	struct rte_eth_txconf tx_conf = info->default_txconf;
	struct rte_eth_conf conf = {0};
	uint16_t rx_frames = QUEUE_FRAMES;
	uint16_t tx_frames = QUEUE_FRAMES;
	int rc;

	queues_share_out(device, info);
	rss_ask(&conf, device, info);
	if (first->port.abilities.multi_segment)
		conf.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	conf.rxmode.offloads = offloads_rx(first, info);
	doorbells_choose(&conf, device, spec);
	if (!device->driver->mtu_unasked)
		conf.rxmode.mtu = first->port.abilities.mtu;
	rc = rte_eth_dev_configure(device->id, device->rx_queues, device->tx_queues, &conf);
	if (rc == 0)
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(device->id, &rx_frames, &tx_frames);
	if (device->driver->sent_late)
		tx_conf.tx_free_thresh = virtio_free_frames(spec, tx_frames);
	for (uint16_t i = 0; rc == 0 && i < device->port_count; i++)
		rc = port_setup(device->ports[i], info, &tx_conf, rx_frames, tx_frames);
	return rc;
}
