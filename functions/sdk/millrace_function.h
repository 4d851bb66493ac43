/*
 * The function SDK: what a Millrace function includes, and all that it needs.
 *
 * A function reads the items of its input sets, writes items to its output sets, and returns. It
 * makes no system call. It works alike as freestanding wasm32, as wasm32 with wasi-libc, as a
 * native image (compiled with -DMR_IMAGE, freestanding or with a static libc) for the sandboxes
 * that confine native code, and as a native shared object for debugging:
 *
 *	#include <millrace_function.h>
 *
 *	static int shout(struct mr_call *call) { ... return 0; }
 *	MR_ENTRY(shout)
 *
 * Everything here is `static`: include it in one source file of a function, define MR_WITH_MALLOC
 * before it to get malloc() from the call's memory. Nothing is freed one by one unless said so: a
 * call's memory ends with the call. Functions that can fail return 0 or MR_FAILED, and have then
 * recorded the reason, so that `return MR_FAILED` is all that is left to do.
 *
 * Layout and rules: <millrace/region.h>; how to compile and what is contained: docs/sandbox.md.
 */
#ifndef MILLRACE_FUNCTION_H
#define MILLRACE_FUNCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <millrace/hash.h>
#include <millrace/region.h>

#define MR_FAILED 1 /* status of a function that failed with a text */

#define MR_FN static inline __attribute__((unused))

/* One invocation. Lives on the stack of the entry; never shared between threads. */
struct mr_call {
	uint8_t
	    *base; /* of the region; offsets count from here. NULL in wasm: offsets are pointers */
	struct mr_region *header;
	struct mr_set *sets; /* inputs, then outputs */
	uint32_t heap_end;   /* what is borrowed lies behind it */
};

/* Bytes that somebody else owns. */
struct mr_bytes {
	const uint8_t *data;
	uint32_t len; /* bytes */
};

#if defined(__wasm__)
#define MR_POINTER(call, off) ((void)(call), (uint8_t *)(uintptr_t)(off))
#define MR_OFFSET(call, pointer) ((void)(call), (uint32_t)(uintptr_t)(pointer))
#else
#define MR_POINTER(call, off) ((call)->base + (off))
#define MR_OFFSET(call, pointer) ((uint32_t)((const uint8_t *)(pointer) - (call)->base))
#endif

/* No libc: freestanding wasm, or a freestanding image. */
#if (defined(__wasm__) && !defined(__wasi__)) || (defined(MR_IMAGE) && !__STDC_HOSTED__)
#include "millrace_memory.h"
#endif

/* A string literal, or any text that ends with a zero, as bytes. */
MR_FN struct mr_bytes mr_text(const char *text)
{
	struct mr_bytes bytes = {(const uint8_t *)text, 0};

	while (text[bytes.len] != 0)
		bytes.len++;
	return bytes;
}

/* No bytes: an item without a name or key. */
MR_FN struct mr_bytes mr_none(void)
{
	struct mr_bytes bytes = {NULL, 0};

	return bytes;
}

MR_FN bool mr_equal(struct mr_bytes left, struct mr_bytes right)
{
	return left.len == right.len &&
	       (left.len == 0 || __builtin_memcmp(left.data, right.data, left.len) == 0);
}

/* ---- Failing ---- */

/* Records why the function fails; returns MR_FAILED. Outputs of a failed call are thrown away, so
 * that the text takes the end of the heap, however full that is. */
MR_FN int mr_fail_bytes(struct mr_call *call, struct mr_bytes text)
{
	struct mr_region *header = call->header;
	uint32_t room = header->heap_end - header->heap_off;
	uint8_t *to;

	if (header->status != 0)
		return MR_FAILED; /* the first reason is the real one */
	if (room < 256)
		room = header->heap_end > 256 ? 256 : 0;
	if (text.len > room)
		text.len = room;
	to = MR_POINTER(call, header->heap_end - text.len);
	if (text.len > 0)
		__builtin_memmove(to, text.data, text.len);
	header->error_off = header->heap_end - text.len;
	header->error_len = text.len;
	header->status = MR_FAILED;
	return MR_FAILED;
}

MR_FN int mr_fail(struct mr_call *call, const char *text)
{
	return mr_fail_bytes(call, mr_text(text));
}

/* Writes value in decimal at to (up to 20 bytes); returns the bytes written. */
MR_FN uint32_t mr_decimal(uint8_t *to, uint64_t value)
{
	uint8_t digits[20];
	uint32_t n = 0;

	do {
		digits[n++] = (uint8_t)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	for (uint32_t i = 0; i < n; i++)
		to[i] = digits[n - 1 - i];
	return n;
}

/* Fails with text, a number, and more text. */
MR_FN int mr_fail_number(struct mr_call *call, const char *before, uint64_t number,
			 const char *after)
{
	uint8_t text[256];
	struct mr_bytes part = mr_text(before);
	uint32_t n = part.len < 100 ? part.len : 100;

	__builtin_memcpy(text, part.data, n);
	n += mr_decimal(text + n, number);
	part = mr_text(after);
	part.len = part.len < 100 ? part.len : 100;
	__builtin_memcpy(text + n, part.data, part.len);
	part.data = text;
	part.len += n;
	return mr_fail_bytes(call, part);
}

/* ---- Memory: a heap that only moves up, as declared by `memory` in the function's block ---- */

/* Bytes left. */
MR_FN uint32_t mr_heap_left(const struct mr_call *call)
{
	return call->heap_end - call->header->heap_off;
}

/* bytes, starting at a multiple of align (a power of two); contents are zero only if the heap was
 * never moved back over them. NULL, with the reason recorded, when they do not fit. */
MR_FN void *mr_alloc(struct mr_call *call, uint64_t bytes, uint32_t align)
{
	struct mr_region *header = call->header;
	const uint64_t start = ((uint64_t)header->heap_off + align - 1) & ~(uint64_t)(align - 1);

	if (start + bytes > call->heap_end) {
		mr_fail_number(call, "out of memory: ", start + bytes - call->heap_end,
			       " bytes too few; raise `memory` in the function's block");
		return NULL;
	}
	header->heap_off = (uint32_t)(start + bytes);
	return MR_POINTER(call, start);
}

/* Everything that is left, from a multiple of align; *room says how much. Give back what is not
 * needed with mr_trim(). */
MR_FN void *mr_alloc_rest(struct mr_call *call, uint32_t align, uint32_t *room)
{
	uint8_t *start = (uint8_t *)mr_alloc(call, 0, align);

	*room = start != NULL ? mr_heap_left(call) : 0;
	call->header->heap_off += *room;
	return start;
}

/* Frees everything from end on: end lies inside, or just behind, the latest allocation. Also
 * returns to a mark: mr_trim(call, mark), where mark came from mr_alloc(call, 0, 1). */
MR_FN void mr_trim(struct mr_call *call, const void *end)
{
	call->header->heap_off = MR_OFFSET(call, end);
}

/* Memory for a while, from the far end of the heap, at a multiple of 64: what mr_alloc() gives in
 * the meantime stays when this goes. NULL, with the reason recorded, when it does not fit. */
MR_FN void *mr_borrow(struct mr_call *call, uint64_t bytes)
{
	const uint64_t taken = bytes + (call->heap_end - bytes) % 64;

	if (taken > mr_heap_left(call)) {
		mr_fail_number(call, "out of memory: ", taken - mr_heap_left(call),
			       " bytes too few; raise `memory` in the function's block");
		return NULL;
	}
	call->heap_end -= (uint32_t)taken;
	return MR_POINTER(call, call->heap_end);
}

/* Gives back all that was borrowed. */
MR_FN void mr_return_all(struct mr_call *call)
{
	call->heap_end = call->header->heap_end;
}

/* ---- Inputs ---- */

MR_FN struct mr_set *mr_set_find(const struct mr_call *call, uint32_t first, uint32_t count,
				 const char *name)
{
	const struct mr_bytes wanted = mr_text(name);

	for (uint32_t i = first; i < first + count; i++) {
		struct mr_set *set = &call->sets[i];
		const struct mr_bytes found = {MR_POINTER(call, set->name_off), set->name_len};

		if (mr_equal(found, wanted))
			return set;
	}
	return NULL;
}

/* The input set of that name, with set->item_count items. NULL, with the reason recorded, if the
 * function's block declares no such set. */
MR_FN const struct mr_set *mr_in(struct mr_call *call, const char *name)
{
	const struct mr_set *set = mr_set_find(call, 0, call->header->in_count, name);

	if (set == NULL)
		mr_fail(call, "the function's block lacks an input set that its code reads");
	return set;
}

/* Item number index of a set, below set->item_count. */
MR_FN const struct mr_item *mr_in_item(const struct mr_call *call, const struct mr_set *set,
				       uint32_t index)
{
	return (const struct mr_item *)(const void *)MR_POINTER(call, set->items_off) + index;
}

MR_FN struct mr_bytes mr_item_bytes(const struct mr_call *call, const struct mr_item *item)
{
	struct mr_bytes bytes = {MR_POINTER(call, item->bytes_off), item->bytes_len};

	return bytes;
}

MR_FN struct mr_bytes mr_item_name(const struct mr_call *call, const struct mr_item *item)
{
	struct mr_bytes bytes = {MR_POINTER(call, item->name_off), item->name_len};

	return bytes;
}

MR_FN struct mr_bytes mr_item_key(const struct mr_call *call, const struct mr_item *item)
{
	struct mr_bytes bytes = {MR_POINTER(call, item->key_off), item->key_len};

	return bytes;
}

/* The only item of a set that holds one. NULL, with the reason recorded, otherwise. */
MR_FN const struct mr_item *mr_in_only(struct mr_call *call, const char *name)
{
	const struct mr_set *set = mr_in(call, name);

	if (set == NULL)
		return NULL;
	if (set->item_count != 1) {
		mr_fail_number(call, "an input set that must hold one item holds ", set->item_count,
			       "");
		return NULL;
	}
	return mr_in_item(call, set, 0);
}

/* ---- Outputs ---- */

/* The output set of that name. NULL, with the reason recorded, if there is none. */
MR_FN struct mr_set *mr_out(struct mr_call *call, const char *name)
{
	const struct mr_region *header = call->header;
	struct mr_set *set = mr_set_find(call, header->in_count, header->out_count, name);

	if (set == NULL)
		mr_fail(call, "the function's block lacks an output set that its code writes");
	return set;
}

/* Makes room for that many more items, so that adding them takes no memory but their own. */
MR_FN int mr_out_reserve(struct mr_call *call, struct mr_set *set, uint32_t items)
{
	struct mr_item *table;
	uint64_t wanted = (uint64_t)set->item_count + items;

	if (wanted <= set->item_limit)
		return 0;
	/* The old table is lost: doubling keeps what many small calls lose in proportion. */
	if (wanted < 2ull * set->item_limit &&
	    2ull * set->item_limit * sizeof(*table) <= mr_heap_left(call) / 2)
		wanted = 2ull * set->item_limit;
	table = (struct mr_item *)mr_alloc(call, wanted * sizeof(*table), 8);
	if (table == NULL)
		return MR_FAILED;
	if (set->item_count > 0)
		__builtin_memcpy(table, MR_POINTER(call, set->items_off),
				 set->item_count * sizeof(*table));
	set->items_off = MR_OFFSET(call, table);
	set->item_limit = (uint32_t)wanted;
	return 0;
}

/* A new, empty item at the end of the set. NULL, with the reason recorded, without memory. */
MR_FN struct mr_item *mr_out_item(struct mr_call *call, struct mr_set *set)
{
	struct mr_item *item;

	if (set->item_count == set->item_limit &&
	    mr_out_reserve(call, set, set->item_limit > 8 ? set->item_limit : 8) != 0)
		return NULL;
	item = (struct mr_item *)(void *)MR_POINTER(call, set->items_off) + set->item_count++;
	__builtin_memset(item, 0, sizeof(*item));
	return item;
}

/* Where bytes lie in the region: where they are already, or a copy in the heap. 0 for no bytes. */
MR_FN int mr_place(struct mr_call *call, struct mr_bytes bytes, uint32_t *off)
{
	const uintptr_t low = (uintptr_t)MR_POINTER(call, 0);
	const uintptr_t at = (uintptr_t)bytes.data;
	void *copy;

	*off = 0;
	if (bytes.len == 0)
		return 0;
	if (at < low + call->header->header_off || at - low >= call->header->heap_end) {
		copy = mr_alloc(call, bytes.len,
				bytes.len >= MR_ALIGN_FROM ? MR_ALIGN : MR_ALIGN_SMALL);
		if (copy == NULL)
			return MR_FAILED;
		__builtin_memcpy(copy, bytes.data, bytes.len);
		bytes.data = (const uint8_t *)copy;
	}
	*off = MR_OFFSET(call, bytes.data);
	return 0;
}

/* Adds an item. Bytes that lie in the call's memory (its inputs, its heap) are not copied: leave
 * them as they are until the function returns. A key's hash is computed here. */
MR_FN int mr_out_add(struct mr_call *call, struct mr_set *set, struct mr_bytes name,
		     struct mr_bytes key, struct mr_bytes bytes)
{
	uint32_t name_off, key_off, bytes_off;
	struct mr_item *item;

	if (name.len > UINT16_MAX)
		return mr_fail(call, "an item's name is longer than 65535 bytes");
	if (mr_place(call, name, &name_off) != 0 || mr_place(call, key, &key_off) != 0 ||
	    mr_place(call, bytes, &bytes_off) != 0)
		return MR_FAILED;
	item = mr_out_item(call, set);
	if (item == NULL)
		return MR_FAILED;
	item->key_hash = key.len > 0 ? mr_hash64(key.data, key.len) : 0;
	item->key_off = key_off;
	item->key_len = key.len;
	item->bytes_off = bytes_off;
	item->bytes_len = bytes.len;
	item->name_off = name_off;
	item->name_len = (uint16_t)name.len;
	return 0;
}

/* Adds an item whose records all belong to one key group (mr_key_group() of their keys' hashes). */
MR_FN int mr_out_add_group(struct mr_call *call, struct mr_set *set, uint32_t group,
			   struct mr_bytes bytes)
{
	uint32_t bytes_off;
	struct mr_item *item;

	if (mr_place(call, bytes, &bytes_off) != 0)
		return MR_FAILED;
	item = mr_out_item(call, set);
	if (item == NULL)
		return MR_FAILED;
	item->key_hash = mr_key_group_hash(group);
	item->bytes_off = bytes_off;
	item->bytes_len = bytes.len;
	item->flags = MR_ITEM_GROUP;
	return 0;
}

#ifdef MR_WITH_MALLOC
#include "millrace_malloc.h"
#endif

/* ---- The entry ---- */

MR_FN int32_t mr_call_run(uint8_t *base, uint32_t header_off, int (*function)(struct mr_call *))
{
	struct mr_call call = {.base = base};
	int status;

	call.header = (struct mr_region *)(void *)MR_POINTER(&call, header_off);
	call.heap_end = call.header->heap_end;
	call.sets = (struct mr_set *)(void *)MR_POINTER(&call, call.header->sets_off);
#ifdef MR_MALLOC_IS_OURS
	mr_current = &call;
#endif
	status = function(&call);
	if (status != 0 && call.header->status == 0)
		call.header->status = status;
	return status;
}

/* Makes int function(struct mr_call *) what an invocation runs: once, at file level. */
#ifdef __wasm__
#define MR_ENTRY(function)                                                              \
	__attribute__((export_name("mr_entry"))) int32_t mr_entry(uint32_t header_off); \
	int32_t mr_entry(uint32_t header_off)                                           \
	{                                                                               \
		return mr_call_run(NULL, header_off, function);                         \
	}
#else
#define MR_ENTRY(function)                                                                        \
	__attribute__((visibility("default"))) int32_t mr_entry(void *base, uint32_t header_off); \
	int32_t mr_entry(void *base, uint32_t header_off)                                         \
	{                                                                                         \
		return mr_call_run((uint8_t *)base, header_off, function);                        \
	}
#endif

#endif
