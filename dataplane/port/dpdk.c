/* Opening and closing a DPDK port: any device that DPDK 22.11 has a driver for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_errno.h>

#include "devargs.h"
#include "dpdk_port.h"
#include "eal_log.h"
#include "interface.h"
#include "stale_socket.h"

#define QUEUE_FRAMES 1024        /* descriptors of the one receive and the one send queue */
#define LINK_WAIT_MS_VIRTUAL 100 /* a peer may start long after us: that is no reason to wait */
#define LINK_WAIT_MS_PCI 3000    /* a copper link negotiates that long */
#define LINK_POLL_MS 10

/*
 * What virtual drivers do not report of themselves. Devices on the PCI bus are believed.
 *
 * scatters: our compare test (tests/port) saw it send a chain of mbufs intact. Others may report
 * the ability and have never been seen to have it: they get linear frames.
 */
struct driver_facts {
	const char *driver;
	bool scatters;
	bool memory;      /* its frames never leave this host's memory */
	uint16_t rx_held; /* mbufs of the receive pool it holds beside its receive queue */
};

static const struct driver_facts drivers[] = {
    {.driver = "net_af_packet", .scatters = true},
    {.driver = "net_memif", .scatters = true, .memory = true},
    {.driver = "net_pcap", .scatters = true},
    {.driver = "net_ring", .scatters = true, .memory = true},
    {.driver = "net_tap", .scatters = true},
    {.driver = "net_vhost", .scatters = true, .memory = true},
    {.driver = "net_virtio_user", .scatters = true, .memory = true},
    /* Fills a queue of 2048 at start, and copies what it sends to as many again. */
    {.driver = "net_af_xdp", .scatters = false, .rx_held = 2 * 2048},
};

static const struct driver_facts *driver_known(const char *driver)
{
	static const struct driver_facts unknown;

	for (size_t i = 0; i < RTE_DIM(drivers); i++) {
		if (strcmp(driver, drivers[i].driver) == 0)
			return &drivers[i];
	}
	return &unknown;
}

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
			return dpdk_error(rc, spec->name,
					  "no such device, no driver for it, or it is not bound to "
					  "vfio-pci (dpdk-devbind.py --status)",
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

static void device_remove(uint16_t id)
{
	struct rte_eth_dev_info info;
	int have_info = rte_eth_dev_info_get(id, &info);

	rte_eth_dev_close(id);
	if (have_info == 0 && info.device != NULL)
		rte_dev_remove(info.device);
}

/* A pool that a driver still holds mbufs of stays: freeing it would be worse than keeping it. */
static void pool_free(struct rte_mempool **pool)
{
	if (*pool != NULL && rte_mempool_full(*pool))
		rte_mempool_free(*pool);
	*pool = NULL;
}

/*
 * As rte_pktmbuf_pool_create(), but where addresses are virtual, objects may cross pages: with
 * ordinary pages it would otherwise spend a whole page on each mbuf, and net_af_xdp would compute
 * its umem too short and lose frames.
 */
static struct rte_mempool *mbuf_pool_create(const char *name, uint32_t count, uint16_t room,
					    int socket)
{
	struct rte_pktmbuf_pool_private private = {.mbuf_data_room_size = room};
	unsigned int flags = rte_eal_iova_mode() == RTE_IOVA_VA ? RTE_MEMPOOL_F_NO_IOVA_CONTIG : 0;
	struct rte_mempool *pool =
	    rte_mempool_create_empty(name, count, (uint32_t)sizeof(struct rte_mbuf) + room, 0,
				     sizeof(private), socket, flags);

	if (pool == NULL)
		return NULL;
	rte_pktmbuf_pool_init(pool, &private);
	/* Last in, first out: the mbufs in use stay in the cache, however large the pool. */
	if (rte_mempool_set_ops_byname(pool, "stack", NULL) < 0 ||
	    rte_mempool_populate_default(pool) < 0) {
		rte_mempool_free(pool);
		return NULL;
	}
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;
}

static int pool_create(struct rte_mempool **pool, const struct dpdk_port *self, const char *what,
		       uint32_t count, uint32_t room)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "mr-%s-%u", what, self->id);
	*pool = mbuf_pool_create(name, count, (uint16_t)(RTE_PKTMBUF_HEADROOM + room),
				 rte_eth_dev_socket_id(self->id));
	return *pool == NULL ? -ENOMEM : 0;
}

static bool port_scatters(const struct port_spec *spec, const struct rte_eth_dev_info *info)
{
	if (!(info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS))
		return false;
	return spec->kind == SPEC_PCI || driver_known(info->driver_name)->scatters;
}

static int pools_create(struct dpdk_port *self, uint16_t rx_frames, uint16_t tx_frames)
{
	/* Beside the device's queue: one burst in our hands, one being made. */
	uint32_t rx_count =
	    rx_frames + 2u * MR_PORT_BURST + driver_known(self->port.abilities.driver)->rx_held;
	uint32_t tx_count = tx_frames + 2u * MR_PORT_BURST;
	int rc = pool_create(&self->rx_pool, self, "rx", rx_count, self->data_bytes);

	if (rc == 0)
		rc = pool_create(&self->data_pool, self, "data", tx_count, self->data_bytes);
	if (rc == 0 && self->port.abilities.multi_segment)
		rc = pool_create(&self->head_pool, self, "head", tx_count, DPDK_HEAD_BYTES);
	return rc;
}

static int queues_setup(struct dpdk_port *self, const struct rte_eth_dev_info *info)
{
	struct rte_eth_conf conf = {0};
	uint16_t rx_frames = QUEUE_FRAMES;
	uint16_t tx_frames = QUEUE_FRAMES;
	int rc;

	if (self->port.abilities.multi_segment)
		conf.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	rc = rte_eth_dev_configure(self->id, 1, 1, &conf);
	if (rc == 0)
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(self->id, &rx_frames, &tx_frames);
	if (rc == 0)
		rc = pools_create(self, rx_frames, tx_frames);
	if (rc == 0)
		rc = rte_eth_rx_queue_setup(self->id, 0, rx_frames, rte_eth_dev_socket_id(self->id),
					    &info->default_rxconf, self->rx_pool);
	if (rc == 0)
		rc = rte_eth_tx_queue_setup(self->id, 0, tx_frames, rte_eth_dev_socket_id(self->id),
					    NULL);
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

/* Between probe and start: what the device can do, and memory for it. */
static int port_configure(struct dpdk_port *self, const struct port_spec *spec, uint32_t mtu)
{
	struct port_abilities *abilities = &self->port.abilities;
	struct rte_eth_dev_info info;
	struct rte_ether_addr mac;
	uint16_t driver_mtu;
	int rc = rte_eth_dev_info_get(self->id, &info);

	if (rc == 0 && mtu == 0) {
		rc = rte_eth_dev_get_mtu(self->id, &driver_mtu);
		mtu = driver_mtu;
	}
	if (rc < 0)
		return rc;
	mac_choose(self, &mac);
	memcpy(abilities->mac, mac.addr_bytes, sizeof(abilities->mac));
	abilities->mtu = mtu;
	abilities->multi_segment = port_scatters(spec, &info);
	snprintf(abilities->driver, sizeof(abilities->driver), "%s", info.driver_name);
	/* Unless the kernel takes them out of that memory, maybe to a bridge and a wire. */
	abilities->memory = driver_known(info.driver_name)->memory &&
			    strstr(spec->devargs, "/dev/vhost-net") == NULL;
	self->frame_bytes_max = mtu + RTE_ETHER_HDR_LEN;
	/* Drivers that copy want room for their whole ring frame: af_packet's, at most 10 KiB. */
	self->data_bytes =
	    RTE_ALIGN_CEIL(RTE_MAX(self->frame_bytes_max, info.min_rx_bufsize) + 128, 2048u);
	return queues_setup(self, &info);
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

void dpdk_port_close(struct port *port)
{
	struct dpdk_port *self = (struct dpdk_port *)port;

	rte_eth_dev_stop(self->id);
	device_remove(self->id);
	pool_free(&self->head_pool);
	pool_free(&self->data_pool);
	pool_free(&self->rx_pool);
	free(self);
}

int port_dpdk_open(const char *text, struct port **port, char *error, size_t error_bytes)
{
	struct dpdk_port *self;
	struct port_spec spec;
	uint32_t mtu;
	int rc = port_spec_parse(text, &spec, error, error_bytes);

	if (rc == 0)
		rc = interface_prepare(&spec, &mtu, error, error_bytes);
	if (rc == 0)
		rc = stale_socket_clear(&spec, error, error_bytes);
	if (rc < 0)
		return rc;
	self = calloc(1, sizeof(*self));
	if (self == NULL)
		return dpdk_error(-ENOMEM, spec.name, "no memory", error, error_bytes);
	self->port.ops = &dpdk_port_ops;
	self->port.wake_fd = -1;
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
		dpdk_error(rc, spec.name, "cannot be started", error, error_bytes);
		dpdk_port_close(&self->port);
		return rc;
	}
	*port = &self->port;
	return 0;
}
