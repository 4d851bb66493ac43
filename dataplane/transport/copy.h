/*
 * Copies of few bytes: heads and bodies of small messages. Private to the folder.
 *
 * A call costs more than such a copy does. Moves of one length that may overlap at the end make up
 * any number of bytes, without a branch for each bit of it.
 */
#ifndef COPY_H
#define COPY_H

#include <stdint.h>
#include <string.h>

#define COPY_FEW_BYTES_MAX 128 /* beyond them a call is as fast */

/* The memories do not overlap. */
static inline void copy_few(uint8_t *to, const uint8_t *from, uint32_t bytes)
{
	uint32_t at = 0;

	if (bytes > COPY_FEW_BYTES_MAX) {
		memcpy(to, from, bytes);
	} else if (bytes >= 16) {
		for (; at + 16 < bytes; at += 16)
			memcpy(to + at, from + at, 16);
		memcpy(to + bytes - 16, from + bytes - 16, 16);
	} else if (bytes >= 8) {
		memcpy(to, from, 8);
		memcpy(to + bytes - 8, from + bytes - 8, 8);
	} else {
		for (; at < bytes; at++)
			to[at] = from[at];
	}
}

#endif
