/* The pool of regions: shares, statistics and reference counts around the free pages. */
#include "extents.h"
#include "region.h"
#include "spares.h"

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

#define CACHE_LINE_BYTES 64
#define REGION_STRUCT_BYTES 64 /* of a struct region: one cache line, its own */
_Static_assert(sizeof(struct region) <= REGION_STRUCT_BYTES, "fits");

/* Regions that are spare count as used in what the lock covers: region_pool_stats() knows better.
 */
struct region_pool {
	struct region_provider provider;
	uint64_t reserve_bytes;
	struct spares spares;
	_Atomic uint64_t used_bytes; // locked: rw; without the lock: ro, a hint
	pthread_mutex_t lock;        /* everything below */
	struct extents extents;
	struct region_pool_stats stats; /* but used_bytes */
	bool abandoned;                 /* by its owner: goes with its last region */
};

int region_pool_create(struct region_pool **pool, const struct region_provider *provider,
		       uint64_t reserve_bytes)
{
	struct region_pool *p;
	int rc;

	if (provider->bytes % MR_PAGE_BYTES != 0 || reserve_bytes > provider->bytes)
		return -EINVAL;
	p = aligned_alloc(_Alignof(struct region_pool), sizeof(*p));
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

static uint64_t used_bytes(const struct region_pool *pool)
{
	return atomic_load_explicit(&pool->used_bytes, memory_order_relaxed);
}

/* Locked. */
static void used_bytes_set(struct region_pool *pool, uint64_t bytes)
{
	atomic_store_explicit(&pool->used_bytes, bytes, memory_order_relaxed);
}

static uint32_t region_page(const struct region *r)
{
	return (uint32_t)((uint64_t)(r->base - r->pool->provider.base) / MR_PAGE_BYTES);
}

/* Locked. The region's pages are free, and its struct gone. */
static void region_free(struct region_pool *pool, struct region *r)
{
	POOL_UNPOISON(r, sizeof(*r));
	extents_give(&pool->extents, region_page(r), (uint32_t)(r->class_bytes / MR_PAGE_BYTES));
	pool->stats.regions--;
	used_bytes_set(pool, used_bytes(pool) - r->class_bytes);
	free(r);
}

/* Locked. Spare regions' pages are for all sizes again. */
static void pool_drain(struct region_pool *pool)
{
	struct region *r;

	for (uint32_t place = 0; (r = spares_drain(&pool->spares, &place)) != NULL;)
		region_free(pool, r);
}

void region_pool_destroy(struct region_pool **pool)
{
	struct region_pool *p = *pool;
	struct region *r;
	bool empty;

	*pool = NULL;
	if (p == NULL)
		return;
	pthread_mutex_lock(&p->lock);
	p->abandoned = true;
	for (uint32_t place = 0; (r = spares_close(&p->spares, &place)) != NULL;)
		region_free(p, r);
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
	uint64_t spare, spare_pages, spare_bytes;

	pthread_mutex_lock(&pool->lock);
	*stats = pool->stats;
	stats->used_bytes = used_bytes(pool);
	spare = spares_count(&pool->spares, &spare_pages);
	spare_bytes = spare_pages * MR_PAGE_BYTES;
	/* One that moved from place to place meanwhile was seen twice. */
	stats->regions -= spare < stats->regions ? spare : stats->regions;
	stats->used_bytes -= spare_bytes < stats->used_bytes ? spare_bytes : stats->used_bytes;
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

/* Is the share large enough for that much more? */
static bool share_has(const struct region_pool *pool, uint64_t bytes, enum region_share share)
{
	return used_bytes(pool) + bytes <= share_bytes(pool, share);
}

/* Locked. */
static bool pages_take(struct region_pool *pool, uint64_t bytes, enum region_share share,
		       uint32_t *page)
{
	return share_has(pool, bytes, share) &&
	       extents_take(&pool->extents, (uint32_t)(bytes / MR_PAGE_BYTES), page);
}

static bool pool_take(struct region_pool *pool, uint64_t bytes, enum region_share share,
		      uint32_t *page)
{
	struct region_pool_stats *stats = &pool->stats;
	bool taken;

	pthread_mutex_lock(&pool->lock);
	taken = pages_take(pool, bytes, share, page);
	if (!taken) {
		pool_drain(pool);
		taken = pages_take(pool, bytes, share, page);
	}
	if (taken) {
		stats->regions++;
		used_bytes_set(pool, used_bytes(pool) + bytes);
		if (used_bytes(pool) > stats->peak_bytes)
			stats->peak_bytes = used_bytes(pool);
	} else {
		stats->failures++;
	}
	pthread_mutex_unlock(&pool->lock);
	return taken;
}

static int pool_refuse(struct region_pool *pool, int rc)
{
	pthread_mutex_lock(&pool->lock);
	pool->stats.failures++;
	pthread_mutex_unlock(&pool->lock);
	return rc;
}

/* A region of that class with pages of its own, or -ENOMEM. */
static int region_make(struct region_pool *pool, uint64_t class, enum region_share share,
		       struct region **region)
{
	struct region *r = aligned_alloc(REGION_STRUCT_BYTES, REGION_STRUCT_BYTES);
	uint32_t page;

	if (r == NULL)
		return pool_refuse(pool, -ENOMEM);
	if (!pool_take(pool, class, share, &page)) {
		free(r);
		return -ENOMEM;
	}
	r->base = pool->provider.base + (uint64_t)page * MR_PAGE_BYTES;
	r->class_bytes = class;
	r->pool = pool;
	r->release = NULL;
	*region = r;
	return 0;
}

/* A spare one. It is counted as used already, so that the share must hold what is used now. */
static struct region *region_reuse(struct region_pool *pool, uint64_t class,
				   enum region_share share)
{
	struct region *r;

	if (!share_has(pool, 0, share))
		return NULL;
	r = spares_take(&pool->spares, class / MR_PAGE_BYTES);
	if (r != NULL)
		POOL_UNPOISON(r, sizeof(*r));
	return r;
}

int region_alloc(struct region_pool *pool, uint64_t bytes, enum region_share share,
		 struct region **region)
{
	const uint64_t class = class_bytes(pool, bytes, share);
	struct region *r;

	if (class == UINT64_MAX)
		return pool_refuse(pool, -E2BIG);
	r = region_reuse(pool, class, share);
	if (r == NULL) {
		const int rc = region_make(pool, class, share, &r);

		if (rc != 0)
			return rc;
	}
	r->bytes = bytes;
	atomic_init(&r->refs, 1);
	r->frozen = false;
	POOL_UNPOISON(r->base, bytes);
	POOL_POISON(r->base + bytes, class - bytes);
	*region = r;
	return 0;
}

/* To the spare ones, or its pages back to the pool. */
static void region_give(struct region *r)
{
	struct region_pool *pool = r->pool;
	const uint64_t pages = r->class_bytes / MR_PAGE_BYTES;
	bool last;

	POOL_POISON(r->base, r->class_bytes);
	POOL_POISON(r, sizeof(*r));
	if (spares_give(&pool->spares, r, pages))
		return; /* the pool may be gone with it */
	pthread_mutex_lock(&pool->lock);
	region_free(pool, r);
	last = pool->abandoned && pool->stats.regions == 0;
	pthread_mutex_unlock(&pool->lock);
	if (last)
		pool_free(pool);
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
	/* The only reference: who could make another? */
	if (atomic_load_explicit(&r->refs, memory_order_acquire) != 1) {
		before = atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel);
		assert(before > 0);
		if (before > 1)
			return;
	}
	if (r->release != NULL)
		r->release(r);
	else
		region_give(r);
}

void region_freeze(struct region *region)
{
	assert(!region->frozen);
	region->frozen = true;
}

/* For writing. Every x86-64 processor takes the instruction, those before Broadwell as no
 * operation; compilers know only of the newer ones, and leave out calls of what does nothing else.
 */
static void lines_prefetch(const uint8_t *base, uint64_t bytes)
{
	for (uint64_t off = 0; off < bytes; off += CACHE_LINE_BYTES)
		__asm__ volatile("prefetchw %0" : : "m"(base[off]));
}

/*
 * Asks for a region's lines all at once: where they are in no near cache, memset() alone takes 1.5
 * times as long. That they are is to be expected only of the region that this thread wiped last,
 * and there asking would take longer than wiping.
 */
static void wipe_prepare(const struct region *region)
{
	static __thread const uint8_t *latest __attribute__((tls_model("initial-exec")));

	if (region->base == latest)
		return;
	latest = region->base;
	lines_prefetch(region->base, region->bytes < MR_WIPE_PREFETCH_BYTES_MAX
					 ? region->bytes
					 : MR_WIPE_PREFETCH_BYTES_MAX);
}

void region_wipe_except(struct region *region, uint64_t keep_off, uint64_t keep_len)
{
	uint64_t keep_end = keep_off + keep_len;

	assert(!region->frozen);
	assert(keep_off <= region->bytes && keep_len <= region->bytes - keep_off);
	wipe_prepare(region);
	memset(region->base, 0, keep_off);
	memset(region->base + keep_end, 0, region->bytes - keep_end);
}
