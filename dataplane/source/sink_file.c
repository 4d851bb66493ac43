/* Result files: written beside their place under a temporary name, then renamed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "quote.h"
#include "sink.h"

#define SINK_NAME_TRIES 100 /* of random temporary names */

static int fail(int rc, const char *path, const char *advice, char *error, size_t error_bytes)
{
	struct quoted quoted;

	snprintf(error, error_bytes, "cannot write %s: %s: %s", quote_string(&quoted, path),
		 strerror(-rc), advice);
	return rc;
}

static const char *advice_for(int rc)
{
	switch (rc) {
	case -ENOENT:
		return "make its folder first";
	case -EACCES:
	case -EPERM:
	case -EROFS:
		return "choose a place that may be written";
	case -EISDIR:
		return "name a file in it";
	case -ENOSPC:
	case -EDQUOT:
		return "free space or choose another --out";
	default:
		return "choose another --out";
	}
}

/* ".NAME.XXXXXXXX" beside path: hidden, so that no glob takes it for a result. */
static int temporary_name(struct sink_file *file)
{
	const char *slash = strrchr(file->path, '/');
	const char *name = slash != NULL ? slash + 1 : file->path;
	unsigned number;
	int length;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -EIO;
	length = snprintf(file->temporary, sizeof(file->temporary), "%.*s.%.200s.%08x",
			  (int)(name - file->path), file->path, name, number);
	return length < (int)sizeof(file->temporary) ? 0 : -ENAMETOOLONG;
}

static int temporary_open(struct sink_file *file)
{
	int rc = -EEXIST;

	for (int i = 0; i < SINK_NAME_TRIES && rc == -EEXIST; i++) {
		rc = temporary_name(file);
		if (rc < 0)
			break;
		file->fd = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		rc = file->fd >= 0 ? 0 : -errno;
	}
	if (rc < 0)
		file->temporary[0] = '\0';
	return rc;
}

/* What the path is now decides how it is written. A link stays: the file it leads to is replaced.
 */
static int place_open(struct sink_file *file, const char *path)
{
	struct stat st;
	int rc;

	if (stat(path, &st) != 0) {
		if (snprintf(file->path, sizeof(file->path), "%s", path) >= (int)sizeof(file->path))
			return -ENAMETOOLONG;
		return errno == ENOENT ? temporary_open(file) : -errno;
	}
	if (realpath(path, file->path) == NULL)
		return -errno;
	if (!S_ISREG(st.st_mode)) {
		file->fd = open(path, O_WRONLY | O_CLOEXEC);
		return file->fd >= 0 ? 0 : -errno;
	}
	if (faccessat(AT_FDCWD, file->path, W_OK, AT_EACCESS) != 0)
		return -errno;
	rc = temporary_open(file);
	if (rc == 0)
		fchmod(file->fd, st.st_mode & 07777);
	return rc;
}

int sink_open(struct sink_file *file, const char *path, char *error, size_t error_bytes)
{
	int rc;

	*file = (struct sink_file){.fd = -1};
	if (strcmp(path, "-") == 0) {
		strcpy(file->path, "standard output");
		file->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
		rc = file->fd >= 0 ? 0 : -errno;
	} else {
		rc = path[0] != '\0' ? place_open(file, path) : -ENOENT;
	}
	return rc < 0 ? fail(rc, path, advice_for(rc), error, error_bytes) : 0;
}

int sink_commit(struct sink_file *file, char *error, size_t error_bytes)
{
	int rc = close(file->fd) == 0 ? 0 : -errno;

	file->fd = -1;
	if (rc == 0 && file->temporary[0] != '\0' && rename(file->temporary, file->path) != 0)
		rc = -errno;
	if (rc < 0) {
		fail(rc, file->path, advice_for(rc), error, error_bytes);
		sink_abandon(file);
	}
	file->temporary[0] = '\0';
	return rc;
}

void sink_abandon(struct sink_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	if (file->temporary[0] != '\0')
		unlink(file->temporary);
	file->temporary[0] = '\0';
}
