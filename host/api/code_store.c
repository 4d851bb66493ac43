/* Code by content hash in a folder: one file for each, HASH.code, written by rename. */
#include "code_store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <millrace/hash.h>
#include <millrace/limits.h>

#include "descriptor.h"

struct code_entry {
	uint64_t hash;
	uint64_t bytes;
	uint64_t used; /* value of the store's clock when it was last wanted */
};

struct code_store {
	int dir_fd;
	uint64_t clock;
	uint64_t bytes;
	uint32_t count;
	struct code_entry entries[CODE_STORE_COUNT_MAX];
};

#define CODE_FILE_NAME_BYTES 32

static void file_name_print(char name[CODE_FILE_NAME_BYTES], uint64_t hash)
{
	snprintf(name, CODE_FILE_NAME_BYTES, "%016" PRIx64 ".code", hash);
}

static bool file_name_parse(const char *name, uint64_t *hash)
{
	char expected[CODE_FILE_NAME_BYTES];

	*hash = strtoull(name, NULL, 16);
	file_name_print(expected, *hash);
	return strcmp(name, expected) == 0;
}

static struct code_entry *entry_find(const struct code_store *store, uint64_t hash)
{
	for (uint32_t i = 0; i < store->count; i++) {
		if (store->entries[i].hash == hash)
			return (struct code_entry *)&store->entries[i];
	}
	return NULL;
}

static void entry_remove(struct code_store *store, struct code_entry *entry)
{
	char name[CODE_FILE_NAME_BYTES];

	file_name_print(name, entry->hash);
	unlinkat(store->dir_fd, name, 0);
	store->bytes -= entry->bytes;
	*entry = store->entries[--store->count];
}

static void room_make(struct code_store *store, uint64_t bytes)
{
	while (store->count > 0 && (store->count == CODE_STORE_COUNT_MAX ||
				    store->bytes + bytes > CODE_STORE_BYTES_MAX)) {
		struct code_entry *oldest = &store->entries[0];

		for (uint32_t i = 1; i < store->count; i++) {
			if (store->entries[i].used < oldest->used)
				oldest = &store->entries[i];
		}
		entry_remove(store, oldest);
	}
}

static void entry_add(struct code_store *store, uint64_t hash, uint64_t bytes)
{
	room_make(store, bytes);
	store->entries[store->count++] = (struct code_entry){hash, bytes, ++store->clock};
	store->bytes += bytes;
}

static int folder_scan(struct code_store *store)
{
	int fd = openat(store->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *file;
	struct stat st;
	uint64_t hash;
	DIR *dir;

	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (dir == NULL) {
		close(fd);
		return -ENOMEM;
	}
	while ((file = readdir(dir)) != NULL) {
		if (!file_name_parse(file->d_name, &hash) ||
		    fstatat(store->dir_fd, file->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode) || (uint64_t)st.st_size > MR_CODE_BYTES_MAX)
			continue;
		entry_add(store, hash, (uint64_t)st.st_size);
	}
	closedir(dir);
	return 0;
}

int code_store_open(struct code_store **store_out, const char *dir, char *error, size_t error_bytes)
{
	struct code_store *store = calloc(1, sizeof(*store));
	int rc;

	if (store == NULL)
		return -ENOMEM;
	if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
		rc = -errno;
		goto fail;
	}
	store->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (store->dir_fd < 0) {
		rc = -errno;
		goto fail;
	}
	rc = folder_scan(store);
	if (rc < 0)
		goto fail_open;
	*store_out = store;
	return 0;

fail_open:
	close(store->dir_fd);
fail:
	snprintf(error, error_bytes, "%s: cannot keep code there: %s", dir, strerror(-rc));
	free(store);
	return rc;
}

void code_store_close(struct code_store **store)
{
	if (*store == NULL)
		return;
	close((*store)->dir_fd);
	free(*store);
	*store = NULL;
}

bool code_store_has(const struct code_store *store, uint64_t hash)
{
	return entry_find(store, hash) != NULL;
}

static int file_write(const struct code_store *store, const char *name, const void *bytes,
		      size_t count)
{
	static const char temporary[] = "incoming.tmp";
	int fd = openat(store->dir_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int rc;

	if (fd < 0)
		return -errno;
	rc = descriptor_write(fd, bytes, count);
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && renameat(store->dir_fd, temporary, store->dir_fd, name) < 0)
		rc = -errno;
	if (rc < 0)
		unlinkat(store->dir_fd, temporary, 0);
	return rc;
}

int code_store_put(struct code_store *store, uint64_t hash, const void *bytes, size_t byte_count)
{
	struct code_entry *entry = entry_find(store, hash);
	char name[CODE_FILE_NAME_BYTES];
	int rc;

	if (byte_count > MR_CODE_BYTES_MAX)
		return -EFBIG;
	if (mr_hash64(bytes, byte_count) != hash)
		return -EBADMSG;
	if (entry != NULL) {
		entry->used = ++store->clock;
		return 0;
	}
	room_make(store, byte_count);
	file_name_print(name, hash);
	rc = file_write(store, name, bytes, byte_count);
	if (rc == 0)
		entry_add(store, hash, byte_count);
	return rc;
}

int code_store_get(struct code_store *store, uint64_t hash, void **bytes_out, size_t *byte_count)
{
	struct code_entry *entry = entry_find(store, hash);
	char name[CODE_FILE_NAME_BYTES];
	void *bytes;
	int fd, rc;

	if (entry == NULL)
		return -ENOENT;
	file_name_print(name, hash);
	bytes = malloc(entry->bytes + 1);
	if (bytes == NULL)
		return -ENOMEM;
	fd = openat(store->dir_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	rc = fd < 0 ? -errno : descriptor_read(fd, bytes, entry->bytes);
	if (fd >= 0)
		close(fd);
	/* Changed or gone behind our back: forget it, so that it is brought again. */
	if (rc < 0 || mr_hash64(bytes, entry->bytes) != hash) {
		free(bytes);
		entry_remove(store, entry);
		return -ENOENT;
	}
	entry->used = ++store->clock;
	*bytes_out = bytes;
	*byte_count = entry->bytes;
	return 0;
}
