/* A seal between two ends. */
#include "endpoint_seal.h"

#include <stdlib.h>
#include <sys/random.h>

#include "crypto_device.h"

static void random_fill(void *opaque, uint8_t *bytes, uint32_t count)
{
	if (getrandom(bytes, count, 0) != (ssize_t)count)
		abort();
}

int endpoint_seal_open(struct endpoint_seal *self, uint32_t node, uint64_t incarnation, bool eal)
{
	static const uint8_t psk[SEAL_KEY_BYTES];
	struct seal_config config = {.node = node,
				     .incarnation = incarnation,
				     .psk = psk,
				     .cipher = aead_cipher_default(),
				     .random = random_fill};
	char error[512];
	int rc = 0;

	if (!eal || aead_cryptodev_create(&self->aead, NULL, error, sizeof(error)) < 0)
		rc = aead_evp_create(&self->aead);
	config.aead = self->aead;
	if (rc == 0)
		rc = seal_create(&self->seal, &config);
	return rc == 0 ? seal_peer_add(self->seal, 1 - node, NULL) : rc;
}

void endpoint_seal_close(struct endpoint_seal *self)
{
	seal_destroy(&self->seal);
	aead_destroy(&self->aead);
}
