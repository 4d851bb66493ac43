/* The walls around a compiler, one after the other; the filter comes last. */
#include "tool_confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox_limits.h"
#include "walls.h"

#define NOBODY 65534 /* in a namespace without a map all are: so it is with one */

static bool line_write(const char *path, const char *line)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC);
	const size_t len = strlen(line);
	bool written;

	if (fd < 0)
		return false;
	written = write(fd, line, len) == (ssize_t)len;
	close(fd);
	return written;
}

/* Who makes files on a file system of the namespace's own must have a name there. Where that cannot
 * be, there is no such file system (tool_root_enter()). */
static void names_map(uid_t uid, gid_t gid)
{
	char line[64];

	snprintf(line, sizeof(line), "%d %u 1", NOBODY, uid);
	if (!line_write("/proc/self/uid_map", line))
		return;
	snprintf(line, sizeof(line), "%d %u 1", NOBODY, gid);
	if (line_write("/proc/self/setgroups", "deny"))
		line_write("/proc/self/gid_map", line);
}

bool tool_namespaces_enter(void)
{
	const uid_t uid = geteuid();
	const gid_t gid = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC |
		    CLONE_NEWUTS | CLONE_NEWCGROUP) != 0)
		return false;
	names_map(uid, gid);
	return true;
}

static int limits_set(const struct tool_limits *limits, bool namespaces)
{
	const struct {
		__rlimit_resource_t what;
		rlim_t most;
	} all[] = {
	    {RLIMIT_CPU, limits->seconds},
	    {RLIMIT_AS, limits->memory_bytes},
	    {RLIMIT_FSIZE, limits->file_bytes},
	    {RLIMIT_NOFILE, SANDBOX_COMPILE_FILES_MAX},
	    {RLIMIT_CORE, 0},
	    {RLIMIT_MEMLOCK, 0},
	    {RLIMIT_MSGQUEUE, 0},
	    /* The last: outside of a namespace it would count our own processes. (Root's are not
	     * counted at all: they end with the namespace.) */
	    {RLIMIT_NPROC, SANDBOX_COMPILE_PROCESSES_MAX},
	};
	const size_t count = sizeof(all) / sizeof(all[0]) - (namespaces ? 0 : 1);

	for (size_t i = 0; i < count; i++) {
		struct rlimit limit;

		if (getrlimit(all[i].what, &limit) != 0)
			return -errno;
		/* What the user may not have anyway stays as it is: nobody may raise that. */
		if (limit.rlim_max > all[i].most)
			limit.rlim_max = all[i].most;
		limit.rlim_cur = limit.rlim_max;
		if (setrlimit(all[i].what, &limit) != 0)
			return -errno;
	}
	return 0;
}

#define FS_PROGRAMS (FS_EXECUTE | FS_READ_FILE | FS_READ_DIR)
#define FS_FOLDER \
	(FS_WRITE_FILE | FS_READ_FILE | FS_READ_DIR | FS_REMOVE_FILE | FS_MAKE_REG | FS_TRUNCATE)

/* What is not there cannot be read either. */
static int path_allow(int ruleset, const char *path, uint64_t rights, uint64_t known)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = rights & known};
	int rc = 0;

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
		rc = -errno;
	close(rule.parent_fd);
	return rc;
}

static int paths_allow(int ruleset, bool folder, uint64_t known)
{
	static const char *const programs[] = {TOOL_PROGRAMS};
	int rc =
	    path_allow(ruleset, "/dev/null", FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE, known);

	if (rc == 0)
		rc = path_allow(ruleset, TOOL_LIBRARY_LIST, FS_READ_FILE, known);
	for (size_t i = 0; rc == 0 && i < sizeof(programs) / sizeof(programs[0]); i++)
		rc = path_allow(ruleset, programs[i], FS_PROGRAMS, known);
	if (rc == 0 && folder)
		rc = path_allow(ruleset, ".", FS_FOLDER, known);
	return rc;
}

/* 1, 0 where the kernel has no Landlock, or -errno. */
static int landlock_enter(bool folder)
{
	uint64_t known;
	const int ruleset = walls_landlock_begin(&known);
	int rc;

	if (ruleset < 0)
		return ruleset == -EOPNOTSUPP ? 0 : ruleset;
	rc = paths_allow(ruleset, folder, known);
	if (rc < 0) {
		close(ruleset);
		return rc;
	}
	rc = walls_landlock_enter(ruleset);
	return rc < 0 ? rc : 1;
}

int tool_confine(const struct tool_limits *limits, bool folder, bool namespaces, bool *closed)
{
	const int root = namespaces ? tool_root_enter(folder) : 0;
	int rc = root < 0 ? root : limits_set(limits, namespaces);

	if (rc == 0)
		rc = walls_rights_drop();
	if (rc < 0)
		return rc;
	rc = landlock_enter(folder);
	if (rc < 0)
		return rc;
	*closed = root > 0 || rc > 0;
	return tool_filter_install();
}
