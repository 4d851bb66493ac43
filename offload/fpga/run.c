/* One run of a kernel: its memories, its start and end, and what is checked of it. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "fpga_card.h"
#include "fpga_error.h"

static int run_lost(struct fpga_run *run, const char *call, const char *argument,
		    struct fpga_error *error)
{
	run->card->state = FPGA_LOST;
	run->card->counters.calls_lost++;
	return fpga_fail(error, -ENODEV,
			 "FPGA kernel %s: %s%s%s failed, the card does not answer; 'xbutil reset' "
			 "or a restart may bring it back",
			 run->kernel->name, call, *argument != '\0' ? " of " : "", argument);
}

static int run_wrong(struct fpga_run *run, const char *what, struct fpga_error *error)
{
	run->card->state = FPGA_WRONG;
	run->card->counters.runs_wrong++;
	return fpga_fail(error, -EIO,
			 "FPGA kernel %s: %s; nothing of it was used, and the card is not used any "
			 "more; look at its xclbin, driver and 'xbutil validate'",
			 run->kernel->name, what);
}

int fpga_run_nonsense(struct fpga_run *run, const char *what, struct fpga_error *error)
{
	return run_wrong(run, what, error);
}

/* The memory is where the kernel looks for it. */
static int bank_check(struct fpga_run *run, uint32_t argument, void *handle, uint64_t bytes,
		      struct fpga_error *error)
{
	struct fpga_card *card = run->card;
	const uint32_t number = card->image.banks[run->number][argument];
	const struct xclbin_bank *bank = &card->image.bank[number];
	const uint64_t address = card->xrt->buffer_address(handle);

	if (address >= bank->address && address - bank->address <= bank->bytes &&
	    bytes <= bank->bytes - (address - bank->address))
		return 0;
	card->state = FPGA_WRONG;
	card->counters.runs_wrong++;
	return fpga_fail(error, -EFAULT,
			 "FPGA kernel %s: the memory of %s is at 0x%" PRIx64
			 ", outside its bank %" PRIu32 ": the driver and the xclbin do not fit "
			 "together; load an xclbin built for this platform",
			 run->kernel->name, run->kernel->arguments[argument].name, address, number);
}

static void buffer_free(const struct fpga_card *card, struct fpga_buffer *buffer)
{
	if (buffer->handle != NULL)
		card->xrt->buffer_free(buffer->handle);
	*buffer = (struct fpga_buffer){0};
}

/* At least so many bytes, in whole pages. */
static int buffer_ensure(struct fpga_run *run, uint32_t argument, uint64_t bytes,
			 struct fpga_error *error)
{
	struct fpga_card *card = run->card;
	struct fpga_buffer *buffer = &run->buffers[argument];
	const uint64_t pages = bytes / MR_FPGA_PAGE_BYTES + (bytes % MR_FPGA_PAGE_BYTES != 0);
	const uint32_t bank = card->image.banks[run->number][argument];

	if (buffer->handle != NULL && buffer->bytes >= bytes)
		return 0;
	buffer_free(card, buffer);
	buffer->bytes = (pages > 0 ? pages : 1) * MR_FPGA_PAGE_BYTES;
	buffer->handle = card->xrt->buffer_alloc(card->device, buffer->bytes, 0, bank);
	if (buffer->handle != NULL)
		buffer->map = card->xrt->buffer_map(buffer->handle);
	if (buffer->map == NULL) {
		buffer_free(card, buffer);
		return fpga_fail(error, -ENOMEM,
				 "FPGA kernel %s: no buffer of %" PRIu64 " bytes for %s in bank "
				 "%" PRIu32,
				 run->kernel->name, bytes, run->kernel->arguments[argument].name,
				 bank);
	}
	return bank_check(run, argument, buffer->handle, buffer->bytes, error);
}

void fpga_run_lent_return(struct fpga_run *run)
{
	for (uint32_t i = 0; i < KERNEL_ARGUMENTS_MAX; i++) {
		if (run->lent[i] != NULL)
			run->card->xrt->buffer_free(run->lent[i]);
		run->lent[i] = NULL;
	}
}

void fpga_run_free(struct fpga_run *run)
{
	if (run->handle != NULL)
		run->card->xrt->run_close(run->handle);
	run->handle = NULL;
	if (run->card == NULL)
		return;
	fpga_run_lent_return(run);
	for (uint32_t i = 0; i < KERNEL_ARGUMENTS_MAX; i++)
		buffer_free(run->card, &run->buffers[i]);
}

void fpga_run_scalar(struct fpga_run *run, uint32_t argument, uint64_t value)
{
	run->values[argument].scalar = value;
}

/* The check of a stream of beats, folded into those before. */
static uint64_t stream_check(uint64_t sum, const uint8_t *bytes, uint64_t beats)
{
	struct beat_check check;

	beat_check_begin(&check);
	for (uint64_t i = 0; i < beats; i++) {
		struct beat beat;

		memcpy(&beat, bytes + i * BEAT_BYTES, sizeof(beat));
		beat_check_add(&check, &beat, i);
	}
	return beat_check_fold(sum, &check);
}

static int input_send(struct fpga_run *run, uint32_t argument, void *handle, uint64_t bytes,
		      struct fpga_error *error)
{
	run->card->counters.bytes_in += bytes;
	if (run->card->xrt->buffer_sync(handle, XRT_TO_DEVICE, bytes, 0) != 0)
		return run_lost(run, "the transfer", run->kernel->arguments[argument].name, error);
	return 0;
}

static int input_lend(struct fpga_run *run, uint32_t argument, const void *memory, uint64_t bytes,
		      struct fpga_error *error)
{
	struct fpga_card *card = run->card;
	const uint32_t bank = card->image.banks[run->number][argument];
	int rc;

	/* XRT has no type for memory that is only read; it is only read. */
	run->lent[argument] =
	    card->xrt->buffer_alloc_user(card->device, (void *)memory, bytes, 0, bank);
	if (run->lent[argument] == NULL)
		return -ENOMEM;
	rc = bank_check(run, argument, run->lent[argument], bytes, error);
	if (rc < 0)
		return rc;
	card->counters.bytes_lent += bytes;
	run->check_in = stream_check(run->check_in, memory, bytes / BEAT_BYTES);
	return input_send(run, argument, run->lent[argument], bytes, error);
}

static int input_copy(struct fpga_run *run, uint32_t argument, const void *memory, uint64_t bytes,
		      struct fpga_error *error)
{
	const uint64_t beats = beats_of(bytes);
	uint8_t *map;
	int rc = buffer_ensure(run, argument, beats * BEAT_BYTES, error);

	if (rc < 0)
		return rc;
	map = run->buffers[argument].map;
	if (bytes > 0) {
		memcpy(map, memory, bytes);
		memset(map + bytes, 0, beats * BEAT_BYTES - bytes);
	}
	run->check_in = stream_check(run->check_in, map, beats);
	return bytes > 0 ? input_send(run, argument, run->buffers[argument].handle,
				      beats * BEAT_BYTES, error)
			 : 0;
}

int fpga_run_input(struct fpga_run *run, uint32_t argument, const void *memory, uint64_t bytes,
		   struct fpga_error *error)
{
	if (argument == 0)
		run->check_in = 0;
	if (memory == NULL)
		bytes = 0;
	if (bytes > 0 && (uintptr_t)memory % MR_FPGA_PAGE_BYTES == 0 &&
	    bytes % MR_FPGA_PAGE_BYTES == 0) {
		int rc = input_lend(run, argument, memory, bytes, error);

		if (rc != -ENOMEM)
			return rc;
	}
	return input_copy(run, argument, memory, bytes, error);
}

/* All arguments as XRT wants them: buffers by handle, scalars by their width. */
static int arguments_set(struct fpga_run *run, struct fpga_error *error)
{
	const struct xrt_api *xrt = run->card->xrt;

	for (uint32_t i = 0; i < run->kernel->argument_count; i++) {
		const struct kernel_argument *argument = &run->kernel->arguments[i];
		void *memory = run->lent[i] != NULL ? run->lent[i] : run->buffers[i].handle;
		int rc;

		if (kernel_argument_is_memory(argument))
			rc = xrt->run_set(run->handle, (int)i, memory);
		else if (argument->kind == KERNEL_U32)
			rc = xrt->run_set(run->handle, (int)i, (uint32_t)run->values[i].scalar);
		else
			rc = xrt->run_set(run->handle, (int)i, run->values[i].scalar);
		if (rc != 0)
			return run_lost(run, "setting", argument->name, error);
	}
	return 0;
}

int fpga_run_start(struct fpga_run *run, struct fpga_error *error)
{
	const struct kernel *kernel = run->kernel;
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < kernel->argument_count; i++) {
		if (kernel->arguments[i].kind == KERNEL_OUT ||
		    kernel->arguments[i].kind == KERNEL_SCRATCH)
			rc = buffer_ensure(run, i, kernel->bytes(i, run->values), error);
	}
	if (rc < 0)
		return rc;
	run->check_out = 0;
	run->values[kernel->argument_count - 1].scalar = ++run->card->stamp;
	/* What a forgotten transfer would leave here is no status of this run. */
	memset(run->buffers[kernel->status].map, 0, sizeof(run->status));
	rc = arguments_set(run, error);
	if (rc == 0 && run->card->xrt->run_start(run->handle) != 0)
		rc = run_lost(run, "its start", "", error);
	return rc;
}

static int end_check(struct fpga_run *run, unsigned int state, struct fpga_error *error)
{
	struct fpga_card *card = run->card;

	if (state == XRT_COMPLETED)
		return 0;
	if (state == XRT_TIMEOUT) {
		card->state = FPGA_HUNG;
		card->counters.runs_hung++;
		return fpga_fail(error, -ETIMEDOUT,
				 "FPGA kernel %s: a run did not end in %" PRIu32
				 " ms, the card hangs; 'xbutil reset' may bring it back",
				 run->kernel->name, card->time_limit_ms);
	}
	card->state = FPGA_WRONG;
	card->counters.runs_failed++;
	return fpga_fail(error, -EIO,
			 "FPGA kernel %s: a run ended with XRT's state %u (5: error on the card's "
			 "bus, 6: aborted); 'xbutil examine' and 'dmesg' say more",
			 run->kernel->name, state);
}

static int status_check(struct fpga_run *run, struct fpga_error *error)
{
	if (run->status.stamp != run->values[run->kernel->argument_count - 1].scalar)
		return run_wrong(run, "the status is not that of this run: a transfer was not done",
				 error);
	if (run->status.fault != 0)
		return run_wrong(run, "it refused its arguments", error);
	if (run->status.check_in != run->check_in)
		return run_wrong(run, "it read other data than was sent: a transfer was not done",
				 error);
	return 0;
}

int fpga_run_wait(struct fpga_run *run, struct fpga_error *error)
{
	struct fpga_card *card = run->card;
	const uint32_t at = run->kernel->status;
	unsigned int state = card->xrt->run_wait(run->handle, card->time_limit_ms);
	int rc = end_check(run, state, error);

	if (rc < 0)
		return rc;
	fpga_run_lent_return(run);
	if (card->xrt->buffer_sync(run->buffers[at].handle, XRT_FROM_DEVICE, sizeof(run->status),
				   0) != 0)
		return run_lost(run, "the transfer", "status", error);
	card->counters.bytes_out += sizeof(run->status);
	memcpy(&run->status, run->buffers[at].map, sizeof(run->status));
	rc = status_check(run, error);
	if (rc == 0)
		card->counters.runs++;
	return rc;
}

int fpga_run_fetch(struct fpga_run *run, uint32_t argument, uint64_t bytes,
		   const struct beat **beats, struct fpga_error *error)
{
	struct fpga_buffer *buffer = &run->buffers[argument];

	*beats = (const struct beat *)buffer->map;
	if (bytes > buffer->bytes)
		return fpga_run_nonsense(run, "it says that it wrote more than there is", error);
	if (bytes > 0 &&
	    run->card->xrt->buffer_sync(buffer->handle, XRT_FROM_DEVICE, bytes, 0) != 0)
		return run_lost(run, "the transfer", run->kernel->arguments[argument].name, error);
	run->card->counters.bytes_out += bytes;
	run->check_out = stream_check(run->check_out, buffer->map, bytes / BEAT_BYTES);
	return 0;
}

int fpga_run_verify(struct fpga_run *run, struct fpga_error *error)
{
	if (run->status.check_out == run->check_out)
		return 0;
	return run_wrong(run, "what came back is not what it wrote: a transfer was not done",
			 error);
}
