/*
 * means: each centroid goes to the mean of its points, rounded to the nearest whole numbers (halves
 * up); one without points stays. centroids is one item, a line each; moved has an item with the
 * number of each that is somewhere else than before.
 */
#include <millrace_function.h>

#include "vectors.h"

/* Adds up all items. */
static int sums_add(struct mr_call *call, const struct vectors *centroids, int64_t *total)
{
	const struct mr_set *set = mr_in(call, "sums");
	const uint64_t numbers = (uint64_t)centroids->count * (1 + centroids->coordinates);

	if (set == NULL)
		return MR_FAILED;
	for (uint32_t i = 0; i < set->item_count; i++) {
		struct mr_bytes bytes = mr_item_bytes(call, mr_in_item(call, set, i));
		struct sums sums;

		if (bytes.len != sizeof(sums) + numbers * sizeof(int64_t))
			return mr_fail_number(call, "item ", i,
					      " of set sums is of other centroids");
		__builtin_memcpy(&sums, bytes.data, sizeof(sums));
		if (sums.centroids != centroids->count ||
		    sums.coordinates != centroids->coordinates)
			return mr_fail_number(call, "item ", i,
					      " of set sums is of other centroids");
		for (uint64_t n = 0; n < numbers; n++) {
			int64_t part;

			__builtin_memcpy(&part, bytes.data + sizeof(sums) + n * sizeof(part),
					 sizeof(part));
			total[n] += part;
		}
	}
	return 0;
}

/* Rounded to the nearest whole number, halves up. */
static int64_t mean_round(int64_t sum, int64_t count)
{
	const int64_t twice = 2 * sum + count, by = 2 * count;

	return twice / by - (twice % by < 0);
}

static bool centroid_move(int64_t *centroid, const int64_t *sum, uint32_t coordinates)
{
	const int64_t count = *sum++;
	bool moved = false;

	for (uint32_t c = 0; count > 0 && c < coordinates; c++) {
		const int64_t mean = mean_round(sum[c], count);

		moved |= mean != centroid[c];
		centroid[c] = mean;
	}
	return moved;
}

static uint8_t *number_write(uint8_t *to, int64_t number)
{
	if (number < 0)
		*to++ = '-';
	return to + mr_decimal(to, (uint64_t)(number < 0 ? -number : number));
}

static int moved_add(struct mr_call *call, struct mr_set *moved, uint32_t number)
{
	uint8_t *text = (uint8_t *)mr_alloc(call, 24, 8);
	struct mr_bytes line = {text, 0};

	if (text == NULL)
		return MR_FAILED;
	line.len = mr_decimal(text, number);
	text[line.len++] = '\n';
	return mr_out_add(call, moved, mr_none(), mr_none(), line);
}

#define NUMBER_BYTES_MAX 10 /* sign, 8 digits, blank or line end */

static int centroids_write(struct mr_call *call, const struct vectors *centroids)
{
	struct mr_set *out = mr_out(call, "centroids");
	const int64_t *number = centroids->at;
	struct mr_bytes text;
	uint8_t *to;

	to = (uint8_t *)mr_alloc(
	    call, (uint64_t)centroids->count * centroids->coordinates * NUMBER_BYTES_MAX, 1);
	if (to == NULL || out == NULL)
		return MR_FAILED;
	text.data = to;
	for (uint32_t i = 0; i < centroids->count; i++) {
		for (uint32_t c = 0; c < centroids->coordinates; c++) {
			to = number_write(to, *number++);
			*to++ = c + 1 < centroids->coordinates ? ' ' : '\n';
		}
	}
	text.len = (uint32_t)(to - text.data);
	return mr_out_add(call, out, mr_none(), mr_none(), text);
}

static int means(struct mr_call *call)
{
	struct mr_set *moved = mr_out(call, "moved");
	struct vectors centroids;
	uint64_t bytes;
	int64_t *total;

	if (moved == NULL || centroids_read(call, &centroids) != 0)
		return MR_FAILED;
	bytes = (uint64_t)centroids.count * (1 + centroids.coordinates) * sizeof(*total);
	total = (int64_t *)mr_alloc(call, bytes, 8);
	if (total == NULL)
		return MR_FAILED;
	__builtin_memset(total, 0, bytes);
	if (sums_add(call, &centroids, total) != 0)
		return MR_FAILED;
	for (uint32_t i = 0; i < centroids.count; i++)
		if (centroid_move(centroids.at + (uint64_t)i * centroids.coordinates,
				  total + (uint64_t)i * (1 + centroids.coordinates),
				  centroids.coordinates) &&
		    moved_add(call, moved, i + 1) != 0)
			return MR_FAILED;
	return centroids_write(call, &centroids);
}

MR_ENTRY(means)
