/*
 * PROGRAM FILE [THREADS]: a word count on one machine, around a counter of words.
 *
 * What the word count of Millrace is measured against: the file is mapped, and its chunks, cut
 * between words, are counted by threads (two by default), each with a counter of its own, which are
 * then merged, sorted and printed as lines "COUNT WORD". The time each stage took and the speed
 * per core go to standard error.
 */
#include "wordcount_common.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHUNK_BYTES (1u << 20)
#define THREADS_MAX 64

struct job {
	const uint8_t *text;
	size_t bytes;
	atomic_size_t next; /* chunk to take */
};

struct worker {
	pthread_t thread;
	struct job *job;
	struct counter *counter;
};

void *memory_get(size_t bytes)
{
	void *memory =
	    mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		fprintf(stderr, "%s: out of memory\n", program_invocation_short_name);
		exit(1);
	}
	(void)madvise(memory, bytes, MADV_HUGEPAGE);
	return memory;
}

void memory_put(void *memory, size_t bytes)
{
	munmap(memory, bytes);
}

static double seconds_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* Of all threads so far. */
static double seconds_user(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec * 1e-6;
}

static bool byte_alnum(uint8_t byte)
{
	return (uint8_t)((byte | 0x20) - 'a') < 26 || (uint8_t)(byte - '0') < 10;
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

	worker->counter = counter_create();
	while ((chunk = atomic_fetch_add(&job->next, 1)) * CHUNK_BYTES < job->bytes)
		counter_text(worker->counter, chunk_start(job, chunk * CHUNK_BYTES),
			     chunk_start(job, (chunk + 1) * CHUNK_BYTES));
	return NULL;
}

/* By count, largest first, then by word. */
static int line_order(const void *left, const void *right)
{
	const struct line *l = left, *r = right;

	if (l->count != r->count)
		return l->count > r->count ? -1 : 1;
	for (size_t i = 0; i < l->len && i < r->len; i++)
		if ((l->word[i] | 0x20) != (r->word[i] | 0x20))
			return (l->word[i] | 0x20) - (r->word[i] | 0x20);
	return (l->len > r->len) - (l->len < r->len);
}

static int lines_print(const struct line *lines, size_t count)
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
	return fflush(stdout) == 0 ? 0 : -errno;
}

static int words_print(const struct counter *counter)
{
	const size_t count = counter_words(counter);
	struct line *lines = memory_get((count + 1) * sizeof(*lines));

	counter_lines(counter, lines);
	qsort(lines, count, sizeof(*lines), line_order);
	return lines_print(lines, count);
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

/* Counts with that many threads; the first worker's counter has all in the end. Returns the second
 * at which the threads had ended, or a negative errno. */
static double job_count(struct job *job, struct worker *workers, int threads)
{
	double counted_s;

	for (int i = 0; i < threads; i++) {
		int rc;

		workers[i].job = job;
		rc = pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]);
		if (rc != 0)
			return -rc;
	}
	for (int i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	counted_s = seconds_now();
	for (int i = 1; i < threads; i++)
		counter_merge(workers[0].counter, workers[i].counter);
	return counted_s;
}

int main(int argc, char **argv)
{
	static struct worker workers[THREADS_MAX];
	const char *name = program_invocation_short_name;
	const int threads = argc > 2 ? atoi(argv[2]) : 2;
	double start_s, counted_s, end_s;
	struct job job = {0};
	int rc;

	if (argc < 2 || threads < 1 || threads > THREADS_MAX) {
		fprintf(stderr, "usage: %s FILE [THREADS]\n", name);
		return 2;
	}
	start_s = seconds_now();
	rc = file_map(argv[1], &job);
	if (rc < 0) {
		fprintf(stderr, "%s: %s: %s\n", name, argv[1], strerror(-rc));
		return 1;
	}
	counted_s = job_count(&job, workers, threads);
	if (counted_s < 0) {
		fprintf(stderr, "%s: thread: %s\n", name, strerror((int)-counted_s));
		return 1;
	}
	rc = words_print(workers[0].counter);
	if (rc < 0) {
		fprintf(stderr, "%s: standard output: %s\n", name, strerror(-rc));
		return 1;
	}
	end_s = seconds_now();
	fprintf(stderr,
		"count %.3f s, %.0f MB/s with %d threads; merge, sort, print %.3f s; "
		"%.0f MB for each processor second of all\n",
		counted_s - start_s, (double)job.bytes / 1e6 / (counted_s - start_s), threads,
		end_s - counted_s, (double)job.bytes / 1e6 / seconds_user());
	return 0;
}
