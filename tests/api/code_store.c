/* The code store: by hash, bounded, kept from one start to the next, and not fooled. */
#include "code_store.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include <millrace/hash.h>
#include <millrace/limits.h>

#include "test.h"

static char dir[] = "/tmp/code-store-XXXXXX";

static struct code_store *store_open(void)
{
	char error[MR_ERROR_BYTES_MAX] = "";
	struct code_store *store = NULL;

	CHECK(code_store_open(&store, dir, error, sizeof(error)) == 0, "%s", error);
	return store;
}

static uint64_t number_put(struct code_store *store, uint32_t number)
{
	uint64_t hash = mr_hash64(&number, sizeof(number));

	CHECK(code_store_put(store, hash, &number, sizeof(number)) == 0, "number %u", number);
	return hash;
}

static bool number_is(struct code_store *store, uint64_t hash, uint32_t number)
{
	void *bytes;
	size_t count;
	bool same;

	if (code_store_get(store, hash, &bytes, &count) < 0)
		return false;
	same = count == sizeof(number) && memcmp(bytes, &number, count) == 0;
	free(bytes);
	return same;
}

static void by_hash(struct code_store *store)
{
	uint64_t hash = number_put(store, 1);
	void *bytes;
	size_t count;

	CHECK(code_store_has(store, hash) && number_is(store, hash, 1), "put, and had");
	CHECK(code_store_put(store, hash, "else", 4) == -EBADMSG, "another hash");
	CHECK(!code_store_has(store, hash + 1), "never put");
	CHECK(code_store_get(store, hash + 1, &bytes, &count) == -ENOENT, "never put");
}

static void longest_unused_goes(struct code_store *store)
{
	uint64_t first = number_put(store, 1), second = number_put(store, 2);

	for (uint32_t i = 3; i <= CODE_STORE_COUNT_MAX; i++)
		number_put(store, i);
	CHECK(number_is(store, first, 1), "the first fits");
	number_put(store, CODE_STORE_COUNT_MAX + 1);
	CHECK(code_store_has(store, first) && !code_store_has(store, second), "longest unused");
}

static void file_path(char *path, size_t bytes, uint64_t hash)
{
	snprintf(path, bytes, "%s/%016" PRIx64 ".code", dir, hash);
}

static void changed_code_is_refused(void)
{
	struct code_store *store = store_open();
	uint64_t hash = number_put(store, 1);
	char path[64];
	FILE *file;

	file_path(path, sizeof(path), hash);
	file = fopen(path, "r+");
	CHECK(file != NULL && fputc('x', file) == 'x' && fclose(file) == 0, "%s", path);
	CHECK(!number_is(store, hash, 1) && !code_store_has(store, hash), "changed");
	number_put(store, 1);
	CHECK(number_is(store, hash, 1), "brought again");
	code_store_close(&store);
}

int main(void)
{
	struct code_store *store;
	uint64_t first = 0;
	char command[64];
	uint32_t one = 1;

	CHECK(mkdtemp(dir) != NULL, "%s", dir);
	store = store_open();
	by_hash(store);
	longest_unused_goes(store);
	code_store_close(&store);
	CHECK(store == NULL, "close nulls");

	store = store_open();
	first = mr_hash64(&one, sizeof(one));
	CHECK(number_is(store, first, 1), "code is kept");
	code_store_close(&store);
	changed_code_is_refused();

	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command) == 0 ? 0 : 1;
}
