/* Providers: a memfd, which another process can map, or plain memory in huge pages. Both cost
 * nothing untouched. */
#include "region.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_BYTES (2u << 20) /* of a huge page */

static void memfd_release(struct region_provider *provider)
{
	munmap(provider->base, provider->bytes);
	close(provider->fd);
	provider->base = NULL;
	provider->fd = -1;
}

/* Sealed, so that who maps it elsewhere can rely on its size. */
static int memfd_map(struct region_provider *provider, uint64_t bytes, unsigned int flags)
{
	void *base;
	int fd = memfd_create("millrace-regions", MFD_CLOEXEC | MFD_ALLOW_SEALING | flags);
	/* Huge pages are reserved at once: what is missing would be a fault later. */
	int map_flags = MAP_SHARED | (flags & MFD_HUGETLB ? 0 : MAP_NORESERVE);
	int rc;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)bytes) != 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		goto fail;
	base = mmap(NULL, bytes, PROT_READ | PROT_WRITE, map_flags, fd, 0);
	if (base == MAP_FAILED)
		goto fail;
	*provider = (struct region_provider){
	    .base = base,
	    .bytes = bytes,
	    .fd = fd,
	    .release = memfd_release,
	};
	return 0;

fail:
	rc = -errno;
	close(fd);
	return rc;
}

static uint64_t round_up(uint64_t bytes, uint64_t unit)
{
	return (bytes + unit - 1) / unit * unit;
}

int region_provider_memfd(struct region_provider *provider, uint64_t bytes)
{
	if (bytes == 0 || bytes > INT64_MAX - HUGE_BYTES)
		return -EINVAL;
	if (bytes >= HUGE_BYTES &&
	    memfd_map(provider, round_up(bytes, HUGE_BYTES), MFD_HUGETLB | MFD_HUGE_2MB) == 0)
		return 0;
	return memfd_map(provider, round_up(bytes, MR_PAGE_BYTES), 0);
}

int region_provider_pages(struct region_provider *provider, uint64_t bytes)
{
	if (bytes == 0 || bytes > INT64_MAX - HUGE_BYTES)
		return -EINVAL;
	return memfd_map(provider, round_up(bytes, MR_PAGE_BYTES), 0);
}

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
	bytes = round_up(bytes, HUGE_BYTES);
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
