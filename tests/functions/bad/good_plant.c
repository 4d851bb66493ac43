/* Leaves its input's bytes everywhere it can: all over its heap, its stack and its variables. */
#include <millrace_function.h>

#define VARIABLE_BYTES 4096
#define STACK_BYTES 2048

static uint8_t variable[VARIABLE_BYTES];
static uint8_t initialised[VARIABLE_BYTES] = {1};

static void fill(volatile uint8_t *at, uint32_t bytes, struct mr_bytes with)
{
	for (uint32_t i = 0; i < bytes; i++)
		at[i] = with.data[i % with.len];
}

__attribute__((noinline)) static void stack_fill(struct mr_bytes with)
{
	volatile uint8_t on_stack[STACK_BYTES];

	fill(on_stack, STACK_BYTES, with);
}

static int plant(struct mr_call *call)
{
	const struct mr_item *item = mr_in_only(call, "in");
	struct mr_set *out = mr_out(call, "out");
	struct mr_bytes secret;
	uint8_t *heap;
	uint32_t room;

	if (item == NULL || out == NULL)
		return MR_FAILED;
	secret = mr_item_bytes(call, item);
	fill(variable, VARIABLE_BYTES, secret);
	fill(initialised, VARIABLE_BYTES, secret);
	stack_fill(secret);
	heap = (uint8_t *)mr_alloc_rest(call, 1, &room);
	fill(heap, room, secret);
	return 0;
}

MR_ENTRY(plant)
