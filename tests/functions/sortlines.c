/* A function written for a libc: malloc(), qsort(), strtok(), snprintf() and sqrt(). */
#define MR_WITH_MALLOC
#include <millrace_function.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES_MAX 200

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t split(char *text, char ***lines)
{
	size_t count = 0;
	size_t room = 0;

	*lines = NULL;
	for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		if (count == room) {
			room = room > 0 ? room * 2 : 8;
			*lines = realloc(*lines, room * sizeof(**lines));
			if (*lines == NULL)
				return 0;
		}
		(*lines)[count++] = line;
	}
	return count;
}

/* Each item's lines, sorted, with their number and its square root. */
static int sort_lines(struct mr_call *call)
{
	const struct mr_set *in = mr_in(call, "text");
	struct mr_set *out = mr_out(call, "sorted");

	for (uint32_t i = 0; i < in->item_count; i++) {
		const struct mr_item *item = mr_in_item(call, in, i);
		const struct mr_bytes text = mr_item_bytes(call, item);
		char *copy = malloc(text.len + 1);
		struct mr_bytes result = {NULL, 0};
		char **lines;
		size_t count;
		char *sorted;

		if (copy == NULL)
			return mr_fail(call, "no memory for the text");
		memcpy(copy, text.data, text.len);
		copy[text.len] = 0;
		count = split(copy, &lines);
		qsort(lines, count, sizeof(*lines), compare);
		sorted = malloc(count * LINE_BYTES_MAX + 1);
		if (sorted == NULL)
			return mr_fail(call, "no memory for the lines");
		for (size_t n = 0; n < count; n++)
			result.len +=
			    (uint32_t)snprintf(sorted + result.len, LINE_BYTES_MAX,
					       "%zu %.150s %.3f\n", n, lines[n], sqrt((double)n));
		result.data = (const uint8_t *)sorted;
		free(lines);
#ifdef MR_MALLOC_IS_OURS /* not native, where it writes to the terminal */
		if (printf("nowhere\n") > 0 && fflush(stdout) == 0)
			return mr_fail(call, "printf() wrote somewhere");
#endif
		if (mr_out_add(call, out, mr_item_name(call, item), mr_none(), result) != 0)
			return MR_FAILED;
	}
	return 0;
}

MR_ENTRY(sort_lines)
