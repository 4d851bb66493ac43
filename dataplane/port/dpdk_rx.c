/* Receiving on a DPDK port: mbufs in, and given back. */
#include <string.h>

#include "dpdk_port.h"
#include "memif_ahead.h"

#define STATISTICS_TURNS 16384 /* receive calls between looks: a register read on some NICs */
#define BLIND_TURNS 16         /* of these, the driver is called in one, whatever its rings show */
#define IDLE_LOOKS 32          /* at a ring that shows nothing: less than a turn of a loop takes */

_Static_assert(STATISTICS_TURNS % BLIND_TURNS == 0, "looks are among them");

void dpdk_port_statistics(struct dpdk_port *self)
{
	struct port_counters *counters = &self->port.counters;
	struct rte_eth_stats stats;

	/* They are the device's: the first port shows them. */
	if (self != self->device->ports[0] || rte_eth_stats_get(self->id, &stats) != 0)
		return;
	counters->drop_rx_no_buffer = self->rx_no_buffer + stats.imissed + stats.rx_nombuf;
	counters->drop_rx_error = stats.ierrors;
	counters->drop_tx_error = stats.oerrors;
}

/* A frame that came in several mbufs, in one; NULL, counted, when there is no room for it. */
static struct rte_mbuf *mbuf_linearise(struct dpdk_port *self, struct rte_mbuf *chain)
{
	struct rte_mbuf *linear = NULL;

	if (chain->pkt_len > self->data_bytes) {
		self->port.counters.drop_rx_oversize++;
	} else {
		linear = rte_pktmbuf_alloc(self->rx_pool);
		if (linear == NULL) {
			self->rx_no_buffer++;
			self->port.counters.drop_rx_no_buffer++;
		}
	}
	for (struct rte_mbuf *m = chain; m != NULL && linear != NULL; m = m->next)
		memcpy(rte_pktmbuf_append(linear, m->data_len), rte_pktmbuf_mtod(m, void *),
		       m->data_len);
	self->port.counters.rx_linearised += linear != NULL;
	rte_pktmbuf_free(chain);
	return linear;
}

/* A frame whose checksum the device has found wrong is not worth a look. */
static bool mbuf_damaged(const struct rte_mbuf *m)
{
	return (m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_BAD ||
	       (m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_BAD;
}

/* What is not as it should be: several mbufs, or damaged. NULL when nothing remains. */
static struct rte_mbuf *mbuf_mend(struct dpdk_port *self, struct rte_mbuf *m)
{
	if (!mbuf_damaged(m))
		return mbuf_linearise(self, m);
	self->port.counters.drop_rx_checksum++;
	rte_pktmbuf_free(m);
	return NULL;
}

/* A frame that comes while the ring is looked at need not wait for the next turn of the owner's
 * loop. Who has sent since the last call has other things to do. */
static bool stays_idle(struct dpdk_port *self)
{
	uint64_t sent = self->port.counters.tx_frames;
	uint32_t looks = sent == self->sent_before ? IDLE_LOOKS : 1;

	self->sent_before = sent;
	while (looks-- > 0)
		if (!memif_idle(&self->doorbell.memif))
			return false;
	return true;
}

/* Is the driver to be called? It is when the owner is about to sleep. */
static inline bool device_wanted(struct dpdk_port *self)
{
	const struct memif_rings *rings = &self->doorbell.memif;

	if (!rings->copied || self->spread != NULL)
		return true;
	if (stays_idle(self))
		return self->doorbell.asked || self->turns % BLIND_TURNS == 0;
	memif_ahead(rings);
	return true;
}

uint32_t dpdk_rx(struct port *port, struct port_rx *frames, uint32_t max)
{
	struct dpdk_port *self = (struct dpdk_port *)port;
	struct rte_mbuf *mbufs[MR_PORT_BURST];
	uint16_t room = (uint16_t)RTE_MIN(max, MR_PORT_BURST);
	uint64_t bytes = 0;
	uint32_t n = 0;
	uint16_t got;

	if (!device_wanted(self)) {
		self->turns++;
		return 0;
	}
	if (likely(self->spread == NULL))
		got = rte_eth_rx_burst(self->id, self->rx_queue, mbufs, room);
	else
		got = dpdk_spread_rx(self, mbufs, room);
	for (uint16_t i = 0; i < got; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], const void *));
	for (uint16_t i = 0; i < got; i++) {
		struct rte_mbuf *m = mbufs[i];

		if (unlikely(m->nb_segs > 1 || mbuf_damaged(m)))
			m = mbuf_mend(self, m);
		if (unlikely(m == NULL))
			continue;
		frames[n++] = (struct port_rx){
		    .data = rte_pktmbuf_mtod(m, const uint8_t *),
		    .bytes = m->data_len,
		    .opaque = m,
		};
		bytes += m->data_len;
	}
	port->counters.rx_frames += n;
	port->counters.rx_bytes += bytes;
	if (unlikely(self->doorbell.asked) && got > 0)
		doorbell_disarm(self);
	if (unlikely(self->turns++ % STATISTICS_TURNS == 0)) {
		dpdk_thread_attach();
		dpdk_port_statistics(self);
		doorbell_look(self);
	}
	return n;
}

void dpdk_rx_release(struct port *port, struct port_rx *frames, uint32_t count)
{
	struct rte_mbuf *mbufs[MR_PORT_BURST];

	(void)port;
	while (count > 0) {
		uint32_t n = RTE_MIN(count, (uint32_t)MR_PORT_BURST);

		for (uint32_t i = 0; i < n; i++)
			mbufs[i] = frames[i].opaque;
		rte_pktmbuf_free_bulk(mbufs, n);
		frames += n;
		count -= n;
	}
}
