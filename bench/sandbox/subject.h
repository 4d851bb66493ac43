/*
 * A backend that is measured: its code prepared, its pool, and one matmul through the sandbox's
 * interface.
 */
#ifndef SUBJECT_H
#define SUBJECT_H

#include "region.h"
#include "sandbox.h"

#define SUBJECT_SIDE_MAX 128
#define SUBJECT_POOL_BYTES (64ull << 20) /* thousands of regions of a 1x1 matmul */

struct subject {
	const struct sandbox_ops *ops;
	struct region_pool *pool;
	struct sandbox_code *code;
	uint32_t side;         // of the matrices
	uint32_t *a, *b;       // what is multiplied
	struct region *region; // that is run again and again when warm
	uint8_t *saved;        // header and sets of it before the first run
	uint32_t saved_bytes, sets_off;
	uint64_t run_ns;                // of the last run, by the sandbox
	char error[MR_ERROR_BYTES_MAX]; // of the last that failed
};

/* Prepares matmul_timed, or spin, for the backend of that name. Its pool is what nodes give it, or,
 * for spin, of ordinary pages, so that what is touched can be counted. 0, or -errno with
 * subject->error. */
int subject_open(struct subject *subject, const char *backend, const char *function,
		 uint64_t pool_bytes, const char *cache_dir);
void subject_close(struct subject *subject);
/* Create, stage, run, collect, destroy: a matmul of subject->side. The product is checked; *ticks,
 * unless NULL, is what the function said. 0, or -errno with subject->error. */
int subject_cold(struct subject *subject, uint64_t *ticks);
/* The same in a region that there is already: all but create and destroy. */
int subject_create(struct subject *subject, struct region **region);
int subject_again(struct subject *subject, struct region *region);
/* Of a subject that spins: runs for that long and is ended; 0: ends by itself at once. 0, or -errno
 * with subject->error. */
int subject_spin(struct subject *subject, uint32_t ms);
/* A region that is staged once, and run again and again. */
int subject_warm_begin(struct subject *subject);
int subject_warm(struct subject *subject);
void subject_warm_end(struct subject *subject);
/* The output set as it was checked: is the product right? *ticks as above; false with
 * subject->error. */
bool subject_product_right(struct subject *subject, const uint8_t *base, const struct mr_set *set,
			   uint64_t *ticks);
/* Bytes of a region of a cold run. */
uint64_t subject_region_bytes(const struct subject *subject);

#endif
