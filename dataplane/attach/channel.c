/* Channels: messages into slots and out of them, loans there and back. */
#include "channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int attach_join(struct attach_channel **joined, const struct attach_join *join)
{
	struct attach_channel *channel = calloc(1, sizeof(*channel));
	struct slot_ring *rings = join->control;
	int rc = -ENOMEM;

	if (channel == NULL)
		return rc;
	if (loans_init(&channel->loans) != 0)
		goto fail;
	rc = import_create(&channel->import, join->mapped, join->mapped_bytes, join->wake_fd);
	if (rc != 0)
		goto fail;
	channel->side = join->side;
	channel->control = join->control;
	channel->writer.ring = &rings[join->side];
	channel->reader.ring = &rings[1 - join->side];
	channel->pool_base = join->pool;
	channel->wake_fd = join->wake_fd;
	channel->peer_wake_fd = join->peer_wake_fd;
	*joined = channel;
	return 0;
fail:
	loans_fini(&channel->loans);
	free(channel);
	return rc;
}

void attach_close(struct attach_channel **closed)
{
	struct attach_channel *channel = *closed;

	*closed = NULL;
	if (channel == NULL)
		return;
	if (channel->pair != NULL) {
		attach_flush(channel); /* the other side sleeps, perhaps */
		pair_leave(channel);
	}
	import_close(&channel->import);
	loans_fini(&channel->loans);
	if (channel->control != NULL)
		munmap(channel->control, 2 * sizeof(struct slot_ring));
	if (channel->wake_fd >= 0)
		close(channel->wake_fd);
	if (channel->peer_wake_fd >= 0)
		close(channel->peer_wake_fd);
	free(channel);
}

bool attach_broken(const struct attach_channel *channel)
{
	return channel->broken || (channel->pair != NULL && pair_is_left(channel));
}

int attach_fd(const struct attach_channel *channel)
{
	return channel->wake_fd;
}

const struct attach_counters *attach_counters(const struct attach_channel *channel)
{
	return &channel->counters;
}

/* --- Sending --------------------------------------------------------------------------------- */

static int claim(struct attach_channel *channel, struct slot **slot)
{
	if (attach_broken(channel))
		return -EPIPE;
	*slot = slot_claim(&channel->writer, &channel->broken);
	if (channel->broken) {
		channel->counters.drop_bad_slot++; /* it says that it took what was never there */
		return -EPIPE;
	}
	if (*slot == NULL) {
		channel->counters.full++;
		return -EAGAIN;
	}
	return 0;
}

int attach_send(struct attach_channel *channel, const void *head, uint32_t head_bytes,
		const void *body, uint32_t body_bytes)
{
	struct slot *slot;
	int rc;

	if (head_bytes > ATTACH_HEAD_BYTES_MAX || body_bytes > ATTACH_INLINE_BYTES_MAX - head_bytes)
		return -EMSGSIZE;
	rc = claim(channel, &slot);
	if (rc != 0)
		return rc;
	slot->kind = SLOT_INLINE;
	slot->head_bytes = (uint8_t)head_bytes;
	slot->body_bytes = (uint16_t)body_bytes;
	memcpy(slot->data, head, head_bytes);
	if (body_bytes > 0)
		memcpy(slot->data + head_bytes, body, body_bytes);
	slot_publish(&channel->writer);
	channel->counters.messages_out++;
	return 0;
}

static int loan_fill(struct attach_channel *channel, struct region *region, struct slot *slot)
{
	int rc;

	if (channel->pair != NULL)
		return pair_lend(channel, region, slot);
	rc = loans_add(&channel->loans, region, &slot->token);
	slot->offset = (uint64_t)(region->base - channel->pool_base);
	return rc;
}

int attach_lend(struct attach_channel *channel, const void *head, uint32_t head_bytes,
		struct region *region)
{
	struct slot *slot;
	int rc = head_bytes <= ATTACH_HEAD_BYTES_MAX ? claim(channel, &slot) : -EMSGSIZE;

	if (rc == 0) {
		rc = loan_fill(channel, region, slot);
		channel->counters.full += rc == -EAGAIN;
	}
	if (rc != 0)
		return rc;
	slot->kind = SLOT_LOAN;
	slot->head_bytes = (uint8_t)head_bytes;
	slot->body_bytes = 0;
	slot->bytes = region->bytes;
	memcpy(slot->data, head, head_bytes);
	slot_publish(&channel->writer);
	channel->counters.messages_out++;
	channel->counters.lent++;
	channel->counters.lent_bytes += region->bytes;
	return 0;
}

uint64_t attach_lent_bytes(const struct attach_channel *channel)
{
	return channel->pair != NULL ? pair_lent_bytes(channel) : channel->loans.bytes;
}

void attach_recall(struct attach_channel *channel)
{
	struct slot *slot;

	if (claim(channel, &slot) != 0)
		return;
	slot->kind = SLOT_RECALL;
	slot->head_bytes = 0;
	slot->body_bytes = 0;
	slot_publish(&channel->writer);
	channel->counters.recalls++;
}

/* Tokens that were taken and found no slot stay for the next time. */
static void give_back(struct attach_channel *channel)
{
	const uint32_t max = SLOT_DATA_BYTES / sizeof(uint32_t);
	struct slot *slot;

	for (;;) {
		if (channel->release_count == 0)
			channel->release_count =
			    import_released(channel->import, channel->release_tokens, max);
		if (channel->release_count == 0 || claim(channel, &slot) != 0)
			return;
		slot->kind = SLOT_RELEASE;
		slot->head_bytes = 0;
		slot->body_bytes = (uint16_t)(channel->release_count * sizeof(uint32_t));
		memcpy(slot->data, channel->release_tokens, slot->body_bytes);
		slot_publish(&channel->writer);
		channel->release_count = 0;
	}
}

void attach_flush(struct attach_channel *channel)
{
	static const uint64_t one = 1;

	if (channel->import != NULL)
		give_back(channel);
	if (channel->writer.next == channel->flushed)
		return;
	channel->flushed = channel->writer.next;
	if (slot_reader_sleeps(&channel->writer)) {
		/* Fails only when the counter is full, and then the reader wakes anyway. */
		ssize_t written = write(channel->peer_wake_fd, &one, sizeof(one));

		(void)written;
	}
}

/* --- Receiving ------------------------------------------------------------------------------- */

static bool slot_fits(const struct slot *slot)
{
	return slot->head_bytes <= ATTACH_HEAD_BYTES_MAX &&
	       (uint32_t)slot->head_bytes + slot->body_bytes <= SLOT_DATA_BYTES;
}

static int take_loan(struct attach_channel *channel, const struct slot *slot,
		     struct region **region)
{
	if (channel->pair == NULL)
		return import_region(channel->import, slot->token, slot->offset, slot->bytes,
				     region);
	*region = pair_borrow(slot);
	return 0;
}

static int take_releases(struct attach_channel *channel, const struct slot *slot)
{
	for (uint32_t at = 0; at + sizeof(uint32_t) <= slot->body_bytes; at += sizeof(uint32_t)) {
		uint32_t token;

		memcpy(&token, slot->data + at, sizeof(token));
		if (!loans_end(&channel->loans, token))
			return -EBADMSG;
	}
	return 0;
}

/* 1: *message is set; 0: it was for the channel itself; -errno: it cannot be. */
static int slot_handle(struct attach_channel *channel, const struct slot *slot,
		       struct attach_message *message)
{
	int rc;

	if (!slot_fits(slot))
		return -EBADMSG;
	message->region = NULL;
	message->head_bytes = slot->head_bytes;
	message->body_bytes = slot->body_bytes;
	switch ((enum slot_kind)slot->kind) {
	case SLOT_LOAN:
		rc = take_loan(channel, slot, &message->region);
		if (rc != 0)
			return rc;
		channel->counters.borrowed++;
		break;
	case SLOT_INLINE:
		break;
	case SLOT_RELEASE:
		return channel->pair == NULL ? take_releases(channel, slot) : -EBADMSG;
	case SLOT_RECALL:
		channel->recalled = true;
		return 0;
	default:
		return -EBADMSG;
	}
	memcpy(message->bytes, slot->data, message->head_bytes + message->body_bytes);
	channel->counters.messages_in++;
	return 1;
}

bool attach_receive(struct attach_channel *channel, struct attach_message *message)
{
	struct slot slot;

	/* A ring's at most: who never stops writing what is no message holds nobody up. */
	for (uint32_t n = 0; n < MR_ATTACH_SLOTS && !channel->broken; n++) {
		int rc;

		if (!slot_take(&channel->reader, &slot))
			return false;
		rc = slot_handle(channel, &slot, message);
		if (rc == 1)
			return true;
		if (rc < 0) {
			channel->counters.drop_bad_slot++;
			channel->broken = true;
		}
	}
	return false;
}

bool attach_recalled(struct attach_channel *channel)
{
	bool recalled = channel->recalled;

	channel->recalled = false;
	return recalled;
}

bool attach_arm(struct attach_channel *channel)
{
	uint64_t count;

	/* What an earlier wake left; nothing there is as good. */
	if (read(channel->wake_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		channel->broken = true;
	return slot_arm(&channel->reader);
}
