/* Reading and writing until all is done. */
#include "descriptor.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

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
