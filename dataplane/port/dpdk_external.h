/*
 * Regions lent to a device: mbufs that point into them.
 *
 * A region is lent once for all mbufs that point into it at a time, and given back when the device
 * has freed the last of them. The counts are plain integers: the drivers that may be lent regions
 * free mbufs in the send calls of their queue, whose owner is the port's.
 *
 * Source: DPDK's external buffers (rte_pktmbuf_attach_extbuf), with the shared information in the
 * mbuf's own private area.
 */
#ifndef DPDK_EXTERNAL_H
#define DPDK_EXTERNAL_H

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include "port.h"

#define EXTERNAL_RECALL_US 2000 /* after the last was lent: a live peer has taken it by then */

struct external_loan {
	struct region *region; /* one reference; NULL: the loan is free */
	uint32_t mbufs;        /* that point into it */
	struct external *external;
	struct external_loan *next_free;
};

struct external {
	enum port_external ability;
	struct rte_mempool *pool;   /* of mbufs without room */
	struct external_loan *loan; /* the latest, while it has mbufs */
	struct external_loan *free_loans;
	struct external_loan *loans; /* as many as mbufs, none of which is without one */
	uint32_t loan_count;
	const uint8_t *heap; /* the part of the DPDK heap that regions were last found in */
	const uint8_t *heap_end;
	uint64_t lent_tsc; /* when the latest was sent */
	bool out;          /* and may be out still, as far as is known */
};

/* Up to that many mbufs at a time. 0 or -ENOMEM. */
int external_init(struct external *external, enum port_external ability, const char *name,
		  uint32_t count, int socket);
/* After the device was closed. Regions come back, even from mbufs that the device kept. */
void external_fini(struct external *external);
/* Is that memory of the DPDK heap, and contiguous for the device? Sets where the device sees it. */
bool external_heap_holds(struct external *external, const struct port_piece *piece,
			 rte_iova_t *iova);
/* Takes a loan for the region. */
struct external_loan *external_lend(struct external *external, struct region *region);
/* Is it time to ask the device for what it was lent? Each loan is asked for once: a peer that has
 * not taken it by now may never. */
bool external_recall_due(struct external *external);

/* May the device read these bytes of a region where they lie? Sets where it sees them. */
static inline bool external_allows(struct external *external, const struct port_piece *piece,
				   rte_iova_t *iova)
{
	const uint8_t *data = piece->data;

	*iova = (uintptr_t)data;
	if (external->ability == PORT_EXTERNAL_ANY)
		return true;
	if (external->ability == PORT_EXTERNAL_NONE)
		return false;
	if (data >= external->heap && data + piece->bytes <= external->heap_end)
		return true;
	return external_heap_holds(external, piece, iova);
}

/* Points m, fresh from the pool, to the piece. */
static inline void external_attach(struct external *external, struct rte_mbuf *m,
				   const struct port_piece *piece, rte_iova_t iova)
{
	struct rte_mbuf_ext_shared_info *shared = rte_mbuf_to_priv(m);
	struct external_loan *loan = external->loan;

	if (loan == NULL || loan->region != piece->region)
		loan = external_lend(external, piece->region);
	loan->mbufs++;
	shared->fcb_opaque = loan;
	rte_mbuf_ext_refcnt_set(shared, 1);
	rte_pktmbuf_attach_extbuf(m, (void *)(uintptr_t)piece->data, iova, (uint16_t)piece->bytes,
				  shared);
	m->data_len = (uint16_t)piece->bytes;
	m->pkt_len = piece->bytes;
}

#endif
