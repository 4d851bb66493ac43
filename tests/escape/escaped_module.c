/* What a compiler that was taken over could make of a module: attack.c in place of its code, with
 * all that a worker process wants of an object. */
#include "wasm_module.h"

int32_t mr_entry(void *base, uint32_t header_off);

static void load(void (*trap)(int trap))
{
	(void)trap;
}

static int32_t run(void *block, uint32_t header_off)
{
	const struct mr_guest *guest = block;

	return mr_entry(guest->memory, header_off);
}

static uint32_t stack_pointer(const void *block)
{
	(void)block;
	return 0;
}

__attribute__((visibility("default"))) const struct mr_guest_module mr_guest_module = {
    .abi = MR_GUEST_ABI,
    .block_bytes = sizeof(struct mr_guest),
    .load = load,
    .run = run,
    .stack_pointer = stack_pointer,
};
