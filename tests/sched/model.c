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
    /* Epochs: means that move, from one place to all parts and back. */
    "function assign { in points; in start; in before optional; out sums }\n"
    "function update { in sums optional; in before optional; out centroids }\n"
    "composition c { in points; in start; out centroids; epochs 4; state before = centroids\n"
    "assign(points = each points, start = broadcast start, before = broadcast before) -> (sums)\n"
    "update(sums = all sums, before = all before) -> (centroids) }",
    /* Keyed state, and rows that no state reaches, which a sink wants as well. */
    "function parse { in text; out rows }\n"
    "function fold { in rows; in before optional; out counts }\n"
    "composition c { in text; out counts; out rows; epochs 5; state before = counts\n"
    "parse(text = each text) -> (rows)\n"
    "fold(rows = key rows, before = key before) -> (counts) }",
    /* `each` of `each` beside a state: its producers run again, and what else they feed; two
     * states of one set; one that its own producer takes and nobody else. */
    "function a { in x; out y; retries 4 }\n"
    "function b { in y; in s optional; out z }\n"
    "composition c { in x; out z; out w; out k; out l; epochs 3; state s = z; state t = k\n"
    "a(x = each x) -> (y)\n"
    "a as whole(x = all y) -> (y = w)\n"
    "b(y = each y, s = broadcast s) -> (z)\n"
    "b as keyed(y = key z, s = key t) -> (z = k)\n"
    "a as after(x = each k) -> (y = l) }",
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
