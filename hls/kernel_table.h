/*
 * What each kernel's arguments are: one table, from which the host sets them, the xclbin of the
 * simulated card is written, its register maps are decoded, and their bytes are checked. The order
 * is that of the C function, whose arguments v++ numbers from 0.
 *
 * Registers are as Vitis HLS lays them out (UG1399, "S_AXILITE Control Register Map"): control up
 * to 0x0f, then each argument in a slot of its own width and four bytes beside it.
 */
#ifndef KERNEL_TABLE_H
#define KERNEL_TABLE_H

#include "kernels.h"

#define KERNEL_ARGUMENTS_MAX 10
#define KERNEL_REGISTERS_BYTES_MAX (0x10 + 12 * KERNEL_ARGUMENTS_MAX)

enum kernel_argument_kind {
	KERNEL_IN,      /* memory that the host fills */
	KERNEL_OUT,     /* memory that the kernel fills */
	KERNEL_SCRATCH, /* memory of the kernel's own */
	KERNEL_U32,
	KERNEL_U64,
};

/* Memory banks of the card, as `v++ --connectivity.sp` names them: DDR[0] and DDR[1]. */
#define BANK_IN 0
#define BANK_OUT 1
#define BANKS 2

/* ARGUMENT(number, name, kind, bank) */
#define PARTITION_ARGUMENTS(ARGUMENT)                                \
	ARGUMENT(PARTITION_KEYS, "keys", KERNEL_IN, BANK_IN)         \
	ARGUMENT(PARTITION_VALIDITY, "validity", KERNEL_IN, BANK_IN) \
	ARGUMENT(PARTITION_COUNTS, "counts", KERNEL_OUT, BANK_OUT)   \
	ARGUMENT(PARTITION_ORDER, "order", KERNEL_OUT, BANK_OUT)     \
	ARGUMENT(PARTITION_STATUS, "status", KERNEL_OUT, BANK_OUT)   \
	ARGUMENT(PARTITION_ROWS, "rows", KERNEL_U32, 0)              \
	ARGUMENT(PARTITION_BITS, "bits", KERNEL_U32, 0)              \
	ARGUMENT(PARTITION_NULL, "null_partition", KERNEL_U32, 0)    \
	ARGUMENT(PARTITION_FLAGS, "flags", KERNEL_U32, 0)            \
	ARGUMENT(PARTITION_STAMP, "stamp", KERNEL_U64, 0)

#define CRC32C_ARGUMENTS(ARGUMENT)                              \
	ARGUMENT(CRC32C_DATA, "data", KERNEL_IN, BANK_IN)       \
	ARGUMENT(CRC32C_STATUS, "status", KERNEL_OUT, BANK_OUT) \
	ARGUMENT(CRC32C_BYTES, "bytes", KERNEL_U64, 0)          \
	ARGUMENT(CRC32C_CRC, "crc", KERNEL_U32, 0)              \
	ARGUMENT(CRC32C_STAMP, "stamp", KERNEL_U64, 0)

#define AGGREGATE_ARGUMENTS(ARGUMENT)                                              \
	ARGUMENT(AGGREGATE_FILTER, "filter", KERNEL_IN, BANK_IN)                   \
	ARGUMENT(AGGREGATE_FILTER_VALIDITY, "filter_validity", KERNEL_IN, BANK_IN) \
	ARGUMENT(AGGREGATE_VALUES, "values", KERNEL_IN, BANK_IN)                   \
	ARGUMENT(AGGREGATE_VALUES_VALIDITY, "values_validity", KERNEL_IN, BANK_IN) \
	ARGUMENT(AGGREGATE_STATUS, "status", KERNEL_OUT, BANK_OUT)                 \
	ARGUMENT(AGGREGATE_ROWS, "rows", KERNEL_U32, 0)                            \
	ARGUMENT(AGGREGATE_LOW, "low", KERNEL_U64, 0)                              \
	ARGUMENT(AGGREGATE_HIGH, "high", KERNEL_U64, 0)                            \
	ARGUMENT(AGGREGATE_FLAGS, "flags", KERNEL_U32, 0)                          \
	ARGUMENT(AGGREGATE_STAMP, "stamp", KERNEL_U64, 0)

#define SORT_ARGUMENTS(ARGUMENT)                                    \
	ARGUMENT(SORT_KEYS, "keys", KERNEL_IN, BANK_IN)             \
	ARGUMENT(SORT_VALIDITY, "validity", KERNEL_IN, BANK_IN)     \
	ARGUMENT(SORT_SCRATCH, "scratch", KERNEL_SCRATCH, BANK_OUT) \
	ARGUMENT(SORT_ORDER, "order", KERNEL_OUT, BANK_OUT)         \
	ARGUMENT(SORT_STATUS, "status", KERNEL_OUT, BANK_OUT)       \
	ARGUMENT(SORT_ROWS, "rows", KERNEL_U32, 0)                  \
	ARGUMENT(SORT_FLAGS, "flags", KERNEL_U32, 0)                \
	ARGUMENT(SORT_STAMP, "stamp", KERNEL_U64, 0)

#define TOKENISE_ARGUMENTS(ARGUMENT)                              \
	ARGUMENT(TOKENISE_TEXT, "text", KERNEL_IN, BANK_IN)       \
	ARGUMENT(TOKENISE_WORDS, "words", KERNEL_OUT, BANK_OUT)   \
	ARGUMENT(TOKENISE_STATUS, "status", KERNEL_OUT, BANK_OUT) \
	ARGUMENT(TOKENISE_BYTES, "bytes", KERNEL_U32, 0)          \
	ARGUMENT(TOKENISE_CAPACITY, "capacity", KERNEL_U32, 0)    \
	ARGUMENT(TOKENISE_STAMP, "stamp", KERNEL_U64, 0)

#define KERNEL_ARGUMENT_NUMBER(number, name, kind, bank) number,
enum partition_argument { PARTITION_ARGUMENTS(KERNEL_ARGUMENT_NUMBER) PARTITION_ARGUMENT_COUNT };
enum crc32c_argument { CRC32C_ARGUMENTS(KERNEL_ARGUMENT_NUMBER) CRC32C_ARGUMENT_COUNT };
enum aggregate_argument { AGGREGATE_ARGUMENTS(KERNEL_ARGUMENT_NUMBER) AGGREGATE_ARGUMENT_COUNT };
enum sort_argument { SORT_ARGUMENTS(KERNEL_ARGUMENT_NUMBER) SORT_ARGUMENT_COUNT };
enum tokenise_argument { TOKENISE_ARGUMENTS(KERNEL_ARGUMENT_NUMBER) TOKENISE_ARGUMENT_COUNT };
#undef KERNEL_ARGUMENT_NUMBER

struct kernel_argument {
	const char *name;
	enum kernel_argument_kind kind;
	uint32_t bank;
};

/* A value for each argument, by number: scalars, or where a memory is. */
union kernel_value {
	uint64_t scalar;
	void *memory;
};

struct kernel {
	const char *name;
	const struct kernel_argument *arguments;
	uint32_t argument_count;
	uint32_t status; /* the argument that is the status; the last one is the stamp */
	/* Bytes of a memory that a run with these scalars may touch, in whole beats. */
	uint64_t (*bytes)(uint32_t argument, const union kernel_value *values);
};

enum kernel_number {
	KERNEL_PARTITION,
	KERNEL_CRC32C,
	KERNEL_SELECT_AGGREGATE,
	KERNEL_SORT_MERGE,
	KERNEL_TOKENISE,
	KERNELS
};

extern const struct kernel kernel_table[KERNELS];

static inline int kernel_argument_is_memory(const struct kernel_argument *argument)
{
	return argument->kind <= KERNEL_SCRATCH;
}

/* The register of an argument: its offset in bytes. */
uint32_t kernel_argument_offset(const struct kernel *kernel, uint32_t argument);

#endif
