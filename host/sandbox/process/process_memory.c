/* How a zygote gets at a region: by the pool's descriptor, or in a window that it is copied to. */
#include "process_memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sandbox_counters.h"

static uint64_t pages_up(uint64_t bytes)
{
	return (bytes + MR_PAGE_BYTES - 1) & ~(uint64_t)(MR_PAGE_BYTES - 1);
}

/* The rest of a region's last page was another's, and is mapped with it. It is the region's own
 * memory, which the pool's checks under ASan hold back: hence word by word, without them. */
__attribute__((no_sanitize("address"))) static void tail_wipe(uint8_t *base, uint64_t bytes)
{
	volatile uint8_t *at = base + bytes;
	volatile uint8_t *const end = base + pages_up(bytes);

	while (at < end)
		*at++ = 0;
}

/* Does the zygote have that descriptor? Numbers of descriptors are used again; inodes are not. */
static int descriptor_match(struct zygote *zygote, int fd, struct process_memory *memory)
{
	struct stat facts;

	if (fstat(fd, &facts) != 0)
		return -errno;
	if (facts.st_dev == zygote->memory_dev && facts.st_ino == zygote->memory_ino) {
		memory->send_fd = -1;
		return 0;
	}
	zygote->memory_dev = facts.st_dev;
	zygote->memory_ino = facts.st_ino;
	memory->send_fd = fd;
	return 0;
}

/* Of a memfd in huge pages no single small page can be mapped. */
static bool provider_maps_pages(const struct region_provider *provider)
{
	struct stat facts;

	return provider->fd >= 0 && fstat(provider->fd, &facts) == 0 &&
	       facts.st_blksize == MR_PAGE_BYTES;
}

static int window_grow(struct zygote *zygote, uint64_t bytes)
{
	uint8_t *window;
	int rc;

	if (zygote->window_bytes >= bytes)
		return 0;
	if (zygote->window_fd < 0)
		zygote->window_fd = memfd_create("millrace-window", MFD_CLOEXEC);
	if (zygote->window_fd < 0 || ftruncate(zygote->window_fd, (off_t)bytes) != 0)
		return -errno;
	window = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, zygote->window_fd, 0);
	if (window == MAP_FAILED) {
		rc = -errno;
		return rc;
	}
	if (zygote->window != NULL)
		munmap(zygote->window, zygote->window_bytes);
	zygote->window = window;
	zygote->window_bytes = bytes;
	return 0;
}

/* All of the region, zeroes too: nothing of the run before is left. */
static int window_fill(struct zygote *zygote, struct region *region, struct process_memory *memory)
{
	int rc = window_grow(zygote, memory->bytes);

	if (rc < 0)
		return rc;
	memcpy(zygote->window, region->base, region->bytes);
	memset(zygote->window + region->bytes, 0, memory->bytes - region->bytes);
	sandbox_count(&sandbox_counts.process_copied_bytes, region->bytes);
	memory->copied = true;
	memory->offset = 0;
	return descriptor_match(zygote, zygote->window_fd, memory);
}

int process_memory_share(struct zygote *zygote, struct region *region,
			 struct process_memory *memory)
{
	const struct region_provider *provider = region_pool_provider(region->pool);

	*memory = (struct process_memory){.send_fd = -1, .bytes = pages_up(region->bytes)};
	if (!provider_maps_pages(provider))
		return window_fill(zygote, region, memory);
	memory->offset = provider->fd_offset + (uint64_t)(region->base - provider->base);
	tail_wipe(region->base, region->bytes);
	return descriptor_match(zygote, provider->fd, memory);
}

void process_memory_collect(struct zygote *zygote, struct region *region,
			    const struct process_memory *memory)
{
	if (!memory->copied)
		return;
	memcpy(region->base, zygote->window, region->bytes);
	sandbox_count(&sandbox_counts.process_copied_bytes, region->bytes);
}
