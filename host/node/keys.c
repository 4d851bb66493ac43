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

int keys_apply(struct packet_path *path, const struct node *node, const struct node_config *config,
	       uint32_t core)
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
	    .aead = path->aead,
	    .random = random_fill,
	    .core = core,
	};
	rc = seal_create(&path->seal, &seal);
	for (uint32_t i = 0; rc == 0 && i < config->peer_count; i++) {
		const struct node_peer *peer = &config->peers[i];

		rc = seal_peer_add(path->seal, peer->node,
				   keys->private_key != NULL ? peer->public_key : NULL);
		if (rc == 0)
			rc = seal_peer_at(path->seal, peer->node, peer->ip);
	}
	return rc;
}
