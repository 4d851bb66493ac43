/* A provider over a memfd: memory that another process can map, and that costs nothing untouched.
 */
#include "region.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

static void memfd_release(struct region_provider *provider)
{
	munmap(provider->base, provider->bytes);
	close(provider->fd);
	provider->base = NULL;
	provider->fd = -1;
}

int region_provider_memfd(struct region_provider *provider, uint64_t bytes)
{
	void *base;
	int fd;
	int rc;

	if (bytes == 0 || bytes > INT64_MAX - MR_PAGE_BYTES)
		return -EINVAL;
	bytes = (bytes + MR_PAGE_BYTES - 1) / MR_PAGE_BYTES * MR_PAGE_BYTES;
	fd = memfd_create("millrace-regions", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)bytes) != 0) {
		rc = -errno;
		goto close_fd;
	}
	base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (base == MAP_FAILED) {
		rc = -errno;
		goto close_fd;
	}
	*provider = (struct region_provider){
	    .base = base,
	    .bytes = bytes,
	    .fd = fd,
	    .release = memfd_release,
	};
	return 0;

close_fd:
	close(fd);
	return rc;
}
