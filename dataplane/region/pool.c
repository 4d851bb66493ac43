/* The pool of regions: shares, statistics and reference counts around the free pages. */
#include "extents.h"
#include "region.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define POOL_ASAN
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define POOL_ASAN
#endif
#ifdef POOL_ASAN /* a use past a region's bytes or after its end is found, as with malloc() */
#include <sanitizer/asan_interface.h>
#define POOL_POISON(base, bytes) ASAN_POISON_MEMORY_REGION(base, bytes)
#define POOL_UNPOISON(base, bytes) ASAN_UNPOISON_MEMORY_REGION(base, bytes)
#else
#define POOL_POISON(base, bytes) ((void)(base), (void)(bytes))
#define POOL_UNPOISON(base, bytes) ((void)(base), (void)(bytes))
#endif

struct region_pool {
	struct region_provider provider;
	uint64_t reserve_bytes;
	pthread_mutex_t lock; /* everything below */
	struct extents extents;
	struct region_pool_stats stats;
	bool abandoned; /* by its owner: goes with its last region */
};

int region_pool_create(struct region_pool **pool, const struct region_provider *provider,
		       uint64_t reserve_bytes)
{
	struct region_pool *p;
	int rc;

	if (provider->bytes % MR_PAGE_BYTES != 0 || reserve_bytes > provider->bytes)
		return -EINVAL;
	p = malloc(sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	*p = (struct region_pool){
	    .provider = *provider,
	    .reserve_bytes = reserve_bytes,
	    .stats.bytes = provider->bytes,
	};
	rc = extents_init(&p->extents, provider->bytes / MR_PAGE_BYTES);
	if (rc != 0)
		goto free_pool;
	rc = -pthread_mutex_init(&p->lock, NULL);
	if (rc != 0)
		goto fini_extents;
	*pool = p;
	return 0;

fini_extents:
	extents_fini(&p->extents);
free_pool:
	free(p);
	return rc;
}

static void pool_free(struct region_pool *pool)
{
	POOL_UNPOISON(pool->provider.base, pool->provider.bytes);
	if (pool->provider.release != NULL)
		pool->provider.release(&pool->provider);
	pthread_mutex_destroy(&pool->lock);
	extents_fini(&pool->extents);
	free(pool);
}

void region_pool_destroy(struct region_pool **pool)
{
	struct region_pool *p = *pool;
	bool empty;

	*pool = NULL;
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->abandoned = true;
	empty = p->stats.regions == 0;
	pthread_mutex_unlock(&p->lock);
	if (empty)
		pool_free(p);
}

const struct region_provider *region_pool_provider(const struct region_pool *pool)
{
	return &pool->provider;
}

void region_pool_stats(struct region_pool *pool, struct region_pool_stats *stats)
{
	pthread_mutex_lock(&pool->lock);
	*stats = pool->stats;
	pthread_mutex_unlock(&pool->lock);
}

static uint64_t share_bytes(const struct region_pool *pool, enum region_share share)
{
	return pool->stats.bytes - (share == REGION_ANY ? pool->reserve_bytes : 0);
}

/* Bytes of the size class, or UINT64_MAX when the share could never hold it. */
static uint64_t class_bytes(const struct region_pool *pool, uint64_t bytes, enum region_share share)
{
	uint64_t pages;

	if (bytes > share_bytes(pool, share))
		return UINT64_MAX;
	pages = extents_class_pages((bytes + MR_PAGE_BYTES - 1) / MR_PAGE_BYTES);
	return pages * MR_PAGE_BYTES <= share_bytes(pool, share) ? pages * MR_PAGE_BYTES
								 : UINT64_MAX;
}

/* Locked. */
static bool share_has(const struct region_pool *pool, uint64_t bytes, enum region_share share)
{
	return pool->stats.used_bytes + bytes <= share_bytes(pool, share);
}

static bool pool_take(struct region_pool *pool, uint64_t bytes, enum region_share share,
		      uint32_t *page)
{
	struct region_pool_stats *stats = &pool->stats;
	bool taken;

	pthread_mutex_lock(&pool->lock);
	taken = share_has(pool, bytes, share) &&
		extents_take(&pool->extents, (uint32_t)(bytes / MR_PAGE_BYTES), page);
	if (taken) {
		stats->regions++;
		stats->used_bytes += bytes;
		if (stats->used_bytes > stats->peak_bytes)
			stats->peak_bytes = stats->used_bytes;
	} else {
		stats->failures++;
	}
	pthread_mutex_unlock(&pool->lock);
	return taken;
}

static void pool_give(struct region_pool *pool, uint32_t page, uint64_t bytes)
{
	bool last;

	pthread_mutex_lock(&pool->lock);
	extents_give(&pool->extents, page, (uint32_t)(bytes / MR_PAGE_BYTES));
	pool->stats.regions--;
	pool->stats.used_bytes -= bytes;
	last = pool->abandoned && pool->stats.regions == 0;
	pthread_mutex_unlock(&pool->lock);
	if (last)
		pool_free(pool);
}

static int pool_refuse(struct region_pool *pool, int rc)
{
	pthread_mutex_lock(&pool->lock);
	pool->stats.failures++;
	pthread_mutex_unlock(&pool->lock);
	return rc;
}

int region_alloc(struct region_pool *pool, uint64_t bytes, enum region_share share,
		 struct region **region)
{
	uint64_t class = class_bytes(pool, bytes, share);
	struct region *r;
	uint32_t page;

	if (class == UINT64_MAX)
		return pool_refuse(pool, -E2BIG);
	r = malloc(sizeof(*r));
	if (r == NULL)
		return pool_refuse(pool, -ENOMEM);
	if (!pool_take(pool, class, share, &page)) {
		free(r);
		return -ENOMEM;
	}
	r->base = pool->provider.base + (uint64_t)page * MR_PAGE_BYTES;
	r->bytes = bytes;
	r->class_bytes = class;
	r->pool = pool;
	r->release = NULL;
	atomic_init(&r->refs, 1);
	r->frozen = false;
	POOL_UNPOISON(r->base, bytes);
	POOL_POISON(r->base + bytes, class - bytes);
	*region = r;
	return 0;
}

void region_init_foreign(struct region *region, const uint8_t *base, uint64_t bytes,
			 void (*release)(struct region *region))
{
	*region = (struct region){
	    .base = (uint8_t *)(uintptr_t)base, /* frozen: nobody writes */
	    .bytes = bytes,
	    .class_bytes = (bytes + MR_PAGE_BYTES - 1) / MR_PAGE_BYTES * MR_PAGE_BYTES,
	    .release = release,
	    .frozen = true,
	};
	atomic_init(&region->refs, 1);
}

struct region *region_ref(struct region *region)
{
	unsigned int before = atomic_fetch_add_explicit(&region->refs, 1, memory_order_relaxed);

	assert(before > 0);
	(void)before;
	return region;
}

void region_unref(struct region **region)
{
	struct region *r = *region;
	unsigned int before;

	*region = NULL;
	if (r == NULL)
		return;
	before = atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel);
	assert(before > 0);
	if (before > 1)
		return;
	if (r->release != NULL) {
		r->release(r);
		return;
	}
	POOL_POISON(r->base, r->class_bytes);
	pool_give(r->pool, (uint32_t)((uint64_t)(r->base - r->pool->provider.base) / MR_PAGE_BYTES),
		  r->class_bytes);
	free(r);
}

void region_freeze(struct region *region)
{
	assert(!region->frozen);
	region->frozen = true;
}

void region_wipe_except(struct region *region, uint64_t keep_off, uint64_t keep_len)
{
	uint64_t keep_end = keep_off + keep_len;

	assert(!region->frozen);
	assert(keep_off <= region->bytes && keep_len <= region->bytes - keep_off);
	memset(region->base, 0, keep_off);
	memset(region->base + keep_end, 0, region->bytes - keep_end);
}
