/* Opening and closing a card. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fpga_card.h"
#include "fpga_error.h"

static int device_open(struct fpga_card *card, const struct fpga_options *options,
		       struct fpga_error *error)
{
	int rc;

	/* XRT is not asked for what is not there: it says so on standard error. */
	if (options->index < card->xrt->card_count())
		card->device = card->xrt->device_open(options->index);
	if (card->device == NULL)
		return fpga_fail(error, -ENODEV,
				 "FPGA card %" PRIu32 ": it can't be opened: there is none, or "
				 "it is in use; 'xbutil examine' lists cards",
				 options->index);
	rc = card->xrt->device_load(card->device, (const struct axlf *)card->image.bytes);
	return rc == 0
		   ? 0
		   : fpga_fail(error, -EBADMSG,
			       "FPGA card %" PRIu32 ": it does not take %.300s (XRT's error %d): "
			       "build it for this card's platform",
			       options->index, options->xclbin, rc);
}

/* Registers and banks that XRT will use are those of the table. */
static int kernel_compare(struct fpga_card *card, uint32_t number, struct fpga_error *error)
{
	const struct kernel *kernel = &kernel_table[number];
	void *handle = card->kernels[number];

	for (uint32_t i = 0; i < kernel->argument_count; i++) {
		const uint32_t bank = card->image.banks[number][i];
		const uint32_t offset = card->xrt->kernel_argument_offset(handle, (int)i);

		if (offset != kernel_argument_offset(kernel, i))
			return fpga_fail(error, -EBADMSG,
					 "kernel %s: %s is at register 0x%" PRIx32
					 ", not 0x%" PRIx32 ": build the xclbin from this "
					 "version's hls/",
					 kernel->name, kernel->arguments[i].name, offset,
					 kernel_argument_offset(kernel, i));
		if (kernel_argument_is_memory(&kernel->arguments[i]) &&
		    card->xrt->kernel_argument_group(handle, (int)i) != (int)bank)
			return fpga_fail(error, -EBADMSG,
					 "kernel %s: %s is on several banks: give it one, as "
					 "hls/link.cfg does",
					 kernel->name, kernel->arguments[i].name);
	}
	return 0;
}

static int run_open(struct fpga_card *card, uint32_t number, uint32_t slot,
		    struct fpga_error *error)
{
	struct fpga_run *run = &card->runs[number][slot];

	run->card = card;
	run->kernel = &kernel_table[number];
	run->number = (enum kernel_number)number;
	run->handle = card->xrt->run_open(card->kernels[number]);
	return run->handle != NULL
		   ? 0
		   : fpga_fail(error, -EIO, "kernel %s: XRT opens no run of it", run->kernel->name);
}

static int kernel_open(struct fpga_card *card, uint32_t number, const unsigned char *uuid,
		       struct fpga_error *error)
{
	int rc;

	card->kernels[number] =
	    card->xrt->kernel_open(card->device, uuid, kernel_table[number].name);
	if (card->kernels[number] == NULL)
		return fpga_fail(error, -EBADMSG,
				 "kernel %s: XRT can't open it: is its description "
				 "in the xclbin damaged?",
				 kernel_table[number].name);
	rc = kernel_compare(card, number, error);
	for (uint32_t slot = 0; rc == 0 && slot < MR_FPGA_RUNS; slot++)
		rc = run_open(card, number, slot, error);
	return rc;
}

static int kernels_open(struct fpga_card *card, struct fpga_error *error)
{
	unsigned char uuid[16];
	int rc = 0;

	if (card->xrt->device_uuid(card->device, uuid) != 0)
		return fpga_fail(error, -EIO, "XRT does not say which xclbin the card has");
	for (uint32_t i = 0; rc == 0 && i < KERNELS; i++)
		rc = card->image.has[i] ? kernel_open(card, i, uuid, error) : 0;
	return rc;
}

/* Stamps of two openings differ, so that what an earlier one left behind is no status of this one.
 */
static uint64_t stamp_begin(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return mr_hash64(&now, sizeof(now)) | 1;
}

static int options_take(struct fpga_card *card, const struct fpga_options *options,
			struct fpga_error *error)
{
	card->time_limit_ms =
	    options->time_limit_ms != 0 ? options->time_limit_ms : MR_FPGA_TIME_LIMIT_MS_DEFAULT;
	card->run_bytes = options->run_bytes != 0 ? options->run_bytes : MR_FPGA_RUN_BYTES_DEFAULT;
	if (card->run_bytes % MR_FPGA_PAGE_BYTES != 0 || card->run_bytes > MR_FPGA_RUN_BYTES_MAX)
		return fpga_fail(error, -EINVAL,
				 "runs of %" PRIu32 " bytes: whole pages of %u are needed, at most "
				 "%u bytes",
				 card->run_bytes, MR_FPGA_PAGE_BYTES, MR_FPGA_RUN_BYTES_MAX);
	return 0;
}

int fpga_card_open(struct fpga_card **opened, const struct fpga_options *options,
		   struct fpga_error *error)
{
	struct fpga_card *card = calloc(1, sizeof(*card));
	int rc;

	*opened = NULL;
	if (card == NULL)
		return fpga_fail(error, -ENOMEM, "no memory for a card");
	rc = options_take(card, options, error);
	if (rc == 0)
		rc = xclbin_image_read(&card->image, options->xclbin, error);
	if (rc == 0)
		card->xrt = xrt_api_load(&rc, error);
	card->stamp = stamp_begin();
	if (rc == 0)
		rc = device_open(card, options, error);
	if (rc == 0)
		rc = kernels_open(card, error);
	if (rc < 0)
		fpga_card_close(&card);
	*opened = card;
	return rc;
}

void fpga_card_close(struct fpga_card **closed)
{
	struct fpga_card *card = *closed;

	*closed = NULL;
	if (card == NULL)
		return;
	for (uint32_t i = 0; i < KERNELS; i++) {
		for (uint32_t slot = 0; slot < MR_FPGA_RUNS; slot++)
			fpga_run_free(&card->runs[i][slot]);
		if (card->kernels[i] != NULL)
			card->xrt->kernel_close(card->kernels[i]);
	}
	if (card->device != NULL)
		card->xrt->device_close(card->device);
	xclbin_image_free(&card->image);
	free(card);
}
