/* Computes for as many rounds as its input says, and puts out what it computed. */
#include <millrace_function.h>

static int spin(struct mr_call *call)
{
	const struct mr_item *item = mr_in_only(call, "in");
	struct mr_set *out = mr_out(call, "out");
	uint32_t *state = (uint32_t *)mr_alloc(call, sizeof(*state), 8);
	struct mr_bytes bytes;
	uint32_t rounds;

	if (item == NULL || out == NULL || state == NULL)
		return MR_FAILED;
	__builtin_memcpy(&rounds, mr_item_bytes(call, item).data, sizeof(rounds));
	*state = 1;
	for (uint32_t i = 0; i < rounds; i++)
		*(volatile uint32_t *)state = *state * 1664525u + 1013904223u;
	bytes.data = (const uint8_t *)state;
	bytes.len = sizeof(*state);
	return mr_out_add(call, out, mr_none(), mr_text("state"), bytes);
}

MR_ENTRY(spin)
