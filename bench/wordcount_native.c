/*
 * wordcount_native FILE [THREADS]: the word count as a good plain C program does it on one machine.
 *
 * What the word count of Millrace is measured against: the file is mapped, its chunks, cut at line
 * ends, are counted by threads (two by default), each with a hash table of its own, which are then
 * merged, sorted and printed as lines "COUNT WORD". Words are runs of ASCII letters and digits, in
 * lower case. The time each stage took goes to standard error.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHUNK_BYTES (4u << 20)
#define ARENA_BYTES (1u << 20)
#define THREADS_MAX 64

struct entry {
	const uint8_t *word; /* NULL: free */
	uint64_t count;
	uint32_t len;
	uint32_t hash;
};

struct table {
	struct entry *entries;
	size_t mask, used;
	uint8_t *arena; /* where words are kept */
	size_t arena_left;
};

struct job {
	const uint8_t *text;
	size_t bytes;
	atomic_size_t next; /* chunk to take */
};

struct worker {
	pthread_t thread;
	struct job *job;
	struct table table;
};

static uint8_t lower[256]; /* of letters and digits; 0 for all that separates words */

static void *memory_get(size_t count, size_t bytes)
{
	void *memory = calloc(count, bytes);

	if (memory == NULL) {
		fprintf(stderr, "wordcount_native: out of memory\n");
		exit(1);
	}
	return memory;
}

static double seconds_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static void table_create(struct table *t, size_t slots)
{
	t->entries = memory_get(slots, sizeof(*t->entries));
	t->mask = slots - 1;
}

static void table_grow(struct table *t)
{
	struct entry *old = t->entries;
	const size_t slots = t->mask + 1;

	table_create(t, slots * 2);
	for (size_t i = 0; i < slots; i++) {
		size_t to = old[i].hash & t->mask;

		if (old[i].word == NULL)
			continue;
		while (t->entries[to].word != NULL)
			to = (to + 1) & t->mask;
		t->entries[to] = old[i];
	}
	free(old);
}

static const uint8_t *word_keep(struct table *t, const uint8_t *word, uint32_t len)
{
	uint8_t *kept;

	if (len > t->arena_left) {
		t->arena_left = len > ARENA_BYTES ? len : ARENA_BYTES;
		t->arena = memory_get(t->arena_left, 1);
	}
	kept = memcpy(t->arena, word, len);
	t->arena += len;
	t->arena_left -= len;
	return kept;
}

static void table_add(struct table *t, const uint8_t *word, uint32_t len, uint32_t hash,
		      uint64_t count)
{
	size_t i = hash & t->mask;
	struct entry *entry;

	for (;; i = (i + 1) & t->mask) {
		entry = &t->entries[i];
		if (entry->word == NULL)
			break;
		if (entry->hash == hash && entry->len == len &&
		    memcmp(entry->word, word, len) == 0) {
			entry->count += count;
			return;
		}
	}
	*entry = (struct entry){word_keep(t, word, len), count, len, hash};
	if (++t->used * 2 > t->mask)
		table_grow(t);
}

/* Lower-cases into a buffer and hashes on the way. */
static void text_count(struct table *t, const uint8_t *at, const uint8_t *end)
{
	size_t room = 4096;
	uint8_t *word = memory_get(room, 1);

	while (at < end) {
		uint32_t hash = 2166136261u;
		uint32_t len = 0;
		uint8_t c;

		while (at < end && lower[*at] == 0)
			at++;
		for (; at < end && (c = lower[*at]) != 0; at++) {
			if (len == room) {
				word = realloc(word, room *= 2);
				if (word == NULL)
					exit(1);
			}
			word[len++] = c;
			hash = (hash ^ c) * 16777619u;
		}
		if (len > 0)
			table_add(t, word, len, hash ^ hash >> 15, 1);
	}
	free(word);
}

/* The first line that starts at or behind off. */
static size_t line_start(const struct job *job, size_t off)
{
	const uint8_t *end;

	if (off == 0 || off >= job->bytes)
		return off < job->bytes ? off : job->bytes;
	end = memchr(job->text + off - 1, '\n', job->bytes - off + 1);
	return end != NULL ? (size_t)(end + 1 - job->text) : job->bytes;
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;
	struct job *job = worker->job;
	size_t chunk;

	table_create(&worker->table, 1u << 16);
	while ((chunk = atomic_fetch_add(&job->next, 1)) * CHUNK_BYTES < job->bytes)
		text_count(&worker->table, job->text + line_start(job, chunk * CHUNK_BYTES),
			   job->text + line_start(job, (chunk + 1) * CHUNK_BYTES));
	return NULL;
}

static int entry_order(const void *left, const void *right)
{
	const struct entry *l = left, *r = right;
	const uint32_t len = l->len < r->len ? l->len : r->len;
	int order;

	if (l->count != r->count)
		return l->count > r->count ? -1 : 1;
	order = memcmp(l->word, r->word, len);
	return order != 0 ? order : (l->len > r->len) - (l->len < r->len);
}

static void table_merge(struct table *to, const struct table *from)
{
	for (size_t i = 0; i <= from->mask; i++) {
		const struct entry *e = &from->entries[i];

		if (e->word != NULL)
			table_add(to, e->word, e->len, e->hash, e->count);
	}
}

static int table_print(struct table *t)
{
	size_t n = 0;

	for (size_t i = 0; i <= t->mask; i++)
		if (t->entries[i].word != NULL)
			t->entries[n++] = t->entries[i];
	qsort(t->entries, n, sizeof(*t->entries), entry_order);
	for (size_t i = 0; i < n; i++) {
		printf("%llu ", (unsigned long long)t->entries[i].count);
		fwrite(t->entries[i].word, 1, t->entries[i].len, stdout);
		putchar_unlocked('\n');
	}
	return fflush(stdout) == 0 ? 0 : 1;
}

static int file_map(const char *path, struct job *job)
{
	const int fd = open(path, O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return -errno;
	job->bytes = (size_t)st.st_size;
	job->text = job->bytes == 0
			? (const uint8_t *)""
			: mmap(NULL, job->bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	close(fd);
	return job->text == MAP_FAILED ? -errno : 0;
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
	for (int c = 0; c < 256; c++)
		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'))
			lower[c] = (uint8_t)c;
		else if (c >= 'A' && c <= 'Z')
			lower[c] = (uint8_t)(c + 'a' - 'A');
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
		table_merge(&workers[0].table, &workers[i].table);
	rc = table_print(&workers[0].table);
	end_s = seconds_now();
	fprintf(stderr, "count %.3f s, %.0f MB/s with %d threads; merge, sort, print %.3f s\n",
		counted_s - start_s, (double)job.bytes / 1e6 / (counted_s - start_s), threads,
		end_s - counted_s);
	return rc;
}
