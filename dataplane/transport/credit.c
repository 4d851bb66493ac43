/*
 * Credit: how many chunks each accepted message may send beyond its unscheduled start.
 *
 * All messages of all peers share MR_CREDIT_BYTES of chunks granted and not yet here, in turns of
 * MR_GRANT_BYTES, so that many senders to one receiver never have more than that on the way.
 */
#include "state.h"

static uint32_t wanted(const struct in_message *message)
{
	uint64_t window = (uint64_t)message->cumulative + MR_CHUNK_WINDOW;
	uint64_t end = min_u64(message->shape.chunk_count, window);

	if (message->state != IN_ACCEPTED || message->grant >= end)
		return 0;
	return (uint32_t)(end - message->grant);
}

static void list(struct in_message *message, bool granting)
{
	struct transport *t = message->peer->transport;

	if (granting && !message->granting)
		TAILQ_INSERT_TAIL(&t->granting, message, link);
	else if (!granting && message->granting)
		TAILQ_REMOVE(&t->granting, message, link);
	message->granting = granting;
}

void credit_update(struct in_message *message)
{
	list(message, wanted(message) > 0);
}

void credit_return(struct in_message *message, uint64_t bytes)
{
	message->credit_bytes -= bytes;
	message->peer->transport->credit_bytes -= bytes;
}

void credit_end(struct in_message *message)
{
	list(message, false);
	credit_return(message, message->credit_bytes);
}

void credit_run(struct transport *t)
{
	struct in_message *message;

	while ((message = TAILQ_FIRST(&t->granting)) != NULL) {
		uint32_t turn = MR_GRANT_BYTES / message->shape.chunk_bytes;
		uint32_t chunks = (uint32_t)min_u64(wanted(message), turn);
		uint64_t bytes = (uint64_t)chunks * message->shape.chunk_bytes;

		if (t->credit_bytes + bytes > MR_CREDIT_BYTES)
			return;
		message->grant += chunks;
		message->credit_bytes += bytes;
		t->credit_bytes += bytes;
		list(message, false);
		credit_update(message);
		acknowledge(message->peer, message->id);
		peer_update(message->peer);
	}
}
