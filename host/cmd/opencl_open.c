/* An OpenCL device for a command. */
#include "opencl_open.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "sandbox.h"

/* $XDG_CACHE_HOME/millrace/opencl. Without a folder programs are built each time. */
static const char *folder_make(char *path)
{
	char *end;
	size_t bytes;

	if (sandbox_cache_dir(path, PATH_MAX - sizeof("/opencl")) < 0)
		return NULL;
	for (end = path + 1; *end != '\0'; end++) {
		if (*end != '/')
			continue;
		*end = '\0';
		mkdir(path, S_IRWXU); /* most are there; the last one says */
		*end = '/';
	}
	mkdir(path, S_IRWXU);
	bytes = (size_t)(end - path);
	snprintf(path + bytes, PATH_MAX - bytes, "/opencl");
	return mkdir(path, S_IRWXU) == 0 || errno == EEXIST ? path : NULL;
}

int opencl_open(struct opencl_device **device, uint32_t index, struct table_error *error)
{
	char path[PATH_MAX];
	const struct opencl_options options = {.index = index, .cache_path = folder_make(path)};

	return opencl_device_open(device, &options, error);
}
