/* A daemon's folder for results: made at its start, removed at its end. */
#include "spool.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPOOL_DEPTH_FDS 8 /* folders held open while removing */

int spool_create(const char *parent, char *dir, size_t dir_bytes, char *error, size_t error_bytes)
{
	int n;

	if (parent == NULL)
		parent = getenv("TMPDIR");
	if (parent == NULL || parent[0] == '\0')
		parent = "/var/tmp";
	n = snprintf(dir, dir_bytes, "%s/millraced-XXXXXX", parent);
	if (n < 0 || (size_t)n >= dir_bytes)
		errno = ENAMETOOLONG;
	else if (mkdtemp(dir) != NULL)
		return 0;
	snprintf(error, error_bytes, "%s: cannot make a folder for results: %s", parent,
		 strerror(errno));
	return errno ? -errno : -EIO;
}

static int entry_remove(const char *path, const struct stat *st, int type, struct FTW *at)
{
	remove(path);
	return 0;
}

void spool_remove(const char *dir)
{
	nftw(dir, entry_remove, SPOOL_DEPTH_FDS, FTW_DEPTH | FTW_PHYS);
}
