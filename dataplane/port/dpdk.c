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

/* Every port is as the first. */
static void ports_align(const struct dpdk_device *device)
{
	const struct dpdk_port *first = device->ports[0];

	for (uint32_t i = 1; i < device->port_count; i++) {
		device->ports[i]->driver = first->driver;
		device->ports[i]->frame_bytes_max = first->frame_bytes_max;
		device->ports[i]->data_bytes = first->data_bytes;
		device->ports[i]->port.abilities = first->port.abilities;
	}
}

/*
 * Room of a data mbuf. Drivers that copy want it for their whole ring frame: af_packet's, at most
 * 10 KiB. Where an mbuf is a page, the kernel keeps XDP_PACKET_HEADROOM of it. Where each frame is
 * to get an mbuf by itself, no more than the frame: see dpdk_driver.h.
 */
static uint32_t data_bytes(const struct dpdk_port *self, const struct rte_eth_dev_info *info)
{
	if (self->driver->pages)
		return RTE_ALIGN_CEIL(self->frame_bytes_max + 256, 64u);
	if (self->driver->rx_by_burst)
		return RTE_ALIGN_CEIL(self->frame_bytes_max, 64u);
	return RTE_ALIGN_CEIL(RTE_MAX(self->frame_bytes_max, info->min_rx_bufsize) + 128, 2048u);
}

/* Between probe and start: what the device can do, and memory for it. */
static int device_configure(struct dpdk_device *device, const struct port_spec *spec, uint32_t mtu)
{
	struct dpdk_port *self = device->ports[0];
	struct rte_eth_dev_info info;
	int rc = rte_eth_dev_info_get(self->id, &info);

	if (rc < 0)
		return rc;
	self->driver = dpdk_driver_facts(spec, &info);
	device->driver = self->driver;
	rc = mtu_choose(self, &info, mtu);
	if (rc < 0)
		return rc;
	abilities_learn(self, &info);
	self->data_bytes = data_bytes(self, &info);
	ports_align(device);
	rc = dpdk_queues_setup(device, spec, &info);
	return rc == 0 && device->port_count > 1 ? dpdk_spread_create(device) : rc;
}

static int device_start(const struct dpdk_device *device, const struct port_spec *spec)
{
	int rc = rte_eth_dev_start(device->id);

	if (rc < 0)
		return rc;
	if (rte_eth_promiscuous_get(device->id) == 1)
		rte_eth_promiscuous_disable(device->id);
	dpdk_steer(device);
	rte_eth_stats_reset(device->id);
	link_wait(device->ports[0],
		  spec->kind == SPEC_PCI ? LINK_WAIT_MS_PCI : LINK_WAIT_MS_VIRTUAL);
	return 0;
}

/* The owner is about to sleep: what it lent may come home. Without a doorbell it comes back by
 * itself. */
static bool dpdk_arm(struct port *port)
{
	struct dpdk_port *self = (struct dpdk_port *)port;
	uint64_t tsc = rte_get_tsc_cycles();

	if (self->spread != NULL && dpdk_spread_arm(self->spread))
		return true;
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

static void device_free(struct dpdk_device *device)
{
	for (uint32_t i = 0; i < device->port_count; i++)
		free(device->ports[i]);
	free(device);
}

static void device_end(struct dpdk_device *device)
{
	for (uint32_t i = 0; i < device->port_count; i++)
		doorbell_close(device->ports[i]);
	device_remove(device->id, device->driver != NULL && device->driver->hangs_up);
	dpdk_spread_free(device);
	for (uint32_t i = 0; i < device->port_count; i++)
		dpdk_pools_free(device->ports[i]);
	device_free(device);
}

/* mbufs and loans of a closed port may still be with the device, or with other ports. */
void dpdk_port_close(struct port *port)
{
	struct dpdk_device *device = ((struct dpdk_port *)port)->device;

	if (atomic_fetch_sub(&device->open, 1) == 1)
		device_end(device);
}

static struct dpdk_port *port_create(struct dpdk_device *device)
{
	struct dpdk_port *port = calloc(1, sizeof(*port));

	if (port == NULL)
		return NULL;
	port->port.ops = &dpdk_port_ops;
	port->port.wake_fd = -1;
	port->device = device;
	return port;
}

static struct dpdk_device *device_create(const struct port_spread *spread)
{
	struct dpdk_device *device = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*device));

	if (device == NULL)
		return NULL;
	memset(device, 0, sizeof(*device));
	device->spread = *spread;
	device->open = spread->queues;
	for (; device->port_count < spread->queues; device->port_count++) {
		device->ports[device->port_count] = port_create(device);
		if (device->ports[device->port_count] == NULL) {
			device_free(device);
			return NULL;
		}
	}
	return device;
}

static int device_open(struct dpdk_device *device, const struct port_spec *spec, uint32_t mtu,
		       char *error, size_t error_bytes)
{
	struct doorbell_sockets before, sockets;
	int rc;

	doorbell_sockets_list(&before);
	eal_log_clear();
	rc = device_probe(spec, &device->id, error, error_bytes);
	if (rc < 0) {
		device_free(device);
		return rc;
	}
	for (uint32_t i = 0; i < device->port_count; i++)
		device->ports[i]->id = device->id;
	rc = device_configure(device, spec, mtu);
	if (rc == 0)
		rc = device_start(device, spec);
	if (rc == 0) {
		doorbell_sockets_list(&sockets);
		doorbell_sockets_subtract(&sockets, &before);
		for (uint32_t i = 0; i < device->port_count; i++)
			doorbell_open(device->ports[i], spec, &sockets);
		return 0;
	}
	dpdk_error(rc, spec->name,
		   rc == -EMSGSIZE ? "the device cannot carry packets of that MTU"
				   : "cannot be started",
		   error, error_bytes);
	device_end(device);
	return rc;
}

int port_dpdk_open_queues(const char *text, const struct port_spread *spread, struct port **ports,
			  char *error, size_t error_bytes)
{
	struct dpdk_device *device;
	struct port_spec spec;
	uint32_t mtu;
	int rc = port_spec_parse(text, &spec, error, error_bytes);

	if (rc == 0)
		rc = interface_prepare(&spec, &mtu, error, error_bytes);
	if (rc == 0)
		rc = port_spec_complete(&spec, mtu != 0 ? mtu : MR_MTU_DEFAULT, spread->queues,
					error, error_bytes);
	if (rc == 0)
		rc = stale_socket_clear(&spec, error, error_bytes);
	if (rc < 0)
		return rc;
	device = device_create(spread);
	if (device == NULL)
		return dpdk_error(-ENOMEM, spec.name, "no memory", error, error_bytes);
	rc = device_open(device, &spec, mtu, error, error_bytes);
	for (uint32_t i = 0; rc == 0 && i < spread->queues; i++)
		ports[i] = &device->ports[i]->port;
	return rc;
}

int port_dpdk_open(const char *text, struct port **port, char *error, size_t error_bytes)
{
	return port_dpdk_open_queues(text, &(struct port_spread){.queues = 1}, port, error,
				     error_bytes);
}
