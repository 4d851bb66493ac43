/*
 * What a wasm module can try: every load and store at every edge of its memory, with every kind of
 * offset; bulk instructions with every combination of extremes; indirect calls and tables; memory
 * and tables that should grow; recursion. Each does what the specification says, or ends as that
 * run's error; neighbours' regions are as they were.
 *
 *	test_wasm_attacks [FRAME_VALUES]
 *
 * FRAME_VALUES, of 8 bytes, are what recursion has room for in each frame, and does not write. With
 * some 8,500 a frame is larger than the guard of the stack (clang takes half a minute over it):
 *none steps over it, as each page of a frame is touched when it is made, whatever the frame's size.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"
#include "harness.h"
#include "test.h"
#include "wasm_attack.h"

#define MEMORY_BYTES 20000u /* no whole pages: it ends in the middle of one */
#define WHOLE_BYTES 24576u  /* of pages */
#define NEIGHBOUR_BYTES 65536u
#define SECRET 0xa5
#define FRAME_VALUES_DEFAULT 2000 /* four pages */

static struct sandbox_code *code;
static struct region *neighbours[2];
static uint8_t before[MEMORY_BYTES]; // of the run: what its memory was
static struct region *whole;         // what the run may use is its beginning
static struct region region;
static uint32_t done, refused;

static const uint32_t extremes[] = {0,
				    1,
				    7,
				    8,
				    9,
				    WASM_SEGMENT_BYTES - 1,
				    WASM_SEGMENT_BYTES,
				    WASM_SEGMENT_BYTES + 1,
				    4096,
				    MEMORY_BYTES - 8,
				    MEMORY_BYTES - 1,
				    MEMORY_BYTES,
				    MEMORY_BYTES + 1,
				    0x7fffffff,
				    0x80000000,
				    0xfffffff0,
				    0xffffffff};
#define EXTREME_COUNT (sizeof(extremes) / sizeof(extremes[0]))

static void code_prepare(uint32_t frame_values)
{
	char error[MR_ERROR_BYTES_MAX] = "";
	size_t bytes;
	uint8_t *module = wasm_attack_make(frame_values, &bytes);

	CHECK(sandbox_backend("wasm")->prepare(module, bytes, harness_cache(), &code, error,
					       sizeof(error)) == 0,
	      "%s", error);
	CHECK(code->header_off == WASM_HEAP_BASE);
	free(module);
}

/* The run's region lies between two of another tenant's. */
static void regions_make(void)
{
	CHECK(region_alloc(harness_pool(), NEIGHBOUR_BYTES, REGION_ANY, &neighbours[0]) == 0);
	CHECK(region_alloc(harness_pool(), WHOLE_BYTES, REGION_ANY, &whole) == 0);
	CHECK(region_alloc(harness_pool(), NEIGHBOUR_BYTES, REGION_ANY, &neighbours[1]) == 0);
	memset(whole->base, SECRET, WHOLE_BYTES);
	region = (struct region){.base = whole->base, .bytes = MEMORY_BYTES};
	for (int i = 0; i < 2; i++)
		memset(neighbours[i]->base, SECRET, NEIGHBOUR_BYTES);
}

static void neighbours_unchanged(void)
{
	for (int i = 0; i < 2; i++)
		for (uint32_t n = 0; n < NEIGHBOUR_BYTES; n++)
			CHECK(neighbours[i]->base[n] == SECRET, "neighbour %d, byte %u", i, n);
	/* And what its last page has behind it. */
	for (uint32_t n = MEMORY_BYTES; n < WHOLE_BYTES; n++)
		CHECK(whole->base[n] == SECRET, "byte %u behind the region", n);
}

static enum sandbox_outcome run(const struct wasm_order *order)
{
	struct sandbox_result result;

	memset(region.base, 0, 4096);
	for (uint32_t i = 4096; i < MEMORY_BYTES; i++)
		region.base[i] = (uint8_t)(i * 2654435761u >> 24);
	memcpy(region.base + WASM_ORDER_OFF, order, sizeof(*order));
	memcpy(before, region.base, MEMORY_BYTES);
	sandbox_run(code, &region, 10000, &result);
	CHECK((result.outcome == SANDBOX_OK) == (result.text[0] == 0), "%s", result.text);
	done += result.outcome == SANDBOX_OK;
	refused += result.outcome != SANDBOX_OK;
	return result.outcome;
}

static uint64_t answer(void)
{
	struct wasm_order order;

	memcpy(&order, region.base + WASM_ORDER_OFF, sizeof(order));
	return order.answer;
}

static void expect(const struct wasm_order *order, enum sandbox_outcome wanted)
{
	const enum sandbox_outcome outcome = run(order);

	CHECK(outcome == wanted, "%u (access %u) of %#x, %#x, %#x: %s", order->kind, order->access,
	      order->a, order->b, order->c, sandbox_outcome_text(outcome));
}

static bool within(uint32_t from, uint32_t len, uint64_t bytes)
{
	return (uint64_t)from + len <= bytes;
}

/* ---- Memory ---- */

static void access_try(uint32_t index, uint32_t address)
{
	const struct wasm_access access = wasm_access_at(index);
	const uint64_t at = (uint64_t)address + access.off;
	const bool good = at + access.bytes <= MEMORY_BYTES;
	const struct wasm_order order = {.kind = WASM_ACCESS, .access = index, .a = address};
	uint64_t loaded = 0, got;

	expect(&order, good ? SANDBOX_OK : SANDBOX_OUT_OF_BOUNDS);
	if (!good) {
		CHECK(memcmp(before, region.base, MEMORY_BYTES) == 0, "it wrote before it trapped");
		return;
	}
	if (access.is_store)
		return;
	got = answer();
	memcpy(&loaded, before + at, access.bytes);
	CHECK(memcmp(&loaded, &got, access.bytes) == 0, "access %u of %#x", index, address);
}

static void accesses_bounded(void)
{
	for (uint32_t index = 0; index < wasm_access_count(); index++) {
		const struct wasm_access access = wasm_access_at(index);

		for (size_t i = 0; i < EXTREME_COUNT; i++)
			access_try(index, extremes[i]);
		/* The last that is good, the first that is not, counted from the offset. */
		for (uint32_t i = 0; i < 12; i++)
			access_try(index, MEMORY_BYTES - access.off - i);
	}
	neighbours_unchanged();
}

/* A function may write its header as it likes: its status says how it ends. */
static bool header_hit(uint32_t to, uint32_t len)
{
	return to < WASM_HEAP_BASE + sizeof(struct mr_region) &&
	       (uint64_t)to + len > WASM_HEAP_BASE;
}

static void bulk_try(const struct wasm_order *order)
{
	const uint64_t from_bytes = order->kind == WASM_INIT ? WASM_SEGMENT_BYTES : MEMORY_BYTES;
	const bool good = within(order->a, order->c, MEMORY_BYTES) &&
			  (order->kind == WASM_FILL || within(order->b, order->c, from_bytes));

	if (good && header_hit(order->a, order->c))
		run(order);
	else
		expect(order, good ? SANDBOX_OK : SANDBOX_OUT_OF_BOUNDS);
	CHECK(good || memcmp(before, region.base, MEMORY_BYTES) == 0, "it wrote before it trapped");
}

/* Those three of all triples of extremes. */
static void triples_try(uint32_t kind, void (*try)(const struct wasm_order *order))
{
	for (size_t a = 0; a < EXTREME_COUNT; a++)
		for (size_t b = 0; b < EXTREME_COUNT; b++)
			for (size_t c = 0; c < EXTREME_COUNT; c++)
				try(&(struct wasm_order){.kind = kind,
							 .a = extremes[a],
							 .b = extremes[b],
							 .c = extremes[c]});
}

static void bulks_bounded(void)
{
	triples_try(WASM_COPY, bulk_try);
	triples_try(WASM_FILL, bulk_try);
	triples_try(WASM_INIT, bulk_try);
	neighbours_unchanged();
}

static void nothing_grows(void)
{
	for (size_t i = 0; i < EXTREME_COUNT; i++) {
		const uint32_t n = extremes[i];

		expect(&(struct wasm_order){.kind = WASM_GROW, .a = n}, SANDBOX_OK);
		CHECK(answer() == (n == 0 ? MEMORY_BYTES / 65536 : UINT32_MAX), "%u pages", n);
		expect(&(struct wasm_order){.kind = WASM_TABLE_GROW, .a = n}, SANDBOX_OK);
		CHECK(answer() == (n == 0 ? WASM_TABLE_ENTRIES : UINT32_MAX), "%u entries", n);
	}
}

/* ---- Tables and calls ---- */

static void calls_typed(void)
{
	for (uint32_t entry = 0; entry < WASM_TABLE_ENTRIES; entry++) {
		const struct wasm_order order = {.kind = WASM_CALL, .a = entry};

		if (entry == WASM_ENTRY_RIGHT || entry == WASM_ENTRY_EQUAL) {
			expect(&order, SANDBOX_OK);
			CHECK(answer() == WASM_CALL_ANSWER);
		} else {
			expect(&order, SANDBOX_BAD_CALL);
		}
	}
	for (size_t i = 0; i < EXTREME_COUNT; i++)
		if (extremes[i] >= WASM_TABLE_ENTRIES)
			expect(&(struct wasm_order){.kind = WASM_CALL, .a = extremes[i]},
			       SANDBOX_BAD_CALL);
	/* Where an entry's bytes would be those of memory, or of a neighbour's instance. */
	for (uint32_t index = WASM_TABLE_ENTRIES; index < 1u << 16; index = index * 5 / 4 + 1)
		expect(&(struct wasm_order){.kind = WASM_CALL, .a = index}, SANDBOX_BAD_CALL);
}

static void table_try(const struct wasm_order *order)
{
	const bool good = within(order->a, order->c, WASM_TABLE_ENTRIES) &&
			  within(order->b, order->c, WASM_TABLE_ENTRIES);

	expect(order, good ? SANDBOX_OK : SANDBOX_OUT_OF_BOUNDS);
}

static void tables_bounded(void)
{
	triples_try(WASM_TABLE_COPY, table_try);
	triples_try(WASM_TABLE_INIT, table_try);
	for (size_t i = 0; i < EXTREME_COUNT; i++) {
		const uint32_t at = extremes[i];
		const enum sandbox_outcome wanted =
		    at < WASM_TABLE_ENTRIES ? SANDBOX_OK : SANDBOX_OUT_OF_BOUNDS;

		expect(&(struct wasm_order){.kind = WASM_TABLE_GET, .a = at}, wanted);
		expect(&(struct wasm_order){.kind = WASM_TABLE_SET, .a = at}, wanted);
		for (size_t n = 0; n < EXTREME_COUNT; n++)
			expect(&(struct wasm_order){.kind = WASM_TABLE_FILL,
						    .a = at,
						    .c = extremes[n]},
			       within(at, extremes[n], WASM_TABLE_ENTRIES) ? SANDBOX_OK
									   : SANDBOX_OUT_OF_BOUNDS);
		/* What one run sets, the next has not. */
		expect(&(struct wasm_order){.kind = WASM_CALL, .a = WASM_ENTRY_RIGHT}, SANDBOX_OK);
	}
	neighbours_unchanged();
}

static void frames_stopped(void)
{
	for (int i = 0; i < 20; i++) {
		expect(&(struct wasm_order){.kind = WASM_RECURSE}, SANDBOX_STACK_OVERFLOW);
		expect(&(struct wasm_order){.kind = WASM_NOTHING}, SANDBOX_OK);
	}
}

/* From its top to its end, and thus into the guard before anything that lies behind. */
static void frames_touched(void)
{
	const struct guest_thread *thread = guest_self();
	const size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	unsigned char resident[SANDBOX_STACK_BYTES / 4096];

	CHECK(madvise(thread->stack, SANDBOX_STACK_BYTES, MADV_DONTNEED) == 0);
	expect(&(struct wasm_order){.kind = WASM_RECURSE}, SANDBOX_STACK_OVERFLOW);
	CHECK(mincore(thread->stack, SANDBOX_STACK_BYTES, resident) == 0);
	for (size_t i = 0; i < SANDBOX_STACK_BYTES / page_bytes; i++)
		CHECK(resident[i] & 1, "page %zu of the stack was stepped over", i);
}

int main(int argc, char **argv)
{
	harness_start();
	code_prepare(argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : FRAME_VALUES_DEFAULT);
	regions_make();
	expect(&(struct wasm_order){.kind = WASM_NOTHING}, SANDBOX_OK);
	accesses_bounded();
	bulks_bounded();
	nothing_grows();
	calls_typed();
	tables_bounded();
	frames_stopped();
	frames_touched();
	expect(&(struct wasm_order){.kind = WASM_NOTHING}, SANDBOX_OK);
	printf("%u attempts did what they may, %u were refused\n", done, refused);
	for (int i = 0; i < 2; i++)
		region_unref(&neighbours[i]);
	region_unref(&whole);
	sandbox_release(&code);
	harness_stop();
	return 0;
}
