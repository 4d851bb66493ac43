/*
 * partition by its Verilog, under the same driver and the same calls: what plain C gives, at all
 * small sizes and around beats and runs; and the cycles that it takes for a beat of keys. Every
 * other kernel is C, as on the other card. test_card_rtl CARD_FOLDER RTL_FOLDER [SEED]
 */
#include <dlfcn.h>
#include <inttypes.h>

#include "calls.h"
#include "partition_rtl.h"
#include "test.h"

#define CYCLES_PER_BEAT_MOST 18 /* two passes of eight rows, and what partitions and memory cost \
				 */

static void call_good(struct fpga_card *card, enum call_kind kind, uint32_t size)
{
	struct fpga_error error;
	int rc = call_try(card, kind, size, size % 2 == 0, &error);

	CHECK(rc == 0, "size %" PRIu32 ": %s", size, error.text);
}

static void counts_take(const char *folder, uint64_t *cycles, uint64_t *beats)
{
	char path[4096];
	void *driver, *function;
	void (*count)(uint64_t * cycles, uint64_t * beats);

	snprintf(path, sizeof(path), "%s/lib/libxrt_core.so.2", folder);
	driver = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
	CHECK(driver != NULL, "%s", dlerror());
	function = dlsym(driver, "card_rtl_count");
	CHECK(function != NULL);
	memcpy(&count, &function, sizeof(function));
	count(cycles, beats);
	dlclose(driver);
}

/* Into 256, as on the way to workers. */
static void cycles_try(struct fpga_card *card, const char *folder)
{
	static uint64_t keys[CALL_ROWS_MAX];
	static uint32_t counts[256], order[CALL_ROWS_MAX];
	uint64_t cycles_before, beats_before, cycles, beats;
	struct fpga_error error;

	for (uint32_t i = 0; i < CALL_ROWS_MAX; i++)
		keys[i] = calls_random();
	counts_take(folder, &cycles_before, &beats_before);
	CHECK(fpga_partition(card, keys, NULL, CALL_ROWS_MAX, 8, 0, counts, order, &error) == 0,
	      "%s", error.text);
	counts_take(folder, &cycles, &beats);
	cycles -= cycles_before;
	beats -= beats_before;
	CHECK(beats == CALL_ROWS_MAX / BEAT_WORDS);
	printf("partition.v: %.2f cycles per 64-byte beat of keys, into 256 (%" PRIu64
	       " beats in %" PRIu64 " cycles)\n",
	       (double)cycles / (double)beats, beats, cycles);
	CHECK(cycles < CYCLES_PER_BEAT_MOST * beats);
}

int main(int argc, char **argv)
{
	static const uint32_t sizes[] = {511, 512, 513, 1024, 4097, 8193};
	struct fpga_options options = {.time_limit_ms = 60000};
	const uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
	struct fpga_error error;
	struct fpga_card *card;
	char xclbin[4096];

	CHECK(argc > 2);
	snprintf(xclbin, sizeof(xclbin), "%s/millrace.xclbin", argv[1]);
	options.xclbin = xclbin;
	setenv("XILINX_XRT", argv[2], 1);
	printf("seed %" PRIu64 "\n", seed);
	calls_seed(seed);
	CHECK(fpga_card_open(&card, &options, &error) == 0, "%s", error.text);
	for (uint32_t size = 0; size < 70; size++)
		call_good(card, CALL_PARTITION, size);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		call_good(card, CALL_PARTITION, sizes[i]);
	for (int kind = 0; kind < CALLS; kind++)
		call_good(card, (enum call_kind)kind, 1000);
	cycles_try(card, argv[2]);
	fpga_card_close(&card);
	return 0;
}
