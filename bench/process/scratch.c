/* Making and removing the folder of a run. */
#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT "millrace-bench-"
#define BASE_BYTES_MAX 60 /* what is left of a path has room for folders and sockets */
#define OWNER "owner"
#define TREE_DESCRIPTORS 16 /* nftw() may have open at once */

static char root[SCRATCH_PATH_BYTES];
static int owner_fd = -1;

static int entry_remove(const char *path, const struct stat *stat, int kind, struct FTW *at)
{
	remove(path);
	return 0;
}

void scratch_remove(const char *path)
{
	nftw(path, entry_remove, TREE_DESCRIPTORS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* A folder whose owner's lock is free. One without that file was not made by us, or just now. */
static void stale_remove(const char *folder)
{
	char owner[PATH_MAX];
	struct stat stat;
	int fd;

	if (lstat(folder, &stat) < 0 || !S_ISDIR(stat.st_mode) || stat.st_uid != geteuid())
		return;
	snprintf(owner, sizeof(owner), "%s/" OWNER, folder);
	fd = open(owner, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		scratch_remove(folder);
	close(fd);
}

static const char *base(void)
{
	const char *wanted = getenv("TMPDIR");

	return wanted != NULL && wanted[0] == '/' && strlen(wanted) <= BASE_BYTES_MAX ? wanted
										      : "/tmp";
}

static void stale_remove_all(void)
{
	char pattern[SCRATCH_PATH_BYTES];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%.60s/" ROOT "*", base());
	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		stale_remove(found.gl_pathv[i]);
	globfree(&found);
}

/* Locked before it has its name: nobody finds it without its lock taken. */
static int owner_take(void)
{
	char path[SCRATCH_PATH_BYTES + sizeof(OWNER) + 8];
	char name[SCRATCH_PATH_BYTES + sizeof(OWNER) + 8];

	snprintf(path, sizeof(path), "%s/." OWNER, root);
	snprintf(name, sizeof(name), "%s/" OWNER, root);
	owner_fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (owner_fd < 0 || flock(owner_fd, LOCK_EX | LOCK_NB) < 0 || rename(path, name) < 0)
		return -errno;
	return 0;
}

int scratch_open(char *error, size_t error_bytes)
{
	int rc = 0;

	stale_remove_all();
	snprintf(root, sizeof(root), "%.60s/" ROOT "XXXXXX", base());
	if (mkdtemp(root) == NULL) {
		rc = -errno;
		root[0] = '\0';
	}
	if (rc == 0)
		rc = owner_take();
	if (rc == 0 && setenv("RUNTIME_DIRECTORY", root, 1) < 0)
		rc = -errno;
	if (rc < 0) {
		snprintf(error, error_bytes, "no folder in %s: %s", base(), strerror(-rc));
		scratch_close();
	}
	return rc;
}

const char *scratch_root(void)
{
	return root;
}

int scratch_folder(char path[SCRATCH_PATH_BYTES])
{
	snprintf(path, SCRATCH_PATH_BYTES, "%.84s/XXXXXX", root);
	if (root[0] != '\0' && mkdtemp(path) != NULL)
		return 0;
	path[0] = '\0';
	return root[0] != '\0' ? -errno : -ENOENT;
}

void scratch_close(void)
{
	if (root[0] != '\0')
		scratch_remove(root);
	root[0] = '\0';
	if (owner_fd >= 0)
		close(owner_fd);
	owner_fd = -1;
}
