/* Frames of a transport one at a time and in one piece, for tests and simulations. */
#ifndef LINEAR_H
#define LINEAR_H

#include "transport.h"

/* The next frame, into TRANSPORT_FRAME_BYTES_MAX bytes; its length, 0 when there is none. */
uint32_t linear_output(struct transport *t, uint64_t now_ns, uint8_t *frame);
void linear_input(struct transport *t, uint64_t now_ns, const uint8_t *frame, uint32_t bytes);

#endif
