/*
 * Each kernel, called as a C function on memory of exactly the bytes that the table says, gives
 * what plain C gives, and checks that are the host's: random columns and texts of all small sizes
 * and some around the sizes of beats and runs. What v++ is told of banks is what the table says.
 * test_kernels LINK_CFG [SEED]
 */
#include <inttypes.h>

#include "kernel_table.h"
#include "reference.h"
#include "test.h"

#define ROWS_MAX 20000

static uint64_t seed;

static uint64_t random_next(void)
{
	uint64_t x = seed += 0x9E3779B97F4A7C15u;

	x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
	x = (x ^ x >> 27) * 0x94D049BB133111EBu;
	return x ^ x >> 31;
}

/* Memory for argument of a kernel, of the bytes it may touch. */
static struct beat *memory(enum kernel_number kernel, uint32_t argument,
			   const union kernel_value *values)
{
	uint64_t bytes = kernel_table[kernel].bytes(argument, values);
	struct beat *beats = malloc(bytes > 0 ? bytes : 1);

	CHECK(bytes % BEAT_BYTES == 0);
	memset(beats, 0xA5, bytes);
	return beats;
}

static uint64_t check_of(uint64_t sum, const struct beat *beats, uint64_t count)
{
	struct beat_check check;

	beat_check_begin(&check);
	for (uint64_t i = 0; i < count; i++)
		beat_check_add(&check, &beats[i], i);
	return beat_check_fold(sum, &check);
}

static uint64_t memory_check(uint64_t sum, enum kernel_number kernel, uint32_t argument,
			     const union kernel_value *values, const struct beat *beats)
{
	return check_of(sum, beats, kernel_table[kernel].bytes(argument, values) / BEAT_BYTES);
}

/* Few keys or many, so that there are equal ones. */
static void keys_fill(struct beat *beats, uint32_t rows)
{
	uint64_t mask = random_next() % 3 == 0 ? 7 : ~0ull;

	for (uint32_t i = 0; i < rows; i++)
		beats[i / BEAT_WORDS].word[i % BEAT_WORDS] =
		    (random_next() & mask) - (mask == 7) * 4;
}

static void bits_fill(struct beat *beats, uint64_t bytes)
{
	for (uint64_t i = 0; i < bytes / sizeof(uint64_t); i++)
		beats[i / BEAT_WORDS].word[i % BEAT_WORDS] = random_next() | random_next();
}

static struct kernel_status status_of(const struct beat *beats)
{
	struct kernel_status status;

	memcpy(&status, beats, sizeof(status));
	CHECK(status.stamp == 77);
	return status;
}

static void partition_try(uint32_t rows, uint32_t bits, bool nullable)
{
	const uint32_t null = bits > 0 ? (uint32_t)random_next() & ((1u << bits) - 1) : 0;
	const union kernel_value v[] = {
	    [PARTITION_ROWS].scalar = rows,
	    [PARTITION_BITS].scalar = bits,
	    [PARTITION_FLAGS].scalar = nullable ? PARTITION_NULLABLE : 0,
	};
	struct beat *m[PARTITION_STATUS + 1];
	struct kernel_status status;
	static uint32_t counts[1 << PARTITION_BITS_MAX], order[ROWS_MAX];
	uint32_t beat = 0, row = 0;
	uint64_t check;

	for (uint32_t i = 0; i <= PARTITION_STATUS; i++)
		m[i] = memory(KERNEL_PARTITION, i, v);
	keys_fill(m[PARTITION_KEYS], rows);
	if (nullable)
		bits_fill(m[PARTITION_VALIDITY],
			  kernel_table[KERNEL_PARTITION].bytes(PARTITION_VALIDITY, v));
	partition(m[0], m[1], m[2], m[3], m[4], rows, bits, null,
		  (uint32_t)v[PARTITION_FLAGS].scalar, 77);
	status = status_of(m[PARTITION_STATUS]);
	CHECK(status.fault == 0);
	check = memory_check(0, KERNEL_PARTITION, PARTITION_KEYS, v, m[PARTITION_KEYS]);
	CHECK(status.check_in ==
	      memory_check(check, KERNEL_PARTITION, PARTITION_VALIDITY, v, m[PARTITION_VALIDITY]));
	reference_partition(m[PARTITION_KEYS][0].word,
			    nullable ? (uint8_t *)m[PARTITION_VALIDITY] : NULL, rows, bits, null,
			    counts, order);
	for (uint32_t i = 0; i < 1u << bits; i++) {
		CHECK(beat_half(&m[PARTITION_COUNTS][i / BEAT_HALVES], i % BEAT_HALVES) ==
		      counts[i]);
		for (uint32_t j = 0; j < counts[i]; j++)
			CHECK(beat_half(&m[PARTITION_ORDER][beat + j / BEAT_HALVES],
					j % BEAT_HALVES) == order[row++]);
		beat += (counts[i] + BEAT_HALVES - 1) / BEAT_HALVES;
	}
	check = memory_check(0, KERNEL_PARTITION, PARTITION_COUNTS, v, m[PARTITION_COUNTS]);
	CHECK(status.check_out == check_of(check, m[PARTITION_ORDER], beat));
	for (uint32_t i = 0; i <= PARTITION_STATUS; i++)
		free(m[i]);
}

static void crc32c_try(uint32_t bytes)
{
	const union kernel_value v[] = {[CRC32C_BYTES].scalar = bytes};
	struct beat *data = memory(KERNEL_CRC32C, CRC32C_DATA, v);
	struct beat end[STATUS_BEATS];
	struct kernel_status status;
	uint32_t begun = (uint32_t)random_next();

	bits_fill(data, beats_of(bytes) * BEAT_BYTES);
	crc32c(data, end, bytes, begun, 77);
	status = status_of(end);
	CHECK(status.result[0] == reference_crc32c((uint8_t *)data, bytes, begun));
	CHECK(status.check_in == memory_check(0, KERNEL_CRC32C, CRC32C_DATA, v, data));
	free(data);
}

static void aggregate_try(uint32_t rows, uint32_t flags)
{
	const union kernel_value v[] = {
	    [AGGREGATE_ROWS].scalar = rows, [AGGREGATE_FLAGS].scalar = flags};
	struct beat *m[AGGREGATE_STATUS + 1];
	struct kernel_status status;
	struct reference_totals wanted;
	int64_t low = (int64_t)random_next() >> 1, high = INT64_MAX;
	uint64_t check = 0;

	if (random_next() % 2 == 0) {
		low = -2;
		high = 1;
	}
	for (uint32_t i = 0; i <= AGGREGATE_STATUS; i++)
		m[i] = memory(KERNEL_SELECT_AGGREGATE, i, v);
	keys_fill(m[AGGREGATE_FILTER], rows);
	keys_fill(m[AGGREGATE_VALUES], rows);
	for (uint32_t i = AGGREGATE_FILTER_VALIDITY; i < AGGREGATE_STATUS; i += 2)
		bits_fill(m[i], kernel_table[KERNEL_SELECT_AGGREGATE].bytes(i, v));
	select_aggregate(m[0], m[1], m[2], m[3], m[4], rows, (uint64_t)low, (uint64_t)high, flags,
			 77);
	status = status_of(m[AGGREGATE_STATUS]);
	wanted = reference_aggregate(
	    (int64_t *)m[AGGREGATE_FILTER],
	    flags & AGGREGATE_FILTER_NULLABLE ? (uint8_t *)m[AGGREGATE_FILTER_VALIDITY] : NULL,
	    (int64_t *)m[AGGREGATE_VALUES],
	    flags & AGGREGATE_VALUES_NULLABLE ? (uint8_t *)m[AGGREGATE_VALUES_VALIDITY] : NULL,
	    rows, low, high);
	CHECK(status.result[0] == wanted.selected);
	CHECK(status.result[1] == wanted.counted);
	CHECK(status.result[2] == (uint64_t)wanted.sum);
	CHECK(status.result[3] == (uint64_t)(wanted.sum >> 64));
	CHECK((int64_t)status.result[4] == wanted.min && (int64_t)status.result[5] == wanted.max);
	for (uint32_t i = 0; i < AGGREGATE_STATUS; i++)
		check = memory_check(check, KERNEL_SELECT_AGGREGATE, i, v, m[i]);
	CHECK(status.check_in == check);
	for (uint32_t i = 0; i <= AGGREGATE_STATUS; i++)
		free(m[i]);
}

static void sort_try(uint32_t rows, uint32_t flags)
{
	const union kernel_value v[] = {[SORT_ROWS].scalar = rows, [SORT_FLAGS].scalar = flags};
	struct beat *m[SORT_STATUS + 1];
	struct kernel_status status;
	static uint32_t order[ROWS_MAX];
	uint64_t check;

	for (uint32_t i = 0; i <= SORT_STATUS; i++)
		m[i] = memory(KERNEL_SORT_MERGE, i, v);
	keys_fill(m[SORT_KEYS], rows);
	bits_fill(m[SORT_VALIDITY], kernel_table[KERNEL_SORT_MERGE].bytes(SORT_VALIDITY, v));
	sort_merge(m[0], m[1], m[2], m[3], m[4], rows, flags, 77);
	status = status_of(m[SORT_STATUS]);
	reference_sort((int64_t *)m[SORT_KEYS],
		       flags & SORT_NULLABLE ? (uint8_t *)m[SORT_VALIDITY] : NULL, rows,
		       flags & SORT_DESCENDING, flags & SORT_NULLS_FIRST, order);
	for (uint32_t i = 0; i < rows; i++)
		CHECK((uint32_t)m[SORT_ORDER][i / 4].word[i % 4 * 2 + 1] == order[i],
		      "row %" PRIu32 " of %" PRIu32 ", flags %" PRIx32, i, rows, flags);
	check = memory_check(0, KERNEL_SORT_MERGE, SORT_KEYS, v, m[SORT_KEYS]);
	CHECK(status.check_in ==
	      memory_check(check, KERNEL_SORT_MERGE, SORT_VALIDITY, v, m[SORT_VALIDITY]));
	CHECK(status.check_out == memory_check(0, KERNEL_SORT_MERGE, SORT_ORDER, v, m[SORT_ORDER]));
	for (uint32_t i = 0; i <= SORT_STATUS; i++)
		free(m[i]);
}

static void tokenise_try(uint32_t bytes)
{
	static const char alphabet[] = "az09AZ/:@[`{ \n\x80\xe1";
	const uint32_t most = (bytes + 1) / 2;
	const uint32_t capacity =
	    random_next() % 3 == 0 ? (uint32_t)(random_next() % (most + 1)) : most;
	const union kernel_value v[] = {
	    [TOKENISE_BYTES].scalar = bytes, [TOKENISE_CAPACITY].scalar = capacity};
	struct beat *text = memory(KERNEL_TOKENISE, TOKENISE_TEXT, v);
	struct beat *words = memory(KERNEL_TOKENISE, TOKENISE_WORDS, v);
	struct beat end[STATUS_BEATS];
	struct kernel_status status;
	static uint32_t wanted[ROWS_MAX + 2];
	uint32_t count, kept, letters = random_next() % 2 == 0 ? sizeof(alphabet) - 1 : 6;

	for (uint32_t i = 0; i < bytes; i++)
		((char *)text)[i] =
		    random_next() % 16 == 0 ? ' ' : alphabet[random_next() % letters];
	tokenise(text, words, end, bytes, capacity, 77);
	status = status_of(end);
	count = reference_tokenise((uint8_t *)text, bytes, wanted);
	kept = count < capacity ? count : capacity;
	CHECK(status.result[0] == count);
	CHECK(memcmp(words, wanted, (size_t)kept * 2 * sizeof(*wanted)) == 0);
	CHECK(status.check_in == memory_check(0, KERNEL_TOKENISE, TOKENISE_TEXT, v, text));
	CHECK(status.check_out == check_of(0, words, beats_of((uint64_t)kept * 8)));
	free(text);
	free(words);
}

static void size_try(uint32_t size)
{
	partition_try(size, (uint32_t)(random_next() % (PARTITION_BITS_MAX + 1)), size % 2 == 0);
	crc32c_try(size);
	aggregate_try(size, (uint32_t)random_next() & 3);
	sort_try(size, (uint32_t)random_next() & 7);
	tokenise_try(size);
}

/* What the check of beats promises: a changed, missing or moved beat changes it, their order of
 * writing does not. */
static void check_try(void)
{
	struct beat beats[64];
	struct beat_check backwards;
	uint64_t good;

	bits_fill(beats, sizeof(beats));
	good = check_of(0, beats, 64);
	beat_check_begin(&backwards);
	for (uint32_t i = 64; i-- > 0;)
		beat_check_add(&backwards, &beats[i], i);
	CHECK(beat_check_fold(0, &backwards) == good);
	CHECK(check_of(0, beats, 63) != good && check_of(1, beats, 64) != good);
	for (uint32_t i = 0; i < 64; i++) {
		const struct beat kept = beats[i];
		const uint32_t other = (i + 1 + (uint32_t)(random_next() % 63)) % 64;

		beats[i].word[random_next() % BEAT_WORDS] ^= 1ull << random_next() % 64;
		CHECK(check_of(0, beats, 64) != good);
		beats[i] = beats[other];
		beats[other] = kept;
		CHECK(check_of(0, beats, 64) != good, "%" PRIu32 " and %" PRIu32, i, other);
		beats[other] = beats[i];
		beats[i] = kept;
	}
}

static void fault_try(void)
{
	struct beat end[STATUS_BEATS];

	partition(NULL, NULL, NULL, NULL, end, 1, PARTITION_BITS_MAX + 1, 0, 0, 77);
	CHECK(status_of(end).fault != 0);
	partition(NULL, NULL, NULL, NULL, end, 1, 4, 16, 0, 77);
	CHECK(status_of(end).fault != 0);
}

/* Whether the configuration has that line. */
static bool line_has(const char *path, const char *wanted)
{
	FILE *file = fopen(path, "r");
	char line[256];
	bool found = false;

	CHECK(file != NULL, "%s", path);
	while (!found && fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		found = strcmp(line, wanted) == 0;
	}
	fclose(file);
	return found;
}

static void link_try(const char *path)
{
	char line[256];

	for (uint32_t k = 0; k < KERNELS; k++) {
		const struct kernel *kernel = &kernel_table[k];

		snprintf(line, sizeof(line), "nk=%s:1:%s_1", kernel->name, kernel->name);
		CHECK(line_has(path, line), "%s lacks %s", path, line);
		for (uint32_t i = 0; i < kernel->argument_count; i++) {
			if (!kernel_argument_is_memory(&kernel->arguments[i]))
				continue;
			snprintf(line, sizeof(line), "sp=%s_1.%s:DDR[%" PRIu32 "]", kernel->name,
				 kernel->arguments[i].name, kernel->arguments[i].bank);
			CHECK(line_has(path, line), "%s lacks %s", path, line);
		}
	}
}

int main(int argc, char **argv)
{
	static const uint32_t sizes[] = {511, 512, 513, 1023, 4095, 4096, 4097, 10000, ROWS_MAX};

	CHECK(argc > 1);
	link_try(argv[1]);
	seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	printf("seed %" PRIu64 "\n", seed);
	for (uint32_t size = 0; size < 200; size++)
		size_try(size);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		size_try(sizes[i]);
	check_try();
	fault_try();
	CHECK(reference_crc32c((const uint8_t *)"123456789", 9, 0) == 0xE3069283u);
	return 0;
}
