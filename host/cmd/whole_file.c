/* Files read whole, into memory. */
#include "whole_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "descriptor.h"

static int open_file_read(int fd, uint64_t file_bytes, uint64_t bytes_max, char **text,
			  size_t *bytes)
{
	int rc;

	if (file_bytes > bytes_max)
		return -EFBIG;
	*bytes = (size_t)file_bytes;
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
	uint64_t file_bytes;
	int fd = descriptor_open(path, &file_bytes);
	int rc = fd < 0 ? fd : open_file_read(fd, file_bytes, bytes_max, text, bytes);

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
