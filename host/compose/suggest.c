/* The known name nearest to a misspelt one, by edit distance. */
#include <string.h>

#include "suggest.h"

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Of whichever case. */
static bool letter_equal(char a, char b)
{
	return (a | 0x20) == (b | 0x20);
}

/* Insertions, deletions, substitutions and swaps of neighbours that turn a into b. Optimal string
 * alignment, three rows of its matrix. */
static uint32_t edit_distance(const char *a, uint32_t a_bytes, const char *b, uint32_t b_bytes)
{
	uint32_t rows[3][MR_NAME_BYTES_MAX];
	uint32_t *before = rows[0];
	uint32_t *last = rows[1];
	uint32_t *row = rows[2];

	for (uint32_t j = 0; j <= b_bytes; j++)
		last[j] = j;
	for (uint32_t i = 1; i <= a_bytes; i++) {
		uint32_t *recycled = before;

		row[0] = i;
		for (uint32_t j = 1; j <= b_bytes; j++) {
			bool same = letter_equal(a[i - 1], b[j - 1]);

			row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + !same);
			if (i > 1 && j > 1 && letter_equal(a[i - 1], b[j - 2]) &&
			    letter_equal(a[i - 2], b[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = last;
		last = row;
		row = recycled;
	}
	return last[b_bytes];
}

void suggestion_start(struct suggestion *suggestion, const char *wanted, uint32_t bytes)
{
	/* Beyond a third of its letters another word was meant. */
	*suggestion = (struct suggestion){
	    .wanted = wanted,
	    .wanted_bytes = bytes,
	    .best_distance = bytes / 3 + 1 + (bytes == 2),
	};
}

void suggestion_offer(struct suggestion *suggestion, const char *name, uint32_t bytes)
{
	uint32_t distance;

	if (bytes >= MR_NAME_BYTES_MAX || suggestion->wanted_bytes >= MR_NAME_BYTES_MAX)
		return;
	distance = edit_distance(suggestion->wanted, suggestion->wanted_bytes, name, bytes);
	if (distance >= suggestion->best_distance)
		return;
	suggestion->best = name;
	suggestion->best_bytes = bytes;
	suggestion->best_distance = distance;
}

int suggestion_hint(const struct suggestion *suggestion, const struct script *script,
		    const char *otherwise)
{
	if (suggestion->best == NULL)
		return script_hint(script, "%s", otherwise);
	return script_hint(script, "did you mean '%.*s'?", (int)suggestion->best_bytes,
			   suggestion->best);
}
