/*
 * Chunks of accepted messages: each goes straight to its place.
 */
#include <string.h>

#include "calls.h"

#define LINE_BYTES 64

/* Beside the copy, a chunk in order costs a few counts: the rest is done once for those of a
 * message that came in a row. */
static void run_add(struct in_message *message, uint32_t chunk)
{
	struct transport *t = message->peer->transport;

	if (t->run != message) {
		landing_flush(t);
		t->run = message;
	}
	if (chunk >= message->shape.unscheduled)
		t->run_credit_bytes += message->shape.chunk_bytes;
	if (message->cumulative == message->shape.chunk_count)
		landing_flush(t);
}

void landing_run_end(struct transport *t)
{
	struct in_message *message = t->run;

	t->run = NULL;
	acknowledge_later(message->peer, message->id);
	credit_return(message, t->run_credit_bytes);
	t->run_credit_bytes = 0;
	if (message->cumulative == message->shape.chunk_count) {
		acknowledge(message->peer, message->id);
		deliver_state(message, IN_WHOLE);
		credit_end(message);
		deliver_decided(message);
	} else {
		credit_update(message);
	}
	credit_run(t);
}

static void chunk_mark(struct in_message *message, uint32_t chunk)
{
	uint32_t before = message->received++;

	if (chunk != message->cumulative) {
		map_set(message->received_map, chunk);
		return;
	}
	message->cumulative++;
	if (before == chunk)
		return; /* nothing is here beyond */
	while (message->cumulative < message->shape.chunk_count &&
	       map_test(message->received_map, message->cumulative))
		map_clear(message->received_map, message->cumulative++);
}

/* What is about to be written is in no cache near, and the copy would wait for each line: while
 * this chunk is copied, the lines come that the next one goes to. The instruction, and not the
 * builtin, which without leave for it fetches for reading; CPUs that lack it take it for nothing.
 */
static void landing_prefetch(const struct in_message *message, uint64_t offset, uint32_t length)
{
	const uint8_t *at = message->body + offset;
	const uint8_t *end = at + min_u64(length, message->shape.body_bytes - offset);

	for (; at < end; at += LINE_BYTES)
		__asm__ volatile("prefetchw %0" : : "m"(*at));
}

void landing_store(struct in_message *message, uint32_t chunk, const uint8_t *bytes)
{
	uint32_t length = wire_chunk_body_bytes(&message->shape, chunk);
	uint64_t offset = wire_chunk_offset(&message->shape, chunk);

	landing_prefetch(message, offset + length, length);
	memcpy(message->body + offset, bytes, length);
	COUNT_PEER(message->peer, bytes_in, length);
	chunk_mark(message, chunk);
	run_add(message, chunk);
}

static bool chunk_is_here(const struct in_message *message, uint32_t chunk)
{
	return chunk < message->cumulative || map_test(message->received_map, chunk);
}

void landing_chunk(struct in_message *message, uint32_t chunk, const uint8_t *bytes)
{
	struct transport *t = message->peer->transport;
	uint64_t window = (uint64_t)message->cumulative + MR_CHUNK_WINDOW;

	if (chunk >= min_u64(window, message->grant)) {
		t->counters.drop_window++;
		return;
	}
	if (chunk_is_here(message, chunk)) {
		COUNT_PEER(message->peer, duplicates, 1);
		acknowledge(message->peer, message->id);
		return;
	}
	landing_store(message, chunk, bytes);
}
