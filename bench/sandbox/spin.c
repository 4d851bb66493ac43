/* Ends at once, or never: what a running sandbox is while its memory is counted. */
#include <millrace_function.h>

static int spin(struct mr_call *call)
{
	const struct mr_item *a = mr_in_only(call, "a");
	const volatile uint32_t *forever;

	if (a == NULL || a->bytes_len < sizeof(*forever))
		return MR_FAILED;
	forever = (const volatile uint32_t *)(const void *)mr_item_bytes(call, a).data;
	while (*forever != 0)
		;
	return 0;
}

MR_ENTRY(spin)
