/* What is gathered is what was produced, in order, whether it waited in memory or on disk. */
#include "batches.h"
#include "test.h"

#include <errno.h>
#include <unistd.h>

#define PRODUCERS_MAX 12
#define HEADER_OFF 192

static struct io_engine *io;
static struct spill_file *spill;

/* One edge: its producers, and a store that has their batches in random order. */
struct edge {
	struct producer producers[PRODUCERS_MAX];
	uint32_t producer_count;
	bool keyed;
	struct store *store;
};

static void edge_make(struct edge *edge, struct region_pool *pool, bool keyed, uint64_t *seed)
{
	uint32_t order[PRODUCERS_MAX];

	edge->keyed = keyed;
	edge->producer_count = 1 + (uint32_t)(random_next(seed) % PRODUCERS_MAX);
	CHECK(store_create(&edge->store, keyed) == 0);
	for (uint32_t i = 0; i < edge->producer_count; i++) {
		uint32_t at = (uint32_t)(random_next(seed) % (i + 1));

		producer_make(&edge->producers[i], i * 1000000007ull,
			      (uint32_t)(1 + random_next(seed) % 200), keyed, seed);
		order[i] = order[at];
		order[at] = i;
	}
	for (uint32_t i = 0; i < edge->producer_count; i++) {
		struct region_fault fault;
		int rc = store_add(edge->store,
				   producer_batch(pool, &edge->producers[order[i]], keyed), &fault);

		CHECK(rc == 0, "rc %d: %s", rc, fault.text);
	}
}

static void edge_free(struct edge *edge)
{
	store_destroy(&edge->store, spill);
	for (uint32_t i = 0; i < edge->producer_count; i++)
		producer_free(&edge->producers[i]);
}

static void edge_spill(struct edge *edge, uint64_t want)
{
	uint64_t before = store_stats(edge->store)->memory_bytes;
	uint64_t started = store_spill(edge->store, io, spill, want);

	CHECK(started >= want || started == before);
	while (store_spilling(edge->store))
		io_wait(io);
	CHECK(store_spill_error(edge->store) == 0);
	CHECK(store_stats(edge->store)->memory_bytes == before - started);
}

struct arrival {
	bool done;
	int rc;
};

static void arrived(void *opaque, int rc)
{
	struct arrival *arrival = opaque;

	CHECK(!arrival->done);
	*arrival = (struct arrival){true, rc};
}

/* Sets "a" from two edges and "b" from one, gathered into memory full of an earlier use. */
static struct region *gather_run(struct region_pool *pool, struct edge *edges, uint32_t first,
				 uint32_t end, bool by_key, uint8_t earlier)
{
	static const char *const out[] = {"counts"};
	struct store *stores[] = {edges[0].store, edges[1].store, edges[2].store};
	struct gather_set sets[] = {{"a", stores, 2, first, end, by_key},
				    {"b", stores + 2, 1, 0, MR_KEY_GROUPS, false}};
	struct invocation_name name = {1, 2, 3, 4, 5};
	uint64_t bytes = HEADER_OFF + gather_bytes(sets, 2, out, 1);
	struct arrival arrival = {false, 0};
	struct gather *gather;
	struct region *region;
	uint32_t image_end;

	CHECK(region_alloc(pool, bytes, REGION_ANY, &region) == 0);
	memset(region->base, earlier, bytes);
	region->bytes = bytes - 1;
	CHECK(gather_begin(&gather, sets, 2, out, 1, &name, region, HEADER_OFF, io, spill, arrived,
			   &arrival) == -ENOSPC);
	CHECK(gather == NULL && !arrival.done);
	region->bytes = bytes;
	CHECK(gather_begin(&gather, sets, 2, out, 1, &name, region, HEADER_OFF, io, spill, arrived,
			   &arrival) == 0);
	while (!arrival.done)
		CHECK(io_wait(io) > 0);
	CHECK(arrival.rc == 0, "rc %d", arrival.rc);
	CHECK(gather_finish(gather, &image_end) == 0);
	CHECK(image_end == bytes);
	gather_free(&gather);
	return region;
}

/* The items of a set, from item number at on, are those; returns the number after the last. */
static uint32_t items_check(const struct region *region, const struct mr_set *set, uint32_t at,
			    const struct producer *producers, uint32_t producer_count, bool keyed,
			    uint32_t first, uint32_t end, bool by_key)
{
	const struct mr_item *items = region_items(region->base, set);
	uint32_t count;
	struct expected *want =
	    expected_make(producers, producer_count, keyed, first, end, by_key, &count);

	CHECK(at + count <= set->item_count);
	for (uint32_t i = 0; i < count; i++)
		expected_check(&want[i], region->base, &items[at + i]);
	free(want);
	return at + count;
}

static void gather_check(struct region_pool *pool, struct edge *edges, uint32_t first, uint32_t end,
			 bool by_key)
{
	struct region_check_limits limits = {1 << 20, 1 << 30, false};
	struct region *region = gather_run(pool, edges, first, end, by_key, 0xee);
	struct region *again = gather_run(pool, edges, first, end, by_key, 0x11);
	const struct mr_region *header =
	    (const struct mr_region *)(const void *)(region->base + HEADER_OFF);
	const struct mr_set *sets =
	    (const struct mr_set *)(const void *)(region->base + header->sets_off);
	struct producer both[2 * PRODUCERS_MAX];
	struct region_fault fault;
	uint32_t at = 0;

	CHECK(memcmp(region->base + HEADER_OFF, again->base + HEADER_OFF,
		     region->bytes - HEADER_OFF) == 0,
	      "something of an earlier use shows");
	CHECK(region_check_image(region->base, region->bytes, HEADER_OFF, &limits, &fault) == 0,
	      "%s", fault.text);
	memcpy(both, edges[0].producers, edges[0].producer_count * sizeof(both[0]));
	memcpy(both + edges[0].producer_count, edges[1].producers,
	       edges[1].producer_count * sizeof(both[0]));
	at = items_check(region, &sets[0], 0, both,
			 edges[0].producer_count + edges[1].producer_count, true, first, end,
			 by_key);
	CHECK(at == sets[0].item_count);
	at = items_check(region, &sets[1], 0, edges[2].producers, edges[2].producer_count, false, 0,
			 0, false);
	CHECK(at == sets[1].item_count);
	region_unref(&region);
	region_unref(&again);
}

static void cursor_check(struct edge *edge)
{
	struct store_cursor cursor = {0};
	struct store_item item;
	uint32_t count;
	struct expected *want = expected_make(edge->producers, edge->producer_count, edge->keyed, 0,
					      MR_KEY_GROUPS, false, &count);
	uint32_t at = 0;
	int rc;

	while (store_next(edge->store, &cursor, spill, &item, &rc)) {
		CHECK(at < count);
		if (item.batch != NULL)
			expected_check(&want[at], item.batch->base, &item.item);
		else
			CHECK(item.item.key_hash == want[at].item->key_hash &&
			      item.item.bytes_len == want[at].item->bytes_len);
		at++;
	}
	CHECK(rc == 0 && at == count, "rc %d, %u of %u", rc, at, count);
	free(want);
}

static void test_random(struct region_pool *pool, uint64_t seed)
{
	struct edge edges[3];
	uint32_t first = (uint32_t)(random_next(&seed) % MR_KEY_GROUPS);
	uint32_t end = first + (uint32_t)(random_next(&seed) % (MR_KEY_GROUPS + 1 - first));

	edge_make(&edges[0], pool, true, &seed);
	edge_make(&edges[1], pool, true, &seed);
	edge_make(&edges[2], pool, false, &seed);
	for (int round = 0; round < 3; round++) { /* in memory, partly spilled, all spilled */
		for (uint32_t e = 0; e < 3 && round > 0; e++)
			edge_spill(&edges[e],
				   round == 1 ? random_next(&seed) % 200000 : UINT64_MAX);
		gather_check(pool, edges, 0, MR_KEY_GROUPS, true);
		gather_check(pool, edges, 0, MR_KEY_GROUPS, false);
		gather_check(pool, edges, first, end, true);
		gather_check(pool, edges, first, end, false);
		for (uint32_t e = 0; e < 3; e++)
			cursor_check(&edges[e]);
	}
	for (uint32_t e = 0; e < 3; e++) {
		CHECK(store_stats(edges[e].store)->memory_bytes == 0);
		edge_free(&edges[e]);
	}
}

/* A gather and a cursor of a store whose spill file was harmed: they say so. */
static void harmed_check(struct region_pool *pool, struct edge *edge, int begin_rc, int finish_rc)
{
	struct gather_set set = {"a", &edge->store, 1, 0, MR_KEY_GROUPS, true};
	uint64_t bytes = gather_bytes(&set, 1, NULL, 0);
	struct invocation_name name = {0};
	struct store_cursor cursor = {0};
	struct arrival arrival = {false, 0};
	struct store_item item;
	struct gather *gather;
	struct region *region;
	uint32_t image_end;
	int rc;

	CHECK(region_alloc(pool, bytes, REGION_ANY, &region) == 0);
	CHECK(gather_begin(&gather, &set, 1, NULL, 0, &name, region, 0, io, spill, arrived,
			   &arrival) == 0);
	while (!arrival.done)
		CHECK(io_wait(io) > 0);
	CHECK(arrival.rc == begin_rc, "rc %d", arrival.rc);
	if (arrival.rc == 0)
		CHECK(gather_finish(gather, &image_end) == finish_rc);
	gather_free(&gather);
	region_unref(&region);
	CHECK(!store_next(edge->store, &cursor, spill, &item, &rc));
	CHECK(rc == (begin_rc != 0 ? begin_rc : finish_rc), "rc %d", rc);
}

static void test_truncated(struct region_pool *pool)
{
	struct edge edge;
	uint64_t seed = 31;

	edge_make(&edge, pool, true, &seed);
	edge_spill(&edge, UINT64_MAX);
	CHECK(ftruncate(spill_fd(spill), 0) == 0);
	harmed_check(pool, &edge, -EIO, 0);
	edge_free(&edge);
}

static void test_overwritten(struct region_pool *pool)
{
	static uint8_t ones[64 << 10];
	struct edge edge;
	uint64_t seed = 29;

	edge_make(&edge, pool, true, &seed);
	edge_spill(&edge, UINT64_MAX);
	memset(ones, 0xff, sizeof(ones));
	for (off_t off = 0; off < (off_t)store_stats(edge.store)->spilled_bytes * 2;
	     off += (off_t)sizeof(ones))
		CHECK(pwrite(spill_fd(spill), ones, sizeof(ones), off) == sizeof(ones));
	harmed_check(pool, &edge, 0, -EBADMSG);
	edge_free(&edge);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 20;
	struct region_pool *pool;
	char error[256];
	int rc = io_engine_create(&io);

	if (rc != 0)
		SKIP("no io_uring: %s", strerror(-rc));
	CHECK(spill_open(&spill, NULL, error, sizeof(error)) == 0, "%s", error);
	pool = pool_make(64 << 20);
	for (int i = 0; i < rounds; i++)
		test_random(pool, 1000003u * (uint64_t)(i + 1));
	test_overwritten(pool);
	test_truncated(pool);
	region_pool_destroy(&pool);
	spill_close(&spill);
	io_engine_destroy(&io);
	return 0;
}
