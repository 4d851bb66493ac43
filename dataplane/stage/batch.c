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

/* Item number index of a batch, as it is now. */
static struct mr_item item_read(const struct region *region, const struct mr_set *set,
				uint32_t index)
{
	struct mr_item item;

	region_snapshot(&item,
			region->base + set->items_off + (uint64_t)index * sizeof(struct mr_item),
			sizeof(item));
	return item;
}

static uint32_t groups_present(const struct region *region, const struct mr_set *set, bool keyed)
{
	uint32_t present = 0;
	uint32_t before = 0;

	for (uint32_t i = 0; i < set->item_count; i++) {
		struct mr_item item = item_read(region, set, i);
		uint32_t group = item_group(&item, keyed);

		present += i == 0 || group != before;
		before = group;
	}
	return present;
}

__attribute__((format(printf, 4, 5))) static int batch_fault(struct region_fault *fault,
							     const struct batch_head *head,
							     uint32_t index, const char *format,
							     ...)
{
	char text[160];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(fault->text, sizeof(fault->text), "item %" PRIu32 " of set %s %s", index,
		 head->name, text);
	return -EBADMSG;
}

int batch_check(struct batch_head *head, const struct region *region, bool keyed,
		struct region_fault *fault)
{
	/* The items of a batch share nothing: their bytes fit beside each other. */
	struct region_check_limits limits = {MR_SET_ITEMS_MAX, region->bytes, keyed};
	uint64_t table_bytes;
	int rc = region_check_image(region->base, region->bytes, 0, &limits, fault);

	if (rc != 0)
		return rc;
	if (region->bytes > MR_REGION_BYTES_MAX) {
		snprintf(fault->text, sizeof(fault->text),
			 "a batch of %" PRIu64 " bytes is over the limit of %u", region->bytes,
			 MR_REGION_BYTES_MAX);
		return -EBADMSG;
	}
	region_snapshot(&head->header, region->base, sizeof(head->header));
	if (head->header.in_count != 1 || head->header.out_count != 0) {
		snprintf(fault->text, sizeof(fault->text),
			 "a batch holds one set; this image has %u and %u output sets",
			 head->header.in_count, head->header.out_count);
		return -EBADMSG;
	}
	if (head->header.sets_off > region->bytes - sizeof(head->set))
		goto changed;
	region_snapshot(&head->set, region->base + head->header.sets_off, sizeof(head->set));
	if (head->set.name_len >= sizeof(head->name) || head->set.name_off > region->bytes ||
	    head->set.name_len > region->bytes - head->set.name_off)
		goto changed;
	snprintf(head->name, sizeof(head->name), "%.*s", (int)head->set.name_len,
		 (const char *)region->base + head->set.name_off);
	table_bytes = (uint64_t)head->set.item_count * sizeof(struct mr_item);
	if (head->set.items_off > region->bytes ||
	    table_bytes > region->bytes - head->set.items_off)
		goto changed;
	return 0;
changed:
	snprintf(fault->text, sizeof(fault->text), "a batch changed while it was checked");
	return -EBADMSG;
}

/* One mark for each change of group, of which there are mark_count. Groups must ascend, and a
 * group's bytes may not begin before the end of the groups before it. */
static int marks_fill(struct batch *batch, const struct batch_head *head, bool keyed,
		      uint64_t *bytes, struct region_fault *fault)
{
	struct batch_mark *mark = batch->marks;
	struct batch_mark *limit = &batch->marks[batch->mark_count];
	uint64_t before_end = 0; /* of the groups before */
	uint64_t end = 0;

	*bytes = 0;
	for (uint32_t i = 0; i < batch->item_count; i++) {
		struct mr_item item = item_read(batch->region, &head->set, i);
		struct extent extent = item_extent(&item);
		uint32_t group = item_group(&item, keyed);

		if (i == 0 || group != mark->group) {
			if (i > 0 && group < mark->group)
				return batch_fault(fault, head, i,
						   "is of key group %" PRIu32
						   ", after one of group %" PRIu32
						   ": items must be in order of their groups",
						   group, mark->group);
			mark += i > 0;
			if (mark == limit)
				return batch_fault(fault, head, i, "changed while it was indexed");
			*mark = (struct batch_mark){group, i, UINT32_MAX};
			before_end = end;
		}
		if (extent.begin < before_end)
			return batch_fault(fault, head, i,
					   "of key group %" PRIu32 " lies at %" PRIu32
					   ", among the groups before, which end at %" PRIu64,
					   group, extent.begin, before_end);
		if (extent.begin < mark->byte)
			mark->byte = extent.begin;
		if (extent.end > end)
			end = extent.end;
		*bytes += (uint64_t)item.name_len + item.key_len + item.bytes_len;
	}
	if (end > batch->image_bytes || (batch->item_count > 0 && mark + 1 != limit))
		return batch_fault(fault, head, 0, "or another changed while they were indexed");
	*limit = (struct batch_mark){UINT32_MAX, batch->item_count, (uint32_t)end};
	for (mark = limit; mark > batch->marks;
	     mark--) /* without bytes: begins where the next does */
		if (mark[-1].byte == UINT32_MAX)
			mark[-1].byte = mark->byte;
	return 0;
}

int batch_create(struct batch **batch, const struct batch_head *head, struct region *region,
		 bool keyed, uint64_t *bytes, struct region_fault *fault)
{
	uint32_t present = groups_present(region, &head->set, keyed);
	struct batch *b = malloc(sizeof(*b) + (present + 1ull) * sizeof(b->marks[0]));
	int rc;

	if (b == NULL)
		return -ENOMEM;
	*b = (struct batch){
	    .partition = head->header.partition,
	    .region = region,
	    .image_bytes = region->bytes,
	    .items_off = head->set.items_off,
	    .item_count = head->set.item_count,
	    .mark_count = present,
	};
	rc = marks_fill(b, head, keyed, bytes, fault);
	if (rc != 0) {
		free(b);
		return rc;
	}
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
