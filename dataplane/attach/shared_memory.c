/* Memory that two processes map by a descriptor. */
#include "shared_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sealed against shrinking, and as large as it is said to be: reading it cannot fault. */
static bool fd_holds(int fd, uint64_t offset, uint64_t bytes)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat status;

	return seals >= 0 && (seals & F_SEAL_SHRINK) && fstat(fd, &status) == 0 && bytes > 0 &&
	       offset <= (uint64_t)status.st_size && bytes <= (uint64_t)status.st_size - offset;
}

void *shared_map(int fd, uint64_t offset, uint64_t bytes, int protection)
{
	void *mapped;

	if (!fd_holds(fd, offset, bytes))
		return NULL;
	mapped = mmap(NULL, bytes, protection, MAP_SHARED | MAP_NORESERVE, fd, (off_t)offset);
	return mapped != MAP_FAILED ? mapped : NULL;
}

int shared_create(uint64_t bytes, void **mapped)
{
	int fd = memfd_create("millrace-attach", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int rc;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)bytes) != 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0)
		goto fail;
	*mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (*mapped == MAP_FAILED)
		goto fail;
	return fd;
fail:
	rc = -errno;
	close(fd);
	return rc;
}

int shared_reopen_read_only(int fd)
{
	char path[64];
	int reopened;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reopened = open(path, O_RDONLY | O_CLOEXEC);
	return reopened >= 0 ? reopened : -errno;
}
