/*
 * Whatever the checker passes can be read to its last byte.
 *
 * Input: byte 0 is 1 for outputs, + 2 for a keyed edge; byte 1 the header's offset in units of
 * MR_ALIGN; byte 2 the input sets, byte 3 the output sets of an outputs check; the rest is memory.
 */
#include "region.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t sink;

static void read_range(const uint8_t *base, uint32_t off, uint32_t len)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < len; i++)
		sum += base[off + i];
	sink += sum;
}

static void walk(const uint8_t *base, const struct mr_set *sets, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct mr_item *items = region_items(base, &sets[i]);

		read_range(base, sets[i].name_off, sets[i].name_len);
		for (uint32_t n = 0; n < sets[i].item_count; n++) {
			read_range(base, items[n].name_off, items[n].name_len);
			read_range(base, items[n].key_off, items[n].key_len);
			read_range(base, items[n].bytes_off, items[n].bytes_len);
		}
	}
}

static void check_image(const uint8_t *base, uint64_t bytes, uint32_t header_off,
			const struct region_check_limits *limits)
{
	const struct mr_region *header =
	    (const struct mr_region *)(const void *)(base + header_off);
	struct region_fault fault;

	if (region_check_image(base, bytes, header_off, limits, &fault) != 0)
		return;
	walk(base, (const struct mr_set *)(const void *)(base + header->sets_off),
	     header->in_count + header->out_count);
	read_range(base, header->error_off, header->error_len);
}

static void check_outputs(const uint8_t *base, uint64_t bytes, uint32_t sets_off, uint32_t in_count,
			  uint32_t out_count, const struct region_check_limits *limits)
{
	static const char *const names[] = {"counts", "log", "rest", "state"};
	struct region_fault fault;
	struct mr_set sets[4];

	if (sets_off + (in_count + out_count) * sizeof(struct mr_set) > bytes)
		return; /* the caller's own record is right */
	if (region_check_outputs(base, bytes, sets_off, in_count, out_count, names, limits, sets,
				 &fault) == 0)
		walk(base, sets, out_count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct region_check_limits limits = {4096, 1 << 20, false};
	uint8_t *base;

	if (size < 4)
		return 0;
	limits.keyed = (data[0] & 2) != 0;
	base = malloc(size - 4); /* exactly: a byte beyond is found */
	if (base == NULL)
		return 0;
	memcpy(base, data + 4, size - 4);
	if (data[0] & 1)
		check_outputs(base, size - 4,
			      data[1] * MR_ALIGN + (uint32_t)sizeof(struct mr_region), data[2] % 8,
			      data[3] % 5, &limits);
	else
		check_image(base, size - 4, data[1] * MR_ALIGN, &limits);
	free(base);
	return 0;
}
