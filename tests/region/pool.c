/* The pool: contents survive neighbours, threads and fragmentation; shares hold; nothing leaks. */
#include "region.h"
#include "test.h"

#include <errno.h>
#include <pthread.h>

#define LIVE 96

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static struct region_pool *pool_of(uint64_t bytes, uint64_t reserve)
{
	struct region_provider provider;
	struct region_pool *pool;

	CHECK(region_provider_memfd(&provider, bytes) == 0);
	CHECK(region_pool_create(&pool, &provider, reserve) == 0);
	return pool;
}

static struct region_pool_stats stats_of(struct region_pool *pool)
{
	struct region_pool_stats stats;

	region_pool_stats(pool, &stats);
	return stats;
}

/* Marks both ends and the page borders: enough to see any two regions overlap. */
static void mark(struct region *r, uint64_t value)
{
	for (uint64_t off = 0; off + 8 <= r->bytes; off += MR_PAGE_BYTES)
		memcpy(r->base + off, &value, 8);
	if (r->bytes >= 8)
		memcpy(r->base + r->bytes - 8, &value, 8);
}

static void check_mark(const struct region *r, uint64_t value)
{
	for (uint64_t off = 0; off + 16 <= r->bytes; off += MR_PAGE_BYTES)
		CHECK(memcmp(r->base + off, &value, 8) == 0);
	if (r->bytes >= 8)
		CHECK(memcmp(r->base + r->bytes - 8, &value, 8) == 0);
}

struct churn {
	struct region_pool *pool;
	uint64_t seed;
	int rounds;
};

static void *churn(void *opaque)
{
	struct churn *job = opaque;
	struct region *live[LIVE] = {NULL};
	uint64_t values[LIVE];

	for (int i = 0; i < job->rounds; i++) {
		uint32_t slot = (uint32_t)(next(&job->seed) % LIVE);
		uint64_t bytes = next(&job->seed) % (1ull << next(&job->seed) % 19);
		int rc;

		if (live[slot] != NULL) {
			check_mark(live[slot], values[slot]);
			region_unref(&live[slot]);
			CHECK(live[slot] == NULL);
			continue;
		}
		rc = region_alloc(job->pool, bytes, REGION_ANY, &live[slot]);
		if (rc != 0) {
			CHECK(rc == -ENOMEM, "rc %d", rc);
			live[slot] = NULL;
			continue;
		}
		CHECK(live[slot]->bytes == bytes && live[slot]->class_bytes >= bytes);
		CHECK((uintptr_t)live[slot]->base % MR_PAGE_BYTES == 0);
		values[slot] = next(&job->seed);
		mark(live[slot], values[slot]);
	}
	for (int i = 0; i < LIVE; i++) {
		if (live[i] != NULL)
			check_mark(live[i], values[i]);
		region_unref(&live[i]);
	}
	return NULL;
}

static void test_churn(int rounds)
{
	struct region_pool *pool = pool_of(16 << 20, 0);
	struct churn jobs[2] = {{pool, 1, rounds}, {pool, 2, rounds}};
	pthread_t threads[2];
	struct region *whole;

	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, churn, &jobs[i]) == 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	CHECK(stats_of(pool).regions == 0 && stats_of(pool).used_bytes == 0);
	CHECK(stats_of(pool).peak_bytes > 0);
	/* All was coalesced: the whole pool is one extent again. */
	CHECK(region_alloc(pool, 16 << 20, REGION_ANY, &whole) == 0);
	region_unref(&whole);
	region_pool_destroy(&pool);
	CHECK(pool == NULL);
	region_pool_destroy(&pool);
}

static void test_shares(void)
{
	struct region_pool *pool = pool_of(64 << 10, 16 << 10);
	struct region *any, *receive, *more;

	CHECK(region_alloc(pool, (48 << 10) + 1, REGION_ANY, &more) == -E2BIG);
	CHECK(region_alloc(pool, UINT64_MAX, REGION_RECEIVE, &more) == -E2BIG);
	CHECK(region_alloc(pool, 48 << 10, REGION_ANY, &any) == 0);
	CHECK(region_alloc(pool, 1, REGION_ANY, &more) == -ENOMEM);
	CHECK(region_alloc(pool, 16 << 10, REGION_RECEIVE, &receive) == 0);
	CHECK(region_alloc(pool, 0, REGION_RECEIVE, &more) == -ENOMEM);
	CHECK(stats_of(pool).failures == 4, "%llu", (unsigned long long)stats_of(pool).failures);
	CHECK(stats_of(pool).used_bytes == 64 << 10);
	region_unref(&any);
	region_unref(&receive);
	region_pool_destroy(&pool);
}

static void test_references(void)
{
	struct region_pool *pool = pool_of(1 << 20, 0);
	struct region *region, *other;

	CHECK(region_alloc(pool, 100, REGION_ANY, &region) == 0);
	memset(region->base, 0xff, 100);
	region_wipe_except(region, 10, 20);
	for (int i = 0; i < 100; i++)
		CHECK(region->base[i] == (i >= 10 && i < 30 ? 0xff : 0));
	region_wipe_except(region, 100, 0);
	CHECK(region->base[10] == 0);
	CHECK(!region->frozen);
	region_freeze(region);
	CHECK(region->frozen);
	other = region_ref(region);
	region_unref(&region);
	CHECK(region == NULL && stats_of(pool).regions == 1);
	region_unref(&other);
	region_unref(&other);
	CHECK(stats_of(pool).regions == 0);
	region_pool_destroy(&pool);
}

/* Memory that was used is used again before memory that no one has touched. */
static void test_reuse(void)
{
	struct region_pool *pool = pool_of(1 << 30, 0);
	uint8_t *lowest = NULL;
	uint64_t seed = 3;

	for (int i = 0; i < 2000; i++) {
		struct region *a, *b;

		CHECK(region_alloc(pool, next(&seed) % (1 << 20), REGION_ANY, &a) == 0);
		CHECK(region_alloc(pool, next(&seed) % (1 << 20), REGION_ANY, &b) == 0);
		if (lowest == NULL)
			lowest = a->base;
		CHECK(a->base < lowest + (4 << 20) && b->base < lowest + (4 << 20));
		region_unref(&a);
		region_unref(&b);
	}
	region_pool_destroy(&pool);
}

/* A long mixed life at 85 % of the pool: few allocations may fail for want of one extent. */
static void test_fragmentation(int rounds)
{
	enum { SLOTS = 4096 };
	static struct region *live[SLOTS];
	struct region_pool *pool = pool_of(256 << 20, 0);
	uint64_t seed = 4;
	int failed = 0, tried = 0;

	for (int i = 0; i < rounds; i++) {
		uint32_t slot = (uint32_t)(next(&seed) % SLOTS);
		uint64_t bytes = 1 + next(&seed) % (1ull << (10 + next(&seed) % 12));

		region_unref(&live[slot]);
		if (stats_of(pool).used_bytes + bytes > (256 << 20) / 100 * 85)
			continue;
		tried++;
		if (region_alloc(pool, bytes, REGION_ANY, &live[slot]) != 0)
			failed++;
	}
	CHECK(failed * 100 <= tried, "%d of %d failed", failed, tried);
	for (int i = 0; i < SLOTS; i++)
		region_unref(&live[i]);
	region_pool_destroy(&pool);
}

static void test_refused(void)
{
	struct region_provider provider;
	struct region_pool *pool;

	CHECK(region_provider_memfd(&provider, 0) == -EINVAL);
	CHECK(region_provider_memfd(&provider, UINT64_MAX) == -EINVAL);
	CHECK(region_provider_memfd(&provider, 1) == 0 && provider.bytes == MR_PAGE_BYTES);
	CHECK(region_pool_create(&pool, &provider, provider.bytes + 1) == -EINVAL);
	CHECK(region_pool_create(&pool, &provider, 0) == 0);
	region_pool_destroy(&pool);
}

/* Memory in huge pages, or what stands in for them: whole, zero, and gone after release. */
static void test_memory(void)
{
	struct region_provider provider;

	CHECK(region_provider_memory(&provider, 0) == -EINVAL);
	CHECK(region_provider_memory(&provider, UINT64_MAX) == -EINVAL);
	CHECK(region_provider_memory(&provider, 5 << 20) == 0);
	CHECK(provider.bytes >= 5 << 20 && provider.bytes % MR_PAGE_BYTES == 0);
	for (uint64_t at = 0; at < provider.bytes; at += MR_PAGE_BYTES / 2)
		CHECK(provider.base[at] == 0, "byte %llu", (unsigned long long)at);
	provider.base[provider.bytes - 1] = 1;
	provider.release(&provider);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 100000;

	test_churn(rounds);
	test_shares();
	test_references();
	test_reuse();
	test_fragmentation(rounds);
	test_refused();
	test_memory();
	return 0;
}
