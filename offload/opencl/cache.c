/* Programs as drivers compiled them, in files that nobody else could have written. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <millrace/hash.h>

#include "opencl_device.h"

#define PATH_BYTES 4096
#define MAGIC 0x314c434f524d4c4dull /* "MLMROCL1" */

/* The file: this, the key, the binary. */
struct cache_header {
	uint64_t magic;
	uint64_t key_bytes;
	uint64_t binary_bytes;
	uint64_t binary_hash;
};
_Static_assert(sizeof(struct cache_header) == 32, "the file's first bytes");

static int path_make(char *path, const char *folder, const char *key, const char *ending)
{
	int bytes = snprintf(path, PATH_BYTES, "%s/opencl-%016" PRIx64 "%s", folder,
			     mr_hash64(key, strlen(key)), ending);

	return bytes < 0 || bytes >= PATH_BYTES ? -ENAMETOOLONG : 0;
}

/* What runs as this user's code was written by this user. */
static bool own(const struct stat *status)
{
	return status->st_uid == geteuid() && (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static int folder_check(const char *folder)
{
	struct stat status;

	if (stat(folder, &status) < 0)
		return -errno;
	return S_ISDIR(status.st_mode) && own(&status) ? 0 : -EPERM;
}

static int bytes_read(int fd, void *bytes, size_t count)
{
	for (uint8_t *at = bytes; count > 0;) {
		ssize_t got = read(fd, at, count);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EBADMSG;
		at += got;
		count -= (size_t)got;
	}
	return 0;
}

static int bytes_write(int fd, const void *bytes, size_t count)
{
	for (const uint8_t *at = bytes; count > 0;) {
		ssize_t put = write(fd, at, count);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		at += put;
		count -= (size_t)put;
	}
	return 0;
}

static int entry_read(int fd, const char *key, uint8_t **binary, size_t *bytes)
{
	size_t key_bytes = strlen(key);
	struct cache_header header;
	struct stat status;
	uint8_t *all;
	int rc;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode) || !own(&status))
		return -EPERM;
	rc = bytes_read(fd, &header, sizeof(header));
	if (rc < 0)
		return rc;
	if (header.magic != MAGIC || header.key_bytes != key_bytes || header.binary_bytes == 0 ||
	    header.binary_bytes > MR_OPENCL_BINARY_BYTES_MAX ||
	    (uint64_t)status.st_size != sizeof(header) + key_bytes + header.binary_bytes)
		return -EBADMSG;
	all = malloc(key_bytes + header.binary_bytes);
	if (all == NULL)
		return -ENOMEM;
	rc = bytes_read(fd, all, key_bytes + header.binary_bytes);
	if (rc == 0 && (memcmp(all, key, key_bytes) != 0 ||
			mr_hash64(all + key_bytes, header.binary_bytes) != header.binary_hash))
		rc = -EBADMSG;
	if (rc < 0) {
		free(all);
		return rc;
	}
	memmove(all, all + key_bytes, header.binary_bytes);
	*binary = all;
	*bytes = header.binary_bytes;
	return 0;
}

int opencl_cache_read(const char *folder, const char *key, uint8_t **binary, size_t *bytes)
{
	char path[PATH_BYTES];
	int rc = folder_check(folder);
	int fd;

	if (rc == 0)
		rc = path_make(path, folder, key, "");
	if (rc < 0)
		return rc;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	rc = entry_read(fd, key, binary, bytes);
	close(fd);
	return rc;
}

/* Under another name first: whoever reads sees all of it or nothing. */
int opencl_cache_write(const char *folder, const char *key, const uint8_t *binary, size_t bytes)
{
	const struct cache_header header = {MAGIC, strlen(key), bytes, mr_hash64(binary, bytes)};
	char path[PATH_BYTES], unfinished[PATH_BYTES];
	int rc = folder_check(folder);
	int fd;

	if (rc == 0 && bytes > MR_OPENCL_BINARY_BYTES_MAX)
		rc = -E2BIG;
	if (rc == 0)
		rc = path_make(path, folder, key, "");
	if (rc == 0)
		rc = path_make(unfinished, folder, key, ".XXXXXX");
	if (rc < 0)
		return rc;
	fd = mkostemp(unfinished, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = bytes_write(fd, &header, sizeof(header));
	if (rc == 0)
		rc = bytes_write(fd, key, header.key_bytes);
	if (rc == 0)
		rc = bytes_write(fd, binary, bytes);
	if (close(fd) < 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && rename(unfinished, path) < 0)
		rc = -errno;
	if (rc < 0)
		unlink(unfinished);
	return rc;
}
