/* Looking at processes from outside. */
#include "processes.h"

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

void process_rest_ms(long ms)
{
	const struct timespec ts = {.tv_nsec = ms * 1000000};

	nanosleep(&ts, NULL);
}

typedef bool child_wanted(pid_t child, void *opaque);

/* The first that is wanted; 0: none is. */
static pid_t child_find(pid_t pid, child_wanted *wanted, void *opaque)
{
	char path[64], list[4096];
	DIR *dir;
	struct dirent *entry;
	pid_t found = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir != NULL && found == 0 && (entry = readdir(dir)) != NULL) {
		char children[512], *rest = list;
		FILE *file;

		snprintf(children, sizeof(children), "%s/%s/children", path, entry->d_name);
		file = isdigit((unsigned char)entry->d_name[0]) ? fopen(children, "r") : NULL;
		list[0] = 0;
		if (file != NULL && fgets(list, sizeof(list), file) == NULL)
			list[0] = 0;
		if (file != NULL)
			fclose(file);
		for (char *word; found == 0 && (word = strsep(&rest, " ")) != NULL;)
			if (atoi(word) > 0 && wanted(atoi(word), opaque))
				found = atoi(word);
	}
	if (dir != NULL)
		closedir(dir);
	return found;
}

static bool is_besides(pid_t child, void *opaque)
{
	const pid_t *besides = opaque;

	return child != *besides;
}

pid_t process_child(pid_t pid, pid_t besides)
{
	return child_find(pid, is_besides, &besides);
}

/* Of one child and what it has waited for. */
static bool child_cpu_add(pid_t pid, void *opaque)
{
	uint64_t *sum_ns = opaque;
	unsigned long long ticks[4] = {0};
	char path[64], line[1024] = "";
	const char *rest;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (file == NULL)
		return false;
	if (fgets(line, sizeof(line), file) == NULL)
		line[0] = 0;
	fclose(file);
	rest = strrchr(line, ')'); /* fields 14 to 17; the third is next */
	CHECK(rest != NULL &&
		  sscanf(rest + 1,
			 " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu",
			 &ticks[0], &ticks[1], &ticks[2], &ticks[3]) == 4,
	      "%s: %s", path, line);
	*sum_ns += (ticks[0] + ticks[1] + ticks[2] + ticks[3]) * 1000000000ull /
		   (uint64_t)sysconf(_SC_CLK_TCK);
	return false;
}

uint64_t process_cpu_ns(void)
{
	struct timespec own;
	struct rusage ended;
	uint64_t ns;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
	getrusage(RUSAGE_CHILDREN, &ended);
	ns = (uint64_t)own.tv_sec * 1000000000ull + (uint64_t)own.tv_nsec;
	ns += (uint64_t)(ended.ru_utime.tv_sec + ended.ru_stime.tv_sec) * 1000000000ull;
	ns += (uint64_t)(ended.ru_utime.tv_usec + ended.ru_stime.tv_usec) * 1000;
	child_find(getpid(), child_cpu_add, &ns);
	return ns;
}

static bool gone(pid_t pid)
{
	char path[64], line[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (file == NULL)
		return true;
	if (fgets(line, sizeof(line), file) == NULL)
		line[0] = 0;
	fclose(file);
	return line[0] == 0 || strstr(line, ") Z ") != NULL;
}

void process_gone_wait(pid_t pid, const char *what)
{
	for (int ms = 0; ms < PROCESS_PATIENCE_MS && !gone(pid); ms++)
		process_rest_ms(1);
	CHECK(gone(pid), "%s %d lives on", what, pid);
}

long process_descriptors(pid_t pid)
{
	char path[64];
	DIR *dir;
	long n = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	if (dir == NULL)
		return -1;
	for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

void process_status_has(pid_t pid, const char *field, const char *value)
{
	char path[64], line[256], found[128];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "r");
	CHECK(file != NULL);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, field, strlen(field)) == 0 && line[strlen(field)] == ':') {
			CHECK(sscanf(line + strlen(field) + 1, "%127s", found) == 1);
			CHECK(strcmp(found, value) == 0, "%s is %s, not %s", field, found, value);
			fclose(file);
			return;
		}
	}
	CHECK(false, "no %s in %s", field, path);
}

long process_resident_kib(pid_t pid)
{
	char path[64];
	long size, resident;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/statm", pid);
	file = fopen(path, "r");
	CHECK(file != NULL && fscanf(file, "%ld %ld", &size, &resident) == 2);
	fclose(file);
	return resident * 4;
}
