/* A node's keys become its seal. */
#include "node_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

/* Without randomness there is no secret: nothing may go on. It is there once the kernel booted. */
static void random_fill(void *opaque, uint8_t *bytes, uint32_t count)
{
	if (getrandom(bytes, count, 0) != (ssize_t)count)
		abort();
}

int keys_apply(struct node *node, const struct node_config *config)
{
	const struct node_keys *keys = config->keys;
	struct seal_config seal;
	int rc;

	if (keys == NULL)
		return 0;
	seal = (struct seal_config){
	    .node = node->id,
	    .incarnation = node->incarnation,
	    .private_key = keys->private_key,
	    .psk = keys->psk,
	    .cipher = keys->cipher,
	    .aead = node->aead,
	    .random = random_fill,
	};
	rc = seal_create(&node->seal, &seal);
	for (uint32_t i = 0; rc == 0 && i < config->peer_count; i++) {
		const struct node_peer *peer = &config->peers[i];

		rc = seal_peer_add(node->seal, peer->node,
				   keys->private_key != NULL ? peer->public_key : NULL);
		if (rc == 0)
			rc = seal_peer_at(node->seal, peer->node, peer->ip);
	}
	return rc;
}
