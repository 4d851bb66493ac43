/*
 * nearest: the points of some text to one item of sums (vectors.h): how many points each centroid
 * is nearest to, and their sum. Of equally near centroids it is the first.
 */
#include <millrace_function.h>

#include "vectors.h"

static uint32_t nearest_find(const struct vectors *centroids, const int64_t *point)
{
	const int64_t *centroid = centroids->at;
	int64_t best_distance = INT64_MAX;
	uint32_t best = 0;

	for (uint32_t i = 0; i < centroids->count; i++) {
		int64_t distance = 0;

		for (uint32_t c = 0; c < centroids->coordinates; c++, centroid++)
			distance += (*centroid - point[c]) * (*centroid - point[c]);
		if (distance < best_distance) {
			best_distance = distance;
			best = i;
		}
	}
	return best;
}

static int points_sum(struct mr_call *call, const struct vectors *centroids, struct mr_bytes text,
		      int64_t *sums)
{
	const uint8_t *at = text.data, *end = at + text.len;

	for (uint64_t line = 1; at < end; line++) {
		int64_t point[COORDINATES_MAX];
		int64_t *sum;

		if (vector_read(&at, end, point) != centroids->coordinates)
			return vector_malformed(call, "the point of line ", line);
		sum =
		    sums + (uint64_t)nearest_find(centroids, point) * (1 + centroids->coordinates);
		*sum++ += 1;
		for (uint32_t c = 0; c < centroids->coordinates; c++)
			sum[c] += point[c];
	}
	return 0;
}

static int nearest(struct mr_call *call)
{
	const struct mr_set *points = mr_in(call, "points");
	struct mr_set *out = mr_out(call, "sums");
	struct vectors centroids;
	struct mr_bytes made;
	struct sums *sums;

	if (points == NULL || out == NULL || centroids_read(call, &centroids) != 0)
		return MR_FAILED;
	made.len = (uint32_t)(sizeof(*sums) + (uint64_t)centroids.count *
						  (1 + centroids.coordinates) * sizeof(int64_t));
	sums = (struct sums *)mr_alloc(call, made.len, 8);
	if (sums == NULL)
		return MR_FAILED;
	__builtin_memset(sums, 0, made.len);
	*sums = (struct sums){centroids.count, centroids.coordinates};
	for (uint32_t i = 0; i < points->item_count; i++)
		if (points_sum(call, &centroids, mr_item_bytes(call, mr_in_item(call, points, i)),
			       (int64_t *)(void *)(sums + 1)) != 0)
			return MR_FAILED;
	made.data = (const uint8_t *)sums;
	return mr_out_add(call, out, mr_none(), mr_none(), made);
}

MR_ENTRY(nearest)
