/*
 * Sending on a DPDK port: frames in mbufs, and out.
 *
 * A frame whose body lies in a region that the device can read goes as two mbufs: the headers,
 * copied, and one that points into the region. Any other is copied into one mbuf.
 */
#include <string.h>

#include <rte_cycles.h>
#include <rte_ether.h>

#include "dpdk_port.h"

#define FRAME_BYTES_MIN (RTE_ETHER_MIN_LEN - RTE_ETHER_CRC_LEN)

/* How a frame goes out. */
enum frame_way {
	FRAME_LENT,  /* headers in a header mbuf, the body where it lies */
	FRAME_SHORT, /* all of it in a header mbuf */
	FRAME_WHOLE, /* all of it in a data mbuf */
	FRAME_NEVER, /* too short or too long */
};

struct frame_plan {
	enum frame_way way;
	uint32_t bytes;
	rte_iova_t iova; /* FRAME_LENT: of the body */
};

struct dpdk_burst {
	struct frame_plan plans[MR_PORT_BURST];
	struct rte_mbuf *mbufs[MR_PORT_BURST];
	struct rte_mbuf *heads[MR_PORT_BURST];
	struct rte_mbuf *data[MR_PORT_BURST];
	struct rte_mbuf *bodies[MR_PORT_BURST]; /* in regions */
	uint32_t ways[FRAME_NEVER + 1];         /* frames that go each way */
	uint16_t count;
};

static const struct port_piece *frame_body(const struct port_tx *frame)
{
	return &frame->pieces[frame->piece_count - 1];
}

/* Headers that fit a header mbuf, devices want at least Ethernet's there, and behind them one piece
 * of a region that is worth a second mbuf. */
static bool frame_lends(struct dpdk_port *self, const struct port_tx *frame,
			struct frame_plan *plan)
{
	const struct port_piece *body = frame_body(frame);
	uint32_t head_bytes = plan->bytes - body->bytes;

	if (body->region == NULL || body->bytes < self->port.abilities.external_bytes_min ||
	    head_bytes < RTE_ETHER_HDR_LEN || head_bytes > DPDK_HEAD_BYTES)
		return false;
	return external_allows(&self->external, body, &plan->iova);
}

static void frame_plan(struct dpdk_port *self, const struct port_tx *frame, struct frame_plan *plan)
{
	plan->bytes = 0;
	for (uint32_t i = 0; i < frame->piece_count; i++)
		plan->bytes += frame->pieces[i].bytes;
	if (unlikely(plan->bytes < RTE_ETHER_HDR_LEN || plan->bytes > self->frame_bytes_max))
		plan->way = FRAME_NEVER;
	else if (frame_lends(self, frame, plan))
		plan->way = FRAME_LENT;
	else
		plan->way = plan->bytes <= DPDK_HEAD_BYTES ? FRAME_SHORT : FRAME_WHOLE;
}

static bool frame_has_region(const struct port_tx *frame)
{
	for (uint32_t i = 0; i < frame->piece_count; i++)
		if (frame->pieces[i].region != NULL)
			return true;
	return false;
}

static void frame_count(struct port_counters *counters, const struct port_tx *frame,
			const struct frame_plan *plan)
{
	if (plan->way == FRAME_LENT)
		counters->tx_external++;
	else if (frame_has_region(frame))
		counters->tx_linearised++;
	else
		counters->tx_copied++;
	counters->tx_bytes += plan->bytes;
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

static struct rte_mbuf *frame_lend(struct dpdk_port *self, const struct port_tx *frame,
				   const struct frame_plan *plan, struct rte_mbuf *head,
				   struct rte_mbuf *body)
{
	mbuf_gather(head, frame->pieces, frame->piece_count - 1);
	external_attach(&self->external, body, frame_body(frame), plan->iova);
	head->next = body;
	head->nb_segs = 2;
	head->pkt_len = plan->bytes;
	return head;
}

/* All or none: mbufs run out when the device holds its queue full of them. */
static bool burst_alloc(struct dpdk_burst *burst, struct dpdk_port *self)
{
	uint32_t lent = burst->ways[FRAME_LENT];
	uint32_t heads = lent + burst->ways[FRAME_SHORT];
	uint32_t data = burst->ways[FRAME_WHOLE];

	if (heads > 0 && rte_pktmbuf_alloc_bulk(self->head_pool, burst->heads, heads) != 0)
		return false;
	if (data > 0 && rte_pktmbuf_alloc_bulk(self->data_pool, burst->data, data) != 0)
		goto free_heads;
	if (lent > 0 && rte_pktmbuf_alloc_bulk(self->external.pool, burst->bodies, lent) != 0)
		goto free_data;
	return true;

free_data:
	rte_pktmbuf_free_bulk(burst->data, data);
free_heads:
	rte_pktmbuf_free_bulk(burst->heads, heads);
	return false;
}

/* Plans up to a full burst of frames, or to the first that can never be sent. */
static void burst_plan(struct dpdk_burst *burst, struct dpdk_port *self,
		       const struct port_tx *frames, uint32_t count)
{
	uint32_t n = 0;

	memset(burst->ways, 0, sizeof(burst->ways));
	for (; n < count && n < MR_PORT_BURST; n++) {
		frame_plan(self, &frames[n], &burst->plans[n]);
		if (unlikely(burst->plans[n].way == FRAME_NEVER))
			break;
		burst->ways[burst->plans[n].way]++;
	}
	burst->count = (uint16_t)n;
}

static void burst_gather(struct dpdk_burst *burst, struct dpdk_port *self,
			 const struct port_tx *frames)
{
	struct rte_mbuf **head = burst->heads;
	struct rte_mbuf **data = burst->data;
	struct rte_mbuf **body = burst->bodies;

	for (uint32_t i = 0; i < burst->count; i++) {
		const struct frame_plan *plan = &burst->plans[i];

		if (plan->way == FRAME_LENT) {
			burst->mbufs[i] = frame_lend(self, &frames[i], plan, *head++, *body++);
			continue;
		}
		burst->mbufs[i] = plan->way == FRAME_SHORT ? *head++ : *data++;
		mbuf_gather(burst->mbufs[i], frames[i].pieces, frames[i].piece_count);
	}
}

/* A few at a time, to a driver that takes no more; it may also keep a reference of its own to the
 * first mbuf of a chain that found no room, and would never give it back. */
static uint16_t device_tx_few(struct dpdk_port *self, struct rte_mbuf **mbufs, uint16_t count)
{
	uint16_t sent = 0;

	while (sent < count) {
		uint16_t few = RTE_MIN((uint16_t)(count - sent), self->driver->tx_frames_max);
		uint16_t taken = rte_eth_tx_burst(self->id, 0, mbufs + sent, few);

		sent += taken;
		if (taken < few)
			break;
	}
	if (sent < count)
		rte_mbuf_refcnt_set(mbufs[sent], 1);
	return sent;
}

static uint16_t device_tx(struct dpdk_port *self, struct rte_mbuf **mbufs, uint16_t count)
{
	if (unlikely(self->driver->tx_frames_max != 0))
		return device_tx_few(self, mbufs, count);
	return rte_eth_tx_burst(self->id, 0, mbufs, count);
}

/* Returns how many frames the device took; the mbufs of the others are freed. */
static uint32_t burst_send(struct dpdk_burst *burst, struct dpdk_port *self,
			   const struct port_tx *frames)
{
	struct port_counters *counters = &self->port.counters;
	uint16_t sent = device_tx(self, burst->mbufs, burst->count);

	if (unlikely(sent < burst->count))
		rte_pktmbuf_free_bulk(burst->mbufs + sent, burst->count - sent);
	for (uint32_t i = 0; i < sent; i++)
		frame_count(counters, &frames[i], &burst->plans[i]);
	counters->tx_frames += sent;
	if (burst->ways[FRAME_LENT] > 0) {
		self->external.out = true;
		self->external.lent_tsc = rte_get_tsc_cycles();
	}
	return sent;
}

/* Frames at the head of the burst that can never be sent are dropped, and count as sent. */
static uint32_t frames_drop(struct dpdk_port *self, const struct port_tx *frames, uint32_t count)
{
	struct frame_plan plan;
	uint32_t n = 0;

	for (; n < count; n++) {
		frame_plan(self, &frames[n], &plan);
		if (plan.way != FRAME_NEVER)
			break;
		if (plan.bytes < RTE_ETHER_HDR_LEN)
			self->port.counters.drop_tx_short++;
		else
			self->port.counters.drop_tx_oversize++;
	}
	return n;
}

uint32_t dpdk_tx(struct port *port, const struct port_tx *frames, uint32_t count)
{
	struct dpdk_port *self = (struct dpdk_port *)port;
	struct dpdk_burst burst;
	uint32_t done = 0;

	while (done < count) {
		uint32_t sent = 0;

		burst_plan(&burst, self, frames + done, count - done);
		if (unlikely(burst.count == 0)) {
			done += frames_drop(self, frames + done, count - done);
			continue;
		}
		if (likely(burst_alloc(&burst, self))) {
			burst_gather(&burst, self, frames + done);
			sent = burst_send(&burst, self, frames + done);
		}
		done += sent;
		if (sent < burst.count) {
			port->counters.tx_full++;
			break;
		}
	}
	return done;
}

/* A frame from and to this port, of a kind that nobody takes: some drivers look at what they have
 * sent only when they are given more. */
static void device_nudge(struct dpdk_port *self)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(self->head_pool);
	struct rte_ether_hdr *ether;

	if (m == NULL)
		return;
	m->data_len = FRAME_BYTES_MIN;
	m->pkt_len = FRAME_BYTES_MIN;
	ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	memset(ether, 0, FRAME_BYTES_MIN);
	memcpy(ether->dst_addr.addr_bytes, self->port.abilities.mac, RTE_ETHER_ADDR_LEN);
	memcpy(ether->src_addr.addr_bytes, self->port.abilities.mac, RTE_ETHER_ADDR_LEN);
	ether->ether_type = RTE_BE16(0x88b5); /* IEEE 802: local experimental EtherType 1 */
	if (rte_eth_tx_burst(self->id, 0, &m, 1) == 1)
		self->port.counters.tx_nudges++;
	else
		rte_pktmbuf_free(m);
}

void dpdk_tx_recall(struct dpdk_port *self)
{
	if (external_recall_due(&self->external) && rte_eth_tx_done_cleanup(self->id, 0, 0) < 0)
		device_nudge(self);
}
