/* Frames of a transport, linearised. */
#include "linear.h"

#include <string.h>

uint32_t linear_output(struct transport *t, uint64_t now_ns, uint8_t *frame)
{
	struct transport_frame out = {.head = frame};
	uint32_t count = transport_output(t, now_ns, &out, 1);

	transport_output_end(t);
	if (count == 0)
		return 0;
	if (out.body_bytes > 0)
		memcpy(frame + out.head_bytes, out.body, out.body_bytes);
	return out.head_bytes + out.body_bytes;
}

void linear_input(struct transport *t, uint64_t now_ns, const uint8_t *frame, uint32_t bytes)
{
	const struct transport_rx rx = {.data = frame, .bytes = bytes};

	transport_input(t, now_ns, &rx, 1);
	transport_input_end(t);
}
