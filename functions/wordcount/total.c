/*
 * total: the records of some key groups (records.h) to one item of lines, "COUNT WORD\n".
 *
 * Lines are sorted by count, largest first, then by word. Key groups are summed one after the
 * other, so that the table at work is small whatever the input. Records come from elsewhere: each
 * is checked.
 *
 *	heap: | items by group | large counts | entries ->           | one group's table |
 */
#include <millrace_function.h>

#include "records.h"
#include "sort.h"
#include "words.h"

/* Words counted 2^31 times and more: a text that has more of them would be over 50 TB. */
#define BIGS_MAX 4096

struct totals {
	struct mr_call *call;
	const struct mr_set *in;
	uint32_t *order; /* items, by key group */
	struct entries entries;
	uint8_t *entries_end; /* the table begins here */
	uint32_t bigs_count;
	uint64_t line_bytes; /* of the output so far: its words */
};

struct record {
	uint64_t prefix;
	uint64_t count;
	struct mr_bytes word;
	uint32_t off; /* of its length */
};

static int out_of_memory(const struct totals *t)
{
	return mr_fail_number(t->call, "out of memory after ", t->entries.count,
			      " distinct words; raise `memory` of total");
}

static uint32_t item_group(const struct totals *t, uint32_t index)
{
	return mr_key_group(mr_in_item(t->call, t->in, index)->key_hash);
}

/* Sorts the items' numbers by key group. */
static int order_make(struct totals *t)
{
	const uint32_t items = t->in->item_count;
	uint32_t *starts;

	t->order = (uint32_t *)mr_alloc(t->call, (uint64_t)items * sizeof(*t->order), 8);
	starts = (uint32_t *)mr_alloc(t->call, (MR_KEY_GROUPS + 1) * sizeof(*starts), 8);
	if (t->order == NULL || starts == NULL)
		return MR_FAILED;
	for (uint32_t i = 0; i < items; i++)
		starts[item_group(t, i) + 1]++;
	for (uint32_t g = 0; g < MR_KEY_GROUPS; g++)
		starts[g + 1] += starts[g];
	for (uint32_t i = 0; i < items; i++)
		t->order[starts[item_group(t, i)]++] = i;
	__builtin_memset(starts, 0, (MR_KEY_GROUPS + 1) * sizeof(*starts));
	mr_trim(t->call, starts);
	return 0;
}

/* The word's first 8 bytes, first byte highest. 0 when a byte is no letter or digit, all the word
 * considered. */
static uint64_t word_prefix(struct mr_bytes word, const uint8_t *end)
{
	uint64_t first = 0;

	if (end - word.data >= 8)
		first = bytes_load(word.data);
	else
		for (uint32_t i = 0; i < word.len; i++)
			first |= (uint64_t)word.data[i] << (8 * i);
	if (word.len < 8) {
		const uint64_t mask = (1ull << (8 * word.len)) - 1;

		first &= mask;
		return bytes_alnum(first) == (BYTES_TOP & mask) ? __builtin_bswap64(first) : 0;
	}
	for (uint32_t i = 0; i + 8 <= word.len; i += 8)
		if (bytes_alnum(bytes_load(word.data + i)) != BYTES_TOP)
			return 0;
	if (bytes_alnum(bytes_load(word.data + word.len - 8)) != BYTES_TOP)
		return 0;
	return __builtin_bswap64(first);
}

/* Reads the record at *at, which moves on. False when it is malformed. */
static bool record_read(const struct totals *t, const uint8_t **at, const uint8_t *end,
			struct record *record)
{
	uint64_t len;

	record->count = varint_read(at, end);
	if (*at == NULL)
		return false;
	record->off = MR_OFFSET(t->call, *at);
	len = varint_read(at, end);
	if (*at == NULL || len == 0 || len > (uint64_t)(end - *at))
		return false;
	record->word.data = *at;
	record->word.len = (uint32_t)len;
	*at += len;
	record->prefix = word_prefix(record->word, end);
	/* entry_word() finds the bytes of a short word behind one byte of length. */
	return record->prefix != 0 && (len >= 8 || record->word.data[-1] == len);
}

static int item_malformed(const struct totals *t, uint32_t index)
{
	return mr_fail_number(t->call, "item ", index, " of set words is no list of word counts");
}

/* Counts the records of an item, looking no further than at where each begins. */
static int item_records(const struct totals *t, uint32_t index, uint32_t *records)
{
	const struct mr_bytes bytes = mr_item_bytes(t->call, mr_in_item(t->call, t->in, index));
	const uint8_t *at = bytes.data, *end = at + bytes.len;

	for (; at < end; ++*records) {
		uint64_t len = 0;

		varint_read(&at, end);
		if (at != NULL)
			len = varint_read(&at, end);
		if (at == NULL || len > (uint64_t)(end - at))
			return item_malformed(t, index);
		at += len;
	}
	return 0;
}

static uint32_t record_hash(const struct record *record)
{
	uint64_t hash = record->prefix;

	if (record->word.len > 8)
		hash = (hash ^ bytes_load(record->word.data + record->word.len - 8) * 31) +
		       record->word.len;
	return (uint32_t)((hash ^ hash >> 29) * 0x9e3779b97f4a7c15ull >> 32);
}

static int entry_add(struct totals *t, struct entry *entry, uint64_t count)
{
	const uint64_t sum = entry_count(&t->entries, entry) + count;

	if (sum < COUNT_BIG) {
		entry->count = (uint32_t)sum;
		return 0;
	}
	if (entry->count < COUNT_BIG) {
		if (t->bigs_count == BIGS_MAX)
			return mr_fail(t->call, "too many words with counts above 2147483647");
		entry->count = COUNT_BIG + t->bigs_count++;
	}
	t->entries.bigs[entry->count - COUNT_BIG] = sum;
	return 0;
}

/* Adds a record to its word's entry, found through the group's table. */
static int record_add(struct totals *t, const struct record *record, uint32_t *slots, uint32_t mask)
{
	uint32_t i = record_hash(record) & mask;
	struct entry *entry;

	for (; slots[i] != 0; i = (i + 1) & mask) {
		entry = &t->entries.at[slots[i] - 1];
		if (entry->prefix == record->prefix &&
		    (record->word.len < 8 ||
		     mr_equal(entry_word(&t->entries, entry), record->word)))
			return entry_add(t, entry, record->count);
	}
	entry = &t->entries.at[t->entries.count];
	if ((uint8_t *)(entry + 1) > t->entries_end)
		return out_of_memory(t);
	slots[i] = ++t->entries.count;
	entry->prefix = record->prefix;
	entry->record = record->off;
	entry->count = 0;
	t->line_bytes += record->word.len;
	return entry_add(t, entry, record->count);
}

static int item_add(struct totals *t, uint32_t index, uint32_t *slots, uint32_t mask)
{
	const struct mr_bytes bytes = mr_item_bytes(t->call, mr_in_item(t->call, t->in, index));
	const uint8_t *at = bytes.data, *end = at + bytes.len;
	struct record record;

	while (at < end) {
		if (!record_read(t, &at, end, &record))
			return item_malformed(t, index);
		if (record_add(t, &record, slots, mask) != 0)
			return MR_FAILED;
	}
	return 0;
}

static uint32_t group_end(const struct totals *t, uint32_t from)
{
	const uint32_t group = item_group(t, t->order[from]);
	uint32_t to = from + 1;

	while (to < t->in->item_count && item_group(t, t->order[to]) == group)
		to++;
	return to;
}

/* Log2 of the slots of a table for so many records. */
static uint32_t table_bits(uint32_t records)
{
	uint32_t bits = 4;

	while (bits < 31 && (1u << bits) / 4 * 3 < records)
		bits++;
	return bits;
}

/* Counts the records from item number from to item number to, in group order. */
static int group_records(const struct totals *t, uint32_t from, uint32_t to, uint32_t *records)
{
	*records = 0;
	for (uint32_t i = from; i < to; i++)
		if (item_records(t, t->order[i], records) != 0)
			return MR_FAILED;
	return 0;
}

/* Sums one group, in a table that takes the end of the heap for that long. */
static int group_sum(struct totals *t, uint8_t *heap_end, uint32_t from, uint32_t to)
{
	uint8_t *entries_next = (uint8_t *)(t->entries.at + t->entries.count);
	uint32_t records;
	uint32_t *slots;
	uint64_t bytes;

	if (group_records(t, from, to, &records) != 0)
		return MR_FAILED;
	bytes = (uint64_t)sizeof(*slots) << table_bits(records);
	if (bytes > (uint64_t)(heap_end - entries_next))
		return out_of_memory(t);
	t->entries_end = heap_end - bytes;
	slots = (uint32_t *)(void *)t->entries_end;
	__builtin_memset(slots, 0, bytes);
	for (uint32_t i = from; i < to; i++)
		if (item_add(t, t->order[i], slots, (uint32_t)(bytes / sizeof(*slots) - 1)) != 0)
			return MR_FAILED;
	return 0;
}

/* Sums all groups; what the entries leave of the heap is free afterwards. */
static int groups_sum(struct totals *t)
{
	uint32_t room;
	uint8_t *heap = (uint8_t *)mr_alloc_rest(t->call, 64, &room);
	uint8_t *heap_end = heap + (room & ~7u);

	if (heap == NULL)
		return MR_FAILED;
	t->entries.at = (struct entry *)(void *)heap;
	for (uint32_t from = 0, to; from < t->in->item_count; from = to) {
		to = group_end(t, from);
		if (group_sum(t, heap_end, from, to) != 0)
			return MR_FAILED;
	}
	mr_trim(t->call, t->entries.at + t->entries.count);
	return 0;
}

static uint32_t decimal_bytes(uint64_t value)
{
	uint32_t n = 1;

	for (; value >= 10; value /= 10)
		n++;
	return n;
}

static void lines_write(const struct entries *e, uint8_t *to)
{
	for (uint32_t i = 0; i < e->count; i++) {
		const struct mr_bytes word = entry_word(e, &e->at[i]);

		to += mr_decimal(to, entry_count(e, &e->at[i]));
		*to++ = ' ';
		__builtin_memcpy(to, word.data, word.len);
		to += word.len;
		*to++ = '\n';
	}
}

static int total(struct mr_call *call)
{
	struct totals t = {.call = call, .in = mr_in(call, "words"), .entries = {.call = call}};
	struct mr_set *out = mr_out(call, "counts");
	uint64_t bytes;
	struct mr_bytes lines;
	uint8_t *to;

	if (t.in == NULL || out == NULL || order_make(&t) != 0)
		return MR_FAILED;
	t.entries.bigs = (uint64_t *)mr_alloc(call, BIGS_MAX * sizeof(*t.entries.bigs), 8);
	if (t.entries.bigs == NULL || groups_sum(&t) != 0)
		return MR_FAILED;
	entries_sort(&t.entries);
	bytes = t.line_bytes + 2ull * t.entries.count;
	for (uint32_t i = 0; i < t.entries.count; i++)
		bytes += decimal_bytes(entry_count(&t.entries, &t.entries.at[i]));
	to = (uint8_t *)mr_alloc(call, bytes, 64);
	if (to == NULL)
		return MR_FAILED;
	lines_write(&t.entries, to);
	lines.data = to;
	lines.len = (uint32_t)bytes;
	return mr_out_add(call, out, mr_none(), mr_none(), lines);
}

MR_ENTRY(total)
