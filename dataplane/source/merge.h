/* The streaming merge of sorted runs by a loser tree. */
#ifndef MERGE_H
#define MERGE_H

#include "lines.h"
#include "out.h"
#include "runs.h"

/* Merges runs (initialised, no head yet) into out, which is left to be finished. 0 or -errno; error
 * text for all but a broken output (out->rc). */
int merge_runs(struct run *runs, uint32_t run_count, const struct line_order *order,
	       struct out *out, char *error, size_t error_bytes);

#endif
