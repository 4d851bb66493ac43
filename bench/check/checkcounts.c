/*
 * Checks an answer of the word count too large for the oracle: checkcounts FILE
 *
 * Each line must be "COUNT WORD", by count down, then by word, and no word may come twice. Prints
 * "words N checksum X" as checktext does for the text: the sum of the counts, and the sum modulo
 * 2^64 of count times hash of word. Splitting a word's count over two lines leaves both sums as
 * they are, which is why words are also held to be distinct: by their 64-bit hashes, so that a
 * wrong alarm has a chance of n^2 / 2^65, in as many passes as keep the table of hashes small.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <millrace/hash.h>

/* Hashes held at once, on average, in a table of twice to four times as many slots. */
#define PASS_LINES (1u << 25)

struct line {
	uint64_t count;
	const uint8_t *word;
	size_t len;
};

struct answer {
	const char *path;
	const uint8_t *bytes;
	size_t len;
	uint64_t lines;
};

static void fail(const struct answer *answer, uint64_t line, const char *what)
{
	fprintf(stderr, "checkcounts: %s:%" PRIu64 ": %s\n", answer->path, line, what);
	exit(1);
}

/* Reads the line at *at and moves past it; false when it is not as the format has it. */
static bool line_read(const struct answer *answer, size_t *at, struct line *line)
{
	const uint8_t *p = answer->bytes + *at;
	const uint8_t *end = memchr(p, '\n', answer->len - *at);

	if (end == NULL || p == end || *p < '1' || *p > '9')
		return false;
	for (line->count = 0; p < end && *p >= '0' && *p <= '9'; p++) {
		if (line->count > (UINT64_MAX - 9) / 10)
			return false;
		line->count = line->count * 10 + (uint64_t)(*p - '0');
	}
	if (p == end || *p++ != ' ' || p == end)
		return false;
	line->word = p;
	for (; p < end; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9')))
			return false;
	line->len = (size_t)(end - line->word);
	*at = (size_t)(end + 1 - answer->bytes);
	return true;
}

static bool line_before(const struct line *a, const struct line *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int order;

	if (a->count != b->count)
		return a->count > b->count;
	order = memcmp(a->word, b->word, len);
	return order != 0 ? order < 0 : a->len < b->len;
}

static void check_lines(struct answer *answer, uint64_t *words, uint64_t *checksum)
{
	struct line line, last;

	for (size_t at = 0; at < answer->len; last = line) {
		answer->lines++;
		if (!line_read(answer, &at, &line))
			fail(answer, answer->lines, "not of the form COUNT WORD");
		if (answer->lines > 1 && !line_before(&last, &line))
			fail(answer, answer->lines, "not after the line before it");
		*words += line.count;
		*checksum += line.count * mr_hash64(line.word, line.len);
	}
}

/* Hashes of one pass, open addressing; 0 is a free slot. */
struct table {
	uint64_t *slots;
	uint64_t mask;
};

/* Puts hash, which is not 0, into the table; false when it was there. */
static bool table_put(struct table *table, uint64_t hash)
{
	/* The pass took its share of the lines by the low bits: a multiplication mixes them all. */
	uint64_t slot = (hash * MR_XXH_P1) >> 32 & table->mask;

	for (; table->slots[slot] != 0; slot = (slot + 1) & table->mask)
		if (table->slots[slot] == hash)
			return false;
	table->slots[slot] = hash;
	return true;
}

/* Room for lines to be half full. */
static void table_init(const struct answer *answer, struct table *table, uint64_t lines)
{
	uint64_t slots = 16;

	while (slots < lines * 2)
		slots *= 2;
	table->mask = slots - 1;
	table->slots = calloc(slots, sizeof(*table->slots));
	if (table->slots == NULL)
		fail(answer, 0, "no memory for the table of hashes");
}

static void check_distinct(const struct answer *answer)
{
	uint64_t passes = answer->lines / PASS_LINES + 1;

	for (uint64_t pass = 0; pass < passes; pass++) {
		struct table table;
		struct line line;
		uint64_t number = 0;

		/* A pass gets a few lines more or less than its share. */
		table_init(answer, &table, answer->lines / passes * 9 / 8 + 1024);
		for (size_t at = 0; at < answer->len && line_read(answer, &at, &line);) {
			uint64_t hash = mr_hash64(line.word, line.len);

			number++;
			if (hash % passes == pass && hash != 0 && !table_put(&table, hash))
				fail(answer, number, "its word came before");
		}
		free(table.slots);
	}
}

static void answer_map(struct answer *answer)
{
	int fd = open(answer->path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st) != 0)
		fail(answer, 0, strerror(errno));
	answer->len = (size_t)st.st_size;
	if (answer->len > 0) {
		map = mmap(NULL, answer->len, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map == MAP_FAILED)
			fail(answer, 0, strerror(errno));
		answer->bytes = map;
	}
	close(fd);
}

int main(int argc, char **argv)
{
	struct answer answer = {0};
	uint64_t words = 0;
	uint64_t checksum = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: checkcounts FILE\n");
		return 2;
	}
	answer.path = argv[1];
	answer_map(&answer);
	check_lines(&answer, &words, &checksum);
	check_distinct(&answer);
	printf("words %" PRIu64 " checksum %016" PRIx64 "\n", words, checksum);
	return 0;
}
