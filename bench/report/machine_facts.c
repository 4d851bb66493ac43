/* CPU, kernel, huge pages and DPDK, as the kernel and DPDK name them. */
#include "machine_facts.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <rte_version.h>

/* The text behind "KEY<blanks>: " of the first line that begins with key. */
static void file_value(const char *path, const char *key, char *value, size_t value_bytes)
{
	FILE *file = fopen(path, "re");
	char line[512];

	value[0] = '\0';
	if (file == NULL)
		return;
	while (value[0] == '\0' && fgets(line, sizeof(line), file) != NULL) {
		char *colon = strchr(line, ':');

		if (strncmp(line, key, strlen(key)) != 0 || colon == NULL)
			continue;
		colon += 1 + strspn(colon + 1, " \t");
		colon[strcspn(colon, "\n")] = '\0';
		snprintf(value, value_bytes, "%s", colon);
	}
	fclose(file);
}

static uint32_t meminfo_number(const char *key)
{
	char value[64];
	uint32_t number = 0;

	file_value("/proc/meminfo", key, value, sizeof(value));
	return sscanf(value, "%u", &number) == 1 ? number : 0;
}

void machine_facts_read(struct machine_facts *facts)
{
	struct utsname kernel;
	cpu_set_t cpus;

	memset(facts, 0, sizeof(*facts));
	file_value("/proc/cpuinfo", "model name", facts->cpu, sizeof(facts->cpu));
	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		facts->cores = (uint32_t)CPU_COUNT(&cpus);
	if (uname(&kernel) == 0)
		snprintf(facts->kernel, sizeof(facts->kernel), "%s", kernel.release);
	facts->huge_pages_free = meminfo_number("HugePages_Free");
	facts->huge_page_kib = meminfo_number("Hugepagesize");
	snprintf(facts->dpdk, sizeof(facts->dpdk), "%s", rte_version());
}
