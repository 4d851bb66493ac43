/* Sets in folders: whatever an item's key and name, it comes back as it was; what differs is said.
 */
#include "item_folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "item_name.h"
#include "test.h"

#define SEEDS 2000
#define ITEMS 40

static char work[64];
static char error[1024];

static uint64_t random_next(uint64_t *state)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return *state >> 33;
}

/* Bytes that names are made of, the awkward ones more often. */
static uint32_t awkward(uint64_t *state, uint8_t *bytes, uint32_t most)
{
	static const uint8_t favourites[] = "%=~./a1 \0\377\n";
	uint32_t count = (uint32_t)(random_next(state) % (most + 1));

	for (uint32_t i = 0; i < count; i++)
		bytes[i] = favourites[random_next(state) % (sizeof(favourites) - 1)];
	return count;
}

static void items_add(struct folder_set *set, uint64_t seed)
{
	uint64_t state = seed;

	for (uint32_t i = 0; i < ITEMS; i++) {
		uint8_t name[8], key[8], bytes[64];
		struct folder_item item = {.name = name, .key = key, .bytes = bytes};

		item.name_bytes = awkward(&state, name, 3);
		item.keyed = random_next(&state) % 2 == 0;
		item.key_bytes = item.keyed ? awkward(&state, key, 2) : 0;
		item.byte_count = awkward(&state, bytes, sizeof(bytes));
		CHECK(folder_set_add(set, &item) == 0);
	}
	CHECK(folder_set_name(set, error, sizeof(error)) == 0, "%s", error);
}

static bool bytes_same(const uint8_t *a, uint32_t a_bytes, const uint8_t *b, uint32_t b_bytes)
{
	return a_bytes == b_bytes && (a_bytes == 0 || memcmp(a, b, a_bytes) == 0);
}

static void round_trip(uint64_t seed)
{
	struct folder_set written = {0}, found;
	char differs[512];

	items_add(&written, seed);
	CHECK(folder_set_replace(&written, work, "set", error, sizeof(error)) == 0, "%s", error);
	CHECK(folder_set_read(&found, work, "set", error, sizeof(error)) == 0, "%s", error);
	CHECK(found.count == written.count, "seed %llu: %u of %u items", (unsigned long long)seed,
	      found.count, written.count);
	for (uint32_t i = 0; i < found.count; i++) {
		const struct folder_item *a = &written.items[i], *b = &found.items[i];

		CHECK(strcmp(a->file, b->file) == 0, "%s, %s", a->file, b->file);
		CHECK(a->keyed == b->keyed, "%s", a->file);
		CHECK(bytes_same(a->name, a->name_bytes, b->name, b->name_bytes), "%s", a->file);
		CHECK(bytes_same(a->key, a->key_bytes, b->key, b->key_bytes), "%s", a->file);
		CHECK(bytes_same(a->bytes, a->byte_count, b->bytes, b->byte_count), "%s", a->file);
	}
	CHECK(!folder_set_differs(&written, &found, differs, sizeof(differs)), "%s", differs);
	folder_set_free(&written);
	folder_set_free(&found);
}

static void text_add(struct folder_set *set, const char *name, const char *text)
{
	const struct folder_item item = {.name = (uint8_t *)(uintptr_t)name,
					 .bytes = (uint8_t *)(uintptr_t)text,
					 .name_bytes = (uint32_t)strlen(name),
					 .byte_count = (uint32_t)strlen(text)};

	CHECK(folder_set_add(set, &item) == 0);
}

static void differs_verify(const char *name, const char *text, const char *words)
{
	struct folder_set wanted = {0}, got = {0};
	char differs[512] = "";

	text_add(&wanted, "b", "one\ntwo\n");
	text_add(&got, name, text);
	CHECK(folder_set_name(&wanted, error, sizeof(error)) == 0);
	CHECK(folder_set_name(&got, error, sizeof(error)) == 0);
	CHECK(folder_set_differs(&wanted, &got, differs, sizeof(differs)) == (words != NULL));
	CHECK(words == NULL || strcmp(differs, words) == 0, "%s", differs);
	folder_set_free(&wanted);
	folder_set_free(&got);
}

/* Items of one name keep their order; names without one begin at 1. */
static void order_verify(void)
{
	struct folder_set set = {0};
	static const char *const files[] = {"a", "a~2", "a~3", "~1", "~2"};

	text_add(&set, "", "first");
	text_add(&set, "a", "1");
	text_add(&set, "a", "2");
	text_add(&set, "", "second");
	text_add(&set, "a", "3");
	CHECK(folder_set_name(&set, error, sizeof(error)) == 0);
	for (uint32_t i = 0; i < set.count; i++)
		CHECK(strcmp(set.items[i].file, files[i]) == 0, "%s", set.items[i].file);
	CHECK(memcmp(set.items[2].bytes, "3", 1) == 0);
	CHECK(memcmp(set.items[3].bytes, "first", 5) == 0);
	folder_set_free(&set);
}

static void refused_verify(void)
{
	struct folder_set set = {0};
	char longest[NAME_MAX + 2], path[128];

	memset(longest, 'n', sizeof(longest));
	longest[NAME_MAX + 1] = 0;
	text_add(&set, longest, "");
	CHECK(folder_set_name(&set, error, sizeof(error)) == -ENAMETOOLONG);
	folder_set_free(&set);
	CHECK(folder_set_read(&set, work, "absent", error, sizeof(error)) == 0 && set.count == 0);
	snprintf(path, sizeof(path), "%s/odd", work);
	CHECK(mkdir(path, 0700) == 0);
	snprintf(path, sizeof(path), "%s/odd/a%%2", work);
	CHECK(fclose(fopen(path, "w")) == 0);
	CHECK(folder_set_read(&set, work, "odd", error, sizeof(error)) == -EILSEQ);
	CHECK(strstr(error, "two hexadecimal digits") != NULL, "%s", error);
	unlink(path);
	snprintf(path, sizeof(path), "%s/odd/fifo", work);
	CHECK(mkfifo(path, 0600) == 0);
	CHECK(folder_set_read(&set, work, "odd", error, sizeof(error)) == -EINVAL);
	CHECK(strstr(error, "not a regular file") != NULL, "%s", error);
	unlink(path);
	snprintf(path, sizeof(path), "%s/odd", work);
	rmdir(path);
}

/* Somebody's files beside the items stay when a set is written, and go when it replaces what was
 * there; hidden ones always stay. */
static void others_verify(void)
{
	static const char *const others[] = {"item", "other", ".hidden"};
	struct folder_set set = {0};
	char path[128];

	text_add(&set, "item", "new");
	CHECK(folder_set_name(&set, error, sizeof(error)) == 0);
	snprintf(path, sizeof(path), "%s/others", work);
	CHECK(mkdir(path, 0700) == 0);
	for (uint32_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/others/%s", work, others[i]);
		CHECK(fclose(fopen(path, "w")) == 0);
	}
	CHECK(folder_set_write(&set, work, "others", error, sizeof(error)) == 0, "%s", error);
	for (uint32_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/others/%s", work, others[i]);
		CHECK(access(path, F_OK) == 0, "%s is gone", path);
	}
	CHECK(folder_set_replace(&set, work, "others", error, sizeof(error)) == 0, "%s", error);
	for (uint32_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/others/%s", work, others[i]);
		CHECK((access(path, F_OK) == 0) == (i != 1), "%s", path);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/others", work);
	CHECK(rmdir(path) == 0);
	folder_set_free(&set);
}

int main(void)
{
	struct folder_set none = {0};
	char path[128];

	snprintf(work, sizeof(work), "/tmp/millrace-items-XXXXXX");
	CHECK(mkdtemp(work) != NULL);
	for (uint64_t seed = 0; seed < SEEDS / ITEMS; seed++)
		round_trip(seed);
	order_verify();
	differs_verify("b", "one\ntwo\n", NULL);
	differs_verify("b", "one\ntow\n", "b differs at byte 6, line 2: 8 bytes, 8 expected");
	differs_verify("b", "one\ntwo\n3", "b differs at byte 9, line 3: 9 bytes, 8 expected");
	differs_verify("a", "one\ntwo\n", "a is not expected");
	differs_verify("c", "one\ntwo\n", "b is missing");
	refused_verify();
	others_verify();
	/* Nothing replaces what was there: it goes. */
	CHECK(folder_set_replace(&none, work, "set", error, sizeof(error)) == 0, "%s", error);
	snprintf(path, sizeof(path), "%s/set", work);
	CHECK(rmdir(path) == 0);
	CHECK(rmdir(work) == 0);
	return 0;
}
