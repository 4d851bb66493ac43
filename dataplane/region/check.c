/* The checker: nothing in an image from outside is believed before it has passed here. */
#include "region.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <millrace/hash.h>

/* What is being checked: [low, end) is where names, keys and bytes may lie. */
struct check {
	const uint8_t *base;
	uint64_t low;
	uint64_t end;
	bool ours; /* written by the platform: alignment and "none" as the layout says */
	const struct region_check_limits *limits;
	struct region_fault *fault;
	uint64_t items; /* so far, of all sets */
	uint64_t bytes;
};

/* A set as faults name it. */
struct check_set {
	const char *name;
	uint32_t name_len;
	bool keyed;
};

__attribute__((format(printf, 2, 3))) static int check_fault(const struct check *c,
							     const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(c->fault->text, sizeof(c->fault->text), format, args);
	va_end(args);
	c->fault->kind = REGION_INVALID;
	return -EBADMSG;
}

__attribute__((format(printf, 4, 5))) static int item_fault(const struct check *c,
							    const struct check_set *set,
							    uint32_t index, const char *format, ...)
{
	char text[160];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return check_fault(c, "item %" PRIu32 " of set %.*s %s", index, (int)set->name_len,
			   set->name, text);
}

static bool in_range(const struct check *c, uint64_t off, uint64_t len)
{
	return off >= c->low && off <= c->end && len <= c->end - off;
}

/* One of an item's three ranges. */
static int check_range(const struct check *c, const struct check_set *set, uint32_t index,
		       const char *what, uint32_t off, uint32_t len)
{
	if (len == 0) {
		if (c->ours && off != 0)
			return item_fault(c, set, index, "has no %s but %s_off %" PRIu32, what,
					  what, off);
		return 0;
	}
	if (!in_range(c, off, len))
		return item_fault(c, set, index,
				  "has %s at %" PRIu32 " + %" PRIu32 ", outside [%" PRIu64
				  ", %" PRIu64 ")",
				  what, off, len, c->low, c->end);
	return 0;
}

static int check_key(const struct check *c, const struct check_set *set, uint32_t index,
		     const struct mr_item *item)
{
	if ((item->flags & ~MR_ITEM_GROUP) != 0)
		return item_fault(c, set, index, "has unknown flags 0x%x", item->flags);
	if (item->flags & MR_ITEM_GROUP) {
		if (item->key_len != 0)
			return item_fault(c, set, index,
					  "is a key group but has a key of %" PRIu32 " bytes",
					  item->key_len);
		if (item->key_hash != mr_key_group_hash(mr_key_group(item->key_hash)))
			return item_fault(c, set, index,
					  "is a key group but key_hash 0x%016" PRIx64
					  " is not the first of one",
					  item->key_hash);
		return 0;
	}
	if (item->key_len == 0) {
		if (set->keyed)
			return item_fault(c, set, index,
					  "has neither key nor key group; the edge is keyed");
		if (item->key_hash != 0)
			return item_fault(c, set, index, "has no key but key_hash 0x%016" PRIx64,
					  item->key_hash);
		return 0;
	}
	if (set->keyed && item->key_hash != mr_hash64(c->base + item->key_off, item->key_len))
		return item_fault(
		    c, set, index,
		    "has key_hash 0x%016" PRIx64 ", but its key hashes to 0x%016" PRIx64,
		    item->key_hash, mr_hash64(c->base + item->key_off, item->key_len));
	return 0;
}

static int check_item(struct check *c, const struct check_set *set, uint32_t index,
		      const struct mr_item *item)
{
	uint32_t align = item->bytes_len >= MR_ALIGN_FROM ? MR_ALIGN : MR_ALIGN_SMALL;
	int rc;

	rc = check_range(c, set, index, "name", item->name_off, item->name_len);
	if (rc != 0)
		return rc;
	rc = check_range(c, set, index, "key", item->key_off, item->key_len);
	if (rc != 0)
		return rc;
	rc = check_range(c, set, index, "bytes", item->bytes_off, item->bytes_len);
	if (rc != 0)
		return rc;
	if (c->ours && item->bytes_off % align != 0)
		return item_fault(c, set, index,
				  "has %" PRIu32 " bytes at %" PRIu32
				  ", not a multiple of %" PRIu32,
				  item->bytes_len, item->bytes_off, align);
	/* Items may share bytes: only the sum bounds what copying them would take. */
	c->bytes += (uint64_t)item->name_len + item->key_len + item->bytes_len;
	if (c->bytes > c->limits->bytes_max) {
		item_fault(c, set, index,
			   "brings the items to %" PRIu64 " bytes; the limit is %" PRIu64, c->bytes,
			   c->limits->bytes_max);
		c->fault->kind = REGION_BYTES_MAX;
		return -EBADMSG;
	}
	return check_key(c, set, index, item);
}

/*
 * What a function has just left, once: field by field, as it was written. A copy in wider pieces
 * would wait until those writes have left the processor's store buffer.
 */
static struct mr_item item_snapshot(const volatile struct mr_item *item)
{
	return (struct mr_item){
	    .key_hash = item->key_hash,
	    .key_off = item->key_off,
	    .key_len = item->key_len,
	    .bytes_off = item->bytes_off,
	    .bytes_len = item->bytes_len,
	    .name_off = item->name_off,
	    .name_len = item->name_len,
	    .flags = item->flags,
	};
}

static struct mr_set set_snapshot(const volatile struct mr_set *set)
{
	return (struct mr_set){
	    .name_off = set->name_off,
	    .name_len = set->name_len,
	    .items_off = set->items_off,
	    .item_count = set->item_count,
	    .item_limit = set->item_limit,
	    .flags = set->flags,
	    .bytes = set->bytes,
	};
}

/* The item table and every item; the sum of the items' bytes in *bytes. */
static int check_items(struct check *c, const struct check_set *name, const struct mr_set *set,
		       uint32_t align, uint64_t *bytes)
{
	const struct mr_item *items = region_items(c->base, set);
	uint64_t table_bytes = (uint64_t)set->item_count * sizeof(struct mr_item);

	*bytes = 0;
	if (set->flags != 0)
		return check_fault(c, "set %.*s has unknown flags 0x%" PRIx32, (int)name->name_len,
				   name->name, set->flags);
	if (set->item_count > MR_SET_ITEMS_MAX)
		return check_fault(c, "set %.*s has %" PRIu32 " items; the limit is %u",
				   (int)name->name_len, name->name, set->item_count,
				   MR_SET_ITEMS_MAX);
	c->items += set->item_count;
	if (c->items > c->limits->items_max) {
		check_fault(c, "set %.*s brings the items to %" PRIu64 "; the limit is %" PRIu64,
			    (int)name->name_len, name->name, c->items, c->limits->items_max);
		c->fault->kind = REGION_ITEMS_MAX;
		return -EBADMSG;
	}
	if (set->item_count == 0)
		return 0;
	if (set->items_off % align != 0)
		return check_fault(
		    c, "set %.*s has its items at %" PRIu32 ", not a multiple of %" PRIu32,
		    (int)name->name_len, name->name, set->items_off, align);
	if (!in_range(c, set->items_off, table_bytes))
		return check_fault(c,
				   "set %.*s has %" PRIu32 " items at %" PRIu32
				   ", outside [%" PRIu64 ", %" PRIu64 ")",
				   (int)name->name_len, name->name, set->item_count, set->items_off,
				   c->low, c->end);
	for (uint32_t i = 0; i < set->item_count; i++) {
		const struct mr_item item = item_snapshot(&items[i]);
		const int rc = check_item(c, name, i, &item);
		if (rc != 0)
			return rc;
		*bytes += item.bytes_len;
	}
	return 0;
}

/* What a function claims about the table of an output set, beyond the items. */
static int check_output(struct check *c, const struct check_set *name, const struct mr_set *set,
			uint64_t *bytes)
{
	if (set->item_count > set->item_limit)
		return check_fault(
		    c, "set %.*s has %" PRIu32 " items in a table of item_limit %" PRIu32,
		    (int)name->name_len, name->name, set->item_count, set->item_limit);
	return check_items(c, name, set, MR_ALIGN_SMALL, bytes);
}

static int check_input(struct check *c, const struct check_set *name, const struct mr_set *set)
{
	uint64_t bytes;
	int rc;

	if (set->item_count == 0 && set->items_off != 0)
		return check_fault(c, "set %.*s has no items but items_off %" PRIu32,
				   (int)name->name_len, name->name, set->items_off);
	if (set->item_limit != 0)
		return check_fault(c, "set %.*s is an input but has item_limit %" PRIu32,
				   (int)name->name_len, name->name, set->item_limit);
	rc = check_items(c, name, set, MR_ALIGN, &bytes);
	if (rc == 0 && set->bytes != bytes)
		rc = check_fault(c, "set %.*s says %" PRIu64 " bytes; its items have %" PRIu64,
				 (int)name->name_len, name->name, set->bytes, bytes);
	return rc;
}

/* Names are shown to users: no control characters. */
static int check_set_name(struct check *c, uint32_t number, const struct mr_set *set,
			  struct check_set *name)
{
	if (set->name_len == 0 || set->name_len >= MR_NAME_BYTES_MAX)
		return check_fault(c,
				   "set number %" PRIu32 " has a name of %" PRIu32
				   " bytes; 1 to %d are allowed",
				   number, set->name_len, MR_NAME_BYTES_MAX - 1);
	if (!in_range(c, set->name_off, set->name_len))
		return check_fault(c,
				   "set number %" PRIu32 " has its name at %" PRIu32 " + %" PRIu32
				   ", outside [%" PRIu64 ", %" PRIu64 ")",
				   number, set->name_off, set->name_len, c->low, c->end);
	name->name = (const char *)c->base + set->name_off;
	name->name_len = set->name_len;
	for (uint32_t i = 0; i < name->name_len; i++)
		if ((uint8_t)name->name[i] < 0x20 || name->name[i] == 0x7f)
			return check_fault(c,
					   "set number %" PRIu32
					   " has a control character, 0x%02x, in its name",
					   number, (uint8_t)name->name[i]);
	return 0;
}

static int check_header(struct check *c, const struct mr_region *header, uint32_t header_off)
{
	uint64_t sets_bytes;

	if (header->magic != MR_REGION_MAGIC)
		return check_fault(c, "magic is 0x%08" PRIx32 ", not 0x%08x: no region image",
				   header->magic, MR_REGION_MAGIC);
	if (header->version != MR_REGION_VERSION)
		return check_fault(c, "layout version is %u; this program knows %d",
				   header->version, MR_REGION_VERSION);
	if (header->header_bytes != sizeof(*header))
		return check_fault(c, "header_bytes is %u, not %zu", header->header_bytes,
				   sizeof(*header));
	if (header->header_off != header_off)
		return check_fault(c, "header_off is %" PRIu32 "; the header is at %" PRIu32,
				   header->header_off, header_off);
	if (header->in_count > MR_SETS_MAX || header->out_count > MR_SETS_MAX - header->in_count)
		return check_fault(
		    c, "in_count %" PRIu32 " and out_count %" PRIu32 " are more than %d sets",
		    header->in_count, header->out_count, MR_SETS_MAX);
	for (size_t i = 0; i < sizeof(header->reserved) / sizeof(header->reserved[0]); i++)
		if (header->reserved[i] != 0)
			return check_fault(c, "reserved word %zu is 0x%" PRIx64 ", not zero", i,
					   header->reserved[i]);
	if (header->heap_off < c->low || header->heap_off > header->heap_end ||
	    header->heap_end > c->end)
		return check_fault(
		    c, "heap [%" PRIu32 ", %" PRIu32 ") is outside [%" PRIu64 ", %" PRIu64 ")",
		    header->heap_off, header->heap_end, c->low, c->end);
	if (header->error_len > 0 && !in_range(c, header->error_off, header->error_len))
		return check_fault(c,
				   "error text at %" PRIu32 " + %" PRIu32 " is outside [%" PRIu64
				   ", %" PRIu64 ")",
				   header->error_off, header->error_len, c->low, c->end);
	sets_bytes = (uint64_t)(header->in_count + header->out_count) * sizeof(struct mr_set);
	if (header->sets_off % MR_ALIGN != 0 || !in_range(c, header->sets_off, sets_bytes))
		return check_fault(c,
				   "set table at %" PRIu32 " + %" PRIu64 " is outside [%" PRIu64
				   ", %" PRIu64 ") or not at a multiple of %d",
				   header->sets_off, sets_bytes, c->low, c->end, MR_ALIGN);
	return 0;
}

int region_check_image(const uint8_t *base, uint64_t bytes, uint32_t header_off,
		       const struct region_check_limits *limits, struct region_fault *fault)
{
	struct check c = {
	    .base = base,
	    .low = (uint64_t)header_off + sizeof(struct mr_region),
	    .end = bytes,
	    .ours = true,
	    .limits = limits,
	    .fault = fault,
	};
	struct mr_region header;
	int rc;

	assert((uintptr_t)base % MR_ALIGN_SMALL == 0);
	if (header_off % MR_ALIGN != 0 || c.low > bytes)
		return check_fault(&c,
				   "a header at %" PRIu32 " does not fit %" PRIu64
				   " bytes, or is not at a multiple of %d",
				   header_off, bytes, MR_ALIGN);
	region_snapshot(&header, base + header_off, sizeof(header));
	rc = check_header(&c, &header, header_off);
	if (rc != 0)
		return rc;
	for (uint32_t i = 0; i < header.in_count + header.out_count; i++) {
		struct check_set name;
		struct mr_set set;
		uint64_t out_bytes;

		region_snapshot(&set, base + header.sets_off + i * sizeof(set), sizeof(set));
		rc = check_set_name(&c, i, &set, &name);
		name.keyed = limits->keyed >> i & 1;
		if (rc == 0)
			rc = i < header.in_count ? check_input(&c, &name, &set)
						 : check_output(&c, &name, &set, &out_bytes);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int region_check_outputs(const uint8_t *base, uint64_t bytes, uint32_t sets_off, uint32_t in_count,
			 uint32_t out_count, const char *const *out_names,
			 const struct region_check_limits *limits, struct mr_set *sets,
			 struct region_fault *fault)
{
	struct check c = {
	    .base = base,
	    .low = 1, /* a function may give back its constants and its inputs; 0 is "none" */
	    .end = bytes,
	    .limits = limits,
	    .fault = fault,
	};
	uint64_t first = sets_off + (uint64_t)in_count * sizeof(struct mr_set);

	assert((uintptr_t)base % MR_ALIGN_SMALL == 0 && sets_off % MR_ALIGN_SMALL == 0);
	assert(in_count <= MR_SETS_MAX && out_count <= MR_SETS_MAX - in_count);
	assert(first + out_count * sizeof(struct mr_set) <= bytes);
	for (uint32_t i = 0; i < out_count; i++) {
		struct check_set name = {out_names[i], (uint32_t)strlen(out_names[i]),
					 limits->keyed >> i & 1};
		int rc;

		sets[i] = set_snapshot((const struct mr_set *)(const void *)(base + first) + i);
		rc = check_output(&c, &name, &sets[i], &sets[i].bytes);
		if (rc != 0)
			return rc;
		sets[i].name_off = 0;
		sets[i].name_len = 0;
		if (sets[i].item_count == 0)
			sets[i].items_off = 0;
	}
	return 0;
}
