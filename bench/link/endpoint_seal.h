/* What seals the frames of an end: both share a key that is no secret, as a benchmark keeps none.
 */
#ifndef ENDPOINT_SEAL_H
#define ENDPOINT_SEAL_H

#include "seal.h"

struct endpoint_seal {
	struct seal *seal; /* NULL: frames are clear */
	struct aead_backend *aead;
};

/* For node of two; by DPDK's crypto devices where EAL has been started, by libcrypto otherwise. 0
 * or -errno. */
int endpoint_seal_open(struct endpoint_seal *seal, uint32_t node, uint64_t incarnation, bool eal);
void endpoint_seal_close(struct endpoint_seal *seal);

#endif
