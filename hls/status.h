/* Writing the status of a run: the last thing a kernel does. */
#ifndef STATUS_H
#define STATUS_H

#include "kernels.h"

static inline void status_write(struct beat *to, const struct kernel_status *status)
{
	struct beat beat;

	beat.word[0] = status->stamp;
	beat.word[1] = status->check_in;
	beat.word[2] = status->check_out;
	beat.word[3] = status->fault;
	for (int i = 0; i < BEAT_WORDS - 4; i++) {
#pragma HLS UNROLL
		beat.word[4 + i] = status->result[i];
	}
	to[0] = beat;
	for (int i = 0; i < BEAT_WORDS; i++) {
#pragma HLS UNROLL
		beat.word[i] = status->result[BEAT_WORDS - 4 + i];
	}
	to[1] = beat;
}

#endif
