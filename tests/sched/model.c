/*
 * Several nodes' schedulers exchange batches and marks in random order, with failed attempts
 * and duplicates. Whatever the order: it ends; each item is consumed exactly once on each
 * edge; each vertex is done once; no invocation is tried more often than allowed.
 *
 *	sched_model [SEEDS] [FIRST]
 */
#include "model.h"

#include <inttypes.h>

static const char *const texts[] = {
    /* A word count, its words also taken whole by another consumer. */
    "function count { in text; out words; retries 3 }\n"
    "function total { in words; out counts }\n"
    "function sum { in words optional; out size }\n"
    "composition c { in text; out counts; out size\n"
    "count(text = each text) -> (words)\n"
    "total(words = key words) -> (counts)\n"
    "sum(words = all words) -> (size) }",
    /* `each` after `each` after `each`, joined with what is broadcast. */
    "function a { in x; out y; retries 0 }\n"
    "function b { in y; in side; out z; out more }\n"
    "composition c { in x; in side; out z; out last\n"
    "a(x = each x) -> (y)\n"
    "b(y = each y, side = broadcast side) -> (z, more)\n"
    "a as again(x = each more) -> (y = last) }",
    /* `each` after `key`, and after `all`: its items are dealt. */
    "function split { in x; out y }\n"
    "function group { in y; in side optional; out z; out w }\n"
    "function join { in left; in right; out both }\n"
    "composition c { in x; in side optional; out both; out leaf; out dealt\n"
    "split(x = all x) -> (y)\n"
    "split as spread(x = each y) -> (y = keyed)\n"
    "group(y = key keyed, side = broadcast side) -> (z, w)\n"
    "split as leafs(x = each z) -> (y = leaf)\n"
    "join(left = all w, right = all y) -> (both)\n"
    "split as dealer(x = each both) -> (y = dealt) }",
    /* Two keyed inputs in one partition; a nested composition, twice. */
    "function keys { in x; out y }\n"
    "function join { in left; in right; out rows }\n"
    "composition half { in x; out y\n"
    "keys(x = each x) -> (y) }\n"
    "composition c { in a; in b; out rows; out back\n"
    "half as one(x = a) -> (y = left)\n"
    "half as two(x = b) -> (y = right)\n"
    "join(left = key left, right = key right) -> (rows)\n"
    "keys as after(x = key rows) -> (y = back) }",
    /* A function's output that goes round by every distribution at once. */
    "function f { in x; out y; retries 5 }\n"
    "function g { in x; in y; out z }\n"
    "composition c { in x; out by_each; out by_all; out by_key; out by_broadcast\n"
    "f(x = each x) -> (y)\n"
    "f as e(x = each y) -> (y = by_each)\n"
    "f as a(x = all y) -> (y = by_all)\n"
    "f as k(x = key y) -> (y = by_key)\n"
    "g(x = each x, y = broadcast y) -> (z = by_broadcast) }",
};

int main(int argc, char **argv)
{
	uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : 2000;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	struct model_totals totals = {0};

	for (uint64_t seed = first; seed < first + seeds; seed++)
		model_run(texts[seed % (sizeof(texts) / sizeof(texts[0]))], seed, &totals);
	printf("%" PRIu64 " seeds: %" PRIu64 " invocations, %" PRIu64 " retries, %" PRIu64
	       " duplicates, %" PRIu64 " jobs that failed\n",
	       seeds, totals.invocations, totals.retries, totals.duplicates, totals.failures);
	CHECK(seeds < 100 || (totals.retries > 0 && totals.duplicates > 0 && totals.failures > 0),
	      "the model injects nothing");
	return 0;
}
