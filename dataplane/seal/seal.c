/* A seal's life, its peers, its timers, and what it has to send by itself. */
#include "seal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "seal_state.h"

static int keys_copy(struct seal *seal, const struct seal_config *config)
{
	struct noise_keys *keys = &seal->keys;
	int rc = 0;

	if (config->psk != NULL)
		memcpy(keys->psk, config->psk, SEAL_KEY_BYTES);
	if (config->private_key == NULL) {
		seal->pattern = NOISE_NN_PSK0;
		return handshake_mac_key(seal->mac_key, keys->psk);
	}
	seal->pattern = config->psk != NULL ? NOISE_IK_PSK2 : NOISE_IK;
	memcpy(keys->private_key, config->private_key, SEAL_KEY_BYTES);
	rc = x25519_public(keys->public_key, keys->private_key);
	return rc == 0 ? handshake_mac_key(seal->mac_key, keys->public_key) : rc;
}

int seal_create(struct seal **created, const struct seal_config *config)
{
	struct seal *seal;
	int rc;

	if ((config->private_key == NULL && config->psk == NULL) || config->node >= MR_NODES_MAX)
		return -EINVAL;
	seal = calloc(1, sizeof(*seal));
	if (seal == NULL)
		return -ENOMEM;
	seal->node = config->node;
	seal->incarnation = config->incarnation;
	seal->cipher = config->cipher;
	seal->core = config->core;
	seal->aead = config->aead;
	seal->random = config->random;
	seal->opaque = config->opaque;
	seal->deadline_ns = UINT64_MAX;
	seal->initiations = MR_SEAL_INITIATIONS_BURST;
	rc = keys_copy(seal, config);
	if (rc < 0) {
		seal_destroy(&seal);
		return rc;
	}
	*created = seal;
	return 0;
}

static void peer_free(struct seal *seal, struct peer *peer)
{
	session_free(seal, &peer->current);
	session_free(seal, &peer->previous);
	session_free(seal, &peer->next);
	session_free(seal, &peer->pending);
}

void seal_destroy(struct seal **destroyed)
{
	struct seal *seal = *destroyed;

	*destroyed = NULL;
	if (seal == NULL)
		return;
	for (uint32_t i = 0; i < MR_NODES_MAX; i++)
		peer_free(seal, &seal->peers[i]);
	secret_wipe(seal, sizeof(*seal));
	free(seal);
}

int seal_peer_add(struct seal *seal, uint32_t node, const uint8_t *public_key)
{
	struct peer *peer;

	if (node >= MR_NODES_MAX || node == seal->node || peer_known(seal, node) ||
	    (public_key == NULL) != (seal->pattern == NOISE_NN_PSK0))
		return -EINVAL;
	peer = &seal->peers[node];
	peer->node = node;
	peer->initiation_ns = UINT64_MAX;
	peer->answer_ns = UINT64_MAX;
	seal->peers_known |= 1ull << node;
	if (public_key == NULL)
		return handshake_mac_key(peer->mac_key, seal->keys.psk);
	memcpy(peer->public_key, public_key, SEAL_KEY_BYTES);
	return handshake_mac_key(peer->mac_key, public_key);
}

int seal_peer_at(struct seal *seal, uint32_t node, uint32_t ip)
{
	if (!peer_known(seal, node))
		return -EINVAL;
	seal->peers[node].ip = ip;
	return 0;
}

/* --- Timers ---------------------------------------------------------------------------------- */

void deadline_add(struct seal *seal, uint64_t when_ns)
{
	if (when_ns < seal->deadline_ns)
		seal->deadline_ns = when_ns;
}

void peer_due(struct seal *seal, struct peer *peer, enum due what)
{
	peer->due |= (uint8_t)what;
	seal->peers_due |= 1ull << peer->node;
}

/* Jitter, so that two who began at once do not go on so. */
static void initiation_next(struct seal *seal, struct peer *peer, uint64_t now_ns)
{
	uint8_t random;

	seal->random(seal->opaque, &random, sizeof(random));
	peer->initiation_ns = now_ns + peer->retry_ms * NS_PER_MS * (256 + random / 2) / 256;
	peer->retry_ms *= 2;
	if (peer->retry_ms > MR_SEAL_RETRY_MS_MAX)
		peer->retry_ms = MR_SEAL_RETRY_MS_MAX;
	deadline_add(seal, peer->initiation_ns);
	peer_due(seal, peer, DUE_INITIATION);
}

void peer_want(struct seal *seal, struct peer *peer, uint64_t now_ns)
{
	if (peer->initiation_ns != UINT64_MAX)
		return;
	peer->retry_ms = MR_SEAL_RETRY_MS;
	initiation_next(seal, peer, now_ns);
}

static void initiation_timer(struct seal *seal, struct peer *peer, uint64_t now_ns)
{
	if (now_ns - peer->wanted_ns < MR_SEAL_ATTEMPT_MS * NS_PER_MS) {
		initiation_next(seal, peer, now_ns);
		return;
	}
	/* Nobody has asked for long: the next frame begins anew. */
	peer->initiation_ns = UINT64_MAX;
	peer->held_bytes = 0;
	session_free(seal, &peer->pending);
}

static void session_age(struct seal *seal, struct session **session, uint64_t now_ns)
{
	if (*session == NULL)
		return;
	if (session_expired(*session, now_ns))
		session_free(seal, session);
	else
		deadline_add(seal, (*session)->born_ns + MR_SEAL_REJECT_MS * NS_PER_MS);
}

static void peer_tick(struct seal *seal, struct peer *peer, uint64_t now_ns)
{
	const uint64_t silence_ns = MR_SEAL_SILENCE_MS * NS_PER_MS;

	if (peer->unheard_ns != 0 && now_ns - peer->unheard_ns >= silence_ns) {
		peer->unheard_ns = 0; /* the next frame out begins it again */
		peer->silent = true;
		peer_want(seal, peer, now_ns);
	}
	if (peer->initiation_ns <= now_ns)
		initiation_timer(seal, peer, now_ns);
	if (peer->answer_ns <= now_ns) {
		peer->answer_ns = UINT64_MAX;
		peer_due(seal, peer, DUE_DATA);
	}
	session_age(seal, &peer->current, now_ns);
	session_age(seal, &peer->previous, now_ns);
	session_age(seal, &peer->next, now_ns);
	if (peer->unheard_ns != 0)
		deadline_add(seal, peer->unheard_ns + silence_ns);
	deadline_add(seal, peer->initiation_ns);
	deadline_add(seal, peer->answer_ns);
}

void seal_tick(struct seal *seal, uint64_t now_ns)
{
	if (now_ns < seal->deadline_ns)
		return;
	seal->deadline_ns = UINT64_MAX;
	for (uint64_t left = seal->peers_known; left != 0; left &= left - 1)
		peer_tick(seal, &seal->peers[__builtin_ctzll(left)], now_ns);
}

uint64_t seal_deadline(const struct seal *seal)
{
	return seal->deadline_ns;
}

/* --- What it has to send --------------------------------------------------------------------- */

/* What was held, or an empty payload: either shows the peer that we have the keys, and live. */
static uint32_t data_output(struct seal *seal, struct peer *peer, uint64_t now_ns, uint8_t *out)
{
	const struct aead_piece in[AEAD_PIECES] = {{peer->held, peer->held_bytes}};
	struct session *session = session_to_seal(seal, peer, now_ns);
	uint32_t bytes = peer->held_bytes + SEAL_OVERHEAD_BYTES;
	struct aead_op op;

	if (session == NULL)
		return 0;
	session_op(session, in, out, &op);
	seal->aead->ops->seal(seal->aead, &op, 1);
	peer->held_bytes = 0;
	seal->counters.sealed += op.good;
	seal->counters.drop_failed += !op.good;
	return op.good ? bytes : 0;
}

static uint32_t peer_output(struct seal *seal, struct peer *peer, uint64_t now_ns, uint8_t *out,
			    struct net_address *to)
{
	*to = peer->address;
	if (peer->due & DUE_RESPONSE) {
		peer->due &= (uint8_t)~DUE_RESPONSE;
		*to = peer->response_to;
		memcpy(out, peer->response, peer->response_bytes);
		return peer->response_bytes;
	}
	if (peer->due & DUE_HINT) {
		peer->due &= (uint8_t)~DUE_HINT;
		*to = peer->hint_to;
		return hint_output(seal, peer, out);
	}
	if (peer->due & DUE_INITIATION) {
		peer->due &= (uint8_t)~DUE_INITIATION;
		return handshake_initiate(seal, peer, out);
	}
	peer->due &= (uint8_t)~DUE_DATA;
	return data_output(seal, peer, now_ns, out);
}

uint32_t seal_output(struct seal *seal, uint64_t now_ns, uint8_t out[SEAL_OUTPUT_BYTES_MAX],
		     struct net_address *to)
{
	uint32_t bytes = 0;

	while (bytes == 0 && seal->peers_due != 0) {
		struct peer *peer = &seal->peers[__builtin_ctzll(seal->peers_due)];

		bytes = peer_output(seal, peer, now_ns, out, to);
		if (peer->due == 0)
			seal->peers_due &= ~(1ull << peer->node);
	}
	return bytes;
}

bool seal_output_pending(const struct seal *seal)
{
	return seal->peers_due != 0;
}

/* --- Counters -------------------------------------------------------------------------------- */

const struct seal_counters *seal_counters(const struct seal *seal)
{
	return &seal->counters;
}

void seal_count_identity(struct seal *seal)
{
	seal->counters.drop_identity++;
}
