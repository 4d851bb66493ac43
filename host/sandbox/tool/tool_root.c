/*
 * A root of the compiler's own: the system's programs to read and execute, its folder to write, and
 * nothing else is there. The first wall around files, where mounts are allowed; Landlock is the
 * second, and stands where they are not.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tool_confine.h"

#define ROOT "/proc" /* there on every system, and nothing of it is wanted */
#define READ_ONLY (MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
#define NO_PROGRAMS (MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

static int mount_restrict(const char *path, unsigned int flags, uint64_t attributes)
{
	struct mount_attr attr = {.attr_set = attributes};

	return mount_setattr(AT_FDCWD, path, flags, &attr, sizeof(attr)) == 0 ? 0 : -errno;
}

static int bind(const char *from, const char *to, uint64_t attributes)
{
	if (mount(from, to, NULL, MS_BIND | MS_REC, NULL) != 0)
		return -errno;
	return mount_restrict(to, AT_RECURSIVE, attributes);
}

static int link_copy(const char *from, const char *to)
{
	char target[PATH_MAX];
	const ssize_t n = readlink(from, target, sizeof(target) - 1);

	if (n < 0)
		return -errno;
	target[n] = 0;
	return symlink(target, to) == 0 ? 0 : -errno;
}

/* Lets path be in the new root as it is in the old one: a folder, a file, or, as distributions have
 * /bin, a link. What is not there is left out. */
static int path_bring(const char *path, uint64_t attributes)
{
	char to[sizeof(ROOT) + 64];
	struct stat st;

	snprintf(to, sizeof(to), ROOT "%s", path);
	if (lstat(path, &st) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (S_ISLNK(st.st_mode))
		return link_copy(path, to);
	if ((S_ISDIR(st.st_mode) ? mkdir(to, 0755) : mknod(to, S_IFREG | 0644, 0)) != 0)
		return -errno;
	return bind(path, to, attributes);
}

static int root_fill(bool folder)
{
	static const char *const programs[] = {TOOL_PROGRAMS};
	int rc = 0;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", ROOT, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=64k,mode=755") !=
		0 ||
	    mkdir(ROOT "/dev", 0755) != 0 || mkdir(ROOT "/etc", 0755) != 0 ||
	    mkdir(ROOT "/folder", 0755) != 0)
		return -errno;
	for (size_t i = 0; rc == 0 && i < sizeof(programs) / sizeof(programs[0]); i++)
		rc = path_bring(programs[i], READ_ONLY);
	if (rc == 0)
		rc = path_bring(TOOL_LIBRARY_LIST, READ_ONLY);
	if (rc == 0)
		rc = path_bring("/dev/null", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	if (rc == 0 && folder)
		rc = bind(".", ROOT "/folder", NO_PROGRAMS);
	return rc;
}

int tool_root_enter(bool folder)
{
	if (root_fill(folder) < 0)
		return 0;
	/* The old root then lies over the new one, where nothing can be opened until it is gone. */
	if (chdir(ROOT) != 0 || syscall(SYS_pivot_root, ".", ".") != 0)
		return 0;
	if (umount2(".", MNT_DETACH) != 0 || chdir(folder ? "/folder" : "/") != 0)
		return -errno;
	if (mount_restrict("/", 0, READ_ONLY) != 0)
		return -errno;
	return 1;
}
