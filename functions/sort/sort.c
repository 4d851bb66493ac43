/*
 * sort: the lines of all items in the order of their bytes, each with a line end.
 *
 * Input text; output sorted, one item. A merge sort of ranks, the first bytes of each line, beside
 * where the line lies: most lines are told apart without looking at them.
 */
#include <millrace_function.h>

#define RANK_BYTES 8

struct line {
	uint64_t rank; /* the first bytes, the first one highest; zeroes behind a short line */
	uint32_t off;  /* in the region */
	uint32_t bytes;
};

struct lines {
	struct line *lines;
	uint32_t count;
	uint64_t bytes; /* with their line ends */
};

/* The end of the line that begins at `at`. */
static const uint8_t *line_end(const uint8_t *at, const uint8_t *end)
{
	while (at < end && *at != '\n')
		at++;
	return at;
}

static uint64_t rank_of(const uint8_t *at, uint32_t bytes)
{
	uint64_t rank = 0;

	if (bytes >= RANK_BYTES) {
		__builtin_memcpy(&rank, at, RANK_BYTES);
		return __builtin_bswap64(rank);
	}
	for (uint32_t i = 0; i < bytes; i++)
		rank |= (uint64_t)at[i] << (56 - 8 * i);
	return rank;
}

/* Counts the lines of a text, and notes them where there is room for it. */
static void lines_find(struct mr_call *call, struct mr_bytes text, struct lines *found)
{
	const uint8_t *at = text.data, *end = at + text.len;

	while (at < end) {
		const uint8_t *stop = line_end(at, end);
		const uint32_t bytes = (uint32_t)(stop - at);

		if (found->lines != NULL)
			found->lines[found->count] =
			    (struct line){rank_of(at, bytes), MR_OFFSET(call, at), bytes};
		found->count++;
		found->bytes += (uint64_t)bytes + 1;
		at = stop + 1;
	}
}

static void set_find(struct mr_call *call, const struct mr_set *text, struct lines *found)
{
	found->count = 0;
	found->bytes = 0;
	for (uint32_t i = 0; i < text->item_count; i++)
		lines_find(call, mr_item_bytes(call, mr_in_item(call, text, i)), found);
}

/* Not behind the other one: equal lines stay as they are. */
static bool line_first(struct mr_call *call, const struct line *a, const struct line *b)
{
	const uint32_t common = a->bytes < b->bytes ? a->bytes : b->bytes;
	const uint32_t known = common < RANK_BYTES ? common : RANK_BYTES;
	int order;

	if (a->rank != b->rank)
		return a->rank < b->rank;
	order = __builtin_memcmp(MR_POINTER(call, a->off) + known, MR_POINTER(call, b->off) + known,
				 common - known);
	return order != 0 ? order < 0 : a->bytes <= b->bytes;
}

/* Two runs that lie one behind the other, [0, middle) and [middle, end), into one. */
static void runs_merge(struct mr_call *call, const struct line *runs, uint32_t middle, uint32_t end,
		       struct line *to)
{
	uint32_t a = 0, b = middle;

	while (a < middle && b < end)
		*to++ = line_first(call, &runs[a], &runs[b]) ? runs[a++] : runs[b++];
	if (a < middle)
		__builtin_memcpy(to, runs + a, (middle - a) * sizeof(*to));
	if (b < end)
		__builtin_memcpy(to, runs + b, (end - b) * sizeof(*to));
}

/* Runs of 1, 2, 4, ... lines, from one table into the other. Returns the one they end in. */
static struct line *lines_sort(struct mr_call *call, struct line *from, struct line *to,
			       uint32_t count)
{
	for (uint64_t run = 1; run < count; run *= 2) {
		struct line *sorted = to;

		for (uint64_t at = 0; at < count; at += 2 * run) {
			const uint64_t left = count - at;

			runs_merge(call, from + at, (uint32_t)(left < run ? left : run),
				   (uint32_t)(left < 2 * run ? left : 2 * run), to + at);
		}
		to = from;
		from = sorted;
	}
	return from;
}

static void lines_write(struct mr_call *call, const struct line *lines, uint32_t count, uint8_t *to)
{
	for (uint32_t i = 0; i < count; i++) {
		__builtin_memcpy(to, MR_POINTER(call, lines[i].off), lines[i].bytes);
		to += lines[i].bytes;
		*to++ = '\n';
	}
}

static int sort(struct mr_call *call)
{
	const struct mr_set *text = mr_in(call, "text");
	struct mr_set *out = mr_out(call, "sorted");
	struct lines found = {NULL, 0, 0};
	struct mr_bytes result;
	struct line *spare;
	uint8_t *sorted;

	if (text == NULL || out == NULL)
		return MR_FAILED;
	set_find(call, text, &found);
	sorted = (uint8_t *)mr_alloc(call, found.bytes, MR_ALIGN);
	found.lines = (struct line *)mr_borrow(call, found.count * (uint64_t)sizeof(struct line));
	spare = (struct line *)mr_borrow(call, found.count * (uint64_t)sizeof(struct line));
	if (sorted == NULL || found.lines == NULL || spare == NULL)
		return MR_FAILED;
	set_find(call, text, &found);
	lines_write(call, lines_sort(call, found.lines, spare, found.count), found.count, sorted);
	mr_return_all(call);
	result.data = sorted;
	result.len = (uint32_t)found.bytes;
	return mr_out_add(call, out, mr_none(), mr_none(), result);
}

MR_ENTRY(sort)
