/* Regular files alone; reading and writing until all is done. */
#include "descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int descriptor_open(const char *path, uint64_t *bytes)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0)
		rc = -errno;
	else if (!S_ISREG(status.st_mode))
		rc = S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
	if (rc != 0) {
		close(fd);
		return rc;
	}
	*bytes = (uint64_t)status.st_size;
	return fd;
}

int descriptor_read(int fd, void *bytes, size_t count)
{
	uint8_t *to = bytes;

	while (count > 0) {
		ssize_t n = read(fd, to, count);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		to += n;
		count -= (size_t)n;
	}
	return 0;
}

int descriptor_write(int fd, const void *bytes, size_t count)
{
	const uint8_t *from = bytes;

	while (count > 0) {
		ssize_t n = write(fd, from, count);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		from += n;
		count -= (size_t)n;
	}
	return 0;
}
