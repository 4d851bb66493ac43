/* Memory of this process and all that it started. */
#include "tree_memory.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#define DEPTH_MAX 8 /* of processes below processes: a zygote's run is the second */

static bool own_add(int pid, double *kib)
{
	char path[64], line[256];
	unsigned long value;
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), file) != NULL)
		found = sscanf(line, "Pss: %lu kB", &value) == 1;
	fclose(file);
	if (found)
		*kib += (double)value;
	return found;
}

static bool tree_add(int pid, double *kib, int depth);

/* The processes that one thread has started. */
static bool children_add(int pid, const char *thread, double *kib, int depth)
{
	char path[512];
	bool all = true;
	FILE *file;
	int child;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/children", pid, thread);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	while (all && fscanf(file, "%d", &child) == 1)
		all = tree_add(child, kib, depth);
	fclose(file);
	return all;
}

static bool tree_add(int pid, double *kib, int depth)
{
	struct dirent *entry;
	bool all = own_add(pid, kib);
	char path[64];
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	threads = depth < DEPTH_MAX ? opendir(path) : NULL;
	if (threads == NULL)
		return false;
	while (all && (entry = readdir(threads)) != NULL)
		if (isdigit((unsigned char)entry->d_name[0]))
			all = children_add(pid, entry->d_name, kib, depth + 1);
	closedir(threads);
	return all;
}

double tree_memory_kib(void)
{
	double kib = 0;

	return tree_add(getpid(), &kib, 0) ? kib : 0;
}
