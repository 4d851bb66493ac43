/* Commands: queued for the compute unit they name, run on its thread, waited for. */
#include <errno.h>
#include <time.h>

#include <ert.h>

#include "card.h"

#define ADDRESS_FAULT (1ull << 44) /* added to an address: beyond all banks */

/* Words of a command behind its masks of compute units: the register map. */
static uint32_t *command_registers(struct ert_start_kernel_cmd *command, uint32_t *words)
{
	const uint32_t masks = 1 + command->extra_cu_masks;

	*words = command->count > masks ? command->count - masks : 0;
	return command->data + command->extra_cu_masks;
}

static struct card_unit *command_unit(struct card *card, const struct ert_start_kernel_cmd *command)
{
	const uint32_t place =
	    command->cu_mask != 0 ? (uint32_t)__builtin_ctz(command->cu_mask) : KERNELS;

	return place < KERNELS && card->units[place].kernel != NULL ? &card->units[place] : NULL;
}

static void command_end(struct card *card, struct ert_start_kernel_cmd *command,
			enum ert_cmd_state state)
{
	command->state = state;
	card->done_count++;
	pthread_cond_broadcast(&card->done);
}

/* An address of one of the memories is one that nothing answers. */
static void address_spoil(const struct kernel *kernel, uint32_t *registers, uint32_t words)
{
	const uint32_t at = kernel_argument_offset(kernel, kernel->status) / sizeof(*registers);

	if (at + 1 < words)
		registers[at + 1] ^= (uint32_t)(ADDRESS_FAULT >> 32);
}

/* The card is off the bus: some drivers end what is under way, some leave it. */
static void card_lose(struct card *card)
{
	card->lost = true;
	for (uint32_t i = 0; i < KERNELS; i++) {
		struct card_unit *unit = &card->units[i];

		for (; card->faults.seed % 2 == 0 && unit->count > 0; unit->count--) {
			struct card_buffer *buffer =
			    card_buffer_find(card, unit->queue[unit->first]);

			unit->first = (unit->first + 1) % CARD_QUEUE_MAX;
			if (buffer != NULL)
				command_end(card, (void *)buffer->host, ERT_CMD_STATE_ABORT);
		}
	}
}

static int start_submit(struct card *card, struct ert_start_kernel_cmd *command, uint32_t number)
{
	struct card_unit *unit = command_unit(card, command);
	uint32_t words, *registers = command_registers(command, &words);

	if (unit == NULL)
		return -EINVAL;
	if (unit->count == CARD_QUEUE_MAX)
		return -EBUSY;
	if (fault_plan_take(&card->faults, FAULT_LOST)) {
		card_lose(card);
		return -ENODEV;
	}
	if (fault_plan_take(&card->faults, FAULT_HANG))
		unit->hung = true;
	if (fault_plan_take(&card->faults, FAULT_ADDRESS))
		address_spoil(unit->kernel, registers, words);
	unit->queue[(unit->first + unit->count++) % CARD_QUEUE_MAX] = number;
	pthread_cond_signal(&unit->wake);
	return 0;
}

int card_command_submit(struct card *card, uint32_t number)
{
	struct card_buffer *buffer;
	int rc = 0;

	pthread_mutex_lock(&card->lock);
	buffer = card_buffer_find(card, number);
	if (card->lost) {
		rc = -ENODEV;
	} else if (buffer == NULL || buffer->bytes < sizeof(struct ert_start_kernel_cmd)) {
		rc = -EINVAL;
	} else {
		struct ert_start_kernel_cmd *command = (void *)buffer->host;

		/* Others configure a scheduler, of which there is none. */
		if (command->opcode == ERT_START_CU)
			rc = start_submit(card, command, number);
		else
			command_end(card, command, ERT_CMD_STATE_COMPLETED);
	}
	pthread_mutex_unlock(&card->lock);
	return rc;
}

int card_command_wait(struct card *card, int timeout_ms)
{
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += timeout_ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	pthread_mutex_lock(&card->lock);
	while (card->done_count == 0 && rc == 0)
		rc = pthread_cond_timedwait(&card->done, &card->lock, &until);
	rc = card->done_count > 0;
	card->done_count -= (uint32_t)rc;
	pthread_mutex_unlock(&card->lock);
	return rc;
}

/* The next command of a unit that works; NULL: the card closes. With the lock held. */
static struct ert_start_kernel_cmd *command_take(struct card_unit *unit)
{
	struct card *card = unit->card;
	struct card_buffer *buffer = NULL;

	while (buffer == NULL) {
		while (!card->stop && (unit->count == 0 || unit->hung || card->lost))
			pthread_cond_wait(&unit->wake, &card->lock);
		if (card->stop)
			return NULL;
		buffer = card_buffer_find(card, unit->queue[unit->first]);
		unit->first = (unit->first + 1) % CARD_QUEUE_MAX;
		unit->count--;
	}
	return (void *)buffer->host;
}

void *card_unit_loop(void *argument)
{
	struct card_unit *unit = argument;
	struct card *card = unit->card;
	struct ert_start_kernel_cmd *command;

	pthread_mutex_lock(&card->lock);
	while ((command = command_take(unit)) != NULL) {
		uint32_t words;
		const uint32_t *registers = command_registers(command, &words);
		int rc;

		/* No buffer is freed meanwhile. */
		unit->busy = true;
		pthread_mutex_unlock(&card->lock);
		rc = card_unit_run(unit, registers, words);
		pthread_mutex_lock(&card->lock);
		unit->busy = false;
		command_end(card, command, rc == 0 ? ERT_CMD_STATE_COMPLETED : ERT_CMD_STATE_ERROR);
	}
	pthread_mutex_unlock(&card->lock);
	return NULL;
}
