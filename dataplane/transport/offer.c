/*
 * Messages that the user has not decided on, and what it decides.
 *
 * The first chunk of a message not yet accepted is kept in a stash of its peer, if there is room;
 * other chunks that come too early are dropped and sent again.
 */
#include <errno.h>
#include <string.h>

#include "calls.h"

static void chunk_stash(struct in_message *message, const uint8_t *bytes)
{
	struct peer *peer = message->peer;
	int index = pool_take(&peer->stash_pool, peer->stash_free, MR_STASH_CHUNKS);

	if (index < 0) {
		peer->transport->counters.drop_no_room++;
		return;
	}
	memcpy(peer->stash[index], bytes, wire_chunk_body_bytes(&message->shape, 0));
	message->stash = (uint16_t)(index + 1);
}

void offer_stash(struct transport *t)
{
	chunk_stash(t->fresh, t->fresh_bytes);
	t->fresh = NULL;
}

void offer_chunk(struct in_message *message, uint32_t chunk, const uint8_t *bytes)
{
	struct peer *peer = message->peer;

	acknowledge(peer, message->id);
	if (chunk != 0)
		peer->transport->counters.drop_no_room++;
	else if (message->stash != 0)
		COUNT_PEER(peer, duplicates, 1);
	else
		chunk_stash(message, bytes);
}

const uint8_t *offer_take(struct in_message *message)
{
	struct peer *peer = message->peer;
	const uint8_t *bytes = NULL;

	if (message->stash != 0) {
		bytes = peer->stash[message->stash - 1];
		pool_give(&peer->stash_pool, peer->stash_free, message->stash - 1u);
		message->stash = 0;
	}
	if (peer->transport->fresh == message) {
		bytes = peer->transport->fresh_bytes;
		peer->transport->fresh = NULL;
	}
	return bytes;
}

/* --- The user's answers ---------------------------------------------------------------------- */

static struct in_message *offer_find(struct transport *t, uint64_t offer)
{
	uint32_t node = offer >> 16 & 0xffff;
	uint32_t index = offer & 0xffff;
	struct in_message *message;

	if (!peer_known(t, node) || index >= t->peers[node].in_pool.fresh)
		return NULL;
	message = &t->peers[node].in[index];
	if (message->generation != offer >> 32 || message->state != IN_OFFERED || !message->shown)
		return NULL;
	return message;
}

int transport_accept(struct transport *t, uint64_t now_ns, uint64_t offer, void *body,
		     uint64_t cookie)
{
	struct in_message *message = offer_find(t, offer);
	const uint8_t *first;

	t->now_ns = now_ns;
	if (message == NULL)
		return -ENOENT;
	if (body == NULL)
		return -EINVAL;
	message->body = body;
	message->cookie = cookie;
	message->accepted = true;
	message->grant = message->shape.unscheduled;
	deliver_state(message, IN_ACCEPTED);
	first = offer_take(message);
	acknowledge(message->peer, message->id);
	if (first != NULL)
		landing_store(message, 0, first);
	else
		credit_update(message);
	landing_flush(t);
	credit_run(t);
	peer_update(message->peer);
	return 0;
}

int transport_reject(struct transport *t, uint64_t now_ns, uint64_t offer, uint16_t code)
{
	struct in_message *message = offer_find(t, offer);

	t->now_ns = now_ns;
	if (message == NULL)
		return -ENOENT;
	message->code = code;
	offer_take(message);
	deliver_state(message, IN_REJECTED);
	acknowledge(message->peer, message->id);
	deliver_decided(message);
	peer_update(&t->peers[offer >> 16 & 0xffff]);
	return 0;
}
