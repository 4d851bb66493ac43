#include "calls.h"

#include "reference.h"
#include "test.h"

#define PAGE_BYTES 4096
#define BUFFER_BYTES (CALL_ROWS_MAX * 8 + 2 * PAGE_BYTES)

static uint64_t state;
static _Alignas(PAGE_BYTES) uint8_t keys_memory[BUFFER_BYTES], values_memory[BUFFER_BYTES];
static uint8_t keys_bits[CALL_ROWS_MAX / 8 + 9], values_bits[CALL_ROWS_MAX / 8 + 9];
static uint32_t counts[4096], wanted_counts[4096];
static uint32_t order[CALL_ROWS_MAX], wanted_order[2 * CALL_ROWS_MAX + 2];
static struct fpga_word words[CALL_ROWS_MAX + 1];

void calls_seed(uint64_t seed)
{
	state = seed;
}

uint64_t calls_random(void)
{
	uint64_t x = state += 0x9E3779B97F4A7C15u;

	x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
	x = (x ^ x >> 27) * 0x94D049BB133111EBu;
	return x ^ x >> 31;
}

static int64_t *column_make(uint8_t *memory, uint32_t rows, bool whole_pages)
{
	int64_t *column = (int64_t *)(memory + (whole_pages ? 0 : 8));
	const uint64_t mask = calls_random() % 2 == 0 ? 15 : ~0ull;

	for (uint32_t i = 0; i < rows; i++)
		column[i] = (int64_t)(calls_random() & mask) - (mask == 15) * 8;
	return column;
}

static const uint8_t *validity_make(uint8_t *bits, uint32_t rows)
{
	for (uint32_t i = 0; i < rows / 8 + 1; i++)
		bits[i] = (uint8_t)(calls_random() | calls_random());
	return calls_random() % 2 == 0 ? bits : NULL;
}

static int partition_try(struct fpga_card *card, uint32_t rows, bool whole_pages,
			 struct fpga_error *error)
{
	const uint64_t *keys = (uint64_t *)column_make(keys_memory, rows, whole_pages);
	const uint8_t *validity = validity_make(keys_bits, rows);
	const uint32_t bits = (uint32_t)(calls_random() % 13);
	const uint32_t null = (uint32_t)calls_random() & ((1u << bits) - 1);
	int rc = fpga_partition(card, keys, validity, rows, bits, null, counts, order, error);

	if (rc < 0)
		return rc;
	reference_partition(keys, validity, rows, bits, null, wanted_counts, wanted_order);
	CHECK(memcmp(counts, wanted_counts, sizeof(*counts) << bits) == 0);
	CHECK(memcmp(order, wanted_order, rows * sizeof(*order)) == 0);
	return 0;
}

static int crc32c_try(struct fpga_card *card, uint32_t bytes, bool whole_pages,
		      struct fpga_error *error)
{
	const void *data = column_make(keys_memory, bytes / 8 + 1, whole_pages);
	const uint32_t begun = (uint32_t)calls_random();
	uint32_t crc = begun;
	int rc = fpga_crc32c(card, data, bytes, &crc, error);

	if (rc == 0)
		CHECK(crc == reference_crc32c(data, bytes, begun));
	return rc;
}

static int aggregate_try(struct fpga_card *card, uint32_t rows, bool whole_pages,
			 struct fpga_error *error)
{
	struct fpga_column filter, values;
	const bool few = calls_random() % 2 == 0;
	const int64_t low = few ? -5 : INT64_MIN / 2, high = few ? 3 : INT64_MAX;
	struct reference_totals wanted;
	struct fpga_totals totals;
	int rc;

	filter.values = column_make(keys_memory, rows, whole_pages);
	filter.validity = validity_make(keys_bits, rows);
	values.values = column_make(values_memory, rows, whole_pages);
	values.validity = validity_make(values_bits, rows);
	rc = fpga_select_aggregate(card, filter, values, rows, low, high, &totals, error);
	if (rc < 0)
		return rc;
	wanted = reference_aggregate(filter.values, filter.validity, values.values, values.validity,
				     rows, low, high);
	CHECK(totals.selected == wanted.selected && totals.counted == wanted.counted);
	CHECK(totals.sum == wanted.sum && totals.min == wanted.min && totals.max == wanted.max);
	return 0;
}

static int sort_try(struct fpga_card *card, uint32_t rows, bool whole_pages,
		    struct fpga_error *error)
{
	struct fpga_column keys = {column_make(keys_memory, rows, whole_pages),
				   validity_make(keys_bits, rows)};
	const struct fpga_order by = {calls_random() % 2 == 0, calls_random() % 2 == 0};
	int rc = fpga_sort(card, keys, rows, by, order, error);

	if (rc < 0)
		return rc;
	reference_sort(keys.values, keys.validity, rows, by.descending, by.nulls_first,
		       wanted_order);
	CHECK(memcmp(order, wanted_order, rows * sizeof(*order)) == 0);
	return 0;
}

static int tokenise_try(struct fpga_card *card, uint32_t bytes, bool whole_pages,
			struct fpga_error *error)
{
	uint8_t *text = keys_memory + (whole_pages ? 0 : 3);
	const uint32_t spaces = calls_random() % 4 == 0 ? 5000 : 6;
	uint64_t capacity, count, kept;
	uint32_t wanted;
	int rc;

	for (uint32_t i = 0; i < bytes; i++)
		text[i] = calls_random() % spaces == 0 ? "\n .\xe9"[calls_random() % 4]
						       : "azAZ09"[calls_random() % 6];
	wanted = reference_tokenise(text, bytes, wanted_order);
	capacity = calls_random() % 2 == 0 ? wanted : calls_random() % (wanted + 1u);
	memset(words, 0xff, sizeof(words));
	rc = fpga_tokenise(card, text, bytes, words, capacity, &count, error);
	if (rc < 0)
		return rc;
	kept = count < capacity ? count : capacity;
	CHECK(count == wanted, "%lu words, wanted %u", (unsigned long)count, wanted);
	CHECK(memcmp(words, wanted_order, kept * sizeof(*words)) == 0);
	CHECK(words[capacity].bytes == UINT32_MAX, "a word beyond the capacity");
	return 0;
}

int call_try(struct fpga_card *card, enum call_kind kind, uint32_t size, bool whole_pages,
	     struct fpga_error *error)
{
	static int (*const tries[CALLS])(struct fpga_card *, uint32_t, bool,
					 struct fpga_error *) = {
	    [CALL_PARTITION] = partition_try, [CALL_CRC32C] = crc32c_try,
	    [CALL_AGGREGATE] = aggregate_try, [CALL_SORT] = sort_try,
	    [CALL_TOKENISE] = tokenise_try,
	};

	CHECK(size <= CALL_ROWS_MAX);
	return tries[kind](card, size, whole_pages, error);
}
