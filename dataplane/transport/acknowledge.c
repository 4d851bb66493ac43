/*
 * Acknowledgements: which messages' state the peer is to be told, when, and how it is written down.
 *
 * An answer costs both hosts a packet, so chunks that come in order are answered together: when the
 * sender asks, who alone knows when it would stand still; when so much came that it may soon lack
 * credit; or with whatever else is to be told at once. What is out of the ordinary (a gap, a mark,
 * a message's beginning and end, what came twice) is.
 *
 * Sources: RFC 5681 section 4.2 (at once after a gap), draft-ietf-quic-ack-frequency (the sender
 * asks).
 */
#include <string.h>

#include "calls.h"

void acknowledge_later(struct peer *peer, uint64_t id)
{
	uint16_t index = id % MR_MESSAGES_OUT_MAX;
	struct slot *slot = &peer->in_slots[index];

	if (slot->ack_due)
		return;
	slot->ack_due = true;
	peer->ack_queue[(peer->ack_first + peer->ack_count++) % MR_MESSAGES_OUT_MAX] = index;
}

void acknowledge(struct peer *peer, uint64_t id)
{
	peer->control |= CONTROL_ACK;
	acknowledge_later(peer, id);
}

/* So much may come, or be granted, before the peer hears of it: a part of what it may have. */
static uint64_t quantum_bytes(const struct peer *peer)
{
	return peer->transport->credit_limit_bytes / MR_ANSWER_PARTS;
}

void acknowledge_packet(struct peer *peer, const struct wire_header *header, uint32_t bytes)
{
	bool next = peer->in_heard && header->packet == peer->in_packet + 1;

	/* What follows a gap shows the sender that this was no mere overtaking. */
	if (!next)
		peer->in_gap = MR_REORDER_PACKETS;
	else if (peer->in_gap > 0)
		peer->in_gap--;
	peer->in_untold_bytes += bytes;
	if (peer->in_gap > 0 || header->type != WIRE_DATA || (header->flags & WIRE_ANSWER) != 0 ||
	    peer->transport->marked || peer->in_untold_bytes >= quantum_bytes(peer))
		peer->control |= CONTROL_ACK;
}

/* It may wait while as much as calls for an answer is still to come by what the peer was told. */
void acknowledge_credit(struct peer *peer, uint64_t id, uint64_t bytes)
{
	peer->credit_untold_bytes += bytes;
	if (peer->credit_bytes < peer->credit_untold_bytes + quantum_bytes(peer))
		peer->control |= CONTROL_ACK;
	acknowledge_later(peer, id);
}

static void told_all(struct peer *peer)
{
	peer->in_untold_bytes = 0;
	peer->credit_untold_bytes = 0;
	peer->control &= (uint8_t)~CONTROL_ACK;
}

/* Word i of a bitmap that begins at the cumulative one: its first and last may share a word of the
 * ring. */
static uint64_t bitmap_word(const uint64_t *map, uint32_t cumulative, uint32_t i)
{
	uint64_t word = map[(cumulative / 64 + i) % (MR_CHUNK_WINDOW / 64)];
	uint64_t above = UINT64_MAX << cumulative % 64;

	if (i == 0)
		word &= above;
	else if (i == MR_CHUNK_WINDOW / 64)
		word &= ~above;
	return word;
}

/* As many words as it takes to hold so many bits; returns their number. */
static uint8_t bitmap_words(const uint64_t *map, uint32_t cumulative, uint32_t bits,
			    uint64_t *words)
{
	uint8_t count = 0;

	for (uint32_t found = 0; found < bits; count++) {
		words[count] = bitmap_word(map, cumulative, count);
		found += (uint32_t)__builtin_popcountll(words[count]);
	}
	return count;
}

static void describe_open(const struct in_message *message, struct wire_ack *ack, uint64_t *words)
{
	ack->state = message->state == IN_OFFERED ? WIRE_OFFERED : WIRE_ACCEPTED;
	if (message->state == IN_OFFERED) {
		ack->cumulative = message->stash != 0;
		return;
	}
	ack->grant = message->grant;
	if (message->state != IN_ACCEPTED) {
		ack->cumulative = message->shape.chunk_count;
		return;
	}
	ack->cumulative = message->cumulative;
	ack->words = bitmap_words(message->received_map, message->cumulative,
				  message->received - message->cumulative, words);
}

/* The id a slot stands for: the one of the window that ends with the highest seen. */
static uint64_t slot_id(const struct peer *peer, uint32_t index)
{
	uint64_t behind = (peer->in_highest - index) % MR_MESSAGES_OUT_MAX;

	return peer->in_highest - behind;
}

static void describe(const struct peer *peer, uint32_t index, struct wire_ack *ack, uint64_t *words)
{
	const struct slot *slot = &peer->in_slots[index];

	*ack = (struct wire_ack){.message = slot_id(peer, index)};
	switch ((enum slot_state)slot->state) {
	case SLOT_OPEN:
		describe_open(&peer->in[slot->value], ack, words);
		break;
	case SLOT_DELIVERED:
		ack->state = WIRE_DELIVERED;
		break;
	case SLOT_REJECTED:
		ack->state = WIRE_REJECTED;
		ack->code = slot->value;
		break;
	case SLOT_UNSEEN:
		break;
	}
}

uint32_t acknowledge_echo(struct peer *peer, uint8_t *at)
{
	const struct lane_in *lane = &peer->lane_in;
	uint64_t words[WIRE_ECHO_WORDS_MAX];
	struct wire_echo echo = {
	    .session = peer->in_session,
	    .packet = peer->in_packet_told,
	    .ce = peer->in_ce,
	    .delay_us = (uint32_t)((peer->transport->now_ns - peer->in_packet_ns) / NS_PER_US),
	    .lane = lane->cumulative,
	    .duplicates = (uint16_t)peer->counters.duplicates,
	};

	/* Only when all entries that it judges by were written is the highest named. */
	if (peer->ack_count == 0)
		echo.packet = peer->in_packet_told = peer->in_packet;
	if (lane->above > 0)
		echo.words = bitmap_words(lane->map, lane->cumulative, lane->above, words);
	return wire_write_echo(at, &echo, words);
}

/* The entries that fit, oldest first; returns their length. */
static uint32_t entries_write(struct peer *peer, uint8_t *entries, uint32_t bytes)
{
	uint64_t words[WIRE_ACK_WORDS_MAX];
	struct wire_ack ack;
	uint32_t used = 0;

	while (peer->ack_count > 0) {
		uint16_t index = peer->ack_queue[peer->ack_first];

		describe(peer, index, &ack, words);
		if (used + WIRE_ACK_BYTES + ack.words * 8u > bytes)
			return used;
		if (ack.state != 0)
			used += wire_write_ack(entries + used, &ack, words);
		peer->in_slots[index].ack_due = false;
		peer->ack_first = (peer->ack_first + 1) % MR_MESSAGES_OUT_MAX;
		peer->ack_count--;
	}
	return used;
}

uint32_t acknowledge_output(struct peer *peer, uint8_t *body, uint32_t bytes)
{
	uint32_t echo_bytes = acknowledge_echo(peer, body);
	uint32_t used = entries_write(peer, body + echo_bytes, bytes - echo_bytes);

	if (peer->ack_count == 0)
		told_all(peer);
	return acknowledge_echo(peer, body) + used; /* what it names depends on the entries */
}
