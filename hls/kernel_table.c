/* The table of kernels and their arguments. */
#include "kernel_table.h"

#define REGISTERS_FIRST 0x10 /* behind control, global interrupt enable, enable and status */

#define COLUMN_BYTES(rows) (beats_of((rows) * sizeof(uint64_t)) * BEAT_BYTES)
#define VALIDITY_BYTES(rows) (beats_of(((rows) + 7) / 8) * BEAT_BYTES)
#define STATUS_BYTES (STATUS_BEATS * BEAT_BYTES)

static uint64_t partition_bytes(uint32_t argument, const union kernel_value *values)
{
	const uint64_t rows = values[PARTITION_ROWS].scalar;
	const uint64_t bits = values[PARTITION_BITS].scalar;
	const uint64_t partitions = 1ull << (bits <= PARTITION_BITS_MAX ? bits : 0);

	switch (argument) {
	case PARTITION_KEYS:
		return COLUMN_BYTES(rows);
	case PARTITION_VALIDITY:
		return values[PARTITION_FLAGS].scalar & PARTITION_NULLABLE ? VALIDITY_BYTES(rows)
									   : 0;
	case PARTITION_COUNTS:
		return beats_of(partitions * sizeof(uint32_t)) * BEAT_BYTES;
	case PARTITION_ORDER:
		/* Each partition that has rows may fill its last beat with one. */
		return (rows / BEAT_HALVES + (rows < partitions ? rows : partitions)) * BEAT_BYTES;
	default:
		return STATUS_BYTES;
	}
}

static uint64_t crc32c_bytes(uint32_t argument, const union kernel_value *values)
{
	return argument == CRC32C_DATA ? beats_of(values[CRC32C_BYTES].scalar) * BEAT_BYTES
				       : STATUS_BYTES;
}

static uint64_t aggregate_bytes(uint32_t argument, const union kernel_value *values)
{
	const uint64_t rows = values[AGGREGATE_ROWS].scalar;
	const uint64_t flags = values[AGGREGATE_FLAGS].scalar;

	switch (argument) {
	case AGGREGATE_FILTER:
	case AGGREGATE_VALUES:
		return COLUMN_BYTES(rows);
	case AGGREGATE_FILTER_VALIDITY:
		return flags & AGGREGATE_FILTER_NULLABLE ? VALIDITY_BYTES(rows) : 0;
	case AGGREGATE_VALUES_VALIDITY:
		return flags & AGGREGATE_VALUES_NULLABLE ? VALIDITY_BYTES(rows) : 0;
	default:
		return STATUS_BYTES;
	}
}

static uint64_t sort_bytes(uint32_t argument, const union kernel_value *values)
{
	const uint64_t rows = values[SORT_ROWS].scalar;

	switch (argument) {
	case SORT_KEYS:
		return COLUMN_BYTES(rows);
	case SORT_VALIDITY:
		return values[SORT_FLAGS].scalar & SORT_NULLABLE ? VALIDITY_BYTES(rows) : 0;
	case SORT_SCRATCH:
		return rows > SORT_RUN_ROWS ? COLUMN_BYTES(2 * rows) : 0;
	case SORT_ORDER:
		return COLUMN_BYTES(2 * rows);
	default:
		return STATUS_BYTES;
	}
}

static uint64_t tokenise_bytes(uint32_t argument, const union kernel_value *values)
{
	const uint64_t bytes = values[TOKENISE_BYTES].scalar;
	const uint64_t words_most = bytes / 2 + bytes % 2;
	const uint64_t capacity = values[TOKENISE_CAPACITY].scalar;

	switch (argument) {
	case TOKENISE_TEXT:
		return beats_of(bytes) * BEAT_BYTES;
	case TOKENISE_WORDS:
		return COLUMN_BYTES(words_most < capacity ? words_most : capacity);
	default:
		return STATUS_BYTES;
	}
}

#define KERNEL_ARGUMENT_ROW(number, name, kind, bank) {name, kind, bank},
static const struct kernel_argument partition_arguments[] = {
    PARTITION_ARGUMENTS(KERNEL_ARGUMENT_ROW)};
static const struct kernel_argument crc32c_arguments[] = {CRC32C_ARGUMENTS(KERNEL_ARGUMENT_ROW)};
static const struct kernel_argument aggregate_arguments[] = {
    AGGREGATE_ARGUMENTS(KERNEL_ARGUMENT_ROW)};
static const struct kernel_argument sort_arguments[] = {SORT_ARGUMENTS(KERNEL_ARGUMENT_ROW)};
static const struct kernel_argument tokenise_arguments[] = {
    TOKENISE_ARGUMENTS(KERNEL_ARGUMENT_ROW)};

const struct kernel kernel_table[KERNELS] = {
    [KERNEL_PARTITION] = {"partition", partition_arguments, PARTITION_ARGUMENT_COUNT,
			  PARTITION_STATUS, partition_bytes},
    [KERNEL_CRC32C] = {"crc32c", crc32c_arguments, CRC32C_ARGUMENT_COUNT, CRC32C_STATUS,
		       crc32c_bytes},
    [KERNEL_SELECT_AGGREGATE] = {"select_aggregate", aggregate_arguments, AGGREGATE_ARGUMENT_COUNT,
				 AGGREGATE_STATUS, aggregate_bytes},
    [KERNEL_SORT_MERGE] = {"sort_merge", sort_arguments, SORT_ARGUMENT_COUNT, SORT_STATUS,
			   sort_bytes},
    [KERNEL_TOKENISE] = {"tokenise", tokenise_arguments, TOKENISE_ARGUMENT_COUNT, TOKENISE_STATUS,
			 tokenise_bytes},
};

uint32_t kernel_argument_offset(const struct kernel *kernel, uint32_t argument)
{
	uint32_t offset = REGISTERS_FIRST;

	for (uint32_t i = 0; i < argument; i++)
		offset += kernel->arguments[i].kind == KERNEL_U32 ? 8 : 12;
	return offset;
}
