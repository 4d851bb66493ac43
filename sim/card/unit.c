/* A run of a compute unit: what its registers say, and the kernel on it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "card.h"

#define SCALAR32(i) ((uint32_t)values[i].scalar)
#define SCALAR64(i) (values[i].scalar)
#define MEMORY(i) (values[i].memory)

static void partition_run(const union kernel_value *values)
{
	partition(MEMORY(PARTITION_KEYS), MEMORY(PARTITION_VALIDITY), MEMORY(PARTITION_COUNTS),
		  MEMORY(PARTITION_ORDER), MEMORY(PARTITION_STATUS), SCALAR32(PARTITION_ROWS),
		  SCALAR32(PARTITION_BITS), SCALAR32(PARTITION_NULL), SCALAR32(PARTITION_FLAGS),
		  SCALAR64(PARTITION_STAMP));
}

static void crc32c_run(const union kernel_value *values)
{
	crc32c(MEMORY(CRC32C_DATA), MEMORY(CRC32C_STATUS), SCALAR64(CRC32C_BYTES),
	       SCALAR32(CRC32C_CRC), SCALAR64(CRC32C_STAMP));
}

static void aggregate_run(const union kernel_value *values)
{
	select_aggregate(MEMORY(AGGREGATE_FILTER), MEMORY(AGGREGATE_FILTER_VALIDITY),
			 MEMORY(AGGREGATE_VALUES), MEMORY(AGGREGATE_VALUES_VALIDITY),
			 MEMORY(AGGREGATE_STATUS), SCALAR32(AGGREGATE_ROWS),
			 SCALAR64(AGGREGATE_LOW), SCALAR64(AGGREGATE_HIGH),
			 SCALAR32(AGGREGATE_FLAGS), SCALAR64(AGGREGATE_STAMP));
}

static void sort_run(const union kernel_value *values)
{
	sort_merge(MEMORY(SORT_KEYS), MEMORY(SORT_VALIDITY), MEMORY(SORT_SCRATCH),
		   MEMORY(SORT_ORDER), MEMORY(SORT_STATUS), SCALAR32(SORT_ROWS),
		   SCALAR32(SORT_FLAGS), SCALAR64(SORT_STAMP));
}

static void tokenise_run(const union kernel_value *values)
{
	tokenise(MEMORY(TOKENISE_TEXT), MEMORY(TOKENISE_WORDS), MEMORY(TOKENISE_STATUS),
		 SCALAR32(TOKENISE_BYTES), SCALAR32(TOKENISE_CAPACITY), SCALAR64(TOKENISE_STAMP));
}

static void (*const kernels_run[KERNELS])(const union kernel_value *values) = {
    [KERNEL_PARTITION] = partition_run,        [KERNEL_CRC32C] = crc32c_run,
    [KERNEL_SELECT_AGGREGATE] = aggregate_run, [KERNEL_SORT_MERGE] = sort_run,
    [KERNEL_TOKENISE] = tokenise_run,
};

/* What the registers hold, addresses as scalars. */
static int registers_read(const struct kernel *kernel, const uint32_t *registers, uint32_t words,
			  union kernel_value *values)
{
	for (uint32_t i = 0; i < kernel->argument_count; i++) {
		const uint32_t at =
		    kernel_argument_offset(kernel, i) / (uint32_t)sizeof(*registers);
		const bool wide = kernel->arguments[i].kind != KERNEL_U32;

		if (at + wide >= words) {
			fprintf(stderr, "simulated card: %s: the command has no register for %s\n",
				kernel->name, kernel->arguments[i].name);
			return -EINVAL;
		}
		values[i].scalar = registers[at];
		if (wide)
			values[i].scalar |= (uint64_t)registers[at + 1] << 32;
	}
	return 0;
}

/* Memory at the addresses. All bytes are asked for before any address is replaced. */
static int addresses_resolve(struct card_unit *unit, union kernel_value *values)
{
	const struct kernel *kernel = unit->kernel;
	union kernel_value resolved[KERNEL_ARGUMENTS_MAX];

	for (uint32_t i = 0; i < kernel->argument_count; i++) {
		uint64_t bytes;

		resolved[i] = values[i];
		if (!kernel_argument_is_memory(&kernel->arguments[i]))
			continue;
		bytes = kernel->bytes(i, values);
		resolved[i].memory = card_address_resolve(unit->card, values[i].scalar, bytes);
		if (resolved[i].memory == NULL && bytes > 0) {
			fprintf(stderr,
				"simulated card: %s: no memory answers for the %" PRIu64
				" bytes of %s at 0x%" PRIx64 "\n",
				kernel->name, bytes, kernel->arguments[i].name, values[i].scalar);
			return -EFAULT;
		}
	}
	for (uint32_t i = 0; i < kernel->argument_count; i++)
		values[i] = resolved[i];
	return 0;
}

int card_unit_run(struct card_unit *unit, const uint32_t *registers, uint32_t words)
{
	union kernel_value values[KERNEL_ARGUMENTS_MAX];
	int rc = registers_read(unit->kernel, registers, words, values);

	if (rc == 0)
		rc = addresses_resolve(unit, values);
	if (rc == 0)
		kernels_run[unit->number](values);
	return rc;
}
