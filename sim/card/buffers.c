/* The card's memories: buffers in banks, and transfers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xrt_mem.h>

#include "card.h"
#include "card_layout.h"

static uint64_t pages_of(uint64_t bytes)
{
	return (bytes + CARD_PAGE_BYTES - 1) / CARD_PAGE_BYTES * CARD_PAGE_BYTES;
}

/* A buffer that lies in the way of these bytes, or of the page behind them. */
static const struct card_buffer *buffer_at(const struct card *card, uint64_t address,
					   uint64_t bytes)
{
	for (uint32_t i = 1; i < CARD_BUFFERS_MAX; i++) {
		const struct card_buffer *buffer = &card->buffers[i];

		if (buffer->used && buffer->device != NULL &&
		    address < buffer->address + pages_of(buffer->bytes) + CARD_PAGE_BYTES &&
		    buffer->address < address + bytes + CARD_PAGE_BYTES)
			return buffer;
	}
	return NULL;
}

/* The first gap of a bank; 0: there is none. A page stays free between buffers. */
static uint64_t address_find(const struct card *card, uint32_t bank, uint64_t bytes)
{
	const uint64_t end = card_bank_address(bank) + CARD_BANK_BYTES;
	uint64_t address = card_bank_address(bank);
	const struct card_buffer *buffer;

	while (bytes <= end - address && (buffer = buffer_at(card, address, bytes)) != NULL)
		address = buffer->address + pages_of(buffer->bytes) + CARD_PAGE_BYTES;
	return bytes <= end - address ? address : 0;
}

static uint32_t number_find(const struct card *card)
{
	for (uint32_t i = 1; i < CARD_BUFFERS_MAX; i++) {
		if (!card->buffers[i].used)
			return i;
	}
	return 0;
}

static uint8_t *memory_alloc(uint64_t bytes, int filling)
{
	uint8_t *memory = aligned_alloc(CARD_PAGE_BYTES, pages_of(bytes));

	if (memory != NULL)
		memset(memory, filling, pages_of(bytes));
	return memory;
}

static int buffer_fill(struct card *card, struct card_buffer *buffer, void *user)
{
	const bool command = (buffer->flags & XCL_BO_FLAGS_EXECBUF) != 0;
	uint32_t bank = buffer->flags & XRT_BO_FLAGS_MEMIDX_MASK;

	if (!command) {
		if (bank >= BANKS)
			return -EINVAL;
		if (fault_plan_take(&card->faults, FAULT_BANK))
			bank = (bank + 1) % BANKS;
		buffer->address = address_find(card, bank, pages_of(buffer->bytes));
		if (buffer->address == 0)
			return -ENOMEM;
		buffer->device = memory_alloc(buffer->bytes, CARD_POISON);
		if (buffer->device == NULL)
			return -ENOMEM;
	}
	buffer->host_owned = user == NULL;
	buffer->host = user != NULL ? user : memory_alloc(buffer->bytes, 0);
	return buffer->host != NULL ? 0 : -ENOMEM;
}

int card_buffer_alloc(struct card *card, void *user, uint64_t bytes, uint32_t flags)
{
	uint32_t number;
	int rc = -ENODEV;

	if (bytes == 0 || bytes > CARD_BANK_BYTES)
		return -EINVAL;
	pthread_mutex_lock(&card->lock);
	number = number_find(card);
	if (!card->lost)
		rc = number > 0 ? 0 : -ENOSPC;
	if (rc == 0) {
		struct card_buffer buffer = {.used = true, .bytes = bytes, .flags = flags};

		rc = buffer_fill(card, &buffer, user);
		if (rc == 0)
			card->buffers[number] = buffer;
		else
			free(buffer.device);
	}
	pthread_mutex_unlock(&card->lock);
	return rc == 0 ? (int)number : rc;
}

static bool units_busy(const struct card *card)
{
	for (uint32_t i = 0; i < KERNELS; i++) {
		if (card->units[i].busy)
			return true;
	}
	return false;
}

void card_buffer_free(struct card *card, uint32_t number)
{
	struct card_buffer *buffer;

	pthread_mutex_lock(&card->lock);
	while (units_busy(card))
		pthread_cond_wait(&card->done, &card->lock);
	buffer = card_buffer_find(card, number);
	if (buffer != NULL) {
		if (buffer->host_owned)
			free(buffer->host);
		free(buffer->device);
		memset(buffer, 0, sizeof(*buffer));
	}
	pthread_mutex_unlock(&card->lock);
}

struct card_buffer *card_buffer_find(struct card *card, uint32_t number)
{
	return number < CARD_BUFFERS_MAX && card->buffers[number].used ? &card->buffers[number]
								       : NULL;
}

int card_buffer_sync(struct card *card, uint32_t number, bool to_device, uint64_t bytes,
		     uint64_t offset)
{
	struct card_buffer *buffer;
	int rc = 0;

	pthread_mutex_lock(&card->lock);
	buffer = card_buffer_find(card, number);
	if (card->lost)
		rc = -ENODEV;
	else if (buffer == NULL || buffer->device == NULL || offset > buffer->bytes ||
		 bytes > buffer->bytes - offset)
		rc = -EINVAL;
	else if (!fault_plan_take(&card->faults, FAULT_SYNC))
		memcpy((to_device ? buffer->device : buffer->host) + offset,
		       (to_device ? buffer->host : buffer->device) + offset, bytes);
	pthread_mutex_unlock(&card->lock);
	return rc;
}

void *card_address_resolve(struct card *card, uint64_t address, uint64_t bytes)
{
	uint8_t *memory = NULL;

	pthread_mutex_lock(&card->lock);
	for (uint32_t i = 1; i < CARD_BUFFERS_MAX && memory == NULL; i++) {
		const struct card_buffer *buffer = &card->buffers[i];

		if (buffer->used && buffer->device != NULL && address >= buffer->address &&
		    address - buffer->address <= buffer->bytes &&
		    bytes <= buffer->bytes - (address - buffer->address))
			memory = buffer->device + (address - buffer->address);
	}
	pthread_mutex_unlock(&card->lock);
	return memory;
}
