/* Opening and closing a DPDK port: any device that DPDK 22.11 has a driver for. */
#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_alarm.h>
#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_errno.h>

#include "complete.h"
#include "dpdk_port.h"
#include "eal_log.h"
#include "interface.h"
#include "stale_socket.h"

#define QUEUE_FRAMES 1024        /* descriptors of the one receive and the one send queue */
#define STATISTICS_MS 64         /* between looks: some drivers make a system call of one */
#define LINK_WAIT_MS_VIRTUAL 100 /* a peer may start long after us: that is no reason to wait */
#define LINK_WAIT_MS_PCI 3000    /* a copper link negotiates that long */
#define LINK_POLL_MS 10

static int dpdk_error(int rc, const char *name, const char *what, char *error, size_t error_bytes)
{
	char reason[512];

	eal_log_quote(reason, sizeof(reason));
	snprintf(error, error_bytes, "port %s: %s: %s%s%s", name, what, strerror(-rc),
		 reason[0] != '\0' ? ": " : "", reason);
	return rc;
}

static int device_probe(const struct port_spec *spec, uint16_t *id, char *error, size_t error_bytes)
{
	int rc = rte_dev_probe(spec->devargs);

	if (rc == -1)
		rc = -EIO; /* what drivers return for any reason; EPERM would mislead */
	/* A PCI device was probed when EAL started. */
	if (rc < 0 && !(rc == -EEXIST && spec->kind == SPEC_PCI)) {
		if (spec->kind == SPEC_PCI)
			return dpdk_error(
			    rc, spec->name,
			    "no such device, no driver for it, or it is bound neither "
			    "to vfio-pci nor, with huge pages, to uio_pci_generic "
			    "(dpdk-devbind.py --status)",
			    error, error_bytes);
		return dpdk_error(rc, spec->name, "the driver refuses, or there is none", error,
				  error_bytes);
	}
	rc = rte_eth_dev_get_port_by_name(spec->name, id);
	if (rc < 0)
		return dpdk_error(rc, spec->name, "the device is no Ethernet port", error,
				  error_bytes);
	return 0;
}

struct device_closing {
	uint16_t id;
	sem_t done;
};

static void device_close(void *argument)
{
	struct device_closing *closing = argument;

	rte_eth_dev_stop(closing->id);
	rte_eth_dev_close(closing->id);
	sem_post(&closing->done);
}

/* As an alarm it runs on DPDK's interrupt thread: where some drivers notice the end of their peer,
 * and would free the same at the same time. */
static void device_remove(uint16_t id, bool on_interrupt_thread)
{
	struct device_closing closing = {.id = id};
	struct rte_eth_dev_info info;
	int have_info = rte_eth_dev_info_get(id, &info);

	sem_init(&closing.done, 0, 0);
	if (!on_interrupt_thread || rte_eal_alarm_set(1, device_close, &closing) < 0)
		device_close(&closing);
	while (sem_wait(&closing.done) < 0)
		; /* a signal */
	sem_destroy(&closing.done);
	if (have_info == 0 && info.device != NULL)
		rte_dev_remove(info.device);
}

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

static int queues_setup(struct dpdk_port *self, const struct port_spec *spec,
			const struct rte_eth_dev_info *info)
{
	struct rte_eth_txconf tx_conf = info->default_txconf;
	struct rte_eth_conf conf = {0};
	uint16_t rx_frames = QUEUE_FRAMES;
	uint16_t tx_frames = QUEUE_FRAMES;
	int socket = rte_eth_dev_socket_id(self->id);
	int rc;

	if (self->port.abilities.multi_segment)
		conf.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	conf.rxmode.offloads = offloads_rx(self, info);
	self->doorbell.kind = dpdk_driver_doorbell(self->driver, spec);
	conf.intr_conf.rxq =
	    self->doorbell.kind == DOORBELL_INTERRUPT || self->doorbell.kind == DOORBELL_QUEUE;
	if (!self->driver->mtu_unasked)
		conf.rxmode.mtu = self->port.abilities.mtu;
	rc = rte_eth_dev_configure(self->id, 1, 1, &conf);
	if (rc == 0)
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(self->id, &rx_frames, &tx_frames);
	if (rc == 0)
		rc = dpdk_pools_create(self, rx_frames, tx_frames);
	if (rc == 0)
		rc = rte_eth_rx_queue_setup(self->id, 0, rx_frames, socket, &info->default_rxconf,
					    self->rx_pool);
	if (self->driver->sent_late)
		tx_conf.tx_free_thresh = virtio_free_frames(spec, tx_frames);
	if (rc == 0)
		rc = rte_eth_tx_queue_setup(self->id, 0, tx_frames, socket, &tx_conf);
	return rc;
}

/* A driver without an address of its own gets a local one that differs between processes. */
static void mac_choose(struct dpdk_port *self, struct rte_ether_addr *mac)
{
	if (rte_eth_macaddr_get(self->id, mac) == 0 && rte_is_valid_assigned_ether_addr(mac))
		return;
	rte_eth_random_addr(mac->addr_bytes);
}

static void link_wait(const struct dpdk_port *self, uint32_t wait_ms)
{
	struct rte_eth_link link;

	for (uint32_t waited_ms = 0; waited_ms < wait_ms; waited_ms += LINK_POLL_MS) {
		if (rte_eth_link_get_nowait(self->id, &link) < 0 || link.link_status)
			return;
		rte_delay_us_sleep(LINK_POLL_MS * 1000);
	}
}

/* The MTU asked for, else the driver's; a virtual driver that reports limits it does not have is
 * not believed. */
static int mtu_choose(struct dpdk_port *self, const struct rte_eth_dev_info *info, uint32_t asked)
{
	uint32_t limit = RTE_MIN((uint32_t)info->max_mtu,
				 info->max_rx_pktlen - RTE_ETHER_HDR_LEN - RTE_ETHER_CRC_LEN);
	uint16_t mtu;
	int rc = rte_eth_dev_get_mtu(self->id, &mtu);

	if (rc < 0)
		return rc;
	self->port.abilities.mtu = asked != 0 ? asked : mtu;
	self->frame_bytes_max = self->port.abilities.mtu + RTE_ETHER_HDR_LEN;
	return self->driver->mtu_unasked || self->port.abilities.mtu <= limit ? 0 : -EMSGSIZE;
}

static void abilities_learn(struct dpdk_port *self, const struct rte_eth_dev_info *info)
{
	struct port_abilities *abilities = &self->port.abilities;
	struct rte_ether_addr mac;

	mac_choose(self, &mac);
	memcpy(abilities->mac, mac.addr_bytes, sizeof(abilities->mac));
	abilities->multi_segment =
	    self->driver->scatters && (info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS);
	abilities->external =
	    abilities->multi_segment ? self->driver->external : PORT_EXTERNAL_NONE;
	abilities->external_bytes_min =
	    self->driver->copies ? MR_PORT_LEND_COPIED_BYTES_MIN : MR_PORT_LEND_BYTES_MIN;
	abilities->memory = self->driver->memory;
	snprintf(abilities->driver, sizeof(abilities->driver), "%s", info->driver_name);
}

/* Between probe and start: what the device can do, and memory for it. */
static int port_configure(struct dpdk_port *self, const struct port_spec *spec, uint32_t mtu)
{
	struct rte_eth_dev_info info;
	int rc = rte_eth_dev_info_get(self->id, &info);

	if (rc < 0)
		return rc;
	self->driver = dpdk_driver_facts(spec, &info);
	rc = mtu_choose(self, &info, mtu);
	if (rc < 0)
		return rc;
	abilities_learn(self, &info);
	/* Drivers that copy want room for their whole ring frame: af_packet's, at most 10 KiB.
	 * Where an mbuf is a page, the kernel keeps XDP_PACKET_HEADROOM of it. */
	self->data_bytes =
	    self->driver->pages
		? RTE_ALIGN_CEIL(self->frame_bytes_max + 256, 64u)
		: RTE_ALIGN_CEIL(RTE_MAX(self->frame_bytes_max, info.min_rx_bufsize) + 128, 2048u);
	return queues_setup(self, spec, &info);
}

static int port_start(struct dpdk_port *self, const struct port_spec *spec)
{
	int rc = rte_eth_dev_start(self->id);

	if (rc < 0)
		return rc;
	if (rte_eth_promiscuous_get(self->id) == 1)
		rte_eth_promiscuous_disable(self->id);
	rte_eth_stats_reset(self->id);
	link_wait(self, spec->kind == SPEC_PCI ? LINK_WAIT_MS_PCI : LINK_WAIT_MS_VIRTUAL);
	return 0;
}

/* The owner is about to sleep: what it lent may come home. Without a doorbell it comes back by
 * itself. */
static bool dpdk_arm(struct port *port)
{
	struct dpdk_port *self = (struct dpdk_port *)port;
	uint64_t tsc = rte_get_tsc_cycles();

	if (tsc >= self->statistics_tsc) {
		self->statistics_tsc = tsc + rte_get_tsc_hz() / 1000 * STATISTICS_MS;
		dpdk_port_statistics(self);
	}
	dpdk_tx_recall(self);
	return port->abilities.doorbell && doorbell_arm(self);
}

const struct port_ops dpdk_port_ops = {
    .rx = dpdk_rx,
    .rx_release = dpdk_rx_release,
    .tx = dpdk_tx,
    .arm = dpdk_arm,
    .close = dpdk_port_close,
};

void dpdk_port_close(struct port *port)
{
	struct dpdk_port *self = (struct dpdk_port *)port;

	doorbell_close(self);
	device_remove(self->id, self->driver != NULL && self->driver->hangs_up);
	dpdk_pools_free(self);
	free(self);
}

int port_dpdk_open(const char *text, struct port **port, char *error, size_t error_bytes)
{
	struct doorbell_sockets before, sockets;
	struct dpdk_port *self;
	struct port_spec spec;
	uint32_t mtu;
	int rc = port_spec_parse(text, &spec, error, error_bytes);

	if (rc == 0)
		rc = interface_prepare(&spec, &mtu, error, error_bytes);
	if (rc == 0)
		rc = port_spec_complete(&spec, mtu != 0 ? mtu : MR_MTU_DEFAULT, error, error_bytes);
	if (rc == 0)
		rc = stale_socket_clear(&spec, error, error_bytes);
	if (rc < 0)
		return rc;
	self = calloc(1, sizeof(*self));
	if (self == NULL)
		return dpdk_error(-ENOMEM, spec.name, "no memory", error, error_bytes);
	self->port.ops = &dpdk_port_ops;
	self->port.wake_fd = -1;
	doorbell_sockets_list(&before);
	eal_log_clear();
	rc = device_probe(&spec, &self->id, error, error_bytes);
	if (rc < 0) {
		free(self);
		return rc;
	}
	rc = port_configure(self, &spec, mtu);
	if (rc == 0)
		rc = port_start(self, &spec);
	if (rc < 0) {
		dpdk_error(rc, spec.name,
			   rc == -EMSGSIZE ? "the device cannot carry packets of that MTU"
					   : "cannot be started",
			   error, error_bytes);
		dpdk_port_close(&self->port);
		return rc;
	}
	doorbell_sockets_list(&sockets);
	doorbell_sockets_subtract(&sockets, &before);
	doorbell_open(self, &spec, &sockets);
	*port = &self->port;
	return 0;
}
