/*
 * Hints: who has lost its keys says so, and its peers begin a handshake. docs/security.md has the
 * rules, and why they may be forged.
 */
#include <string.h>

#include "seal_state.h"

/* --- Out: only to where a peer is, and only while we have no keys with it and make none
 * -------------------- */

static bool elapsed(uint64_t since_ns, uint64_t now_ns, uint64_t ms)
{
	return since_ns == 0 || now_ns - since_ns >= ms * NS_PER_MS;
}

/* One of those at that address may be told now; several nodes of one host have the same. */
static struct peer *peer_find(struct seal *seal, uint64_t now_ns, uint32_t ip)
{
	for (uint64_t left = seal->peers_known; left != 0 && ip != 0; left &= left - 1) {
		struct peer *peer = &seal->peers[__builtin_ctzll(left)];

		if (peer->ip == ip && peer->current == NULL && peer->next == NULL &&
		    peer->pending == NULL &&
		    elapsed(peer->hint_out_ns, now_ns, MR_SEAL_HINT_OUT_MS))
			return peer;
	}
	return NULL;
}

void hint_consider(struct seal *seal, uint64_t now_ns, const struct seal_head *head,
		   const struct net_address *from)
{
	struct peer *peer = peer_find(seal, now_ns, from->ip);

	if (peer == NULL)
		return;
	peer->hint_out_ns = now_ns;
	peer->hint_to = *from;
	peer->hint = (struct seal_head){
	    .magic = SEAL_WIRE_MAGIC,
	    .version = SEAL_WIRE_VERSION,
	    .type = SEAL_HINT,
	    .index = head->index,
	    .counter = head->counter,
	};
	peer_due(seal, peer, DUE_HINT);
}

uint32_t hint_output(struct seal *seal, const struct peer *peer, uint8_t out[SEAL_HINT_BYTES])
{
	memcpy(out, &peer->hint, sizeof(peer->hint));
	if (mac_write(seal->mac_key, out, SEAL_HINT_BYTES) < 0)
		return 0;
	seal->counters.hints_out++;
	return SEAL_HINT_BYTES;
}

/* --- In: it must name what we do seal with --------------------------------------------------- */

/* The peer to which frames of that index and about that counter were sent. */
static struct peer *peer_named(struct seal *seal, const struct seal_head *head)
{
	for (uint64_t left = seal->peers_known; left != 0; left &= left - 1) {
		struct peer *peer = &seal->peers[__builtin_ctzll(left)];
		const struct session *session = peer->current;

		if (session != NULL && session->remote_index == head->index &&
		    head->counter < session->frames &&
		    session->frames - head->counter <= MR_SEAL_HINT_FRAMES)
			return peer;
	}
	return NULL;
}

void hint_input(struct seal *seal, uint64_t now_ns, const struct seal_rx *frame)
{
	struct seal_head head;
	struct peer *peer;

	memcpy(&head, frame->in, sizeof(head));
	peer = peer_named(seal, &head);
	if (peer == NULL || !elapsed(peer->hint_in_ns, now_ns, MR_SEAL_HINT_IN_MS) ||
	    !mac_good(peer->mac_key, frame->in, SEAL_HINT_BYTES)) {
		seal->counters.drop_hint++;
		return;
	}
	peer->hint_in_ns = now_ns;
	seal->counters.hints_in++;
	peer_want(seal, peer, now_ns);
}
