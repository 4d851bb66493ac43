/*
 * Messages toward a peer that have chunks to send: who has least left goes first.
 *
 * Classes by the logarithm of the bytes left; within a class messages take turns. One turn in
 * MR_CREDIT_OLDEST goes to the classes in turn, so that none starves.
 *
 * Source: Homa (SIGCOMM'18) section 3.2.
 */
#include "calls.h"

void ready_init(struct ready *ready)
{
	for (uint32_t i = 0; i < CREDIT_CLASSES; i++)
		TAILQ_INIT(&ready->classes[i]);
	ready->used = 0;
}

static uint32_t ready_class_of(const struct out_message *message)
{
	uint64_t chunks = message->shape.chunk_count - message->next + message->lost;

	return class_of_bytes(chunks * message->shape.chunk_bytes);
}

void ready_insert(struct ready *ready, struct out_message *message)
{
	message->ready_class = (uint8_t)ready_class_of(message);
	TAILQ_INSERT_TAIL(&ready->classes[message->ready_class], message, link);
	ready->used |= 1ull << message->ready_class;
}

void ready_remove(struct ready *ready, struct out_message *message)
{
	TAILQ_REMOVE(&ready->classes[message->ready_class], message, link);
	if (TAILQ_EMPTY(&ready->classes[message->ready_class]))
		ready->used &= ~(1ull << message->ready_class);
}

struct out_message *ready_pick(struct ready *ready)
{
	uint64_t others = ready->used & UINT64_MAX << ready->next;

	if (++ready->turns % MR_CREDIT_OLDEST != 0)
		return TAILQ_FIRST(&ready->classes[__builtin_ctzll(ready->used)]);
	others = others != 0 ? others : ready->used;
	ready->next = (uint32_t)__builtin_ctzll(others) + 1;
	return TAILQ_FIRST(&ready->classes[ready->next - 1]);
}
