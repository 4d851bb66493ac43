/* Devices with queues: engines beside this core, and drivers that only look like one. */
#include <string.h>

#include <rte_cycles.h>

#include "crypto_state.h"

#define STUCK_MS 200 /* a burst takes microseconds */

static void op_prepare(struct crypto_device *device, uint32_t i, const struct aead_op *op,
		       bool seals)
{
	const struct crypto_key *key = op->key;
	struct rte_crypto_op *crypto = device->ops[i];
	struct rte_mbuf *mbuf = device->mbufs[i];
	uint8_t *data = rte_pktmbuf_mtod(mbuf, uint8_t *);
	uint32_t bytes = crypto_gather(op, data, seals);

	if (!seals)
		memcpy(data + bytes, (const uint8_t *)op->in[0].data + bytes, SEAL_TAG_BYTES);
	mbuf->data_len = (uint16_t)(bytes + SEAL_TAG_BYTES);
	mbuf->pkt_len = mbuf->data_len;
	nonce_write(rte_crypto_op_ctod_offset(crypto, uint8_t *, CRYPTO_NONCE_OFFSET), key->cipher,
		    op->counter);
	rte_crypto_op_attach_sym_session(crypto, key->session);
	crypto->status = RTE_CRYPTO_OP_STATUS_NOT_PROCESSED;
	crypto->sym->m_src = mbuf;
	crypto->sym->m_dst = NULL;
	crypto->sym->aead.data.offset = 0;
	crypto->sym->aead.data.length = bytes;
	crypto->sym->aead.digest.data = data + bytes;
	crypto->sym->aead.digest.phys_addr = rte_pktmbuf_iova_offset(mbuf, bytes);
	crypto->sym->aead.aad.data = NULL;
}

/* Gives the burst to the device and waits for all of it; false when it did not come back. */
static bool burst_run(struct crypto_device *device, uint32_t count)
{
	uint64_t end = rte_get_timer_cycles() + rte_get_timer_hz() / 1000 * STUCK_MS;
	struct rte_crypto_op *back[MR_PORT_BURST];
	uint32_t given = 0, done = 0;

	while (done < count) {
		if (given < count)
			given += rte_cryptodev_enqueue_burst(device->id, 0, device->ops + given,
							     (uint16_t)(count - given));
		done += rte_cryptodev_dequeue_burst(device->id, 0, back, MR_PORT_BURST);
		if (done < count && rte_get_timer_cycles() > end)
			return false;
	}
	return true;
}

void crypto_queue(struct crypto_device *device, struct aead_op *ops, uint32_t count, bool seals)
{
	for (uint32_t i = 0; i < count && !device->stuck; i++)
		op_prepare(device, i, &ops[i], seals);
	device->stuck = device->stuck || !burst_run(device, count);
	for (uint32_t i = 0; i < count; i++) {
		const struct rte_mbuf *mbuf = device->mbufs[i];

		ops[i].good =
		    !device->stuck && device->ops[i]->status == RTE_CRYPTO_OP_STATUS_SUCCESS;
		if (ops[i].good)
			memcpy(ops[i].out, rte_pktmbuf_mtod(mbuf, const uint8_t *),
			       mbuf->data_len - (seals ? 0 : SEAL_TAG_BYTES));
	}
}
