/* Devices that are called as a function: software drivers, on this core. */
#include <string.h>

#include "crypto_state.h"

struct call {
	struct rte_crypto_vec vectors[MR_PORT_BURST];
	struct rte_crypto_sgl lists[MR_PORT_BURST];
	struct rte_crypto_va_iova_ptr nonces[MR_PORT_BURST];
	struct rte_crypto_va_iova_ptr tags[MR_PORT_BURST];
	struct rte_crypto_va_iova_ptr data[MR_PORT_BURST]; /* associated: none */
	int32_t status[MR_PORT_BURST];
	uint8_t nonce_bytes[MR_PORT_BURST][16];
	uint8_t tag_bytes[MR_PORT_BURST][SEAL_TAG_BYTES];
};

static void call_add(struct call *call, uint32_t i, const struct aead_op *op, bool seals)
{
	const struct crypto_key *key = op->key;
	uint32_t bytes = crypto_gather(op, op->out, seals);

	nonce_write(call->nonce_bytes[i], key->cipher, op->counter);
	call->vectors[i] = (struct rte_crypto_vec){.base = op->out, .len = bytes, .tot_len = bytes};
	call->lists[i] = (struct rte_crypto_sgl){.vec = &call->vectors[i], .num = 1};
	call->nonces[i].va = call->nonce_bytes[i];
	call->data[i].va = call->nonce_bytes[i];
	call->tags[i].va = seals ? op->out + bytes : call->tag_bytes[i];
	if (!seals)
		memcpy(call->tag_bytes[i], (const uint8_t *)op->in[0].data + bytes, SEAL_TAG_BYTES);
}

void crypto_call(struct crypto_device *device, struct aead_op *ops, uint32_t count, bool seals)
{
	const struct crypto_key *key = ops[0].key;
	const union rte_crypto_sym_ofs whole = {.raw = 0};
	struct call call;
	struct rte_crypto_sym_vec vector = {
	    .num = count,
	    .src_sgl = call.lists,
	    .iv = call.nonces,
	    .digest = call.tags,
	    .aad = call.data,
	    .status = call.status,
	};

	for (uint32_t i = 0; i < count; i++) {
		call_add(&call, i, &ops[i], seals);
		call.status[i] = -1;
	}
	rte_cryptodev_sym_cpu_crypto_process(device->id, key->session, whole, &vector);
	for (uint32_t i = 0; i < count; i++)
		ops[i].good = call.status[i] == 0;
}
