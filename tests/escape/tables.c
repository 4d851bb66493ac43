/*
 * Forged tables: every field of header, output set and output item at its extremes. Each is an
 * output that checks, and is then read to its last byte, or that run's error; the next run is fine.
 *
 *	tables BACKEND DIR ECHO_DIR
 */
#include <stddef.h>

#include "forge.h"
#include "harness.h"
#include "test.h"

static struct harness_function forge;
static uint32_t sound, refused;

/* What passed the check is read as a consumer would. */
static void output_read(const struct harness_run *run)
{
	const struct mr_item *items = harness_items(run);
	uint32_t sum = 0;

	for (uint32_t i = 0; i < run->out.item_count; i++) {
		for (uint32_t n = 0; n < items[i].bytes_len; n++)
			sum += run->region->base[items[i].bytes_off + n];
		for (uint32_t n = 0; n < items[i].key_len; n++)
			sum += run->region->base[items[i].key_off + n];
		for (uint32_t n = 0; n < items[i].name_len; n++)
			sum += run->region->base[items[i].name_off + n];
	}
	__asm__ volatile("" : : "r"(sum));
}

static void forge_run(const struct forge *order)
{
	const struct harness_item item = {.bytes = order, .len = sizeof(*order)};
	const struct harness_set in = {"in", &item, 1};
	struct harness_run run;

	harness_invoke(&forge, &in, 1, &run);
	if (run.result.outcome == SANDBOX_OK) {
		output_read(&run);
		sound++;
	} else {
		CHECK(run.result.outcome == SANDBOX_BAD_OUTPUT ||
			  run.result.outcome == SANDBOX_FAILED,
		      "%u+%u = %#llx: %s (%s)", order->place, order->offset,
		      (unsigned long long)order->value, sandbox_outcome_text(run.result.outcome),
		      run.result.text);
		CHECK(run.result.text[0] != 0);
		refused++;
	}
	harness_release(&run);
}

static void place_forge(enum forge_place place, uint32_t place_bytes)
{
	static const uint64_t values[] = {0,
					  1,
					  2,
					  7,
					  63,
					  64,
					  127,
					  0x7f,
					  0xff,
					  0x7fff,
					  0xffff,
					  0x10000,
					  0x7fffffff,
					  0x80000000,
					  0xfffffff0,
					  0xffffffff,
					  0x100000000,
					  0x7fffffffffffffff,
					  0x8000000000000000,
					  0xffffffffffffffff};

	for (uint32_t bytes = 1; bytes <= 8; bytes *= 2)
		for (uint32_t offset = 0; offset + bytes <= place_bytes; offset += bytes)
			for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
				const struct forge order = {place, offset, values[v], bytes, 0};

				if (bytes == 8 || values[v] < 1ull << (8 * bytes))
					forge_run(&order);
			}
}

int main(int argc, char **argv)
{
	const struct forge nothing = {FORGE_ITEM, offsetof(struct mr_item, flags), 0, 2, 0};
	const struct forge flood = {.place = FORGE_FLOOD};
	char missing[MR_ERROR_BYTES_MAX];
	uint32_t sound_before;

	harness_start_with(HARNESS_PAGES);
	if (!harness_backend_works(argv[1], argv[2], "forge", missing, sizeof(missing)))
		SKIP("%s: %s", argv[1], missing);
	forge = (struct harness_function){.code = harness_prepare(argv[1], argv[2], "forge"),
					  .out = "out",
					  .keyed = true,
					  .memory_base = 8192};
	place_forge(FORGE_HEADER, sizeof(struct mr_region));
	place_forge(FORGE_SET, sizeof(struct mr_set));
	place_forge(FORGE_ITEM, sizeof(struct mr_item));
	forge_run(&flood);
	CHECK(sound > 0 && refused > 0, "%u sound, %u refused", sound, refused);
	sound_before = sound;
	forge_run(&nothing);
	CHECK(sound == sound_before + 1, "the run after all forgeries is not sound");
	printf("%u forgeries were sound outputs, %u were refused\n", sound, refused);
	sandbox_release(&forge.code);
	harness_stop();
	return 0;
}
