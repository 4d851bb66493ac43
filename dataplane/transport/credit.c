/*
 * Credit: how many chunks each accepted message may send beyond its unscheduled start.
 *
 * Who needs least is served first: messages wait in classes by the logarithm of the bytes still to
 * be granted, within a class peers take turns, and a peer's messages too. One turn in
 * MR_CREDIT_OLDEST goes to the message that has waited longest, so that nothing starves. Turns are
 * of MR_GRANT_BYTES, and what is granted and not yet here is bounded, for all messages together and
 * for each peer among those that want some: a sender that does not use its credit holds up nobody.
 *
 * The bound adapts to the network before us: marks of congestion on what arrives shrink it as they
 * would a sender's window, a round without any raises it. So under incast few senders are granted
 * at a time, and the queue of the last switch stays short.
 *
 * Sources: Homa (SIGCOMM'18) sections 3.3 to 3.5 (shortest remaining first, overcommitment, the
 * share of the oldest); RFC 8257 (marks).
 */
#include "calls.h"
#include "dctcp.h"

void credit_init(struct transport *t)
{
	t->credit_limit_bytes = MR_CREDIT_BYTES;
	t->credit_alpha = DCTCP_ONE;
	TAILQ_INIT(&t->granting_oldest);
	for (uint32_t i = 0; i < CREDIT_CLASSES; i++)
		TAILQ_INIT(&t->granting[i]);
}

void credit_peer_init(struct peer *peer)
{
	for (uint32_t i = 0; i < CREDIT_CLASSES; i++)
		TAILQ_INIT(&peer->granting[i].messages);
}

static uint32_t wanted(const struct in_message *message)
{
	uint64_t window = (uint64_t)message->cumulative + MR_CHUNK_WINDOW;
	uint64_t end = min_u64(message->shape.chunk_count, window);

	if (message->state != IN_ACCEPTED || message->grant >= end)
		return 0;
	return (uint32_t)(end - message->grant);
}

/* --- The classes ----------------------------------------------------------------------------- */

static uint32_t class_of(const struct in_message *message)
{
	uint64_t chunks = message->shape.chunk_count - message->grant;

	return class_of_bytes(chunks * message->shape.chunk_bytes);
}

static void unlist(struct in_message *message)
{
	struct transport *t = message->peer->transport;
	uint32_t index = message->granting - 1u;
	struct credit_class *class = &message->peer->granting[index];

	message->granting = 0;
	TAILQ_REMOVE(&class->messages, message, link);
	if (!TAILQ_EMPTY(&class->messages))
		return;
	TAILQ_REMOVE(&t->granting[index], class, link);
	if (TAILQ_EMPTY(&t->granting[index]))
		t->granting_classes &= ~(1ull << index);
	if (--message->peer->granting_classes == 0)
		t->granting_peers--;
}

static void list(struct in_message *message)
{
	struct transport *t = message->peer->transport;
	uint32_t index = class_of(message);
	struct credit_class *class = &message->peer->granting[index];

	message->granting = (uint8_t)(index + 1);
	TAILQ_INSERT_TAIL(&class->messages, message, link);
	if (TAILQ_NEXT(message, link) != NULL || TAILQ_FIRST(&class->messages) != message)
		return;
	TAILQ_INSERT_TAIL(&t->granting[index], class, link);
	t->granting_classes |= 1ull << index;
	if (message->peer->granting_classes++ == 0)
		t->granting_peers++;
}

/* The peer's turn in the class is over. */
static void rotate(struct peer *peer, uint32_t index)
{
	struct transport *t = peer->transport;
	struct credit_class *class = &peer->granting[index];

	if (TAILQ_EMPTY(&class->messages))
		return;
	TAILQ_REMOVE(&t->granting[index], class, link);
	TAILQ_INSERT_TAIL(&t->granting[index], class, link);
}

static void wait_begin(struct in_message *message)
{
	if (!message->waiting)
		TAILQ_INSERT_TAIL(&message->peer->transport->granting_oldest, message, age);
	message->waiting = true;
}

static void wait_end(struct in_message *message)
{
	if (message->waiting)
		TAILQ_REMOVE(&message->peer->transport->granting_oldest, message, age);
	message->waiting = false;
}

void credit_update(struct in_message *message)
{
	bool wants = wanted(message) > 0;

	if (wants && message->granting == 0)
		list(message);
	else if (!wants && message->granting != 0)
		unlist(message);
	if (wants)
		wait_begin(message);
}

void credit_return(struct in_message *message, uint64_t bytes)
{
	message->credit_bytes -= bytes;
	message->peer->credit_bytes -= bytes;
	message->peer->transport->credit_bytes -= bytes;
}

void credit_end(struct in_message *message)
{
	if (message->granting != 0)
		unlist(message);
	wait_end(message);
	credit_return(message, message->credit_bytes);
}

/* --- Granting -------------------------------------------------------------------------------- */

static uint64_t turn_bytes(const struct in_message *message)
{
	uint32_t turn = (uint32_t)max_u64(MR_GRANT_BYTES / message->shape.chunk_bytes, 1);

	return min_u64(wanted(message), turn) * message->shape.chunk_bytes;
}

/* Of the peers that want some, a few share all there is. */
static bool fits(const struct in_message *message)
{
	const struct transport *t = message->peer->transport;
	uint64_t share = t->credit_limit_bytes / min_u64(t->granting_peers, MR_CREDIT_PEERS);
	uint64_t bytes = turn_bytes(message);

	return t->credit_bytes + bytes <= t->credit_limit_bytes &&
	       (message->peer->credit_bytes == 0 || message->peer->credit_bytes + bytes <= share);
}

static struct in_message *shortest(struct transport *t)
{
	for (uint64_t classes = t->granting_classes; classes != 0; classes &= classes - 1) {
		const struct credit_class *class;

		TAILQ_FOREACH (class, &t->granting[__builtin_ctzll(classes)], link) {
			struct in_message *message = TAILQ_FIRST(&class->messages);

			if (fits(message))
				return message;
		}
	}
	return NULL;
}

static struct in_message *pick(struct transport *t)
{
	struct in_message *oldest = TAILQ_FIRST(&t->granting_oldest);

	if (t->grants % MR_CREDIT_OLDEST == 0 && oldest != NULL && oldest->granting != 0 &&
	    fits(oldest))
		return oldest;
	return shortest(t);
}

static void grant(struct in_message *message)
{
	struct transport *t = message->peer->transport;
	uint64_t bytes = turn_bytes(message);
	uint32_t index = message->granting - 1u;

	t->grants++;
	message->grant += (uint32_t)(bytes / message->shape.chunk_bytes);
	message->credit_bytes += bytes;
	message->peer->credit_bytes += bytes;
	t->credit_bytes += bytes;
	unlist(message);
	rotate(message->peer, index);
	if (message->grant == message->shape.chunk_count)
		wait_end(message);
	credit_update(message);
	acknowledge_credit(message->peer, message->id, bytes);
	peer_update(message->peer);
}

void credit_run(struct transport *t)
{
	struct in_message *message;

	while (t->granting_classes != 0 && (message = pick(t)) != NULL)
		grant(message);
}

/* --- The bound ------------------------------------------------------------------------------- */

static void credit_round_over(struct transport *t)
{
	t->credit_alpha =
	    dctcp_alpha(t->credit_alpha, t->credit_round_marks, t->credit_round_packets);
	if (t->credit_round_marks > 0)
		t->credit_limit_bytes = dctcp_shrink(t->credit_limit_bytes, t->credit_alpha);
	else
		t->credit_limit_bytes += MR_GRANT_BYTES;
	t->credit_limit_bytes = max_u64(t->credit_limit_bytes, MR_CREDIT_BYTES_MIN);
	t->credit_limit_bytes = min_u64(t->credit_limit_bytes, MR_CREDIT_BYTES);
	t->credit_round_packets = 0;
	t->credit_round_marks = 0;
}

void credit_packet(struct transport *t, bool marked)
{
	t->credit_round_packets++;
	t->credit_round_marks += marked;
	if ((uint64_t)t->credit_round_packets * t->config.mtu >= t->credit_limit_bytes)
		credit_round_over(t);
}
