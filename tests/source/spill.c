/* Spill files: extents never overlap, are reused and coalesced; nothing stays in the folder. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spill.h"
#include "test.h"

static uint32_t folder_entries(const char *folder)
{
	DIR *dir = opendir(folder);
	uint32_t count = 0;

	CHECK(dir != NULL);
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static void test_open(void)
{
	char folder[] = "/tmp/source-spill-XXXXXX";
	char error[MR_ERROR_BYTES_MAX];
	struct spill_file *file = NULL;

	CHECK(mkdtemp(folder) != NULL);
	CHECK(spill_open(&file, folder, error, sizeof(error)) == 0, "%s", error);
	CHECK(pwrite(spill_fd(file), "x", 1, 1 << 20) == 1);
	CHECK(folder_entries(folder) == 0);
	spill_close(&file);
	CHECK(file == NULL);
	spill_close(&file);
	CHECK(setenv("TMPDIR", folder, 1) == 0);
	CHECK(spill_open(&file, NULL, error, sizeof(error)) == 0, "%s", error);
	spill_close(&file);
	CHECK(rmdir(folder) == 0);
	CHECK(spill_open(&file, folder, error, sizeof(error)) == -ENOENT);
	CHECK(strstr(error, folder) != NULL && strstr(error, "TMPDIR") != NULL, "%s", error);
	CHECK(spill_open(&file, NULL, error, sizeof(error)) == 0, "%s", error); /* /var/tmp */
	spill_close(&file);
}

static void test_reuse(struct spill_file *file)
{
	uint64_t a = spill_reserve(file, 10000);
	uint64_t b = spill_reserve(file, 4096);
	uint64_t c = spill_reserve(file, 1);
	uint64_t d = spill_reserve(file, 4097);

	CHECK(a == 0 && b == 12288 && c == 16384 && d == 20480);
	spill_release(file, a, 10000);
	spill_release(file, c, 1);
	CHECK(spill_reserve(file, 4096) == a);
	spill_release(file, a, 4096);
	spill_release(file, b, 4096); /* joins a, b and c */
	CHECK(spill_reserve(file, 20480) == 0);
	CHECK(spill_reserve(file, 1) == 28672);
	spill_release(file, 0, 20480);
	spill_release(file, d, 4097);
	spill_release(file, 28672, 1);
	CHECK(spill_reserve(file, 1 << 30) == 0);
	spill_release(file, 0, 1 << 30);
}

/* Random reservations against a map of pages. */
static void test_random(struct spill_file *file, uint32_t rounds)
{
	enum { LIVE = 300, PAGES = 1 << 16 };
	static uint8_t taken[PAGES];
	struct {
		uint64_t offset, bytes;
	} live[LIVE] = {0};

	srand(7);
	for (uint32_t round = 0; round < rounds; round++) {
		uint32_t at = (uint32_t)rand() % LIVE;
		uint64_t offset = live[at].offset / 4096;
		uint64_t count;

		if (live[at].bytes > 0) {
			count = (live[at].bytes + 4095) / 4096;
			memset(taken + offset, 0, count);
			spill_release(file, live[at].offset, live[at].bytes);
			live[at].bytes = 0;
			continue;
		}
		live[at].bytes = 1 + (uint64_t)rand() % (60 * 4096);
		live[at].offset = spill_reserve(file, live[at].bytes);
		offset = live[at].offset / 4096;
		count = (live[at].bytes + 4095) / 4096;
		CHECK(live[at].offset % 4096 == 0);
		CHECK(offset + count <= PAGES, "space is not reused");
		for (uint64_t page = offset; page < offset + count; page++) {
			CHECK(taken[page] == 0, "extents overlap");
			taken[page] = 1;
		}
	}
	for (uint32_t at = 0; at < LIVE; at++)
		if (live[at].bytes > 0)
			spill_release(file, live[at].offset, live[at].bytes);
	CHECK(spill_reserve(file, 1ull << 40) == 0, "holes were not joined");
}

int main(int argc, char **argv)
{
	uint32_t rounds = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 200000;
	char error[MR_ERROR_BYTES_MAX];
	struct spill_file *file;

	test_open();
	CHECK(spill_open(&file, "/tmp", error, sizeof(error)) == 0, "%s", error);
	test_reuse(file);
	spill_close(&file);
	CHECK(spill_open(&file, "/tmp", error, sizeof(error)) == 0, "%s", error);
	test_random(file, rounds);
	spill_close(&file);
	return 0;
}
