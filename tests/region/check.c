/* The checker refuses every field at its extremes, says where in words, and passes what is right.
 */
#include "region.h"
#include "test.h"

#include <errno.h>
#include <stddef.h>

#include <millrace/hash.h>

#define IMAGE_BYTES 4096
#define HEADER_OFF 64
#define BIG (MR_ALIGN_FROM + 1)

static _Alignas(64) uint8_t good[IMAGE_BYTES];
static _Alignas(64) uint8_t bad[IMAGE_BYTES];
static struct region_image image; /* of good */
static const struct invocation_name name = {1, 2, 3, 4, 5};
static const struct region_check_limits loose = {100, 100000, false};

/* A set "words" of a keyed item, a key group with long bytes, and a plain item; an output. */
static void build(void)
{
	static const char *const out[] = {"counts"};
	struct region_set_spec in[] = {{"words", 3, 2048}, {"empty", 0, 0}};
	struct region region = {.base = good, .bytes = IMAGE_BYTES};
	uint32_t cursor;

	CHECK(region_image_init(&region, HEADER_OFF, in, 2, out, 1, &name, &image) == 0);
	cursor = image.data_off[0];
	memset(region_image_item(&image, &region, 0, 0, &cursor, "a.txt", 5, "key", 3,
				 mr_hash64("key", 3), 0, 7),
	       'a', 7);
	memset(region_image_item(&image, &region, 0, 1, &cursor, NULL, 0, NULL, 0,
				 mr_key_group_hash(77), MR_ITEM_GROUP, BIG),
	       'b', BIG);
	memset(region_image_item(&image, &region, 0, 2, &cursor, NULL, 0, NULL, 0, 0, 0, 9), 'c',
	       9);
}

struct poke {
	uint32_t off; /* in its struct */
	uint32_t size;
	uint64_t value;
	const char *says; /* NULL: is right */
};

#define FIELD(type, field) offsetof(struct type, field), sizeof(((struct type *)0)->field)

static const struct poke header_pokes[] = {
    {FIELD(mr_region, magic), 0, "magic"},
    {FIELD(mr_region, version), 2, "version is 2"},
    {FIELD(mr_region, header_bytes), 127, "header_bytes is 127"},
    {FIELD(mr_region, header_off), 0, "header_off is 0"},
    {FIELD(mr_region, sets_off), 0, "set table"},
    {FIELD(mr_region, sets_off), 200, "set table"},
    {FIELD(mr_region, sets_off), IMAGE_BYTES - 64, "set table"},
    {FIELD(mr_region, sets_off), 0xffffffc0, "set table"},
    {FIELD(mr_region, in_count), 64, "more than 64 sets"},
    {FIELD(mr_region, in_count), UINT32_MAX, "more than 64 sets"},
    {FIELD(mr_region, out_count), 63, "more than 64 sets"},
    {FIELD(mr_region, out_count), UINT32_MAX, "more than 64 sets"},
    {FIELD(mr_region, heap_off), 191, "heap"},
    {FIELD(mr_region, heap_off), IMAGE_BYTES + 1, "heap"},
    {FIELD(mr_region, heap_off), IMAGE_BYTES, NULL},
    {FIELD(mr_region, heap_end), IMAGE_BYTES + 1, "heap"},
    {FIELD(mr_region, heap_end), UINT32_MAX, "heap"},
    {FIELD(mr_region, heap_end), 0, "heap"},
    {FIELD(mr_region, error_len), 1, "error text"},
    {FIELD(mr_region, error_len), UINT32_MAX, "error text"},
    {FIELD(mr_region, error_off), UINT32_MAX, NULL},
    {offsetof(struct mr_region, reserved), 8, 1, "reserved word 0"},
    {offsetof(struct mr_region, reserved) + 48, 8, 1ull << 63, "reserved word 6"},
};

static const struct poke set_pokes[] = {
    {FIELD(mr_set, name_off), 0, "set number 0 has its name"},
    {FIELD(mr_set, name_off), UINT32_MAX, "set number 0 has its name"},
    {FIELD(mr_set, name_off), IMAGE_BYTES - 4, "set number 0 has its name"},
    {FIELD(mr_set, name_off), IMAGE_BYTES - 5, "control character"},
    {FIELD(mr_set, name_len), 0, "a name of 0 bytes"},
    {FIELD(mr_set, name_len), 64, "a name of 64 bytes"},
    {FIELD(mr_set, name_len), UINT32_MAX, "a name of 4294967295 bytes"},
    {FIELD(mr_set, items_off), 0, "outside"},
    {FIELD(mr_set, items_off), 328, "not a multiple of 64"},
    {FIELD(mr_set, items_off), 0xffffffc0, "outside"},
    {FIELD(mr_set, items_off), IMAGE_BYTES - 64, "set words has 3 items at 4032"},
    {FIELD(mr_set, item_count), 0, "set words has no items but items_off"},
    {FIELD(mr_set, item_count), 2, "its items have"},
    {FIELD(mr_set, item_count), 101, "brings the items to 101; the limit is 100"},
    {FIELD(mr_set, item_count), MR_SET_ITEMS_MAX + 1, "the limit is 67108864"},
    {FIELD(mr_set, item_count), UINT32_MAX, "the limit is 67108864"},
    {FIELD(mr_set, item_limit), 3, "item_limit 3"},
    {FIELD(mr_set, flags), 1, "unknown flags"},
    {FIELD(mr_set, bytes), 0, "set words says 0 bytes"},
    {FIELD(mr_set, bytes), UINT64_MAX, "set words says"},
};

/* Of item 0: name at first, then key, bytes; of a good image with a key. */
static const struct poke item_pokes[] = {
    {FIELD(mr_item, key_hash), 0, NULL}, /* not keyed: the hash is no one's business */
    {FIELD(mr_item, key_off), 0, "key at 0 + 3"},
    {FIELD(mr_item, key_off), 191, "key at 191 + 3"},
    {FIELD(mr_item, key_off), IMAGE_BYTES - 2, "item 0 of set words has key at 4094 + 3"},
    {FIELD(mr_item, key_off), UINT32_MAX, "key at 4294967295 + 3"},
    {FIELD(mr_item, key_len), UINT32_MAX, "outside"},
    {FIELD(mr_item, key_len), 0, "has no key but key_off"},
    {FIELD(mr_item, bytes_off), 0, "bytes at 0 + 7"},
    {FIELD(mr_item, bytes_off), 1001, "not a multiple of 8"},
    {FIELD(mr_item, bytes_off), UINT32_MAX, "outside"},
    {FIELD(mr_item, bytes_len), 0, "has no bytes but bytes_off"},
    {FIELD(mr_item, bytes_len), UINT32_MAX, "outside"},
    {FIELD(mr_item, name_off), 0, "name at 0 + 5"},
    {FIELD(mr_item, name_off), UINT32_MAX, "outside"},
    {FIELD(mr_item, name_len), 0, "has no name but name_off"},
    {FIELD(mr_item, name_len), UINT16_MAX, "outside"},
    {FIELD(mr_item, flags), MR_ITEM_GROUP, "is a key group but has a key of 3 bytes"},
    {FIELD(mr_item, flags), 2, "unknown flags 0x2"},
    {FIELD(mr_item, flags), UINT16_MAX, "unknown flags 0xffff"},
};

static const struct poke group_pokes[] = {
    {FIELD(mr_item, key_hash), 1, "is not the first of one"},
    {FIELD(mr_item, key_hash), UINT64_MAX, "is not the first of one"},
    {FIELD(mr_item, key_hash), 0, NULL},
    {FIELD(mr_item, flags), 0, "item 1 of set words has no key but key_hash"},
    {FIELD(mr_item, bytes_off), 648, "not a multiple of 64"},
};

static int check(const struct region_check_limits *limits, struct region_fault *fault)
{
	fault->text[0] = 0;
	return region_check_image(bad, IMAGE_BYTES, HEADER_OFF, limits, fault);
}

static void try_pokes(const struct poke *pokes, size_t count, const void *where)
{
	size_t base = (size_t)((const uint8_t *)where - good);

	for (size_t i = 0; i < count; i++) {
		struct region_fault fault;
		int rc;

		memcpy(bad, good, IMAGE_BYTES);
		memcpy(bad + base + pokes[i].off, &pokes[i].value, pokes[i].size);
		rc = check(&loose, &fault);
		if (pokes[i].says == NULL) {
			CHECK(rc == 0, "poke %zu at %zu: %s", i, base, fault.text);
			continue;
		}
		CHECK(rc == -EBADMSG && strstr(fault.text, pokes[i].says) != NULL,
		      "poke %zu at %zu: rc %d, \"%s\" does not say \"%s\"", i, base, rc, fault.text,
		      pokes[i].says);
	}
}

static void test_limits(void)
{
	struct region_check_limits limits = loose;
	struct region_fault fault;
	struct mr_item *item;

	memcpy(bad, good, IMAGE_BYTES);
	CHECK(check(&loose, &fault) == 0, "%s", fault.text);
	limits.bytes_max = 3 + 5 + 7 + BIG + 9;
	CHECK(check(&limits, &fault) == 0, "%s", fault.text);
	limits.bytes_max--;
	CHECK(check(&limits, &fault) == -EBADMSG);
	CHECK(strstr(fault.text, "item 2 of set words brings") != NULL, "%s", fault.text);
	limits = (struct region_check_limits){2, 100000, false};
	CHECK(check(&limits, &fault) == -EBADMSG);
	CHECK(region_check_image(bad, HEADER_OFF + 127, HEADER_OFF, &loose, &fault) == -EBADMSG);
	CHECK(region_check_image(bad, IMAGE_BYTES, 32, &loose, &fault) == -EBADMSG);
	CHECK(region_check_image(bad, IMAGE_BYTES, UINT32_MAX & ~63u, &loose, &fault) == -EBADMSG);
	limits = (struct region_check_limits){100, 100000, true};
	CHECK(check(&limits, &fault) == -EBADMSG);
	CHECK(strcmp(fault.text,
		     "item 2 of set words has neither key nor key group; the edge is keyed") == 0,
	      "%s", fault.text);
	item = (struct mr_item *)(void *)(bad + image.sets[0].items_off) + 2;
	item->flags = MR_ITEM_GROUP;
	CHECK(check(&limits, &fault) == 0, "%s", fault.text);
	item[-2].key_hash ^= 1;
	CHECK(check(&limits, &fault) == -EBADMSG);
	CHECK(strstr(fault.text, "item 0 of set words has key_hash") != NULL, "%s", fault.text);
}

static int check_outputs(struct mr_set *sets, const struct region_check_limits *limits,
			 struct region_fault *fault)
{
	static const char *const out[] = {"counts"};

	fault->text[0] = 0;
	return region_check_outputs(bad, IMAGE_BYTES, HEADER_OFF + sizeof(struct mr_region), 2, 1,
				    out, limits, sets, fault);
}

/* Outputs: any alignment, sharing of bytes and of inputs; but nothing outside the region. */
static void test_outputs(void)
{
	struct mr_set *out =
	    &((struct mr_set *)(void *)(bad + HEADER_OFF + sizeof(struct mr_region)))[2];
	struct region_check_limits limits = loose;
	struct region_fault fault;
	struct mr_set got;
	struct mr_item *items;

	memcpy(bad, good, IMAGE_BYTES);
	CHECK(check_outputs(&got, &loose, &fault) == 0 && got.item_count == 0);
	out->items_off = image.header->heap_off + 8;
	out->item_count = out->item_limit = 4;
	items = (struct mr_item *)(void *)(bad + out->items_off);
	memset(items, 0, 4 * sizeof(*items));
	for (uint32_t i = 0; i < 3; i++) {
		items[i].bytes_off = 1; /* shared, at an odd place before the header */
		items[i].bytes_len = 2001;
	}
	items[3].name_off = UINT32_MAX; /* of nothing: not looked at */
	CHECK(check_outputs(&got, &loose, &fault) == 0, "%s", fault.text);
	CHECK(got.item_count == 4 && got.bytes == 6003 && got.name_len == 0);
	limits.bytes_max = 6002;
	CHECK(check_outputs(&got, &limits, &fault) == -EBADMSG);
	CHECK(strstr(fault.text, "item 2 of set counts") != NULL, "%s", fault.text);

	items[1].bytes_off = 0;
	CHECK(check_outputs(&got, &loose, &fault) == -EBADMSG);
	items[1].bytes_off = IMAGE_BYTES - 2001;
	CHECK(check_outputs(&got, &loose, &fault) == 0, "%s", fault.text);
	items[1].bytes_off++;
	CHECK(check_outputs(&got, &loose, &fault) == -EBADMSG);
	CHECK(strstr(fault.text, "item 1 of set counts has bytes at") != NULL, "%s", fault.text);
	items[1].bytes_off--;

	out->item_limit = 3;
	CHECK(check_outputs(&got, &loose, &fault) == -EBADMSG);
	CHECK(strstr(fault.text, "item_limit 3") != NULL, "%s", fault.text);
	out->item_limit = UINT32_MAX;
	CHECK(check_outputs(&got, &loose, &fault) == 0, "%s", fault.text);
	for (uint32_t off = 1; off < 8; off++) {
		out->items_off += off;
		CHECK(check_outputs(&got, &loose, &fault) == -EBADMSG);
		out->items_off -= off;
	}
	out->items_off = 0xfffffff8;
	CHECK(check_outputs(&got, &loose, &fault) == -EBADMSG);
	out->items_off = IMAGE_BYTES - 4 * 32 + 8;
	CHECK(check_outputs(&got, &loose, &fault) == -EBADMSG);
	out->items_off = 0;
	CHECK(check_outputs(&got, &loose, &fault) == -EBADMSG);
	out->item_count = UINT32_MAX;
	CHECK(check_outputs(&got, &loose, &fault) == -EBADMSG);
	out->item_count = 0;
	out->items_off = UINT32_MAX;
	CHECK(check_outputs(&got, &loose, &fault) == 0 && got.items_off == 0, "%s", fault.text);
	out->flags = 1;
	CHECK(check_outputs(&got, &loose, &fault) == -EBADMSG);
}

#define TRY(pokes, where) try_pokes(pokes, sizeof(pokes) / sizeof((pokes)[0]), where)

int main(void)
{
	const struct mr_item *items;

	build();
	items = region_items(good, &image.sets[0]);
	TRY(header_pokes, image.header);
	TRY(set_pokes, &image.sets[0]);
	TRY(item_pokes, &items[0]);
	TRY(group_pokes, &items[1]);
	test_limits();
	test_outputs();
	return 0;
}
