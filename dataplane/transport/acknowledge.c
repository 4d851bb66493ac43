/* Acknowledgements: which messages' state the peer is to be told, and how it is written down. */
#include <string.h>

#include "calls.h"

void acknowledge(struct peer *peer, uint64_t id)
{
	uint16_t index = id % MR_MESSAGES_OUT_MAX;
	struct slot *slot = &peer->in_slots[index];

	peer->control |= CONTROL_ACK;
	if (slot->ack_due)
		return;
	slot->ack_due = true;
	peer->ack_queue[(peer->ack_first + peer->ack_count++) % MR_MESSAGES_OUT_MAX] = index;
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
		peer->control &= (uint8_t)~CONTROL_ACK;
	return acknowledge_echo(peer, body) + used; /* what it names depends on the entries */
}
