/* Images: what was written is read back; sizes foretold are exact; alignment is as laid down. */
#include "region.h"
#include "test.h"

#include <errno.h>
#include <millrace/hash.h>

#define ITEMS 60

static const struct region_check_limits limits = {ITEMS, 1 << 20, true};
static const struct invocation_name name = {11, 12, 13, 14, 15};
static const char *const out[] = {"counts", "log"};

static void fill(uint8_t *bytes, uint32_t len, uint32_t with)
{
	for (uint32_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(with + i);
}

static void check_filled(const uint8_t *bytes, uint32_t len, uint32_t with)
{
	for (uint32_t i = 0; i < len; i++)
		CHECK(bytes[i] == (uint8_t)(with + i));
}

static uint32_t length_of(uint32_t item)
{
	return item % 4 == 3 ? MR_ALIGN_FROM - 2 + item : item * 3;
}

static void write_items(struct region *region, struct region_image *image)
{
	uint32_t cursor = image->data_off[0];

	for (uint32_t i = 0; i < ITEMS; i++) {
		char key[16], label[16];
		uint32_t key_len = (uint32_t)snprintf(key, sizeof(key), "key%u", i * i);
		uint16_t label_len = (uint16_t)(i % 3 == 0 ? 0 : snprintf(label, 16, "n%u", i));
		uint64_t hash = mr_hash64(key, key_len);
		uint16_t flags = 0;

		if (i % 5 == 0) {
			key_len = 0;
			hash = mr_key_group_hash(i);
			flags = MR_ITEM_GROUP;
		}
		fill(region_image_item(image, region, 0, i, &cursor, label, label_len, key, key_len,
				       hash, flags, length_of(i)),
		     length_of(i), i);
	}
	CHECK(cursor <= image->data_off[0] + (1 << 20));
}

static void check_items(const struct region *region, const struct region_image *image)
{
	const struct mr_item *items = region_items(region->base, &image->sets[0]);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < ITEMS; i++) {
		uint32_t len = length_of(i);

		CHECK(items[i].bytes_len == len);
		CHECK(items[i].bytes_off % (len >= MR_ALIGN_FROM ? MR_ALIGN : MR_ALIGN_SMALL) == 0);
		check_filled(region->base + items[i].bytes_off, len, i);
		CHECK((items[i].key_len == 0) == (i % 5 == 0));
		CHECK((items[i].name_len == 0) == (i % 3 == 0));
		sum += len;
	}
	CHECK(image->sets[0].bytes == sum);
}

static void test_round_trip(struct region_pool *pool, uint32_t header_off)
{
	struct region_set_spec in[] = {{"words", ITEMS, 0}, {"none", 0, 0}};
	struct region_image image;
	struct region_fault fault;
	struct region *region;
	uint64_t bytes;
	int rc;

	for (uint32_t i = 0; i < ITEMS; i++)
		in[0].bytes += region_item_bytes(8, 8, length_of(i));
	bytes = region_image_bytes(in, 2, out, 2);
	CHECK(bytes % MR_ALIGN == 0);
	CHECK(region_alloc(pool, header_off + bytes, REGION_ANY, &region) == 0);
	memset(region->base, 0xee, header_off + bytes);
	CHECK(region_image_init(region, header_off + MR_ALIGN, in, 2, out, 2, &name, &image) ==
	      -ENOSPC);
	CHECK(region_image_init(region, header_off, in, 2, out, 2, &name, &image) == 0);
	CHECK(image.header->heap_off == header_off + bytes);
	CHECK(image.header->heap_end == image.header->heap_off);
	write_items(region, &image);
	check_items(region, &image);
	rc = region_check_image(region->base, region->bytes, header_off, &limits, &fault);
	CHECK(rc == 0, "%s", fault.text);
	write_items(region, &image); /* an item may be filled anew: the sum stays right */
	check_items(region, &image);
	CHECK(image.header->job == 11 && image.header->attempt == 15);
	CHECK(memcmp(region->base + image.sets[3].name_off, "log", 3) == 0);
	region_unref(&region);
}

/* Nothing of an earlier use of the memory shows: two images of the same items are equal. */
static void test_clean(struct region_pool *pool)
{
	struct region_set_spec in[] = {{"words", ITEMS, 60001}, {"none", 0, 0}};
	uint64_t bytes = region_image_bytes(in, 2, out, 2);
	struct region *regions[2];

	for (int i = 0; i < 2; i++) {
		struct region_image image;

		CHECK(region_alloc(pool, bytes, REGION_ANY, &regions[i]) == 0);
		memset(regions[i]->base, i == 0 ? 0xee : 0x11, bytes);
		CHECK(region_image_init(regions[i], 0, in, 2, out, 2, &name, &image) == 0);
		memset(regions[i]->base + image.data_off[0], 0, 60001); /* its filler's concern */
		memset(regions[i]->base + image.data_off[0], i == 0 ? 0xee : 0x11, 20000);
		write_items(regions[i], &image);
	}
	CHECK(memcmp(regions[0]->base, regions[1]->base, bytes) == 0);
	region_unref(&regions[0]);
	region_unref(&regions[1]);
}

/* region_item_bytes() is what region_image_item() takes, from any start. */
static void test_exact(struct region_pool *pool)
{
	struct region_set_spec in = {"s", 1, 8192};
	struct region_image image;
	struct region *region;

	CHECK(region_alloc(pool, 65536, REGION_ANY, &region) == 0);
	CHECK(region_image_init(region, 0, &in, 1, NULL, 0, &name, &image) == 0);
	CHECK(image.header->heap_end == 65536);
	for (uint32_t start = 0; start < MR_ALIGN; start += MR_ALIGN_SMALL)
		for (uint32_t len = 0; len < 3000; len += 37) {
			uint32_t cursor = image.data_off[0] + start;
			uint32_t begin = cursor;
			uint8_t *to = region_image_item(&image, region, 0, 0, &cursor, "abc",
							(uint16_t)(len % 4), "defghijkl", len % 10,
							0, 0, len);

			CHECK(cursor - begin == region_item_bytes(len % 4, len % 10, len));
			CHECK(to >= region->base + begin && to + len <= region->base + cursor);
		}
	region_unref(&region);
}

static void test_too_large(void)
{
	char long_name[MR_NAME_BYTES_MAX + 1];
	struct region_set_spec sets[MR_SETS_MAX + 1];

	memset(long_name, 'x', sizeof(long_name));
	long_name[MR_NAME_BYTES_MAX] = 0;
	for (uint32_t i = 0; i <= MR_SETS_MAX; i++)
		sets[i] = (struct region_set_spec){"s", 0, 0};
	CHECK(region_image_bytes(sets, MR_SETS_MAX, NULL, 0) != UINT64_MAX);
	CHECK(region_image_bytes(sets, MR_SETS_MAX + 1, NULL, 0) == UINT64_MAX);
	CHECK(region_image_bytes(sets, MR_SETS_MAX, out, 1) == UINT64_MAX);
	CHECK(region_image_bytes(sets, UINT32_MAX, out, 2) == UINT64_MAX);
	sets[0].name = long_name;
	CHECK(region_image_bytes(sets, 1, NULL, 0) == UINT64_MAX);
	sets[0].name = "";
	CHECK(region_image_bytes(sets, 1, NULL, 0) == UINT64_MAX);
	sets[0] = (struct region_set_spec){"s", MR_SET_ITEMS_MAX + 1, 0};
	CHECK(region_image_bytes(sets, 1, NULL, 0) == UINT64_MAX);
	for (uint64_t bytes = MR_REGION_BYTES_MAX - 512; bytes != 0;
	     bytes = bytes > 0 ? bytes + 64 : 0) {
		sets[0] = (struct region_set_spec){"s", 0, bytes};
		if (region_image_bytes(sets, 1, NULL, 0) == UINT64_MAX)
			break;
		CHECK(bytes < MR_REGION_BYTES_MAX);
	}
	sets[0].bytes = UINT64_MAX;
	CHECK(region_image_bytes(sets, 1, NULL, 0) == UINT64_MAX);
}

int main(void)
{
	struct region_provider provider;
	struct region_pool *pool;

	CHECK(region_provider_memfd(&provider, 4 << 20) == 0);
	CHECK(region_pool_create(&pool, &provider, 0) == 0);
	test_round_trip(pool, 0);
	test_round_trip(pool, 4096 + 64);
	test_clean(pool);
	test_exact(pool);
	test_too_large();
	region_pool_destroy(&pool);
	return 0;
}
