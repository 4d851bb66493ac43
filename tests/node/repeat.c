/* Compositions with epochs, inputs for them, and the answers, reached by plain C. */
#include "repeat.h"

#include "random.h"
#include "test.h"

#define CENTROIDS 5
#define COORDINATES 3
#define LINES_DISTINCT 40
#define LEDGER_CLOSED 100 /* as functions/ledger.c */

static const char kmeans_text[] =
    "function nearest { in points; in start; in before optional; out sums\n"
    "	memory 256KiB + 1 x input; retries 100 }\n"
    "function means { in sums; in start; in before optional; out centroids; out moved\n"
    "	memory 256KiB + 2 x input; retries 100 }\n"
    "composition kmeans { in points split line 1KiB; in start; out centroids\n"
    "epochs 1000 until moved empty\n"
    "state before = centroids\n"
    "nearest(points = each points, start = broadcast start, before = broadcast before) -> (sums)\n"
    "means(sums = all sums, start = all start, before = all before) -> (centroids, moved) }\n";

/* relay is what no state reaches: it runs once. */
static const char ledger_text[] =
    "function relay { in given; in side optional; out made; out sizes\n"
    "	memory 256KiB + 6 x input; retries 100 }\n"
    "function ledger { in rows; in before optional; out counts; out open\n"
    "	memory 256KiB + 4 x input; retries 100 }\n"
    "composition c { in text split line 512B; out counts merge 2\n"
    "epochs 500 until open empty\n"
    "state before = counts\n"
    "relay(given = each text) -> (made = rows)\n"
    "ledger(rows = key rows, before = key before) -> (counts, open) }\n";

/* --- k-means ---------------------------------------------------------------------------------- */

typedef int64_t vector[COORDINATES];

static char *vectors_print(const vector *vectors, uint32_t count)
{
	char *text = malloc((size_t)count * COORDINATES * 12 + 1), *at = text;

	CHECK(text != NULL);
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t c = 0; c < COORDINATES; c++)
			at += sprintf(at, "%lld%c", (long long)vectors[i][c],
				      c + 1 < COORDINATES ? ' ' : '\n');
	*at = 0;
	return text;
}

static uint32_t nearest(const vector *centroids, const vector point)
{
	int64_t best = INT64_MAX;
	uint32_t index = 0;

	for (uint32_t i = 0; i < CENTROIDS; i++) {
		int64_t distance = 0;

		for (uint32_t c = 0; c < COORDINATES; c++)
			distance += (centroids[i][c] - point[c]) * (centroids[i][c] - point[c]);
		if (distance < best) {
			best = distance;
			index = i;
		}
	}
	return index;
}

/* The nearest whole number, halves up, by searching: not as the function does it. */
static int64_t rounded(int64_t sum, int64_t count)
{
	int64_t value = sum / count - 2;

	while (2 * count * (value + 1) <= 2 * sum + count)
		value++;
	return value;
}

static bool centroids_move(vector *centroids, const vector *points, uint32_t count)
{
	vector sums[CENTROIDS] = {{0}};
	int64_t counts[CENTROIDS] = {0};
	bool moved = false;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t to = nearest(centroids, points[i]);

		counts[to]++;
		for (uint32_t c = 0; c < COORDINATES; c++)
			sums[to][c] += points[i][c];
	}
	for (uint32_t i = 0; i < CENTROIDS; i++) {
		for (uint32_t c = 0; counts[i] > 0 && c < COORDINATES; c++) {
			int64_t to = rounded(sums[i][c], counts[i]);

			moved |= to != centroids[i][c];
			centroids[i][c] = to;
		}
	}
	return moved;
}

void repeat_kmeans(struct repeat *repeat, uint64_t seed, uint32_t count)
{
	struct sim_random random = {seed};
	vector *points = calloc(count, sizeof(*points));
	vector centroids[CENTROIDS];

	CHECK(points != NULL);
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t c = 0; c < COORDINATES; c++)
			points[i][c] = (int64_t)sim_random_below(&random, 400) +
				       (int64_t)(i % CENTROIDS) * 150 * (c + 1) - 1000;
	/* The last one is far off: no point is ever its own. */
	for (uint32_t i = 0; i < CENTROIDS; i++)
		for (uint32_t c = 0; c < COORDINATES; c++)
			centroids[i][c] = i + 1 < CENTROIDS ? points[i][c] : 1 << 20;
	*repeat = (struct repeat){
	    .name = "kmeans",
	    .text = kmeans_text,
	    .inputs = {"points", "start"},
	    .contents = {vectors_print(points, count), vectors_print(centroids, CENTROIDS)},
	    .output = "centroids",
	    .epochs = 1};
	while (centroids_move(centroids, points, count))
		repeat->epochs++;
	repeat->answer = vectors_print(centroids, CENTROIDS);
	free(points);
}

/* --- Counts ----------------------------------------------------------------------------------- */

void repeat_ledger(struct repeat *repeat, uint64_t seed, uint32_t lines)
{
	struct sim_random random = {seed};
	uint32_t counts[LINES_DISTINCT] = {0};
	char *text = malloc((size_t)lines * 16 + 1), *at = text;
	char *answer = malloc(LINES_DISTINCT * 32 + 1), *end = answer;

	CHECK(text != NULL && answer != NULL);
	*repeat = (struct repeat){.name = "ledger",
				  .text = ledger_text,
				  .inputs = {"text"},
				  .contents = {text},
				  .output = "counts",
				  .answer = answer,
				  .epochs = 1};
	for (uint32_t i = 0; i < lines; i++) {
		uint32_t line =
		    i < LINES_DISTINCT ? i : (uint32_t)sim_random_below(&random, LINES_DISTINCT);

		counts[line]++;
		at += sprintf(at, "line-%02u\n", line);
	}
	for (uint32_t i = 0; i < LINES_DISTINCT; i++)
		while (counts[i] * repeat->epochs < LEDGER_CLOSED)
			repeat->epochs++;
	for (uint32_t i = 0; i < LINES_DISTINCT; i++)
		end += sprintf(end, "%u line-%02u\n", counts[i] * repeat->epochs, i);
}

void repeat_free(struct repeat *repeat)
{
	free(repeat->contents[0]);
	free(repeat->contents[1]);
	free(repeat->answer);
	*repeat = (struct repeat){0};
}
