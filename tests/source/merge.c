/* The merge against a plain sort: keys, ties, runs in memory and in files, long lines, errors. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "sink.h"
#include "test.h"

struct text {
	uint8_t *data;
	uint64_t bytes;
	uint64_t limit;
};

static void text_put(struct text *text, const void *data, uint64_t bytes)
{
	if (text->bytes + bytes >= text->limit) {
		text->limit = 2 * (text->bytes + bytes) + 64;
		text->data = realloc(text->data, text->limit);
	}
	memcpy(text->data + text->bytes, data, bytes);
	text->bytes += bytes;
}

/* --- The reference: lines sorted by comparing their columns the plain way -------------------- */

struct line {
	const char *text; // ends in '\0'
	uint32_t run;
	uint32_t index;
};

static const struct sink_key *sort_keys;
static uint32_t sort_key_count;

static void column_cut(const char *line, uint32_t column, bool rest, char *to)
{
	for (; column > 1; column--) {
		line = strchr(line, ' ');
		if (line == NULL) {
			to[0] = '\0';
			return;
		}
		line++;
	}
	strcpy(to, line);
	if (!rest)
		*strchrnul(to, ' ') = '\0';
}

static int keys_compare(const char *a, const char *b)
{
	static char left[1 << 21];
	static char right[1 << 21];
	uint32_t last = 0;

	for (uint32_t i = 0; i < sort_key_count; i++)
		last = sort_keys[i].column > last ? sort_keys[i].column : last;
	for (uint32_t i = 0; i < sort_key_count; i++) {
		const struct sink_key *key = &sort_keys[i];
		bool rest = !key->number && key->column == last;
		int order;

		column_cut(a, key->column, rest, left);
		column_cut(b, key->column, rest, right);
		if (key->number) {
			uint64_t m = strtoull(left, NULL, 10);
			uint64_t n = strtoull(right, NULL, 10);

			order = (m > n) - (m < n);
		} else {
			order = strcmp(left, right);
		}
		if (order != 0)
			return key->descending ? -order : order;
	}
	return 0;
}

static int line_in_run_compare(const void *a, const void *b)
{
	const struct line *left = a;
	const struct line *right = b;
	int order = keys_compare(left->text, right->text);

	return order != 0 ? order : (left->index > right->index) - (left->index < right->index);
}

static int line_sort_compare(const void *a, const void *b)
{
	const struct line *left = a;
	const struct line *right = b;
	int order = keys_compare(left->text, right->text);

	if (order == 0 && left->run != right->run)
		order = left->run < right->run ? -1 : 1;
	return order != 0 ? order : (left->index > right->index) - (left->index < right->index);
}

/* --- Random jobs ------------------------------------------------------------------------------ */

/* "NUMBER WORD[ REST]" of few letters, so that ranks tie and words are prefixes of each other. */
static char *line_random(uint32_t line_bytes_max)
{
	char word[64] = "";
	uint32_t length = (uint32_t)rand() % 24;
	char *line;

	for (uint32_t i = 0; i < length; i++)
		word[i] = "aaaaaaab\x01\xff z"[rand() % 12];
	word[length] = '\0';
	CHECK(asprintf(&line, "%llu %s",
		       rand() % 8 == 0 ? 18446744073709551615ull : (unsigned long long)rand() % 5,
		       word) > 0);
	if (line_bytes_max > 0 && rand() % 50 == 0) {
		uint32_t bytes = (uint32_t)rand() % line_bytes_max + 64;

		line = realloc(line, bytes + 1);
		memset(line + strlen(line), 'q', bytes - strlen(line));
		line[bytes] = '\0';
	}
	return line;
}

static int scratch_open(void)
{
	char path[] = "/tmp/source-merge-XXXXXX";
	int fd = mkstemp(path);

	CHECK(fd >= 0);
	unlink(path);
	return fd;
}

static struct text fd_read(int fd)
{
	struct text text = {0};
	off_t bytes = lseek(fd, 0, SEEK_END);

	text.data = malloc((size_t)bytes + 1);
	text.bytes = (uint64_t)bytes;
	CHECK(pread(fd, text.data, (size_t)bytes, 0) == bytes);
	return text;
}

struct shape {
	uint32_t runs;
	uint32_t lines_max;      // of one run
	uint32_t line_bytes_max; // 0: short lines only
	uint64_t buffer_extra;
};

/* Runs alternate between memory and one file; some are empty, some lack their last '\n'. */
static void merge_random(const struct sink_key *keys, uint32_t key_count, struct shape shape)
{
	struct sink_run *runs = calloc(shape.runs, sizeof(*runs));
	struct line *lines = calloc((size_t)shape.runs * shape.lines_max + 1, sizeof(*lines));
	struct text *texts = calloc(shape.runs, sizeof(*texts));
	struct text expected = {0};
	atomic_uint_fast64_t written = 0;
	char error[MR_ERROR_BYTES_MAX] = "";
	uint64_t offset = 777;
	uint32_t count = 0;
	int file = scratch_open();
	int fd = scratch_open();
	struct text got;
	int rc;

	sort_keys = keys;
	sort_key_count = key_count;
	for (uint32_t r = 0; r < shape.runs; r++) {
		uint32_t of_run = (uint32_t)rand() % (shape.lines_max + 1);
		struct line *first = &lines[count];

		for (uint32_t i = 0; i < of_run; i++)
			lines[count++] = (struct line){line_random(shape.line_bytes_max), r, i};
		qsort(first, of_run, sizeof(*first), line_in_run_compare);
		for (uint32_t i = 0; i < of_run; i++) {
			first[i].index = i;
			text_put(&texts[r], first[i].text, strlen(first[i].text));
			if (i + 1 < of_run || rand() % 3 > 0)
				text_put(&texts[r], "\n", 1);
		}
		runs[r] = (struct sink_run){.data = texts[r].data, .bytes = texts[r].bytes};
		if (r % 2 == 1) {
			CHECK(pwrite(file, texts[r].data, texts[r].bytes, (off_t)offset) ==
			      (ssize_t)texts[r].bytes);
			runs[r] = (struct sink_run){
			    .fd = file, .offset = offset, .bytes = texts[r].bytes};
			offset += texts[r].bytes + 3;
		}
	}
	qsort(lines, count, sizeof(*lines), line_sort_compare);
	text_put(&expected, "", 0);
	for (uint32_t i = 0; i < count; i++) {
		text_put(&expected, lines[i].text, strlen(lines[i].text));
		text_put(&expected, "\n", 1);
	}
	struct sink_job job = {
	    .runs = runs,
	    .run_count = shape.runs,
	    .keys = keys,
	    .key_count = key_count,
	    .out_fd = fd,
	    .written = &written,
	};
	job.buffer_bytes = sink_buffer_min(&job) + shape.buffer_extra;
	job.buffer = malloc(job.buffer_bytes);
	rc = sink_write(&job, error, sizeof(error));
	CHECK(rc == 0, "%s", error);
	CHECK(written == expected.bytes);
	got = fd_read(fd);
	CHECK(got.bytes == expected.bytes && memcmp(got.data, expected.data, got.bytes) == 0,
	      "not what sorting gives");
	free(job.buffer);
	free(got.data);
	free(expected.data);
	for (uint32_t i = 0; i < count; i++)
		free((char *)(uintptr_t)lines[i].text);
	for (uint32_t r = 0; r < shape.runs; r++)
		free(texts[r].data);
	free(texts);
	free(lines);
	free(runs);
	close(file);
	close(fd);
}

static void test_random(uint32_t rounds)
{
	static const struct {
		struct sink_key keys[3];
		uint32_t count;
	} orders[] = {
	    {{{1, true, true}, {2, false, false}}, 2},
	    {{{1, true, false}}, 1},
	    {{{2, false, false}, {1, true, true}}, 2},
	    {{{2, false, true}}, 1},
	    {{{1, false, true}, {3, false, false}, {1, true, false}}, 3},
	    {{{5, false, true}, {2, false, true}, {1, true, true}}, 3},
	};
	static const struct shape shapes[] = {
	    {1, 40, 0, 0}, {2, 40, 0, 0},      {3, 400, 0, 5000},        {17, 30, 0, 1 << 20},
	    {64, 3, 0, 0}, {5, 3000, 4000, 0}, {4, 200, 60000, 4 << 20}, {2, 20, 1500000, 16 << 20},
	    {40, 0, 0, 0},
	};

	for (uint32_t round = 0; round < rounds; round++)
		for (size_t s = 0; s < sizeof(shapes) / sizeof(*shapes); s++) {
			uint32_t o = (uint32_t)rand() % (sizeof(orders) / sizeof(*orders));

			merge_random(orders[o].keys, orders[o].count, shapes[s]);
		}
}

/* As many runs in files as a large spilled job leaves, in the memory it has for them. */
static void test_many_runs(void)
{
	static const struct sink_key keys[] = {{1, true, true}, {2, false, false}};

	merge_random(keys, 2, (struct shape){4000, 20, 0, (64u << 20) - 2000 * 16384 - 131072});
}

/* --- Errors ---------------------------------------------------------------------------------- */

static int merge_text(const char *const *texts, uint32_t count, bool in_file,
		      const struct sink_key *keys, uint32_t key_count, char *error)
{
	struct sink_run runs[4] = {0};
	int fd = open("/dev/null", O_WRONLY);
	int file = scratch_open();
	uint64_t offset = 0;
	int rc;

	for (uint32_t i = 0; i < count; i++) {
		runs[i] =
		    (struct sink_run){.data = (const uint8_t *)texts[i], .bytes = strlen(texts[i])};
		if (in_file) {
			CHECK(pwrite(file, texts[i], runs[i].bytes, (off_t)offset) >= 0);
			runs[i].data = NULL;
			runs[i].fd = file;
			runs[i].offset = offset;
			offset += runs[i].bytes;
		}
	}
	struct sink_job job = {
	    .runs = runs, .run_count = count, .keys = keys, .key_count = key_count, .out_fd = fd};
	job.buffer_bytes = sink_buffer_min(&job);
	job.buffer = malloc(job.buffer_bytes);
	rc = sink_write(&job, error, MR_ERROR_BYTES_MAX);
	free(job.buffer);
	close(fd);
	close(file);
	return rc;
}

static void test_errors(void)
{
	static const struct sink_key count_word[] = {{1, true, true}, {2, false, false}};
	static const struct {
		const char *texts[2];
		const char *message;
	} cases[] = {
	    {{"3 a\n2 b\n", "5 x\n6 y\n"},
	     "run 2 of 2 is not in order: line 2, '6 y', must not come after '5 x': sort each "
	     "run by the keys of the merge"},
	    {{"3 b\n3 a", ""},
	     "run 1 of 2 is not in order: line 2, '3 a', must not come after '3 b': sort each "
	     "run by the keys of the merge"},
	    {{"3 aaaaaaaaaaz\n3 aaaaaaaaaay\n", ""},
	     "run 1 of 2 is not in order: line 2, '3 aaaaaaaaaay', must not come after '3 "
	     "aaaaaaaaaaz': sort each run by the keys of the merge"},
	    {{"3 a\nx\tb\n", "1 a\n"},
	     "run 1 of 2: line 2, 'x\\x09b', has no number (0 to 2^64-1) in column 1: merge by "
	     "columns that the lines have"},
	    {{"\n", "1 a\n"},
	     "run 1 of 2: line 1, '', has no number (0 to 2^64-1) in column 1: merge by columns "
	     "that the lines have"},
	    {{"18446744073709551616 a\n", ""},
	     "run 1 of 2: line 1, '18446744073709551616 a', has no number (0 to 2^64-1) in "
	     "column 1: merge by columns that the lines have"},
	};
	char error[MR_ERROR_BYTES_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (int in_file = 0; in_file < 2; in_file++) {
			int rc = merge_text(cases[i].texts, 2, in_file, count_word, 2, error);

			CHECK(rc == -EINVAL, "case %zu: %d", i, rc);
			CHECK(strcmp(error, cases[i].message) == 0, "got: %s", error);
		}
}

static void test_bad_jobs(void)
{
	static const struct sink_key zero[] = {{0, false, false}};
	static const struct sink_key text[] = {{1, false, false}};
	char error[MR_ERROR_BYTES_MAX];
	char *line = malloc(20001);
	const char *texts[] = {line, "a\n"};
	uint8_t small[8];
	struct sink_job job = {.buffer = small, .buffer_bytes = sizeof(small)};

	memset(line, 'x', 20000);
	line[20000] = '\0';
	CHECK(merge_text(texts, 2, true, text, 1, error) == -EFBIG);
	CHECK(strcmp(error, "run 1 of 2: line 1 is longer than the 4096 bytes a run's buffer has "
			    "for it: shorten it or give more memory") == 0,
	      "got: %s", error);
	CHECK(merge_text(texts, 2, false, text, 1, error) == 0, "%s", error);
	CHECK(merge_text(texts, 2, false, zero, 1, error) == -EINVAL);
	CHECK(merge_text(texts, 0, false, text, 1, error) == 0);
	CHECK(sink_write(&job, error, sizeof(error)) == -EINVAL);
	CHECK(strstr(error, "give more memory") != NULL);
	free(line);
}

int main(int argc, char **argv)
{
	uint32_t rounds = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 20;
	struct io_engine *engine = NULL;
	int rc = io_engine_create(&engine);

	if (rc == -ENOSYS || rc == -EPERM)
		SKIP("no io_uring here: %s", strerror(-rc));
	io_engine_destroy(&engine);
	srand(argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1);
	test_errors();
	test_bad_jobs();
	test_random(rounds);
	test_many_runs();
	return 0;
}
