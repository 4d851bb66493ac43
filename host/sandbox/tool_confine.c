/* The walls around a compiler, one after the other; the filter comes last. */
#include "tool_confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox_limits.h"
#include "walls.h"

bool tool_namespaces_enter(void)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
		       CLONE_NEWCGROUP) == 0;
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
		const struct rlimit limit = {.rlim_cur = all[i].most, .rlim_max = all[i].most};

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

static int paths_allow(int ruleset, const char *folder, uint64_t known)
{
	/* Where distributions keep compilers, what these are linked with, and headers. */
	static const char *const programs[] = {"/usr", "/bin", "/lib", "/lib64"};
	int rc =
	    path_allow(ruleset, "/dev/null", FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE, known);

	if (rc == 0)
		rc = path_allow(ruleset, "/etc/ld.so.cache", FS_READ_FILE, known);
	for (size_t i = 0; rc == 0 && i < sizeof(programs) / sizeof(programs[0]); i++)
		rc = path_allow(ruleset, programs[i], FS_PROGRAMS, known);
	if (rc == 0 && folder != NULL)
		rc = path_allow(ruleset, folder, FS_FOLDER, known);
	return rc;
}

/* 1, 0 where the kernel has no Landlock, or -errno. */
static int landlock_enter(const char *folder)
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

int tool_confine(const struct tool_limits *limits, const char *folder, bool namespaces,
		 bool *landlock)
{
	int rc = limits_set(limits, namespaces);

	if (rc == 0)
		rc = walls_rights_drop();
	if (rc < 0)
		return rc;
	rc = landlock_enter(folder);
	if (rc < 0)
		return rc;
	*landlock = rc > 0;
	return tool_filter_install();
}
