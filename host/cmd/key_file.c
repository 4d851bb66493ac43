/* Reading and writing of secrets. */
#include "key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(const char *path, int rc, const char *what, char *error, size_t error_bytes)
{
	snprintf(error, error_bytes, "%s: %s", path, what);
	return rc;
}

/* A file that others can read is no secret; one that they can write is theirs. */
static int owner_check(const char *path, int fd, char *error, size_t error_bytes)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return refuse(path, -errno, strerror(errno), error, error_bytes);
	if (!S_ISREG(status.st_mode))
		return refuse(path, -EINVAL,
			      "not a regular file: a key file is made by millrace keygen --out",
			      error, error_bytes);
	if (status.st_uid != geteuid() && status.st_uid != 0)
		return refuse(path, -EPERM,
			      "belongs to another user: this key is known to somebody else; make "
			      "one with millrace keygen --out",
			      error, error_bytes);
	if ((status.st_mode & 077) != 0) {
		snprintf(error, error_bytes,
			 "%s: mode %03o lets others read this secret: chmod 600 %s, and if others "
			 "may have read it, make a new one with millrace keygen --out",
			 path, (unsigned)status.st_mode & 0777, path);
		return -EPERM;
	}
	return 0;
}

int key_file_read(const char *path, uint8_t key[SEAL_KEY_BYTES], char *error, size_t error_bytes)
{
	char text[KEY_TEXT_BYTES + 2]; /* a line end, and one to see that there is more */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t length;
	int rc;

	if (fd < 0)
		return refuse(path, -errno, strerror(errno), error, error_bytes);
	rc = owner_check(path, fd, error, error_bytes);
	length = rc == 0 ? read(fd, text, sizeof(text)) : 0;
	if (length < 0)
		rc = refuse(path, -errno, strerror(errno), error, error_bytes);
	close(fd);
	if (length > 0 && text[length - 1] == '\n')
		length--;
	if (rc == 0 && !key_text_read(key, text, (size_t)length))
		rc = refuse(path, -EINVAL,
			    "not a key: one line of 44 characters of base64 is needed, as millrace "
			    "keygen --out writes",
			    error, error_bytes);
	secret_wipe(text, sizeof(text));
	return rc;
}

int key_file_write(const char *path, const uint8_t key[SEAL_KEY_BYTES], char *error,
		   size_t error_bytes)
{
	char text[KEY_TEXT_BYTES + 1];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	int rc = 0;

	if (fd < 0)
		return refuse(path, -errno,
			      errno == EEXIST ? "is there already: keys are not overwritten; name "
						"another file, or remove it first"
					      : strerror(errno),
			      error, error_bytes);
	key_text_write(text, key);
	text[KEY_TEXT_BYTES - 1] = '\n';
	if (write(fd, text, KEY_TEXT_BYTES) != KEY_TEXT_BYTES || fsync(fd) < 0)
		rc = refuse(path, -EIO, "cannot be written", error, error_bytes);
	close(fd);
	if (rc < 0)
		unlink(path);
	secret_wipe(text, sizeof(text));
	return rc;
}
