/*
 * wordcount_native FILE [THREADS]: the word count as a good plain C program does it on one machine.
 *
 * What the word count of Millrace is measured against: the file is mapped, and its chunks, cut
 * between words, are counted by threads (two by default), each with tables of its own, which are
 * then merged, sorted and printed as lines "COUNT WORD". Words are runs of ASCII letters and
 * digits, in lower case. The time each stage took goes to standard error.
 */
#include <emmintrin.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "wordcount_table.h"

#define CHUNK_BYTES (1u << 20)
#define THREADS_MAX 64
#define BLOCK_BYTES 64 /* a bit each in an integer */
#define WINDOW_BLOCKS 32
#define CUTS_MAX (WINDOW_BLOCKS * BLOCK_BYTES + 2)
#define LOAD_AHEAD 64 /* readable behind the text */

struct job {
	const uint8_t *text;
	size_t bytes;
	atomic_size_t next; /* chunk to take */
};

struct worker {
	pthread_t thread;
	struct job *job;
	struct tables tables;
};

static double seconds_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static bool byte_alnum(uint8_t byte)
{
	return (uint8_t)((byte | 0x20) - 'a') < 26 || (uint8_t)(byte - '0') < 10;
}

/* A bit for each of 16 bytes: whether it is a letter or digit. */
static uint64_t vector_alnum(const uint8_t *at)
{
	const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
	const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
	const __m128i letter = _mm_sub_epi8(lower, _mm_set1_epi8('a'));
	const __m128i digit = _mm_sub_epi8(bytes, _mm_set1_epi8('0'));
	const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter);
	const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(9)), digit);

	return (uint32_t)_mm_movemask_epi8(_mm_or_si128(is_letter, is_digit));
}

static uint64_t block_alnum(const uint8_t *at)
{
	return vector_alnum(at) | vector_alnum(at + 16) << 16 | vector_alnum(at + 32) << 32 |
	       vector_alnum(at + 48) << 48;
}

/* Where words begin and end, in turns, in the text of one window. Returns how many cuts there are;
 * *inside says whether a word has begun. */
static size_t window_cut(const uint8_t *at, const uint8_t *end, uint64_t *inside,
			 const uint8_t **cuts)
{
	size_t count = 0;

	for (; at < end; at += BLOCK_BYTES) {
		uint64_t alnum = block_alnum(at);
		uint64_t bits;

		if (end - at < BLOCK_BYTES)
			alnum &= (1ull << (end - at)) - 1;
		bits = alnum ^ (alnum << 1 | *inside);
		*inside = alnum >> 63;
		for (; bits != 0; bits &= bits - 1)
			cuts[count++] = at + __builtin_ctzll(bits);
	}
	return count;
}

/* Counts the words between pairs of cuts. The keys of short words come first, so that their slots
 * are on the way from memory when they are counted. */
static void words_count(struct tables *t, const uint8_t *const *cuts, size_t count)
{
	uint64_t keys[CUTS_MAX / 2];
	size_t shorts = 0;

	for (size_t i = 0; i + 1 < count; i += 2) {
		const size_t len = (size_t)(cuts[i + 1] - cuts[i]);

		if (len > 8) {
			wide_count(t, cuts[i], len, 1);
			continue;
		}
		keys[shorts] = word_key(cuts[i], len);
		short_prefetch(t, keys[shorts++]);
	}
	for (size_t i = 0; i < shorts; i++)
		short_count(t, keys[i], 1);
}

static void text_count(struct tables *t, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *cuts[CUTS_MAX];
	uint64_t inside = 0;
	size_t count = 0;

	while (at < end) {
		const uint8_t *stop =
		    end - at > WINDOW_BLOCKS * BLOCK_BYTES ? at + WINDOW_BLOCKS * BLOCK_BYTES : end;

		count += window_cut(at, stop, &inside, cuts + count);
		words_count(t, cuts, count);
		if ((count & 1) != 0)
			cuts[0] = cuts[count - 1]; /* the start of a word without an end */
		count &= 1;
		at = stop;
	}
	if (count > 0) {
		cuts[count++] = end;
		words_count(t, cuts, count);
	}
}

/* The first byte at or behind off that does not continue a word. */
static const uint8_t *chunk_start(const struct job *job, size_t off)
{
	if (off >= job->bytes)
		return job->text + job->bytes;
	while (off > 0 && off < job->bytes && byte_alnum(job->text[off - 1]) &&
	       byte_alnum(job->text[off]))
		off++;
	return job->text + off;
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;
	struct job *job = worker->job;
	size_t chunk;

	tables_create(&worker->tables);
	while ((chunk = atomic_fetch_add(&job->next, 1)) * CHUNK_BYTES < job->bytes)
		text_count(&worker->tables, chunk_start(job, chunk * CHUNK_BYTES),
			   chunk_start(job, (chunk + 1) * CHUNK_BYTES));
	return NULL;
}

static bool lines_print(const struct line *lines, size_t count)
{
	char number[24];

	for (size_t i = 0; i < count; i++) {
		char *at = number + sizeof(number);

		*--at = ' ';
		for (uint64_t left = lines[i].count; left > 0; left /= 10)
			*--at = (char)('0' + left % 10);
		fwrite_unlocked(at, 1, (size_t)(number + sizeof(number) - at), stdout);
		for (size_t n = 0; n < lines[i].len; n++)
			putchar_unlocked(lines[i].word[n] | 0x20);
		putchar_unlocked('\n');
	}
	return fflush(stdout) == 0;
}

/* Maps the file in front of some zero bytes, so that loads may run past its end. */
static int file_map(const char *path, struct job *job)
{
	const int fd = open(path, O_RDONLY);
	struct stat st;
	void *map;
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0) {
		rc = -errno;
		goto out;
	}
	job->bytes = (size_t)st.st_size;
	map = mmap(NULL, job->bytes + LOAD_AHEAD, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map != MAP_FAILED && job->bytes > 0)
		map =
		    mmap(map, job->bytes, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_POPULATE, fd, 0);
	if (map == MAP_FAILED)
		rc = -errno;
	else
		job->text = map;
out:
	close(fd);
	return rc;
}

static int words_print(struct tables *t)
{
	struct line *lines = memory_get((t->shorts.used + t->wides.used + 1) * sizeof(*lines));
	const size_t count = tables_lines(t, lines);

	qsort(lines, count, sizeof(*lines), line_order);
	return lines_print(lines, count) ? 0 : 1;
}

int main(int argc, char **argv)
{
	static struct worker workers[THREADS_MAX];
	const int threads = argc > 2 ? atoi(argv[2]) : 2;
	double start_s, counted_s, end_s;
	struct job job = {0};
	int rc;

	if (argc < 2 || threads < 1 || threads > THREADS_MAX) {
		fprintf(stderr, "usage: wordcount_native FILE [THREADS]\n");
		return 2;
	}
	start_s = seconds_now();
	rc = file_map(argv[1], &job);
	if (rc < 0) {
		fprintf(stderr, "wordcount_native: %s: %s\n", argv[1], strerror(-rc));
		return 1;
	}
	for (int i = 0; i < threads; i++) {
		workers[i].job = &job;
		if (pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]) != 0)
			return 1;
	}
	for (int i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	counted_s = seconds_now();
	for (int i = 1; i < threads; i++)
		tables_merge(&workers[0].tables, &workers[i].tables);
	rc = words_print(&workers[0].tables);
	end_s = seconds_now();
	fprintf(stderr, "count %.3f s, %.0f MB/s with %d threads; merge, sort, print %.3f s\n",
		counted_s - start_s, (double)job.bytes / 1e6 / (counted_s - start_s), threads,
		end_s - counted_s);
	return rc;
}
