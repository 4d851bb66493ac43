/* Regions' memory from the DPDK heap: zero, page-aligned, untouched until used, mappable again. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "port.h"
#include "test.h"
#include "wire.h"

#define BYTES (UINT64_C(256) << 20)

static uint64_t resident_bytes(void)
{
	unsigned long long size;
	unsigned long long pages;
	FILE *file = fopen("/proc/self/statm", "r");

	CHECK(file != NULL && fscanf(file, "%llu %llu", &size, &pages) == 2, "statm");
	fclose(file);
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t machine_bytes(void)
{
	return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void test_mapped_again(const struct region_provider *provider)
{
	uint8_t *again;

	if (provider->fd < 0) {
		printf("the heap has no descriptor here\n");
		return;
	}
	again = mmap(NULL, MR_PAGE_BYTES, PROT_READ, MAP_SHARED, provider->fd,
		     (off_t)provider->fd_offset);
	CHECK(again != MAP_FAILED, "mmap");
	memcpy(provider->base, "the same bytes", 15);
	CHECK(memcmp(again, "the same bytes", 15) == 0, "other bytes");
	munmap(again, MR_PAGE_BYTES);
}

int main(void)
{
	struct port_eal_config config = {.memory_bytes = BYTES};
	struct region_provider provider;
	char error[MR_ERROR_BYTES_MAX];
	char note[MR_ERROR_BYTES_MAX];
	uint64_t before;

	wire_become_ordinary();
	CHECK(port_eal_start(&config, note, sizeof(note), error, sizeof(error)) == 0, "%s", error);
	before = resident_bytes();
	CHECK(region_provider_dpdk(&provider, BYTES) == 0, "%llu bytes", (unsigned long long)BYTES);
	CHECK(provider.bytes == BYTES, "bytes");
	CHECK((uintptr_t)provider.base % MR_PAGE_BYTES == 0, "alignment");
	if (note[0] != '\0') /* huge pages are resident from the start */
		CHECK(resident_bytes() - before < BYTES / 16, "touched before use");
	for (uint64_t i = 0; i < BYTES; i += MR_PAGE_BYTES / 2)
		CHECK(provider.base[i] == 0, "byte %llu is not zero", (unsigned long long)i);
	test_mapped_again(&provider);
	provider.base[BYTES - 1] = 1;
	provider.release(&provider);
	/* In huge pages the heap grows as long as the machine has any. */
	CHECK(region_provider_dpdk(&provider, note[0] != '\0' ? BYTES * 4 : machine_bytes()) < 0,
	      "more than there is");
	return 0;
}
