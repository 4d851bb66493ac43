/* Handshake messages: made, checked in the order of what a check costs, and answered. */
#include <string.h>

#include <openssl/crypto.h>

#include "seal_state.h"

#define LABEL "Millrace seal 1 " /* of the prologue, which binds version, suite and index */
#define LABEL_BYTES (sizeof(LABEL) - 1)
#define PROLOGUE_BYTES_MAX (LABEL_BYTES + SEAL_HEAD_BYTES + 1)

/* Returns its length. A core beyond the first is named behind the rest: what was recorded of one
 * core's handshakes says nothing to another. */
static size_t prologue_write(uint8_t prologue[PROLOGUE_BYTES_MAX], const struct seal *seal,
			     const struct seal_head *initiation)
{
	memcpy(prologue, LABEL, LABEL_BYTES);
	memcpy(prologue + LABEL_BYTES, initiation, SEAL_HEAD_BYTES);
	prologue[PROLOGUE_BYTES_MAX - 1] = (uint8_t)seal->core;
	return PROLOGUE_BYTES_MAX - (seal->core == 0);
}

static uint32_t message_bytes(enum noise_pattern pattern, uint32_t message)
{
	return SEAL_HEAD_BYTES + noise_message_bytes(pattern, message) + SEAL_IDENTITY_BYTES +
	       SEAL_MAC_BYTES;
}

/* --- The cheap check: only who knows whom a message is for costs us more than a hash ---------- */

int handshake_mac_key(uint8_t mac_key[SEAL_KEY_BYTES], const uint8_t secret[SEAL_KEY_BYTES])
{
	static const char label[] = "Millrace seal mac";

	return sha256_pair(mac_key, label, sizeof(label) - 1, secret, SEAL_KEY_BYTES);
}

int mac_write(const uint8_t mac_key[SEAL_KEY_BYTES], uint8_t *message, uint32_t bytes)
{
	uint8_t mac[SEAL_KEY_BYTES];
	int rc = hmac_sha256(mac, mac_key, message, bytes - SEAL_MAC_BYTES);

	memcpy(message + bytes - SEAL_MAC_BYTES, mac, SEAL_MAC_BYTES);
	return rc;
}

bool mac_good(const uint8_t mac_key[SEAL_KEY_BYTES], const uint8_t *message, uint32_t bytes)
{
	uint8_t mac[SEAL_KEY_BYTES];

	return hmac_sha256(mac, mac_key, message, bytes - SEAL_MAC_BYTES) == 0 &&
	       CRYPTO_memcmp(mac, message + bytes - SEAL_MAC_BYTES, SEAL_MAC_BYTES) == 0;
}

/* --- How many we take ------------------------------------------------------------------------ */

static bool initiations_spend(struct seal *seal, uint64_t now_ns)
{
	uint64_t each_ns = 1000 * NS_PER_MS / MR_SEAL_INITIATIONS_PER_SECOND;
	uint64_t earned = (now_ns - seal->initiations_ns) / each_ns;

	seal->initiations += earned;
	seal->initiations_ns += earned * each_ns;
	if (seal->initiations > MR_SEAL_INITIATIONS_BURST)
		seal->initiations = MR_SEAL_INITIATIONS_BURST;
	if (seal->initiations == 0)
		return false;
	seal->initiations--;
	return true;
}

/* --- Initiation ------------------------------------------------------------------------------ */

static int initiation_write(struct seal *seal, struct peer *peer, uint8_t *out, uint32_t bytes)
{
	const struct seal_head head = {
	    .magic = SEAL_WIRE_MAGIC,
	    .version = SEAL_WIRE_VERSION,
	    .type = SEAL_INITIATION,
	    .suite = (uint8_t)(seal->pattern << 4 | seal->cipher),
	    .index = peer->pending->index,
	};
	const struct seal_identity identity = {
	    .from_node = (uint16_t)seal->node,
	    .to_node = (uint16_t)peer->node,
	    .index = head.index,
	    .incarnation = seal->incarnation,
	    .sequence = ++peer->sequence,
	};
	uint8_t prologue[PROLOGUE_BYTES_MAX], ephemeral[SEAL_KEY_BYTES];
	size_t prologue_bytes;
	int rc;

	prologue_bytes = prologue_write(prologue, seal, &head);
	seal->random(seal->opaque, ephemeral, sizeof(ephemeral));
	noise_start(&peer->noise, seal->pattern, seal->cipher, true, &seal->keys, peer->public_key,
		    prologue, prologue_bytes);
	memcpy(out, &head, sizeof(head));
	rc = noise_write(&peer->noise, ephemeral, &identity, sizeof(identity), out + sizeof(head));
	secret_wipe(ephemeral, sizeof(ephemeral));
	return rc == 0 ? mac_write(peer->mac_key, out, bytes) : rc;
}

uint32_t handshake_initiate(struct seal *seal, struct peer *peer,
			    uint8_t out[SEAL_HANDSHAKE_BYTES_MAX])
{
	uint32_t bytes = message_bytes(seal->pattern, 0);

	session_free(seal, &peer->pending);
	peer->pending = session_take(seal, peer);
	if (initiation_write(seal, peer, out, bytes) == 0) {
		seal->counters.initiations_out++;
		return bytes;
	}
	session_free(seal, &peer->pending);
	seal->counters.drop_failed++;
	return 0;
}

/* Who sent this initiation, if it is a peer with its own key and speaks to us. */
static struct peer *initiation_peer(struct seal *seal, const struct noise *noise,
				    const struct seal_head *head,
				    const struct seal_identity *identity)
{
	struct peer *peer;

	if (!peer_known(seal, identity->from_node) || identity->to_node != seal->node ||
	    identity->index != head->index || head->index == 0)
		return NULL;
	peer = &seal->peers[identity->from_node];
	if (noise->pattern != NOISE_NN_PSK0 &&
	    CRYPTO_memcmp(noise->remote_static, peer->public_key, SEAL_KEY_BYTES) != 0)
		return NULL;
	return peer;
}

/* Authentic, but is it new? Initiations of a peer are ordered by its life and its count in it. */
static bool initiation_new(struct seal *seal, uint64_t now_ns, struct peer *peer,
			   const struct seal_identity *identity)
{
	if (identity->incarnation < peer->heard_incarnation ||
	    (identity->incarnation == peer->heard_incarnation &&
	     identity->sequence <= peer->heard_sequence)) {
		seal->counters.drop_stale++;
		return false;
	}
	if (peer->heard_incarnation != 0 &&
	    now_ns - peer->heard_initiation_ns < MR_SEAL_INITIATION_MS_MIN * NS_PER_MS) {
		seal->counters.drop_rate++;
		return false;
	}
	peer->heard_incarnation = identity->incarnation;
	peer->heard_sequence = identity->sequence;
	peer->heard_initiation_ns = now_ns;
	return true;
}

static int response_write(struct seal *seal, struct peer *peer, struct noise *noise,
			  const struct session *session, const struct seal_identity *heard)
{
	const struct seal_head head = {
	    .magic = SEAL_WIRE_MAGIC,
	    .version = SEAL_WIRE_VERSION,
	    .type = SEAL_RESPONSE,
	    .index = session->remote_index,
	    .counter = session->index,
	};
	const struct seal_identity identity = {
	    .from_node = (uint16_t)seal->node,
	    .to_node = (uint16_t)peer->node,
	    .index = session->index,
	    .incarnation = seal->incarnation,
	    .sequence = heard->sequence,
	};
	uint8_t ephemeral[SEAL_KEY_BYTES];
	int rc;

	seal->random(seal->opaque, ephemeral, sizeof(ephemeral));
	memcpy(peer->response, &head, sizeof(head));
	rc = noise_write(noise, ephemeral, &identity, sizeof(identity),
			 peer->response + sizeof(head));
	secret_wipe(ephemeral, sizeof(ephemeral));
	peer->response_bytes = message_bytes(noise->pattern, 1);
	return rc == 0 ? mac_write(peer->mac_key, peer->response, peer->response_bytes) : rc;
}

static void initiation_answer(struct seal *seal, uint64_t now_ns, const struct seal_rx *frame,
			      struct peer *peer, struct noise *noise,
			      const struct seal_identity *identity)
{
	struct session *session;
	int rc;

	session_free(seal, &peer->next);
	session = session_take(seal, peer);
	session->remote_index = identity->index;
	session->incarnation = identity->incarnation;
	rc = response_write(seal, peer, noise, session, identity);
	if (rc == 0)
		rc = session_key(seal, session, noise, now_ns);
	if (rc < 0) {
		session_free(seal, &session);
		seal->counters.drop_failed++;
		return;
	}
	peer->next = session;
	peer->address = frame->from;
	peer->response_to = frame->from;
	peer_due(seal, peer, DUE_RESPONSE);
	deadline_add(seal, now_ns + MR_SEAL_REJECT_MS * NS_PER_MS);
	seal->counters.initiations_in++;
	seal->counters.handshakes++;
}

static bool suite_good(const struct seal *seal, uint8_t suite)
{
	return suite >> 4 == seal->pattern &&
	       ((suite & 15) == SEAL_AES_GCM || (suite & 15) == SEAL_CHACHA_POLY);
}

static void initiation_input(struct seal *seal, uint64_t now_ns, const struct seal_rx *frame,
			     const struct seal_head *head)
{
	uint8_t prologue[PROLOGUE_BYTES_MAX];
	size_t prologue_bytes = prologue_write(prologue, seal, head);
	struct seal_identity identity;
	struct noise noise;
	struct peer *peer;

	noise_start(&noise, seal->pattern, head->suite & 15, false, &seal->keys, NULL, prologue,
		    prologue_bytes);
	if (noise_read(&noise, frame->in + SEAL_HEAD_BYTES,
		       frame->in_bytes - SEAL_HEAD_BYTES - SEAL_MAC_BYTES,
		       (uint8_t *)&identity) < 0) {
		seal->counters.drop_handshake++;
	} else {
		peer = initiation_peer(seal, &noise, head, &identity);
		if (peer == NULL)
			seal->counters.drop_unknown_peer++;
		else if (initiation_new(seal, now_ns, peer, &identity))
			initiation_answer(seal, now_ns, frame, peer, &noise, &identity);
	}
	secret_wipe(&noise, sizeof(noise));
}

/* --- Response -------------------------------------------------------------------------------- */

static bool response_read(const struct seal *seal, const struct peer *peer,
			  const struct seal_rx *frame, const struct seal_head *head,
			  struct noise *noise, struct seal_identity *identity)
{
	return noise_read(noise, frame->in + SEAL_HEAD_BYTES,
			  frame->in_bytes - SEAL_HEAD_BYTES - SEAL_MAC_BYTES,
			  (uint8_t *)identity) == 0 &&
	       identity->from_node == peer->node && identity->to_node == seal->node &&
	       identity->index == head->counter && identity->sequence == peer->sequence;
}

static void response_input(struct seal *seal, uint64_t now_ns, const struct seal_rx *frame,
			   const struct seal_head *head)
{
	struct seal_identity identity;
	struct noise noise;
	struct peer *peer;
	struct session *session = session_find(seal, head->index, &peer);

	if (session == NULL || session != peer->pending) {
		seal->counters.drop_unknown_index++;
		return;
	}
	noise = peer->noise; /* a message that fails must not spoil the handshake */
	if (!response_read(seal, peer, frame, head, &noise, &identity)) {
		seal->counters.drop_handshake++;
	} else if (session_key(seal, session, &noise, now_ns) < 0) {
		seal->counters.drop_failed++;
	} else {
		session->remote_index = identity.index;
		session->incarnation = identity.incarnation;
		peer->address = frame->from;
		session_established(seal, peer);
		peer->initiation_ns = UINT64_MAX;
		peer->unheard_ns = 0;
		peer->silent = false;
		secret_wipe(&peer->noise, sizeof(peer->noise));
		peer_due(seal, peer, DUE_DATA);
		deadline_add(seal, now_ns + MR_SEAL_REJECT_MS * NS_PER_MS);
		seal->counters.handshakes++;
	}
	secret_wipe(&noise, sizeof(noise));
}

void handshake_input(struct seal *seal, uint64_t now_ns, const struct seal_rx *frame)
{
	struct seal_head head;
	uint32_t message;

	memcpy(&head, frame->in, sizeof(head));
	message = head.type == SEAL_INITIATION ? 0 : 1;
	if (frame->in_bytes != message_bytes(seal->pattern, message) ||
	    (message == 0 ? !suite_good(seal, head.suite) || head.counter != 0 : head.suite != 0))
		seal->counters.drop_malformed++;
	else if (!mac_good(seal->mac_key, frame->in, frame->in_bytes))
		seal->counters.drop_mac++;
	else if (!initiations_spend(seal, now_ns))
		seal->counters.drop_rate++;
	else if (message == 0)
		initiation_input(seal, now_ns, frame, &head);
	else
		response_input(seal, now_ns, frame, &head);
}
