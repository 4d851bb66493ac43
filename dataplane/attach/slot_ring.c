/* A ring of slots with one writer and one reader. */
#include "slot_ring.h"

#include <string.h>

#define TELL_EVERY (MR_ATTACH_SLOTS / 4) /* messages: the writer seldom needs to know */

struct slot *slot_claim(struct slot_writer *writer, bool *broken)
{
	struct slot_ring *ring = writer->ring;

	if (writer->next - writer->taken == MR_ATTACH_SLOTS) {
		uint64_t taken = atomic_load_explicit(&ring->taken, memory_order_acquire);

		if (writer->next - taken > MR_ATTACH_SLOTS || taken < writer->taken) {
			*broken = true;
			return NULL;
		}
		writer->taken = taken;
		if (writer->next - taken == MR_ATTACH_SLOTS)
			return NULL;
	}
	return &ring->slots[writer->next % MR_ATTACH_SLOTS];
}

void slot_publish(struct slot_writer *writer)
{
	struct slot *slot = &writer->ring->slots[writer->next % MR_ATTACH_SLOTS];

	writer->next++;
	atomic_store_explicit(&slot->sequence, (uint32_t)writer->next, memory_order_release);
}

/*
 * Reader and writer meet in read-modify-writes of one word, which are totally ordered: either this
 * exchange sees the sleeper, or the sleeper's later one in slot_arm() sees ours, and with it what
 * was published before.
 */
bool slot_reader_sleeps(struct slot_writer *writer)
{
	return atomic_exchange_explicit(&writer->ring->asleep, 0, memory_order_acq_rel) != 0;
}

static const struct slot *next_slot(const struct slot_reader *reader)
{
	const struct slot *slot = &reader->ring->slots[reader->next % MR_ATTACH_SLOTS];
	uint32_t sequence = atomic_load_explicit(&slot->sequence, memory_order_acquire);

	return sequence == (uint32_t)(reader->next + 1) ? slot : NULL;
}

static void tell(struct slot_reader *reader)
{
	atomic_store_explicit(&reader->ring->taken, reader->next, memory_order_release);
	reader->told = reader->next;
}

bool slot_take(struct slot_reader *reader, struct slot *slot)
{
	const struct slot *from = next_slot(reader);
	uint32_t bytes;

	if (from == NULL)
		return false;
	memcpy((uint8_t *)slot + sizeof(slot->sequence),
	       (const uint8_t *)from + sizeof(slot->sequence),
	       offsetof(struct slot, data) - sizeof(slot->sequence));
	__asm__ volatile("" ::: "memory"); /* the copy counts from here on */
	bytes = (uint32_t)slot->head_bytes + slot->body_bytes;
	memcpy(slot->data, from->data, bytes < SLOT_DATA_BYTES ? bytes : SLOT_DATA_BYTES);
	reader->next++;
	if (reader->next - reader->told >= TELL_EVERY)
		tell(reader);
	return true;
}

bool slot_arm(struct slot_reader *reader)
{
	if (reader->told != reader->next)
		tell(reader);
	atomic_exchange_explicit(&reader->ring->asleep, 1, memory_order_acq_rel);
	if (next_slot(reader) == NULL)
		return false;
	atomic_store_explicit(&reader->ring->asleep, 0, memory_order_relaxed);
	return true;
}
