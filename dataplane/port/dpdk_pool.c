/* The mbufs of a DPDK port: what it receives into, and what it sends from. */
#include <stdio.h>

#include "dpdk_port.h"

/* What two threads may keep in their caches: who opens the port, and who polls it. A cache takes
 * half as many again before it gives some back. */
#define CACHED_MBUFS (2 * MR_PORT_CACHE_MBUFS * 3 / 2)

/* Virtual addresses are the device's too then: an IOMMU, or a process, translates them. A mempool
 * whose objects may cross pages knows none of its own. */
static void mbuf_init(struct rte_mempool *pool, void *unused, void *object, unsigned int index)
{
	struct rte_mbuf *m = object;

	rte_pktmbuf_init(pool, unused, m, index);
	if (rte_eal_iova_mode() == RTE_IOVA_VA)
		rte_mbuf_iova_set(m, (rte_iova_t)(uintptr_t)m->buf_addr);
}

/*
 * As rte_pktmbuf_pool_create(), but where addresses are virtual, objects may cross pages, if the
 * device bears it: with ordinary pages it would otherwise spend a whole page on each mbuf, and
 * net_af_xdp would compute its umem too short and lose frames.
 */
static struct rte_mempool *mbuf_pool_create(const char *name, uint32_t count, uint16_t room,
					    bool crossing, int socket)
{
	struct rte_pktmbuf_pool_private private = {.mbuf_data_room_size = room};
	unsigned int flags =
	    crossing && rte_eal_iova_mode() == RTE_IOVA_VA ? RTE_MEMPOOL_F_NO_IOVA_CONTIG : 0;
	struct rte_mempool *pool =
	    rte_mempool_create_empty(name, count, (uint32_t)sizeof(struct rte_mbuf) + room,
				     MR_PORT_CACHE_MBUFS, sizeof(private), socket, flags);

	if (pool == NULL)
		return NULL;
	rte_pktmbuf_pool_init(pool, &private);
	/* Last in, first out: the mbufs in use stay in the cache, however large the pool. */
	if (rte_mempool_set_ops_byname(pool, "stack", NULL) < 0 ||
	    rte_mempool_populate_default(pool) < 0) {
		rte_mempool_free(pool);
		return NULL;
	}
	rte_mempool_obj_iter(pool, mbuf_init, NULL);
	return pool;
}

static void pool_name(char name[RTE_MEMPOOL_NAMESIZE], const struct dpdk_port *self,
		      const char *what)
{
	snprintf(name, RTE_MEMPOOL_NAMESIZE, "mr-%s-%u", what, self->id);
}

static int pool_create(struct rte_mempool **pool, const struct dpdk_port *self, const char *what,
		       uint32_t count, uint32_t room)
{
	bool crossing = self->driver->external != PORT_EXTERNAL_PAGE;
	char name[RTE_MEMPOOL_NAMESIZE];

	pool_name(name, self, what);
	*pool = mbuf_pool_create(name, count, (uint16_t)(RTE_PKTMBUF_HEADROOM + room), crossing,
				 rte_eth_dev_socket_id(self->id));
	return *pool == NULL ? -ENOMEM : 0;
}

static int external_pool_create(struct dpdk_port *self, uint32_t count)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	pool_name(name, self, "ext");
	return external_init(&self->external, self->port.abilities.external, name, count,
			     rte_eth_dev_socket_id(self->id));
}

/* One pool for everything. */
static int shared_pool_create(struct dpdk_port *self, uint32_t rx_count, uint32_t tx_count)
{
	int rc = pool_create(&self->rx_pool, self, "rx", rx_count + tx_count, self->data_bytes);

	self->data_pool = self->rx_pool;
	self->head_pool = self->rx_pool;
	return rc;
}

static int pools_create(struct dpdk_port *self, uint32_t rx_count, uint32_t tx_count)
{
	int rc = pool_create(&self->rx_pool, self, "rx", rx_count, self->data_bytes);

	if (rc == 0)
		rc = pool_create(&self->data_pool, self, "data", tx_count, self->data_bytes);
	if (rc == 0)
		rc = pool_create(&self->head_pool, self, "head", tx_count, DPDK_HEAD_BYTES);
	if (rc == 0 && self->port.abilities.external != PORT_EXTERNAL_NONE)
		rc = external_pool_create(self, tx_count);
	return rc;
}

int dpdk_pools_create(struct dpdk_port *self, uint16_t rx_frames, uint16_t tx_frames)
{
	/* Beside the device's queue: one burst in our hands, one being made. */
	uint32_t rx_count = rx_frames + 2u * MR_PORT_BURST + self->driver->rx_held + CACHED_MBUFS;
	uint32_t tx_count = tx_frames + 2u * MR_PORT_BURST + CACHED_MBUFS;

	return self->driver->sends_received ? shared_pool_create(self, rx_count, tx_count)
					    : pools_create(self, rx_count, tx_count);
}

static void pool_free(struct rte_mempool **pool)
{
	if (*pool != NULL && rte_mempool_full(*pool))
		rte_mempool_free(*pool);
	*pool = NULL;
}

void dpdk_pools_free(struct dpdk_port *self)
{
	external_fini(&self->external);
	if (self->data_pool != self->rx_pool) {
		pool_free(&self->head_pool);
		pool_free(&self->data_pool);
	}
	pool_free(&self->rx_pool);
}
