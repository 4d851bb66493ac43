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

/* One mbuf, all pieces in it. */
static struct rte_mbuf *frame_linear(struct dpdk_port *self, const struct port_tx *frame,
				     struct rte_mbuf *data)
{
	mbuf_gather(data, frame->pieces, frame->piece_count);
	if (frame->piece_count > 1)
		self->port.counters.tx_linearised++;
	return data;
}

/* Two mbufs: the leading pieces in one, the others in the next. */
static struct rte_mbuf *frame_chain(const struct port_tx *frame, uint32_t head_pieces,
				    struct rte_mbuf *head, struct rte_mbuf *data)
{
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

static bool frame_never_sent(const struct dpdk_port *self, const struct port_tx *frame)
{
	uint64_t bytes = frame_bytes(frame);

	return bytes < RTE_ETHER_HDR_LEN || bytes > self->frame_bytes_max;
}

static void frame_count_drop(struct dpdk_port *self, const struct port_tx *frame)
{
	if (frame_bytes(frame) < RTE_ETHER_HDR_LEN)
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

/* All or none: mbufs run out when the device holds its queue full of them. */
static bool mbufs_alloc(struct dpdk_port *self, struct rte_mbuf **data, uint32_t data_count,
			struct rte_mbuf **heads, uint32_t head_count)
{
	if (rte_pktmbuf_alloc_bulk(self->data_pool, data, data_count) != 0)
		return false;
	if (head_count > 0 && rte_pktmbuf_alloc_bulk(self->head_pool, heads, head_count) != 0) {
		rte_pktmbuf_free_bulk(data, data_count);
		return false;
	}
	return true;
}

/* Up to a full burst of frames in mbufs, or to the first that can never be sent. */
static void burst_gather(struct dpdk_burst *burst, struct dpdk_port *self,
			 const struct port_tx *frames, uint32_t count)
{
	struct rte_mbuf *heads[MR_PORT_BURST];
	uint32_t head_pieces[MR_PORT_BURST];
	uint32_t head_count = 0;
	uint32_t n = 0;

	while (n < count && n < MR_PORT_BURST && !frame_never_sent(self, &frames[n])) {
		head_pieces[n] = frame_head_pieces(self, &frames[n]);
		head_count += head_pieces[n++] > 0;
	}
	if (!mbufs_alloc(self, burst->mbufs, n, heads, head_count)) {
		burst->out_of_mbufs = true;
		return;
	}
	for (uint32_t i = 0, head = 0; i < n; i++) {
		struct rte_mbuf *data = burst->mbufs[i];

		if (head_pieces[i] > 0)
			burst->mbufs[i] =
			    frame_chain(&frames[i], head_pieces[i], heads[head++], data);
		else
			burst->mbufs[i] = frame_linear(self, &frames[i], data);
	}
	burst->count = (uint16_t)n;
}

static void burst_fill(struct dpdk_burst *burst, struct dpdk_port *self,
		       const struct port_tx *frames, uint32_t count)
{
	burst->count = 0;
	burst->dropped = 0;
	burst->out_of_mbufs = false;
	while (burst->dropped < count && frame_never_sent(self, &frames[burst->dropped]))
		frame_count_drop(self, &frames[burst->dropped++]);
	if (burst->dropped < count)
		burst_gather(burst, self, frames + burst->dropped, count - burst->dropped);
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
