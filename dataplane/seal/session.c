/* Sessions: finding them by index, and the roles they take in turn, as WireGuard's key pairs. */
#include <string.h>

#include "seal_state.h"

struct session *session_find(struct seal *seal, uint32_t index, struct peer **peer)
{
	uint32_t slot = index % SESSIONS_MAX;
	struct session *session;

	*peer = &seal->peers[slot / MR_SEAL_PEER_SESSIONS];
	session = &(*peer)->sessions[slot % MR_SEAL_PEER_SESSIONS];
	return index != 0 && session->index == index ? session : NULL;
}

/* The upper bytes are random, so that a former life's indexes are not taken for ours. */
static uint32_t index_make(struct seal *seal, const struct peer *peer,
			   const struct session *session)
{
	uint32_t slot = peer->node * MR_SEAL_PEER_SESSIONS + (uint32_t)(session - peer->sessions);
	uint32_t random = 0;

	while (random / SESSIONS_MAX == 0)
		seal->random(seal->opaque, (uint8_t *)&random, sizeof(random));
	return random / SESSIONS_MAX * SESSIONS_MAX + slot;
}

struct session *session_take(struct seal *seal, struct peer *peer)
{
	struct session *session = peer->sessions;

	while (session->index != 0)
		session++;
	*session = (struct session){.index = index_make(seal, peer, session)};
	return session;
}

void session_free(struct seal *seal, struct session **freed)
{
	struct session *session = *freed;

	*freed = NULL;
	if (session == NULL)
		return;
	if (session->seal_key != NULL)
		seal->aead->ops->key_destroy(seal->aead, session->seal_key);
	if (session->open_key != NULL)
		seal->aead->ops->key_destroy(seal->aead, session->open_key);
	secret_wipe(session, sizeof(*session));
}

int session_key(struct seal *seal, struct session *session, const struct noise *noise,
		uint64_t now_ns)
{
	uint8_t keys[2][SEAL_KEY_BYTES];
	int rc = noise_split(noise, keys[0], keys[1]);

	if (rc == 0)
		rc = seal->aead->ops->key_create(seal->aead, noise->cipher,
						 keys[noise->initiator ? 0 : 1], true,
						 &session->seal_key);
	if (rc == 0)
		rc = seal->aead->ops->key_create(seal->aead, noise->cipher,
						 keys[noise->initiator ? 1 : 0], false,
						 &session->open_key);
	secret_wipe(keys, sizeof(keys));
	session->keyed = rc == 0;
	session->initiator = noise->initiator;
	session->born_ns = now_ns;
	return rc;
}

bool session_expired(const struct session *session, uint64_t now_ns)
{
	return now_ns - session->born_ns >= MR_SEAL_REJECT_MS * NS_PER_MS;
}

void session_established(struct seal *seal, struct peer *peer)
{
	session_free(seal, &peer->previous);
	if (peer->next != NULL) { /* both began at once: the peer may use either */
		peer->previous = peer->next;
		peer->next = NULL;
		session_free(seal, &peer->current);
	} else {
		peer->previous = peer->current;
	}
	peer->current = peer->pending;
	peer->pending = NULL;
}

void session_confirmed(struct seal *seal, struct peer *peer)
{
	session_free(seal, &peer->previous);
	peer->previous = peer->current;
	peer->current = peer->next;
	peer->next = NULL;
}
