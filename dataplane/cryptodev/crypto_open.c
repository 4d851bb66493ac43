/* Finding and opening a crypto device. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_errno.h>

#include "crypto_state.h"

#define SESSIONS_MAX (2 * MR_NODES_MAX * MR_SEAL_PEER_SESSIONS) /* a key is of one direction */
#define DESCRIPTORS 128                                         /* of a queue: four bursts */

enum rte_crypto_aead_algorithm crypto_algorithm(enum seal_cipher cipher)
{
	return cipher == SEAL_AES_GCM ? RTE_CRYPTO_AEAD_AES_GCM : RTE_CRYPTO_AEAD_CHACHA20_POLY1305;
}

bool crypto_device_has(const struct crypto_device *device, enum seal_cipher cipher)
{
	const struct rte_cryptodev_sym_capability_idx index = {
	    .type = RTE_CRYPTO_SYM_XFORM_AEAD, .algo.aead = crypto_algorithm(cipher)};
	const struct rte_cryptodev_symmetric_capability *capability =
	    rte_cryptodev_sym_capability_get(device->id, &index);

	return capability != NULL &&
	       rte_cryptodev_sym_capability_check_aead(capability, SEAL_KEY_BYTES, SEAL_TAG_BYTES,
						       0, SEAL_NONCE_BYTES) == 0;
}

/* The name is what stands before the first comma. */
static int device_find(struct crypto_device *device, const char *devargs)
{
	const char *comma = strchr(devargs, ',');
	int length = comma != NULL ? (int)(comma - devargs) : (int)strlen(devargs);
	int id;

	if (length >= (int)sizeof(device->name))
		return -ENAMETOOLONG;
	snprintf(device->name, sizeof(device->name), "%.*s", length, devargs);
	id = rte_cryptodev_get_dev_id(device->name);
	if (id < 0) {
		int rc = rte_eal_hotplug_add("vdev", device->name, comma != NULL ? comma + 1 : "");

		if (rc < 0)
			return rc;
		device->ours = true;
		id = rte_cryptodev_get_dev_id(device->name);
	}
	device->id = (uint8_t)id;
	return id < 0 ? -ENODEV : 0;
}

static int sessions_create(struct crypto_device *device, int socket)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "seal_sessions_%u", device->id);
	device->sessions = rte_cryptodev_sym_session_pool_create(
	    name, SESSIONS_MAX, rte_cryptodev_sym_get_private_session_size(device->id), 0, 0,
	    socket);
	return device->sessions != NULL ? 0 : -rte_errno;
}

/* An engine's operations and buffers are taken once, and used again for every burst. */
static int buffers_create(struct crypto_device *device, int socket)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	snprintf(name, sizeof(name), "seal_ops_%u", device->id);
	device->op_pool = rte_crypto_op_pool_create(name, RTE_CRYPTO_OP_TYPE_SYMMETRIC,
						    MR_PORT_BURST, 0, SEAL_NONCE_BYTES + 4, socket);
	snprintf(name, sizeof(name), "seal_mbufs_%u", device->id);
	device->mbuf_pool = rte_pktmbuf_pool_create(name, MR_PORT_BURST, 0, 0,
						    RTE_PKTMBUF_HEADROOM + MR_MTU_MAX, socket);
	if (device->op_pool == NULL || device->mbuf_pool == NULL)
		return -rte_errno;
	if (rte_pktmbuf_alloc_bulk(device->mbuf_pool, device->mbufs, MR_PORT_BURST) != 0)
		return -ENOMEM;
	return rte_crypto_op_bulk_alloc(device->op_pool, RTE_CRYPTO_OP_TYPE_SYMMETRIC, device->ops,
					MR_PORT_BURST) == MR_PORT_BURST
		   ? 0
		   : -ENOMEM;
}

static int device_start(struct crypto_device *device, int socket)
{
	struct rte_cryptodev_config config = {.socket_id = socket,
					      .nb_queue_pairs = 1,
					      .ff_disable = RTE_CRYPTODEV_FF_ASYMMETRIC_CRYPTO};
	struct rte_cryptodev_qp_conf queue = {.nb_descriptors = DESCRIPTORS,
					      .mp_session = device->sessions};
	int rc = rte_cryptodev_configure(device->id, &config);

	if (rc == 0)
		rc = rte_cryptodev_queue_pair_setup(device->id, 0, &queue, socket);
	return rc == 0 ? rte_cryptodev_start(device->id) : rc;
}

int crypto_device_open(struct crypto_device *device, const char *devargs)
{
	struct rte_cryptodev_info info;
	int rc = device_find(device, devargs);
	int socket;

	if (rc < 0)
		goto fail;
	socket = rte_cryptodev_socket_id(device->id);
	if (socket < 0)
		socket = 0;
	rte_cryptodev_info_get(device->id, &info);
	device->cpu = info.feature_flags & RTE_CRYPTODEV_FF_SYM_CPU_CRYPTO;
	rc = sessions_create(device, socket);
	if (rc == 0)
		rc = buffers_create(device, socket);
	if (rc == 0)
		rc = device_start(device, socket);
	if (rc == 0) {
		device->open = true;
		return 0;
	}
fail:
	crypto_device_close(device);
	return rc;
}

void crypto_device_close(struct crypto_device *device)
{
	if (device->open) {
		rte_cryptodev_stop(device->id);
		rte_cryptodev_close(device->id);
	}
	/* What a stuck engine still holds stays its own. */
	for (uint32_t i = 0; i < MR_PORT_BURST && !device->stuck; i++) {
		rte_pktmbuf_free(device->mbufs[i]);
		if (device->ops[i] != NULL)
			rte_crypto_op_free(device->ops[i]);
	}
	if (!device->stuck) {
		rte_mempool_free(device->op_pool);
		rte_mempool_free(device->mbuf_pool);
		rte_mempool_free(device->sessions);
	}
	if (device->ours)
		rte_eal_hotplug_remove("vdev", device->name);
	*device = (struct crypto_device){0};
}
