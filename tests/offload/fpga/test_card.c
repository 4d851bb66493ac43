/*
 * Every operator through XRT on the simulated card gives what plain C gives: all small sizes, sizes
 * around beats, pages and runs, whole pages and others, in several runs. A machine without XRT's
 * driver is told so; XRT is not asked then, as it would end the process. test_card CARD_FOLDER
 * [SEED]
 */
#include <errno.h>
#include <inttypes.h>

#include "calls.h"
#include "test.h"

static void absent_try(const char *folder)
{
	struct fpga_error error;

	unsetenv("XILINX_XRT");
	CHECK(fpga_available(&error) == -ENODEV);
	CHECK(strstr(error.text, "XILINX_XRT is not set") != NULL, "%s", error.text);
	setenv("XILINX_XRT", "/nonexistent", 1);
	CHECK(fpga_available(&error) == -ENODEV);
	CHECK(strstr(error.text, "/nonexistent/lib/libxrt_core.so.2") != NULL, "%s", error.text);
	setenv("XILINX_XRT", folder, 1);
	setenv("XCL_EMULATION_MODE", "hw_emu", 1);
	CHECK(fpga_available(&error) == -ENODEV);
	unsetenv("XCL_EMULATION_MODE");
	CHECK(fpga_available(&error) == 0, "%s", error.text);
}

static struct fpga_card *card_open(const struct fpga_options *options)
{
	struct fpga_error error;
	struct fpga_card *card;

	CHECK(fpga_card_open(&card, options, &error) == 0, "%s", error.text);
	return card;
}

static void calls_good(struct fpga_card *card, uint32_t size, bool whole_pages)
{
	for (int kind = 0; kind < CALLS; kind++) {
		struct fpga_error error;
		int rc = call_try(card, (enum call_kind)kind, size, whole_pages, &error);

		CHECK(rc == 0, "call %d of size %" PRIu32 ": %s", kind, size, error.text);
	}
}

/* A run may take all of a small call, or the least part of it that there is. */
static void sizes_try(struct fpga_options options, uint32_t run_bytes)
{
	static const uint32_t sizes[] = {511,  512,  513,  1023, 1024,         1025,
					 4096, 8191, 8192, 8193, CALL_ROWS_MAX};
	struct fpga_card *card;

	options.run_bytes = run_bytes;
	card = card_open(&options);
	for (uint32_t size = 0; size < 70; size++)
		calls_good(card, size, size % 2 == 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		calls_good(card, sizes[i], true);
		calls_good(card, sizes[i], false);
	}
	CHECK(fpga_card_counters(card)->bytes_lent > 0);
	CHECK(fpga_card_counters(card)->bytes_lent < fpga_card_counters(card)->bytes_in);
	CHECK(fpga_card_state(card) == FPGA_READY && fpga_card_counters(card)->refused == 0);
	fpga_card_close(&card);
	CHECK(card == NULL);
}

static void wrong_try(struct fpga_options options)
{
	struct fpga_card *card;
	struct fpga_error error;

	options.run_bytes = 4095;
	CHECK(fpga_card_open(&card, &options, &error) == -EINVAL && card == NULL);
	options.run_bytes = 0;
	options.index = 7;
	CHECK(fpga_card_open(&card, &options, &error) == -ENODEV && card == NULL);
	CHECK(strstr(error.text, "FPGA card 7") != NULL, "%s", error.text);
	options.index = 0;
	options.xclbin = "/nonexistent.xclbin";
	CHECK(fpga_card_open(&card, &options, &error) == -ENOENT && card == NULL);
	CHECK(strstr(error.text, options.xclbin) != NULL, "%s", error.text);
	fpga_card_close(&card);
}

/* What is wrong about a call is not the card's fault. */
static void arguments_try(const struct fpga_options *options)
{
	struct fpga_card *card = card_open(options);
	struct fpga_error error;
	struct fpga_column keys = {0};
	const struct fpga_order by = {0};
	uint64_t count;

	CHECK(fpga_partition(card, NULL, NULL, 0, 13, 0, NULL, NULL, &error) == -EINVAL);
	CHECK(fpga_partition(card, NULL, NULL, 0, 4, 16, NULL, NULL, &error) == -EINVAL);
	CHECK(fpga_sort(card, keys, MR_FPGA_SORT_ROWS_MAX + 1, by, NULL, &error) == -E2BIG);
	CHECK(fpga_tokenise(card, NULL, 1ull << 32, NULL, 0, &count, &error) == -E2BIG);
	CHECK(fpga_card_state(card) == FPGA_READY);
	calls_good(card, 100, false);
	fpga_card_close(&card);
}

int main(int argc, char **argv)
{
	struct fpga_options options = {.time_limit_ms = 60000};
	char xclbin[4096];
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;

	CHECK(argc > 1);
	snprintf(xclbin, sizeof(xclbin), "%s/millrace.xclbin", argv[1]);
	options.xclbin = xclbin;
	printf("seed %" PRIu64 "\n", seed);
	calls_seed(seed);
	absent_try(argv[1]);
	wrong_try(options);
	arguments_try(&options);
	sizes_try(options, 8192);
	sizes_try(options, 0);
	return 0;
}
