/* fpga_crc32c: runs give the CRCs of their pieces, which are combined. */
#include "fpga_card.h"

#define POLYNOMIAL 0x82F63B78u
#define ONE (1u << 31) /* x^0: bits are reversed */

struct summing {
	const uint8_t *bytes;
	uint64_t count;
	uint32_t run_bytes;
	uint32_t crc;
	uint32_t factor; /* of what is before a run of run_bytes */
};

/* a times b, modulo the polynomial. */
static uint32_t multiply(uint32_t a, uint32_t b)
{
	uint32_t product = 0;

	for (uint32_t bit = ONE; bit != 0; bit >>= 1) {
		if (a & bit)
			product ^= b;
		b = b & 1 ? b >> 1 ^ POLYNOMIAL : b >> 1;
	}
	return product;
}

/* x to the power of 8 for each byte: what so many bytes behind a CRC multiply it by. */
static uint32_t factor_of(uint64_t bytes)
{
	uint32_t factor = ONE, power = ONE >> 8;

	for (; bytes > 0; bytes >>= 1) {
		if (bytes & 1)
			factor = multiply(factor, power);
		power = multiply(power, power);
	}
	return factor;
}

static uint64_t bytes_of(const struct summing *work, uint64_t number)
{
	const uint64_t left = work->count - number * work->run_bytes;

	return left < work->run_bytes ? left : work->run_bytes;
}

static int crc32c_begin(void *context, struct fpga_run *run, uint64_t number,
			struct fpga_error *error)
{
	const struct summing *work = context;
	const uint64_t bytes = bytes_of(work, number);
	int rc;

	fpga_run_scalar(run, CRC32C_BYTES, bytes);
	fpga_run_scalar(run, CRC32C_CRC, 0);
	rc = fpga_run_input(run, CRC32C_DATA, work->bytes + number * work->run_bytes, bytes, error);
	return rc == 0 ? fpga_run_start(run, error) : rc;
}

static int crc32c_end(void *context, struct fpga_run *run, uint64_t number,
		      struct fpga_error *error)
{
	struct summing *work = context;
	const uint64_t bytes = bytes_of(work, number);
	int rc = fpga_run_wait(run, error);

	if (rc == 0)
		rc = fpga_run_verify(run, error);
	if (rc == 0)
		work->crc = multiply(bytes == work->run_bytes ? work->factor : factor_of(bytes),
				     work->crc) ^
			    (uint32_t)run->status.result[0];
	return rc;
}

int fpga_crc32c(struct fpga_card *card, const void *bytes, uint64_t count, uint32_t *crc,
		struct fpga_error *error)
{
	struct summing work = {bytes, count, card->run_bytes, *crc, factor_of(card->run_bytes)};
	struct fpga_work runs = {KERNEL_CRC32C, 0, crc32c_begin, crc32c_end};
	int rc;

	runs.runs = count / work.run_bytes + (count % work.run_bytes != 0);
	rc = fpga_work_do(card, &runs, &work, error);
	if (rc == 0)
		*crc = work.crc;
	return rc;
}
