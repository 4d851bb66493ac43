/* Files read whole, into memory. */
#include "whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "descriptor.h"

static int open_file_read(int fd, uint64_t bytes_max, char **text, size_t *bytes)
{
	struct stat st;
	int rc;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((uint64_t)st.st_size > bytes_max)
		return -EFBIG;
	*bytes = (size_t)st.st_size;
	*text = malloc(*bytes + 1);
	if (*text == NULL)
		return -ENOMEM;
	rc = descriptor_read(fd, *text, *bytes);
	if (rc < 0) {
		free(*text);
		return rc;
	}
	(*text)[*bytes] = '\0';
	return 0;
}

int whole_file_read(const char *path, uint64_t bytes_max, char **text, size_t *bytes, char *error,
		    size_t error_bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int rc = fd < 0 ? -errno : open_file_read(fd, bytes_max, text, bytes);

	if (fd >= 0)
		close(fd);
	if (rc == -EFBIG)
		snprintf(error, error_bytes, "%s: larger than %llu bytes", path,
			 (unsigned long long)bytes_max);
	else if (rc == -EINVAL)
		snprintf(error, error_bytes, "%s: not a regular file", path);
	else if (rc < 0)
		snprintf(error, error_bytes, "%s: %s", path, strerror(-rc));
	return rc;
}
