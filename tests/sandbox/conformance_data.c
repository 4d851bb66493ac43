/* Inputs come out as they went in: none, empty, one byte, pages, megabytes; one item and thousands.
 */
#include "conformance.h"

#define ITEMS 3000

static void fill(uint8_t *bytes, uint32_t len, uint32_t seed)
{
	for (uint32_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)((seed + i) * 2654435761u >> 24);
}

static void sizes_pass(struct harness_function *echo)
{
	static const uint32_t sizes[] = {0,    1,    7,     1023,    1024,    4095,
					 4096, 4097, 65536, 1000003, 4u << 20};

	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		const uint32_t len = sizes[s];
		uint8_t *bytes = malloc(len + 1);
		struct harness_run run;

		fill(bytes, len, (uint32_t)s);
		conformance_run(echo, bytes, len, &run);
		CHECK(run.result.outcome == SANDBOX_OK, "%u bytes: %s", len, run.result.text);
		CHECK(run.out.item_count == 1 && harness_items(&run)->bytes_len == len);
		CHECK(memcmp(harness_bytes(&run, harness_items(&run)), bytes, len) == 0, "%u", len);
		harness_release(&run);
		free(bytes);
	}
}

static void items_pass(struct harness_function *echo)
{
	static struct harness_item items[ITEMS];
	static uint8_t bytes[ITEMS][40];
	struct harness_set in = {"in", items, 0};
	struct harness_run run;

	for (uint32_t i = 0; i < ITEMS; i++) {
		fill(bytes[i], sizeof(bytes[i]), i);
		items[i] = (struct harness_item){
		    .name = "many", .bytes = bytes[i], .len = i % sizeof(bytes[i])};
	}
	for (in.count = 0; in.count <= ITEMS; in.count += ITEMS / 3) {
		harness_invoke(echo, &in, 1, &run);
		CHECK(run.result.outcome == SANDBOX_OK, "%u items: %s", in.count, run.result.text);
		CHECK(run.out.item_count == in.count);
		for (uint32_t i = 0; i < in.count; i++) {
			const struct mr_item *item = &harness_items(&run)[i];

			CHECK(item->bytes_len == items[i].len && item->name_len == 4);
			CHECK(memcmp(harness_bytes(&run, item), bytes[i], items[i].len) == 0);
		}
		harness_release(&run);
	}
}

/* A region too small for a header is refused, not run. */
static void small_refused(const struct harness_function *echo)
{
	struct sandbox_result result;
	struct region *region;

	CHECK(region_alloc(harness_pool(), echo->code->header_off + 8, REGION_ANY, &region) == 0);
	memset(region->base, 0, region->bytes);
	sandbox_run(echo->code, region, 0, &result);
	CHECK(result.outcome == SANDBOX_FAILED && strstr(result.text, "does not suit") != NULL,
	      "%s", result.text);
	region_unref(&region);
}

void conformance_data(const struct conformance *c)
{
	struct harness_function echo = conformance_function(c, "good_echo");

	echo.memory_base = 1 << 20;
	sizes_pass(&echo);
	items_pass(&echo);
	small_refused(&echo);
	sizes_pass(&echo);
	sandbox_release(&echo.code);
}
