/* The index of a batch: where each key group's items and bytes begin. */
#include "store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Bytes that items cover, from the lowest to the highest; empty: begin is UINT32_MAX. */
struct extent {
	uint32_t begin;
	uint64_t end;
};

static void extent_add(struct extent *extent, uint32_t off, uint32_t len)
{
	if (len == 0)
		return;
	if (off < extent->begin)
		extent->begin = off;
	if ((uint64_t)off + len > extent->end)
		extent->end = (uint64_t)off + len;
}

static struct extent item_extent(const struct mr_item *item)
{
	struct extent extent = {UINT32_MAX, 0};

	extent_add(&extent, item->key_off, item->key_len);
	extent_add(&extent, item->name_off, item->name_len);
	extent_add(&extent, item->bytes_off, item->bytes_len);
	return extent;
}

static uint32_t item_group(const struct mr_item *item, bool keyed)
{
	return keyed ? mr_key_group(item->key_hash) : 0;
}

static uint32_t groups_present(const struct mr_item *items, uint32_t count, bool keyed)
{
	uint32_t present = count > 0;

	for (uint32_t i = 1; i < count; i++)
		present += item_group(&items[i], keyed) != item_group(&items[i - 1], keyed);
	return present;
}

static const struct mr_set *set_of(const struct region *region)
{
	const struct mr_region *header = (const struct mr_region *)(const void *)region->base;

	return (const struct mr_set *)(const void *)(region->base + header->sets_off);
}

__attribute__((format(printf, 4, 5))) static int item_fault(struct region_fault *fault,
							    const struct region *region,
							    uint32_t index, const char *format, ...)
{
	const struct mr_set *set = set_of(region);
	char text[160];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(fault->text, sizeof(fault->text), "item %" PRIu32 " of set %.*s %s", index,
		 (int)set->name_len, (const char *)region->base + set->name_off, text);
	return -EBADMSG;
}

/* One mark for each change of group; limit is their number if groups only ascend. A group's bytes
 * may not begin before the end of the groups before it. */
static int marks_fill(struct batch *batch, const struct mr_item *items, bool keyed,
		      struct region_fault *fault)
{
	struct batch_mark *mark = batch->marks;
	uint64_t before_end = 0; /* of the groups before */
	uint64_t end = 0;

	for (uint32_t i = 0; i < batch->item_count; i++) {
		struct extent extent = item_extent(&items[i]);
		uint32_t group = item_group(&items[i], keyed);

		if (i == 0 || group != mark->group) {
			if (i > 0 && group < mark->group)
				return item_fault(fault, batch->region, i,
						  "is of key group %" PRIu32
						  ", after one of group %" PRIu32
						  ": items must be in order of their groups",
						  group, mark->group);
			mark += i > 0;
			*mark = (struct batch_mark){group, i, UINT32_MAX};
			before_end = end;
		}
		if (extent.begin < before_end)
			return item_fault(fault, batch->region, i,
					  "of key group %" PRIu32 " lies at %" PRIu32
					  ", among the groups before, which end at %" PRIu64,
					  group, extent.begin, before_end);
		if (extent.begin < mark->byte)
			mark->byte = extent.begin;
		if (extent.end > end)
			end = extent.end;
	}
	mark = &batch->marks[batch->mark_count];
	*mark = (struct batch_mark){UINT32_MAX, batch->item_count, (uint32_t)end};
	for (; mark > batch->marks; mark--) /* a group without bytes begins where the next does */
		if (mark[-1].byte == UINT32_MAX)
			mark[-1].byte = mark->byte;
	return 0;
}

int batch_create(struct batch **batch, struct region *region, bool keyed, uint64_t *bytes,
		 struct region_fault *fault)
{
	const struct mr_region *header = (const struct mr_region *)(const void *)region->base;
	const struct mr_set *set = set_of(region);
	const struct mr_item *items = region_items(region->base, set);
	uint32_t present = groups_present(items, set->item_count, keyed);
	struct batch *b = malloc(sizeof(*b) + (present + 1ull) * sizeof(b->marks[0]));
	int rc;

	if (b == NULL)
		return -ENOMEM;
	*b = (struct batch){
	    .partition = header->partition,
	    .region = region,
	    .image_bytes = region->bytes,
	    .items_off = set->items_off,
	    .item_count = set->item_count,
	    .mark_count = present,
	};
	rc = marks_fill(b, items, keyed, fault);
	if (rc != 0) {
		free(b);
		return rc;
	}
	*bytes = 0;
	for (uint32_t i = 0; i < set->item_count; i++)
		*bytes += (uint64_t)items[i].name_len + items[i].key_len + items[i].bytes_len;
	*batch = b;
	return 0;
}

/* The first mark whose group is not below; the end's mark when there is none. */
static const struct batch_mark *mark_find(const struct batch *batch, uint32_t group)
{
	uint32_t low = 0;
	uint32_t high = batch->mark_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (batch->marks[middle].group < group)
			low = middle + 1;
		else
			high = middle;
	}
	return &batch->marks[low];
}

struct batch_slice batch_slice(const struct batch *batch, uint32_t group_first, uint32_t group_end)
{
	bool keyed = batch->store->keyed;
	const struct batch_mark *first = mark_find(batch, keyed ? group_first : 0);
	const struct batch_mark *end = mark_find(batch, keyed ? group_end : 1);

	return (struct batch_slice){
	    .item = first->item,
	    .item_count = end->item - first->item,
	    .byte = first->byte,
	    .byte_count = end->byte - first->byte,
	};
}
