/* Opening and closing a bare DPDK port. */
#include "raw_port.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_errno.h>

#include "eal_log.h"

#define QUEUE_FRAMES 1024
/* Both queues full, the fill and completion rings of net_af_xdp, what the lcore's cache keeps. */
#define POOL_FRAMES 12287
#define POOL_CACHE_FRAMES 512
#define LINK_PATIENCE_MS 5000

static void frame_prepare(struct rte_mempool *pool, void *opaque, void *object, unsigned int index)
{
	/* To nobody in particular: the kernel behind a veth drops it at once. */
	static const uint8_t head[14] = {0x02, 0x4d, 0x52, 0x42, 0, 1,    0x02,
					 0x4d, 0x52, 0x42, 0,    2, 0x88, 0xb5};
	struct rte_mbuf *mbuf = object;

	memcpy((uint8_t *)mbuf->buf_addr + RTE_PKTMBUF_HEADROOM, head, sizeof(head));
}

static int pool_create(struct raw_port *port, uint32_t mtu)
{
	/* net_af_packet wants room for its ring's frame, however long ours are. */
	uint16_t room = (uint16_t)(RTE_PKTMBUF_HEADROOM + RTE_ALIGN_CEIL(mtu + 128, 2048u));
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "raw-%u", port->queue);
	port->pool =
	    rte_pktmbuf_pool_create(name, POOL_FRAMES, POOL_CACHE_FRAMES, 0, room, SOCKET_ID_ANY);
	if (port->pool == NULL)
		return -ENOMEM;
	rte_mempool_obj_iter(port->pool, frame_prepare, NULL);
	return 0;
}

static int queue_setup(struct raw_port *port, uint32_t mtu, uint16_t rx_frames, uint16_t tx_frames)
{
	int socket = rte_eth_dev_socket_id(port->id);
	int rc = pool_create(port, mtu);

	if (rc == 0)
		rc = rte_eth_rx_queue_setup(port->id, port->queue, rx_frames, socket, NULL,
					    port->pool);
	return rc == 0 ? rte_eth_tx_queue_setup(port->id, port->queue, tx_frames, socket, NULL)
		       : rc;
}

static int device_start(struct raw_port *const *ports, uint32_t count, uint32_t mtu)
{
	struct rte_eth_conf conf = {0};
	uint16_t rx_frames = QUEUE_FRAMES;
	uint16_t tx_frames = QUEUE_FRAMES;
	uint16_t id = ports[0]->id;
	int rc = rte_eth_dev_configure(id, (uint16_t)count, (uint16_t)count, &conf);

	if (rc == 0)
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(id, &rx_frames, &tx_frames);
	for (uint32_t i = 0; rc == 0 && i < count; i++)
		rc = queue_setup(ports[i], mtu, rx_frames, tx_frames);
	return rc == 0 ? rte_eth_dev_start(id) : rc;
}

int raw_ports_open(struct raw_port *const *ports, uint32_t count, const char *spec, uint32_t mtu,
		   char *error, size_t error_bytes)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	char reason[256];
	uint16_t id = 0;
	int rc;

	eal_log_clear();
	rc = rte_dev_probe(spec);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(spec, ","), spec);
	if (rc == 0)
		rc = rte_eth_dev_get_port_by_name(name, &id);
	for (uint32_t i = 0; i < count; i++)
		*ports[i] = (struct raw_port){.id = id, .queue = (uint16_t)i};
	if (rc == 0)
		rc = device_start(ports, count, mtu);
	if (rc == 0)
		return 0;
	eal_log_quote(reason, sizeof(reason));
	snprintf(error, error_bytes, "%s: DPDK does not open it: %s: %s", spec, strerror(-rc),
		 reason);
	return rc;
}

int raw_port_wait(const struct raw_port *port)
{
	struct rte_eth_link link;

	for (uint32_t waited_ms = 0; waited_ms < LINK_PATIENCE_MS; waited_ms++) {
		if (rte_eth_link_get_nowait(port->id, &link) < 0 || link.link_status)
			return 0;
		rte_delay_us_sleep(1000);
	}
	return -ETIMEDOUT;
}

void raw_port_close(struct raw_port *port)
{
	rte_eth_dev_stop(port->id);
	rte_eth_dev_close(port->id);
}
