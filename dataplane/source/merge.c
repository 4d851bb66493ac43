/*
 * The streaming merge of sorted runs by a loser tree.
 *
 * Run i stands at leaf run_count + i of a binary tree in which position p has its parent at p / 2;
 * each inner position holds the loser of the match played there, so that replacing the winner
 * replays one path. Nodes carry the ranks of the heads: a match seldom looks at a line.
 *
 * Source: Knuth, The Art of Computer Programming, vol. 3, 5.4.1.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "merge.h"
#include "quote.h"

#define NOBODY UINT64_MAX

struct node {
	struct line_rank rank;
	uint64_t run;
};

struct merge {
	struct run *runs;
	uint32_t run_count;
	const struct line_order *order;
	struct node *losers; // [1, run_count)
	struct out *out;
	char *error;
	size_t error_bytes;
};

/* --- Errors ---------------------------------------------------------------------------------- */

static int fail_advance(const struct merge *m, uint32_t index, int rc)
{
	const struct run *run = &m->runs[index];

	if (rc == -EFBIG)
		snprintf(m->error, m->error_bytes,
			 "run %u of %u: line %" PRIu64 " is longer than the %" PRIu64
			 " bytes a run's buffer has for it: shorten it or give more memory",
			 index + 1, m->run_count, run->lines + 1, run->reader->part_bytes);
	else if (rc == -ENODATA)
		snprintf(m->error, m->error_bytes,
			 "run %u of %u ends early, in line %" PRIu64
			 ": its file was cut short while it was merged",
			 index + 1, m->run_count, run->lines + 1);
	else
		snprintf(m->error, m->error_bytes,
			 "run %u of %u cannot be read after line %" PRIu64 ": %s", index + 1,
			 m->run_count, run->lines, strerror(-rc));
	return rc;
}

static int fail_number(const struct merge *m, uint32_t index, uint32_t column)
{
	const struct run *run = &m->runs[index];
	struct quoted line;

	snprintf(m->error, m->error_bytes,
		 "run %u of %u: line %" PRIu64 ", '%s', has no number (0 to 2^64-1) in column %u: "
		 "merge by columns that the lines have",
		 index + 1, m->run_count, run->lines,
		 quote(&line, (const char *)run->line, run->bytes), column);
	return -EINVAL;
}

static int fail_disorder(const struct merge *m, uint32_t index, const uint8_t *before,
			 uint64_t before_bytes)
{
	const struct run *run = &m->runs[index];
	struct quoted line;
	struct quoted last;

	snprintf(m->error, m->error_bytes,
		 "run %u of %u is not in order: line %" PRIu64
		 ", '%s', must not come after '%s': sort each run by the keys of the merge",
		 index + 1, m->run_count, run->lines,
		 quote(&line, (const char *)run->line, run->bytes),
		 quote(&last, (const char *)before, before_bytes));
	return -EINVAL;
}

/* --- The tree -------------------------------------------------------------------------------- */

/* Equal ranks: the lines decide, then the order of the runs; a finished run loses. */
static __attribute__((noinline)) bool tie_before(const struct merge *m, uint64_t a, uint64_t b)
{
	const struct run *left = &m->runs[a];
	const struct run *right = &m->runs[b];
	int order;

	if (left->line == NULL || right->line == NULL)
		return left->line != NULL || (right->line == NULL && a < b);
	order = line_compare(m->order, left->line, left->bytes, right->line, right->bytes);
	return order != 0 ? order < 0 : a < b;
}

static inline bool node_before(const struct merge *m, const struct node *a, const struct node *b)
{
	unsigned __int128 left = (unsigned __int128)a->rank.high << 64 | a->rank.low;
	unsigned __int128 right = (unsigned __int128)b->rank.high << 64 | b->rank.low;

	if (__builtin_expect(left == right, 0))
		return tie_before(m, a->run, b->run);
	return left < right;
}

/* The node of a run's head. */
static int node_make(const struct merge *m, uint32_t index, struct node *node)
{
	const struct run *run = &m->runs[index];
	uint32_t column;

	node->run = index;
	if (run->line == NULL) {
		node->rank = (struct line_rank){UINT64_MAX, UINT64_MAX};
		return 0;
	}
	column = line_rank(m->order, run->line, run->bytes, run->limit, &node->rank);
	return column == 0 ? 0 : fail_number(m, index, column);
}

/* Without a branch: who wins a match is as good as random. */
static inline void swap_if(bool swap, uint64_t *a, uint64_t *b)
{
	uint64_t difference = (*a ^ *b) & -(uint64_t)swap;

	*a ^= difference;
	*b ^= difference;
}

/* Plays a run's new head up the tree; what comes out at the top is in *node. */
static inline void tree_replay(const struct merge *m, struct node *node)
{
	struct node winner = *node;

	for (uint64_t at = (m->run_count + winner.run) / 2; at > 0; at /= 2) {
		struct node *loser = &m->losers[at];
		bool lost = node_before(m, loser, &winner);

		swap_if(lost, &loser->rank.high, &winner.rank.high);
		swap_if(lost, &loser->rank.low, &winner.rank.low);
		swap_if(lost, &loser->run, &winner.run);
	}
	*node = winner;
}

/* The first to come to a position waits there; the second plays and the winner goes on. */
static bool tree_enter(struct merge *m, struct node *node)
{
	for (uint64_t at = (m->run_count + node->run) / 2; at > 0; at /= 2) {
		struct node other = m->losers[at];

		if (other.run == NOBODY) {
			m->losers[at] = *node;
			return false;
		}
		if (node_before(m, &other, node)) {
			m->losers[at] = *node;
			*node = other;
		}
	}
	return true;
}

static int tree_build(struct merge *m, struct node *winner)
{
	for (uint32_t i = 1; i < m->run_count; i++)
		m->losers[i].run = NOBODY;
	for (uint32_t i = 0; i < m->run_count; i++) {
		struct node node;
		int rc = run_advance(&m->runs[i]);

		if (rc < 0)
			return fail_advance(m, i, rc);
		rc = node_make(m, i, &node);
		if (rc < 0)
			return rc;
		if (tree_enter(m, &node))
			*winner = node;
	}
	return 0;
}

/* --- The merge ------------------------------------------------------------------------------- */

static bool head_in_order(const struct merge *m, const struct run *run, const struct node *head,
			  const struct node *last, const uint8_t *before, uint64_t before_bytes)
{
	int order = line_rank_compare(&head->rank, &last->rank);

	if (__builtin_expect(order == 0, 0) && run->line != NULL)
		order = line_compare(m->order, run->line, run->bytes, before, before_bytes);
	return order >= 0;
}

/* Puts out the winner's line and replaces it by the next of its run, which is compared with the
 * copy just put out. */
static inline int merge_step(struct merge *m, struct node *winner)
{
	uint32_t index = (uint32_t)winner->run;
	struct run *run = &m->runs[index];
	struct node last = *winner;
	uint64_t before_bytes = run->bytes;
	const uint8_t *before = out_line(m->out, run->line, before_bytes);
	int rc;

	if (before == NULL)
		return m->out->rc;
	rc = run_advance(run);
	if (rc < 0)
		return fail_advance(m, index, rc);
	rc = node_make(m, index, winner);
	if (rc < 0)
		return rc;
	if (!head_in_order(m, run, winner, &last, before, before_bytes))
		return fail_disorder(m, index, before, before_bytes);
	tree_replay(m, winner);
	return 0;
}

int merge_runs(struct run *runs, uint32_t run_count, const struct line_order *order,
	       struct out *out, char *error, size_t error_bytes)
{
	struct merge merge = {runs, run_count, order, NULL, out, error, error_bytes};
	struct node winner;
	int rc;

	if (run_count == 0)
		return 0;
	merge.losers = calloc(run_count, sizeof(*merge.losers));
	if (merge.losers == NULL) {
		snprintf(error, error_bytes, "out of memory merging %u runs", run_count);
		return -ENOMEM;
	}
	rc = tree_build(&merge, &winner);
	while (rc == 0 && runs[winner.run].line != NULL)
		rc = merge_step(&merge, &winner);
	free(merge.losers);
	return rc;
}
