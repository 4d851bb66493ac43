/* The packet path of a DPDK port: frames gathered into mbufs and out, mbufs in and given back. */
#include <string.h>

#include "dpdk_port.h"

#define STATISTICS_TURNS 16384 /* receive calls between looks: a register read on some NICs */

void dpdk_port_statistics(struct dpdk_port *self)
{
	struct port_counters *counters = &self->port.counters;
	struct rte_eth_stats stats;

	if (rte_eth_stats_get(self->id, &stats) != 0)
		return;
	counters->drop_rx_no_buffer = self->rx_no_buffer + stats.imissed + stats.rx_nombuf;
	counters->drop_rx_error = stats.ierrors;
	counters->drop_tx_error = stats.oerrors;
}

/* --- Receiving ------------------------------------------------------------------------------- */

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
	rte_pktmbuf_free(chain);
	return linear;
}

static uint32_t dpdk_rx(struct port *port, struct port_rx *frames, uint32_t max)
{
	struct dpdk_port *self = (struct dpdk_port *)port;
	struct rte_mbuf *mbufs[MR_PORT_BURST];
	uint16_t got = rte_eth_rx_burst(self->id, 0, mbufs, (uint16_t)RTE_MIN(max, MR_PORT_BURST));
	uint32_t n = 0;

	for (uint16_t i = 0; i < got; i++) {
		struct rte_mbuf *m = mbufs[i];

		if (unlikely(m->nb_segs > 1))
			m = mbuf_linearise(self, m);
		if (unlikely(m == NULL))
			continue;
		frames[n++] = (struct port_rx){
		    .data = rte_pktmbuf_mtod(m, const uint8_t *),
		    .bytes = m->data_len,
		    .opaque = m,
		};
		port->counters.rx_bytes += m->data_len;
	}
	port->counters.rx_frames += n;
	if (unlikely(++self->turns % STATISTICS_TURNS == 0))
		dpdk_port_statistics(self);
	return n;
}

static void dpdk_rx_release(struct port *port, struct port_rx *frames, uint32_t count)
{
	struct rte_mbuf *mbufs[MR_PORT_BURST];

	while (count > 0) {
		uint32_t n = RTE_MIN(count, (uint32_t)MR_PORT_BURST);

		for (uint32_t i = 0; i < n; i++)
			mbufs[i] = frames[i].opaque;
		rte_pktmbuf_free_bulk(mbufs, n);
		frames += n;
		count -= n;
	}
}

/* --- Sending --------------------------------------------------------------------------------- */

static uint64_t frame_bytes(const struct port_tx *frame)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < frame->piece_count; i++)
		bytes += frame->pieces[i].bytes;
	return bytes;
}

static void mbuf_gather(struct rte_mbuf *m, const struct port_piece *pieces, uint32_t count)
{
	uint8_t *to = rte_pktmbuf_mtod(m, uint8_t *);
	uint32_t bytes = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (pieces[i].bytes > 0) /* else its data may be NULL */
			memcpy(to + bytes, pieces[i].data, pieces[i].bytes);
		bytes += pieces[i].bytes;
	}
	m->data_len = (uint16_t)bytes;
	m->pkt_len = bytes;
}

/* How many leading pieces go to a header mbuf; 0 when the frame is better in one mbuf. */
static uint32_t frame_head_pieces(const struct dpdk_port *self, const struct port_tx *frame)
{
	uint32_t bytes = 0;
	uint32_t count = 0;

	if (self->head_pool == NULL)
		return 0;
	/* Devices want a whole Ethernet header in the first piece. */
	while (count < frame->piece_count && bytes < RTE_ETHER_HDR_LEN) {
		if (frame->pieces[count].bytes > DPDK_HEAD_BYTES - bytes)
			return 0;
		bytes += frame->pieces[count++].bytes;
	}
	return count < frame->piece_count ? count : 0;
}

static struct rte_mbuf *frame_linear(struct dpdk_port *self, const struct port_tx *frame)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(self->data_pool);

	if (m == NULL)
		return NULL;
	mbuf_gather(m, frame->pieces, frame->piece_count);
	if (frame->piece_count > 1)
		self->port.counters.tx_linearised++;
	return m;
}

static struct rte_mbuf *frame_chain(struct dpdk_port *self, const struct port_tx *frame,
				    uint32_t head_pieces)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(self->head_pool);
	struct rte_mbuf *data = rte_pktmbuf_alloc(self->data_pool);

	if (head == NULL || data == NULL) {
		rte_pktmbuf_free(head);
		rte_pktmbuf_free(data);
		return NULL;
	}
	mbuf_gather(head, frame->pieces, head_pieces);
	mbuf_gather(data, frame->pieces + head_pieces, frame->piece_count - head_pieces);
	if (data->data_len == 0) { /* drivers differ on empty pieces */
		rte_pktmbuf_free(data);
		return head;
	}
	head->next = data;
	head->nb_segs = 2;
	head->pkt_len += data->data_len;
	return head;
}

/* NULL when the mbufs are all on their way: as when the device's queue is full. */
static struct rte_mbuf *frame_mbuf(struct dpdk_port *self, const struct port_tx *frame)
{
	uint32_t head_pieces = frame_head_pieces(self, frame);

	return head_pieces > 0 ? frame_chain(self, frame, head_pieces) : frame_linear(self, frame);
}

static bool frame_never_sent(const struct dpdk_port *self, uint64_t bytes)
{
	return bytes < RTE_ETHER_HDR_LEN || bytes > self->frame_bytes_max;
}

static void frame_count_drop(struct dpdk_port *self, uint64_t bytes)
{
	if (bytes < RTE_ETHER_HDR_LEN)
		self->port.counters.drop_tx_short++;
	else
		self->port.counters.drop_tx_oversize++;
}

struct dpdk_burst {
	struct rte_mbuf *mbufs[MR_PORT_BURST];
	uint16_t count;
	uint32_t dropped; /* frames before the first mbuf that can never be sent */
	bool out_of_mbufs;
};

/* Frames from the first on, up to a full burst or one to drop that would not come first. */
static void burst_fill(struct dpdk_burst *burst, struct dpdk_port *self,
		       const struct port_tx *frames, uint32_t count)
{
	burst->count = 0;
	burst->out_of_mbufs = false;
	for (burst->dropped = 0; burst->dropped < count; burst->dropped++) {
		if (!frame_never_sent(self, frame_bytes(&frames[burst->dropped])))
			break;
		frame_count_drop(self, frame_bytes(&frames[burst->dropped]));
	}
	frames += burst->dropped;
	count -= burst->dropped;
	while (burst->count < count && burst->count < MR_PORT_BURST) {
		const struct port_tx *frame = &frames[burst->count];
		struct rte_mbuf *m;

		if (frame_never_sent(self, frame_bytes(frame)))
			break;
		m = frame_mbuf(self, frame);
		if (m == NULL) {
			burst->out_of_mbufs = true;
			break;
		}
		burst->mbufs[burst->count++] = m;
	}
}

/* Returns how many mbufs the device took; the others are freed. */
static uint16_t burst_send(struct dpdk_burst *burst, struct dpdk_port *self)
{
	struct port_counters *counters = &self->port.counters;
	uint32_t bytes[MR_PORT_BURST]; /* a sent mbuf is no longer ours to read */
	uint16_t sent;

	for (uint16_t i = 0; i < burst->count; i++)
		bytes[i] = burst->mbufs[i]->pkt_len;
	sent = rte_eth_tx_burst(self->id, 0, burst->mbufs, burst->count);
	rte_pktmbuf_free_bulk(burst->mbufs + sent, burst->count - sent);
	for (uint16_t i = 0; i < sent; i++)
		counters->tx_bytes += bytes[i];
	counters->tx_frames += sent;
	return sent;
}

static uint32_t dpdk_tx(struct port *port, const struct port_tx *frames, uint32_t count)
{
	struct dpdk_port *self = (struct dpdk_port *)port;
	struct dpdk_burst burst;
	uint32_t done = 0;

	while (done < count) {
		uint16_t sent;

		burst_fill(&burst, self, frames + done, count - done);
		sent = burst_send(&burst, self);
		done += burst.dropped + sent;
		if (sent < burst.count || burst.out_of_mbufs) {
			port->counters.tx_full++;
			break;
		}
	}
	return done;
}

/* No doorbell: the owner comes back by itself. */
static bool dpdk_arm(struct port *port)
{
	dpdk_port_statistics((struct dpdk_port *)port);
	return false;
}

const struct port_ops dpdk_port_ops = {
    .rx = dpdk_rx,
    .rx_release = dpdk_rx_release,
    .tx = dpdk_tx,
    .arm = dpdk_arm,
    .close = dpdk_port_close,
};
