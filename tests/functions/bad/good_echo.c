/* Copies each input item to the output: what a sandbox must still do after all the bad ones. */
#include <millrace_function.h>

static int echo(struct mr_call *call)
{
	const struct mr_set *in = mr_in(call, "in");
	struct mr_set *out = mr_out(call, "out");

	if (in == NULL || out == NULL)
		return MR_FAILED;
	for (uint32_t i = 0; i < in->item_count; i++) {
		const struct mr_item *item = mr_in_item(call, in, i);

		if (mr_out_add(call, out, mr_item_name(call, item), mr_text("key"),
			       mr_item_bytes(call, item)) != 0)
			return MR_FAILED;
	}
	return 0;
}

MR_ENTRY(echo)
