/* Cores and memory of the machine, or what a control group leaves of them. */
#include "machine.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint32_t machine_cores(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0 || CPU_COUNT(&set) < 1)
		return 1;
	return (uint32_t)CPU_COUNT(&set);
}

enum port_poll_mode machine_poll(enum port_poll_mode asked, uint32_t threads)
{
	if (asked == PORT_POLL_ADAPTIVE && threads > machine_cores())
		return PORT_POLL_INTERRUPT;
	return asked;
}

/* The limit of our control group (version 2, cgroup-v2.rst "memory.max"), or UINT64_MAX: "max"
 * reads as no number. Limits of groups above are not looked at. */
static uint64_t cgroup_limit(void)
{
	char line[PATH_MAX] = "", path[PATH_MAX + 64];
	unsigned long long bytes = ULLONG_MAX;
	FILE *file = fopen("/proc/self/cgroup", "re");

	if (file == NULL)
		return UINT64_MAX;
	while (fgets(line, sizeof(line), file) != NULL && strncmp(line, "0::", 3) != 0)
		;
	fclose(file);
	if (strncmp(line, "0::", 3) != 0)
		return UINT64_MAX;
	line[strcspn(line, "\n")] = '\0';
	snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.max", line + 3);
	file = fopen(path, "re");
	if (file == NULL)
		return UINT64_MAX;
	if (fscanf(file, "%llu", &bytes) != 1)
		bytes = ULLONG_MAX;
	fclose(file);
	return bytes;
}

uint64_t machine_memory_bytes(void)
{
	uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t limit = cgroup_limit();

	return limit < bytes ? limit : bytes;
}

static uint64_t huge_pages_free(const char *size, uint64_t page_bytes)
{
	unsigned long long pages = 0;
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%s/free_hugepages", size);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%llu", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * page_bytes;
}

uint64_t machine_huge_page_bytes(void)
{
	uint64_t small = huge_pages_free("2048kB", 2ull << 20);
	uint64_t large = huge_pages_free("1048576kB", 1ull << 30);

	return small > large ? small : large;
}
