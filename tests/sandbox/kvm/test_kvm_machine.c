/*
 * A thread's machine: its tables, its memory and its descriptors stay within bounds, whatever
 * number of codes, regions and pools it meets, and every run is right.
 *
 *	test_kvm_machine DIR [RUNS]
 */

#include "harness.h"
#include "kvm_device.h"
#include "sandbox_counters.h"
#include "sandbox_limits.h"
#include "test.h"

#define RUNS_DEFAULT 10000u /* 100,000 in scripts/soak */
#define WARM_RUNS 1000u
#define RSS_SLACK_KIB 4096 /* the allocator's own, of a process of some 40 MiB */
#define POOL_BYTES (64ull << 20)

static const char *dir;
static struct harness_function echo;

static void echo_prepare(struct harness_function *function)
{
	*function = (struct harness_function){.out = "out", .memory_base = 4096};
	function->code = harness_prepare("kvm", dir, "good_echo");
}

/* In a region of extra bytes more than needed. */
static void echo_run(struct harness_function *function, uint32_t number, uint64_t extra)
{
	function->memory_base = 4096 + extra;
	harness_echo(function, number);
}

/* More codes and regions than books have room for: they are forgotten, and made again. */
static void books_overflow(void)
{
	const uint64_t forgotten = sandbox_counts.kvm_tables_forgotten;
	struct region *hole[64];

	for (uint32_t i = 0; i < 3 * KVM_SPACES_MAX; i++) {
		struct harness_function mine;

		echo_prepare(&mine);
		echo_run(&mine, i, 0);
		echo_run(&mine, i, 8 * MR_PAGE_BYTES);
		sandbox_release(&mine.code);
	}
	CHECK(sandbox_counts.kvm_tables_forgotten >= forgotten + 2);
	for (uint32_t i = 0; i < 3 * KVM_VIEWS_MAX; i++) {
		if (i % 64 == 0)
			for (int k = 0; i > 0 && k < 64; k++)
				region_unref(&hole[k]);
		CHECK(region_alloc(harness_pool(), MR_PAGE_BYTES, REGION_ANY, &hole[i % 64]) == 0);
		echo_run(&echo, i, (uint64_t)(i % 48) * MR_PAGE_BYTES);
	}
	for (int k = 0; k < 64; k++)
		region_unref(&hole[k]);
	CHECK(sandbox_counts.kvm_tables_forgotten >= forgotten + 3);
}

/* Regions of many sizes, among them some in large pages, some of several tables. */
static void sizes_work(void)
{
	for (uint64_t bytes = 1; bytes < 256u << 20; bytes = bytes * 3 + 1)
		echo_run(&echo, (uint32_t)bytes, bytes);
}

static void pool_make(struct region_pool **pool, uint64_t bytes)
{
	struct region_provider provider;

	CHECK(region_provider_memory(&provider, bytes) == 0);
	CHECK(region_pool_create(pool, &provider, 0) == 0);
}

static void region_fill(struct region *region)
{
	static const struct region_set_spec in = {.name = "in", .item_count = 0};
	const struct invocation_name name = {.job = 1};
	const char *out = "out";
	struct region_image image;

	memset(region->base, 0, region->bytes);
	CHECK(region_image_init(region, echo.code->header_off, &in, 1, &out, 1, &name, &image) ==
	      0);
}

static void region_run(struct region *region)
{
	struct sandbox_result result;

	region_fill(region);
	sandbox_run(echo.code, region, 0, &result);
	CHECK(result.outcome == SANDBOX_OK, "%s", result.text);
}

/* More pools than slots, each gone before the next comes: the addresses mean other memory then. */
static void pools_come_and_go(void)
{
	for (uint32_t i = 0; i < 3 * KVM_POOLS_MAX; i++) {
		struct region_pool *pool;
		struct region *region;

		pool_make(&pool, POOL_BYTES + i * MR_PAGE_BYTES);
		CHECK(region_alloc(pool, 65536, REGION_ANY, &region) == 0);
		region_run(region);
		region_unref(&region);
		region_pool_destroy(&pool);
	}
	echo_run(&echo, 1, 0);
}

/* A region of no pool, at any address, is copied: larger and smaller ones in turn. */
static void others_are_copied(void)
{
	static const uint64_t sizes[] = {8192, 8192 + 100, 1u << 20, 16384, 3u << 20, 9999};
	const uint64_t before = sandbox_counts.kvm_regions_copied;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t *memory = malloc(sizes[i] + 64);
		struct region region = {.base = memory + i * 8, .bytes = sizes[i]};

		region_run(&region);
		free(memory);
		echo_run(&echo, (uint32_t)i, 0);
	}
	CHECK(sandbox_counts.kvm_regions_copied == before + sizeof(sizes) / sizeof(sizes[0]));
}

static long rss_kib(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[128];
	long kib = -1;

	CHECK(file != NULL);
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	fclose(file);
	return kib;
}

static void runs_leave_nothing(uint32_t runs)
{
	long rss = 0;
	long fds = 0;

	for (uint32_t i = 0; i < runs; i++) {
		if (i == WARM_RUNS) {
			rss = rss_kib();
			fds = harness_descriptors();
		}
		echo_run(&echo, i, (uint64_t)(i % 64) * MR_PAGE_BYTES);
	}
	printf("%u runs: %ld KiB then, %ld now; %ld descriptors\n", runs, rss, rss_kib(), fds);
	CHECK(rss_kib() <= rss + RSS_SLACK_KIB, "%ld KiB, then %ld", rss, rss_kib());
	CHECK(harness_descriptors() == fds);
}

int main(int argc, char **argv)
{
	const uint32_t runs = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : RUNS_DEFAULT;
	const struct kvm_device *device;
	char error[MR_ERROR_BYTES_MAX];

	CHECK(argc >= 2 && runs > WARM_RUNS);
	if (kvm_device_open(&device, error, sizeof(error)) < 0)
		SKIP("%s", error);
	dir = argv[1];
	harness_start();
	echo_prepare(&echo);
	echo_run(&echo, 0, 0);
	books_overflow();
	sizes_work();
	pools_come_and_go();
	others_are_copied();
	runs_leave_nothing(runs);
	CHECK(sandbox_counts.kvm_machines_replaced == 0);
	CHECK(sandbox_counts.kvm_machines_made == 1);
	sandbox_release(&echo.code);
	harness_stop();
	return 0;
}
