/* Region memory from the DPDK heap: the only memory every driver may be handed. */
#include <errno.h>
#include <string.h>

#include <rte_malloc.h>
#include <rte_memory.h>

#include "port.h"

static void provider_release(struct region_provider *provider)
{
	rte_free(provider->base);
	memset(provider, 0, sizeof(*provider));
	provider->fd = -1;
}

/* The descriptor behind an address, EAL's own and open as long as EAL; -1 when there is none, or
 * when it holds huge pages: no part of those can be mapped that a region would care for. */
static int heap_fd(const uint8_t *at, uint64_t *fd_offset)
{
	struct rte_memseg *segment = rte_mem_virt2memseg(at, NULL);
	size_t offset;
	int fd;

	if (segment == NULL || segment->hugepage_sz != MR_PAGE_BYTES ||
	    rte_memseg_get_fd_offset(segment, &offset) < 0)
		return -1;
	fd = rte_memseg_get_fd(segment);
	*fd_offset = offset + (uint64_t)(at - (uint8_t *)segment->addr);
	return fd < 0 ? -1 : fd;
}

int region_provider_dpdk(struct region_provider *provider, uint64_t bytes)
{
	uint8_t *base = rte_zmalloc("regions", bytes, MR_PAGE_BYTES);
	uint64_t first_off = 0;
	uint64_t last_off = 0;
	int fd;

	if (base == NULL)
		return -ENOMEM;
	fd = heap_fd(base, &first_off);
	/* Of use only when one descriptor holds all of it. */
	if (fd >= 0 &&
	    (heap_fd(base + bytes - 1, &last_off) != fd || last_off != first_off + bytes - 1))
		fd = -1;
	*provider = (struct region_provider){
	    .base = base,
	    .bytes = bytes,
	    .fd = fd,
	    .fd_offset = fd < 0 ? 0 : first_off,
	    .release = provider_release,
	};
	return 0;
}
