/*
 * Vectors of k-means: a line of whole numbers with blanks between, as many in every line.
 *
 * All arithmetic is in 64-bit integers, so that sums are the same in any order. A coordinate has at
 * most 24 bits and a vector at most 64 coordinates: a squared distance has at most 56 bits, and a
 * sum of 2^38 points fits.
 */
#ifndef VECTORS_H
#define VECTORS_H

#include <millrace_function.h>

#define COORDINATES_MAX 64u
#define COORDINATE_MAX ((1 << 24) - 1)

/* Sums of the points of each centroid: struct sums, then for each centroid the number of its points
 * and the sum of each coordinate, as int64_t. */
struct sums {
	uint32_t centroids;
	uint32_t coordinates;
};

/* Count vectors of so many coordinates, one behind the other. */
struct vectors {
	int64_t *at;
	uint32_t count;
	uint32_t coordinates;
};

/* Reads the number at *at, which moves behind it and the blanks around. False: there is none, or it
 * is too large. */
MR_FN bool number_read(const uint8_t **at, const uint8_t *end, int64_t *number)
{
	const uint8_t *p = *at, *digits;
	bool negative;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	negative = p < end && *p == '-';
	p += negative;
	*number = 0;
	for (digits = p; p < end && *p >= '0' && *p <= '9'; p++) {
		*number = *number * 10 + (*p - '0');
		if (*number > COORDINATE_MAX)
			return false;
	}
	if (p == digits)
		return false;
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	*number = negative ? -*number : *number;
	*at = p;
	return true;
}

/* Reads the line at *at into coordinates[COORDINATES_MAX] and moves behind its end. Returns their
 * number; 0 when it is no vector. */
MR_FN uint32_t vector_read(const uint8_t **at, const uint8_t *end, int64_t *coordinates)
{
	uint32_t count = 0;

	while (*at < end && **at != '\n')
		if (count == COORDINATES_MAX || !number_read(at, end, &coordinates[count++]))
			return 0;
	*at += *at < end;
	return count;
}

/* what: "the centroid of line ", and the like. */
MR_FN int vector_malformed(struct mr_call *call, const char *what, uint64_t line)
{
	return mr_fail_number(
	    call, what, line,
	    " is no vector: up to 64 whole numbers below 2^24, as many in every line");
}

/* The centroids to go by: those of the epoch before, or else the first ones. */
MR_FN int centroids_read(struct mr_call *call, struct vectors *centroids)
{
	const struct mr_set *before = mr_in(call, "before");
	const struct mr_item *start = mr_in_only(call, "start");
	struct mr_bytes text;
	const uint8_t *at, *end;
	uint32_t lines = 0;

	if (before == NULL || start == NULL)
		return MR_FAILED;
	text = mr_item_bytes(call, before->item_count > 0 ? mr_in_item(call, before, 0) : start);
	end = text.data + text.len;
	for (at = text.data; at < end; at++)
		lines += *at == '\n' || at + 1 == end;
	if (lines == 0)
		return mr_fail(call, "`start` is empty: give it one line for each centroid");
	*centroids = (struct vectors){NULL, 0, 0};
	for (at = text.data; at < end; centroids->count++) {
		int64_t coordinates[COORDINATES_MAX];
		uint32_t count = vector_read(&at, end, coordinates);

		if (centroids->count == 0) {
			centroids->coordinates = count;
			centroids->at =
			    (int64_t *)mr_alloc(call, (uint64_t)lines * count * sizeof(int64_t), 8);
			if (centroids->at == NULL)
				return MR_FAILED;
		}
		if (count == 0 || count != centroids->coordinates)
			return vector_malformed(call, "the centroid of line ",
						centroids->count + 1);
		__builtin_memcpy(centroids->at + (uint64_t)centroids->count * count, coordinates,
				 count * sizeof(int64_t));
	}
	return 0;
}

#endif
