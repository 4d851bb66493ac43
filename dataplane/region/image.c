/* Writing a region image: header, sets, names and items in the layout of <millrace/region.h>. */
#include "region.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static uint64_t align_up(uint64_t off, uint64_t align)
{
	return (off + align - 1) & ~(align - 1);
}

/* What the front of an image, header, set table and set names, is made of. */
struct front {
	uint8_t name_len[MR_SETS_MAX]; // of the inputs, then of the outputs
	uint64_t bytes;                // UINT64_MAX: no such image
};

_Static_assert(MR_NAME_BYTES_MAX <= 256, "struct front keeps lengths of names in bytes");

/* Names are short: shorter than a call of strlen() is. */
static size_t name_length(const char *name)
{
	size_t len = 0;

	while (len < MR_NAME_BYTES_MAX && name[len] != 0)
		len++;
	return len;
}

static void front_measure(struct front *front, const struct region_set_spec *in, uint32_t in_count,
			  const char *const *out, uint32_t out_count)
{
	uint64_t bytes = sizeof(struct mr_region);

	front->bytes = UINT64_MAX;
	if (in_count > MR_SETS_MAX || out_count > MR_SETS_MAX - in_count)
		return;
	bytes += (uint64_t)(in_count + out_count) * sizeof(struct mr_set);
	for (uint32_t i = 0; i < in_count + out_count; i++) {
		const size_t len = name_length(i < in_count ? in[i].name : out[i - in_count]);

		if (len == 0 || len >= MR_NAME_BYTES_MAX)
			return;
		front->name_len[i] = (uint8_t)len;
		bytes += len;
	}
	front->bytes = align_up(bytes, MR_ALIGN);
}

/* Bytes of the whole image, or UINT64_MAX. */
static uint64_t image_bytes(const struct front *front, const struct region_set_spec *in,
			    uint32_t in_count)
{
	uint64_t bytes = front->bytes;

	for (uint32_t i = 0; i < in_count && bytes <= MR_REGION_BYTES_MAX; i++) {
		if (in[i].item_count > MR_SET_ITEMS_MAX || in[i].bytes > MR_REGION_BYTES_MAX)
			return UINT64_MAX;
		bytes += align_up((uint64_t)in[i].item_count * sizeof(struct mr_item), MR_ALIGN);
		bytes += align_up(in[i].bytes, MR_ALIGN);
	}
	return bytes <= MR_REGION_BYTES_MAX ? bytes : UINT64_MAX;
}

uint64_t region_image_bytes(const struct region_set_spec *in, uint32_t in_count,
			    const char *const *out, uint32_t out_count)
{
	struct front front;

	front_measure(&front, in, in_count, out, out_count);
	return image_bytes(&front, in, in_count);
}

/*
 * Long bytes start at a multiple of MR_ALIGN wherever the item starts: the item always takes the
 * padding that the worst start needs. So sizes do not depend on the order of the items, and they
 * can be summed before anything is placed.
 */
uint64_t region_item_bytes(uint64_t name_len, uint64_t key_len, uint64_t bytes_len)
{
	uint64_t pad = bytes_len >= MR_ALIGN_FROM ? MR_ALIGN - MR_ALIGN_SMALL : 0;

	return align_up(key_len + name_len, MR_ALIGN_SMALL) + pad +
	       align_up(bytes_len, MR_ALIGN_SMALL);
}

/* Regions are used again and again: tables and padding show nothing of an earlier use. */
static void clear_range(struct region *region, uint64_t from, uint64_t to)
{
	if (to > from)
		memset(region->base + from, 0, to - from);
}

int region_image_init(struct region *region, uint32_t header_off, const struct region_set_spec *in,
		      uint32_t in_count, const char *const *out, uint32_t out_count,
		      const struct invocation_name *name, struct region_image *image)
{
	uint64_t end = region->bytes < MR_REGION_BYTES_MAX ? region->bytes : MR_REGION_BYTES_MAX;
	uint32_t names_off = header_off + (uint32_t)sizeof(struct mr_region) +
			     (in_count + out_count) * (uint32_t)sizeof(struct mr_set);
	struct mr_region *header;
	struct front front;
	uint32_t off;

	assert(!region->frozen && header_off % MR_ALIGN == 0);
	front_measure(&front, in, in_count, out, out_count);
	if (header_off > end || image_bytes(&front, in, in_count) > end - header_off)
		return -ENOSPC;
	off = header_off + (uint32_t)front.bytes;
	clear_range(region, header_off, off);
	header = (struct mr_region *)(void *)(region->base + header_off);
	image->header = header;
	image->sets = (struct mr_set *)(void *)(header + 1);
	for (uint32_t i = 0; i < in_count + out_count; i++) {
		const char *text = i < in_count ? in[i].name : out[i - in_count];
		struct mr_set *set = &image->sets[i];

		set->name_off = names_off;
		set->name_len = front.name_len[i];
		for (uint32_t n = 0; n < front.name_len[i]; n++)
			region->base[names_off + n] = (uint8_t)text[n];
		names_off += set->name_len;
		if (i >= in_count)
			continue;
		set->items_off = in[i].item_count > 0 ? off : 0;
		set->item_count = in[i].item_count;
		image->data_off[i] =
		    off + (uint32_t)align_up(in[i].item_count * sizeof(struct mr_item), MR_ALIGN);
		clear_range(region, off, image->data_off[i]);
		off = image->data_off[i] + (uint32_t)align_up(in[i].bytes, MR_ALIGN);
		clear_range(region, image->data_off[i] + in[i].bytes, off);
	}
	/* All of it is zero already. */
	header->magic = MR_REGION_MAGIC;
	header->version = MR_REGION_VERSION;
	header->header_bytes = sizeof(struct mr_region);
	header->header_off = header_off;
	header->sets_off = header_off + (uint32_t)sizeof(struct mr_region);
	header->in_count = in_count;
	header->out_count = out_count;
	header->heap_off = off;
	header->heap_end = (uint32_t)end;
	header->job = name->job;
	header->partition = name->partition;
	header->vertex = name->vertex;
	header->epoch = name->epoch;
	header->attempt = name->attempt;
	return 0;
}

/* Copies len bytes to off; the offset to note: none for no bytes. */
static uint32_t put(struct region *region, uint32_t off, const void *bytes, uint32_t len)
{
	if (len == 0)
		return 0;
	memcpy(region->base + off, bytes, len);
	return off;
}

uint8_t *region_image_item(struct region_image *image, struct region *region, uint32_t set,
			   uint32_t index, uint32_t *cursor, const void *name, uint16_t name_len,
			   const void *key, uint32_t key_len, uint64_t key_hash, uint16_t flags,
			   uint32_t bytes_len)
{
	struct mr_set *to = &image->sets[set];
	struct mr_item *item = (struct mr_item *)(void *)(region->base + to->items_off) + index;
	uint64_t text_end = (uint64_t)*cursor + key_len + name_len;
	uint64_t bytes_off =
	    align_up(text_end, bytes_len >= MR_ALIGN_FROM ? MR_ALIGN : MR_ALIGN_SMALL);
	uint64_t end = *cursor + region_item_bytes(name_len, key_len, bytes_len);

	assert(index < to->item_count && *cursor % MR_ALIGN_SMALL == 0);
	assert(bytes_off + bytes_len <= end && end <= image->header->heap_off);
	to->bytes += bytes_len;
	to->bytes -= item->bytes_len; /* when it is filled anew */
	item->key_hash = key_hash;
	item->key_off = put(region, *cursor, key, key_len);
	item->key_len = key_len;
	item->bytes_off = bytes_len > 0 ? (uint32_t)bytes_off : 0;
	item->bytes_len = bytes_len;
	item->name_off = put(region, *cursor + key_len, name, name_len);
	item->name_len = name_len;
	item->flags = flags;
	clear_range(region, text_end, bytes_off);
	clear_range(region, bytes_off + bytes_len, end);
	*cursor = (uint32_t)end;
	return region->base + bytes_off;
}
