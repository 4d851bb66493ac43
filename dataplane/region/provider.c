/* Providers: a memfd, which another process can map, or plain memory in huge pages. Both cost
 * nothing untouched. */
#include "region.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
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

#define HUGE_BYTES (2u << 20) /* of a transparent huge page */

/* Does the kernel back shared memory with huge pages when asked to? */
static bool memfd_is_huge(void)
{
	static const char path[] = "/sys/kernel/mm/transparent_hugepage/shmem_enabled";
	char line[128] = "";
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return false;
	if (fgets(line, sizeof(line), file) == NULL)
		line[0] = 0;
	fclose(file);
	return line[0] != 0 && strstr(line, "[never]") == NULL && strstr(line, "[deny]") == NULL;
}

static void anonymous_release(struct region_provider *provider)
{
	munmap(provider->opaque, provider->bytes + HUGE_BYTES);
	provider->base = NULL;
}

int region_provider_memory(struct region_provider *provider, uint64_t bytes)
{
	uint8_t *mapping;
	uint8_t *base;

	if (bytes == 0 || bytes > INT64_MAX - HUGE_BYTES)
		return -EINVAL;
	if (memfd_is_huge()) {
		int rc = region_provider_memfd(provider, bytes);

		if (rc == 0)
			madvise(provider->base, provider->bytes, MADV_HUGEPAGE);
		return rc;
	}
	bytes = (bytes + HUGE_BYTES - 1) / HUGE_BYTES * HUGE_BYTES;
	mapping = mmap(NULL, bytes + HUGE_BYTES, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (mapping == MAP_FAILED)
		return -errno;
	base = mapping + (HUGE_BYTES - (uintptr_t)mapping % HUGE_BYTES) % HUGE_BYTES;
	/* Only advice: without it the pages are small. */
	madvise(base, bytes, MADV_HUGEPAGE);
	*provider = (struct region_provider){
	    .base = base,
	    .bytes = bytes,
	    .fd = -1,
	    .release = anonymous_release,
	    .opaque = mapping,
	};
	return 0;
}
