/* The cache of native code: one file per module and machine, published whole or not at all. */
#include "cache.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <millrace/hash.h>

#include "backend.h"

#define TRAILER_MAGIC 0x314548434143524dull /* "MRCACHE1" */

struct trailer {
	uint64_t object_bytes;
	uint64_t code_bytes;
	uint64_t hash; /* mr_hash64 of object and code */
	uint64_t magic;
};

static int path_make(char path[CACHE_PATH_BYTES], const char *folder, const char *name)
{
	const int n = snprintf(path, CACHE_PATH_BYTES, "%s/%s", folder, name);

	return n < 0 || n >= CACHE_PATH_BYTES ? -ENAMETOOLONG : 0;
}

int file_read(const char *folder, const char *name, uint8_t **data, size_t *bytes)
{
	char path[CACHE_PATH_BYTES];
	struct stat st;
	size_t got = 0;
	int rc = path_make(path, folder, name);
	int fd;

	if (rc < 0)
		return rc;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0) {
		rc = -errno;
		goto out;
	}
	*data = malloc(st.st_size > 0 ? (size_t)st.st_size : 1);
	if (*data == NULL) {
		rc = -ENOMEM;
		goto out;
	}
	while (got < (size_t)st.st_size) {
		const ssize_t n = read(fd, *data + got, (size_t)st.st_size - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break; /* shorter than it said: checksums tell */
		got += (size_t)n;
	}
	*bytes = got;
out:
	close(fd);
	return rc;
}

static int iov_write(int fd, struct iovec *iov, int count)
{
	while (count > 0) {
		ssize_t n = writev(fd, iov, count);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		while (count > 0 && (size_t)n >= iov->iov_len) {
			n -= (ssize_t)iov->iov_len;
			iov++;
			count--;
		}
		if (count > 0) {
			iov->iov_base = (uint8_t *)iov->iov_base + n;
			iov->iov_len -= (size_t)n;
		}
	}
	return 0;
}

static int pieces_write(const char *path, int flags, struct iovec *iov, int count)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0644);
	int rc;

	if (fd < 0)
		return -errno;
	rc = iov_write(fd, iov, count);
	if (close(fd) != 0 && rc == 0)
		rc = -errno;
	return rc;
}

int file_write(const char *folder, const char *name, const void *data, size_t bytes)
{
	struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = bytes};
	char path[CACHE_PATH_BYTES];
	int rc = path_make(path, folder, name);

	return rc < 0 ? rc : pieces_write(path, O_TRUNC, &iov, 1);
}

static bool content_good(const uint8_t *data, size_t bytes, struct trailer *trailer)
{
	if (bytes < sizeof(*trailer))
		return false;
	bytes -= sizeof(*trailer);
	memcpy(trailer, data + bytes, sizeof(*trailer));
	return trailer->magic == TRAILER_MAGIC && trailer->object_bytes <= bytes &&
	       trailer->code_bytes == bytes - trailer->object_bytes &&
	       trailer->hash == mr_hash64(data, bytes);
}

/* Code is loaded from here: nobody else may have put it there. */
static int folder_trusted(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return -errno;
	if (S_ISLNK(st.st_mode) && stat(path, &st) != 0)
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	return st.st_uid == geteuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 ? 0 : -EPERM;
}

int cache_read(const char *cache_dir, const char *name, const void *code, size_t code_bytes,
	       uint8_t **object, size_t *object_bytes, char *error, size_t error_bytes)
{
	struct trailer trailer;
	uint8_t *data;
	size_t bytes;
	int rc = folder_trusted(cache_dir);

	if (rc == 0)
		rc = file_read(cache_dir, name, &data, &bytes);
	if (rc < 0)
		return -ENOENT;
	if (!content_good(data, bytes, &trailer)) {
		free(data);
		return -ENOENT;
	}
	if (trailer.code_bytes != code_bytes ||
	    memcmp(data + trailer.object_bytes, code, code_bytes) != 0) {
		free(data);
		return backend_error(error, error_bytes, -EEXIST,
				     "%s/%s was made from other code of the same hash; remove it",
				     cache_dir, name);
	}
	*object = data;
	*object_bytes = trailer.object_bytes;
	return 0;
}

int cache_open(const char *cache_dir, const char *name, void **handle, char *error,
	       size_t error_bytes)
{
	char path[CACHE_PATH_BYTES];
	int rc = path_make(path, cache_dir, name);

	if (rc < 0)
		return backend_error(error, error_bytes, rc, "%s: its name is too long", cache_dir);
	*handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (*handle == NULL)
		return backend_error(error, error_bytes, -ELIBBAD, "cannot load %s: %s", path,
				     dlerror());
	return 0;
}

int cache_load(const char *cache_dir, const char *name, const void *code, size_t code_bytes,
	       void **handle, char *error, size_t error_bytes)
{
	uint8_t *object;
	size_t object_bytes;
	int rc = cache_read(cache_dir, name, code, code_bytes, &object, &object_bytes, error,
			    error_bytes);

	if (rc < 0)
		return rc;
	free(object);
	return cache_open(cache_dir, name, handle, error, error_bytes);
}

static int publish_error(char *error, size_t error_bytes, int rc, const char *path)
{
	if (rc == -ENOSPC || rc == -EDQUOT)
		return backend_error(error, error_bytes, rc,
				     "no space left for the code cache: %s; free some, or choose a "
				     "cache directory on another disk",
				     path);
	if (rc == -EPERM)
		return backend_error(
		    error, error_bytes, rc,
		    "the code cache %s belongs to another user, or others may write to "
		    "it: choose a folder of your own (--cache), or chmod go-w it",
		    path);
	return backend_error(
	    error, error_bytes, rc,
	    "cannot write to the code cache: %s: %s; choose a cache directory that "
	    "this user can write to",
	    path, strerror(-rc));
}

int cache_publish(const char *cache_dir, const char *name, const void *object, size_t object_bytes,
		  const void *code, size_t code_bytes, char *error, size_t error_bytes)
{
	const size_t bytes = object_bytes + code_bytes;
	struct trailer trailer = {
	    .object_bytes = object_bytes, .code_bytes = code_bytes, .magic = TRAILER_MAGIC};
	char building[CACHE_PATH_BYTES], folder[CACHE_PATH_BYTES], path[CACHE_PATH_BYTES];
	uint8_t *data;
	int rc = cache_build_begin(cache_dir, folder, error, error_bytes);

	if (rc < 0)
		return rc;
	rc = path_make(path, cache_dir, name);
	if (rc == 0)
		rc = path_make(building, folder, "whole");
	if (rc < 0)
		goto out_folder;
	data = malloc(bytes > 0 ? bytes : 1);
	if (data == NULL) {
		rc = -ENOMEM;
		goto out_folder;
	}
	memcpy(data, object, object_bytes);
	memcpy(data + object_bytes, code, code_bytes);
	trailer.hash = mr_hash64(data, bytes);

	struct iovec iov[] = {{.iov_base = data, .iov_len = bytes},
			      {.iov_base = &trailer, .iov_len = sizeof(trailer)}};

	rc = pieces_write(building, O_EXCL, iov, 2);
	if (rc == 0 && rename(building, path) != 0)
		rc = -errno;
	free(data);
out_folder:
	cache_build_end(folder);
	if (rc < 0)
		publish_error(error, error_bytes, rc, path);
	return rc;
}

static int folders_create(const char *path)
{
	char part[CACHE_PATH_BYTES];
	const size_t len = strlen(path);

	if (len == 0 || len >= sizeof(part))
		return -ENAMETOOLONG;
	for (size_t i = 1; i <= len; i++) {
		if (path[i] != '/' && path[i] != 0)
			continue;
		memcpy(part, path, i);
		part[i] = 0;
		if (mkdir(part, path[i] == 0 ? 0700 : 0755) != 0 && errno != EEXIST)
			return -errno;
	}
	return folder_trusted(path);
}

/* What a killed process left behind. */
static void builds_tidy(const char *cache_dir)
{
	const time_t now = time(NULL);
	DIR *dir = opendir(cache_dir);
	struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		char path[CACHE_PATH_BYTES];
		struct stat st;

		if (strncmp(entry->d_name, "build-", 6) == 0 &&
		    path_make(path, cache_dir, entry->d_name) == 0 && stat(path, &st) == 0 &&
		    now - st.st_mtime > SANDBOX_BUILD_STALE_SECONDS)
			cache_build_end(path);
	}
	closedir(dir);
}

int cache_build_begin(const char *cache_dir, char folder[CACHE_PATH_BYTES], char *error,
		      size_t error_bytes)
{
	int rc = folders_create(cache_dir);

	if (rc == 0)
		rc = path_make(folder, cache_dir, "build-XXXXXX");
	if (rc == 0) {
		builds_tidy(cache_dir);
		rc = mkdtemp(folder) != NULL ? 0 : -errno;
	}
	if (rc < 0)
		publish_error(error, error_bytes, rc, cache_dir);
	return rc;
}

void cache_build_end(const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		char path[CACHE_PATH_BYTES];

		if (path_make(path, folder, entry->d_name) == 0)
			unlink(path); /* fails on . and .., as it should */
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(folder);
}

int sandbox_cache_dir(char *path, size_t path_bytes)
{
	const char *xdg = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	int length;

	if (xdg != NULL && xdg[0] == '/')
		length = snprintf(path, path_bytes, "%s/millrace", xdg);
	else if (home != NULL && home[0] == '/' && access(home, W_OK) == 0)
		length = snprintf(path, path_bytes, "%s/.cache/millrace", home);
	else
		length = snprintf(path, path_bytes, "/tmp/millrace-%u", (unsigned)geteuid());
	return (size_t)length < path_bytes ? 0 : -ENAMETOOLONG;
}
